import AsyncHTTPClient
import JSONText
import NIOCore
import NIOHTTP1
import NIOSSL
import VaultCrypto

/// Stands in each connection and says with every answer to whom the connection leads.
///
/// The HTTP client keeps connections and tells nobody which one an answer came over. Therefore what
/// is known of the peer is put into the head of the answer, under a name that what comes from the
/// server cannot have: it is taken away there first. Nothing of it is sent.
final class PeerMark: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    static let header = "coffer-peer"
    private let peer: String

    private init(_ peer: JSONObject) { self.peer = JSONWriter.line(.object(peer)) }

    /// Puts one behind the reader of HTTP of a new connection.
    static func add(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let reader = try pipeline.handler(
                type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(PeerMark(peer(of: channel)), position: .after(reader))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if case .head(var head) = part {
            head.headers.remove(name: Self.header)
            head.headers.add(name: Self.header, value: peer)
            part = .head(head)
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// What is known of the other end, as `TurnReceipt` has it.
    private static func peer(of channel: any Channel) -> JSONObject {
        var peer = JSONObject()
        peer["address"] = channel.remoteAddress?.ipAddress.map(JSON.string)
        let pipeline = channel.pipeline.syncOperations
        guard let version = try? pipeline.nioSSL_tlsVersion() else { return peer }
        var encryption: JSONObject = ["version": .string(name(of: version))]
        if let certificate = try? pipeline.nioSSL_peerCertificate(),
            let bytes = try? certificate.toDERBytes()
        {
            let names = CertificateNames(der: bytes)
            encryption["subject"] = names.map { .string($0.subject) }
            encryption["issuer"] = names.map { .string($0.issuer) }
            encryption["sha256"] = .string(Hex.text(SHA256Digest.hash(bytes)))
        }
        peer["tls"] = .object(encryption)
        return peer
    }

    private static func name(of version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLS 1.3"
        case .tlsv12: "TLS 1.2"
        case .tlsv11: "TLS 1.1"
        case .tlsv1: "TLS 1.0"
        }
    }
}
