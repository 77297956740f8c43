import Foundation
import JSONText
import Providers
import Testing
import VaultCrypto

/// AWS Signature Version 4: a signature worked out elsewhere, and the public vectors.
@Suite struct SigningTests {
    private static let secret = Array("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8)

    static func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    @Test func `The published example of a signature is reproduced`() throws {
        // "get-vanilla" of the AWS signing test suite.
        let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret)
        var request = WireRequest(.get, try WebOrigin("https://example.amazonaws.com"), path: "/")
        request.sign(
            for: SigningScope(service: "service", region: "us-east-1"), with: credentials,
            at: SigningTime(try Self.date("2015-08-30T12:36:00Z")))
        #expect(request.headers["X-Amz-Date"] == "20150830T123600Z")
        #expect(
            request.headers["Authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature="
                + "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test func `Signing anew replaces what an older signature left`() throws {
        let scope = SigningScope(service: "bedrock", region: "eu-central-1")
        let time = SigningTime(try Self.date("2026-01-02T03:04:05Z"))
        var once = WireRequest(
            .post, try WebOrigin("https://bedrock-runtime.eu-central-1.amazonaws.com"),
            path: "/model/a%3A0/invoke", headers: ["accept": "application/json"], body: [1, 2])
        let lasting = AWSCredentials(accessKeyID: "A", secretAccessKey: Self.secret)
        let passing = AWSCredentials(
            accessKeyID: "A", secretAccessKey: Self.secret, sessionToken: "token")
        var twice = once
        twice.sign(for: scope, with: passing, at: time)
        #expect(twice.headers["x-amz-security-token"] == "token")
        once.sign(for: scope, with: lasting, at: time)
        twice.sign(for: scope, with: lasting, at: time)
        #expect(once == twice)
    }

    @Test func `A request does not show the credential in its headers`() throws {
        var request = WireRequest(.get, try WebOrigin("https://a.example"), path: "/x")
        request.headers["authorization"] = "Bearer canary"
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(text.contains("GET https://a.example/x"))
            #expect(!text.contains("canary"))
        }
    }

    @Test func `What is signed has each byte of the path encoded, and the query in order`() {
        let canonical = CanonicalRequest(
            method: "POST", path: "/model/a:1%2Fb/./invoke", query: "b=2&a=%c3%a9&a=1&c",
            headers: [
                WireHeader("Host", " h "), WireHeader("X-B", "1  2"), WireHeader("x-b", "3"),
            ],
            payloadHash: "00")
        #expect(
            canonical.text == """
                POST
                /model/a%3A1%252Fb/invoke
                a=%C3%A9&a=1&b=2&c=
                host:h
                x-b:1 2,3

                host;x-b
                00
                """)
        #expect(canonical.signedHeaders == "host;x-b")
    }

    // MARK: Public vectors

    @Test(.enabled(if: WireData.folder != nil, WireData.skipped))
    func `Every vector of the AWS signing test suite is signed as there`() throws {
        let suite = "vectors/sigv4-aws-c-auth/"
        let names = try WireData.names(suite).filter { !$0.contains(".") && $0 != "LICENSE" }
            .filter { $0 != "NOTICE" }
        for name in names {
            let context = try WireData.json("\(suite)\(name)/context.json")
            let vector = SigningVector(try WireData.text("\(suite)\(name)/request.txt"))
            let (canonical, signature) = try Self.sign(vector, context)
            let file = "\(suite)\(name)/header-"
            #expect(
                try canonical.text == WireData.text(file + "canonical-request.txt"), "\(name)")
            #expect(
                try signature.stringToSign == WireData.text(file + "string-to-sign.txt"), "\(name)")
            #expect(try signature.signature == WireData.text(file + "signature.txt"), "\(name)")
            #expect(
                try WireData.text(file + "signed-request.txt").contains(
                    "Authorization:\(signature.authorization)"), "\(name)")
        }
        print("Signature Version 4: \(names.count) vectors")
        #expect(names.count == 38)
    }

    private static func sign(
        _ vector: SigningVector, _ context: JSON
    ) throws -> (CanonicalRequest, SignatureV4) {
        let keys = try #require(context["credentials"])
        let token = keys["token"]?.string
        let credentials = AWSCredentials(
            accessKeyID: try #require(keys["access_key_id"]?.string),
            secretAccessKey: Array(try #require(keys["secret_access_key"]?.string).utf8),
            sessionToken: token)
        let time = SigningTime(try date(try #require(context["timestamp"]?.string)))
        var headers = vector.headers + [WireHeader("X-Amz-Date", time.stamp)]
        if let token, context["omit_session_token"]?.bool != true {
            headers.append(WireHeader("X-Amz-Security-Token", token))
        }
        let hash = Hex.text(SHA256Digest.hash(vector.body))
        if context["sign_body"]?.bool == true {
            headers.append(WireHeader("x-amz-content-sha256", hash))
        }
        let canonical = CanonicalRequest(
            method: vector.method, path: vector.path, query: vector.query, headers: headers,
            payloadHash: hash, normalises: context["normalize"]?.bool == true)
        let scope = SigningScope(
            service: try #require(context["service"]?.string),
            region: try #require(context["region"]?.string))
        return (canonical, SignatureV4(of: canonical, for: scope, with: credentials, at: time))
    }

    @Test(.enabled(if: WireData.folder != nil, WireData.skipped))
    func `A path that is encoded already is encoded once more`() throws {
        for name in ["double-encode-path", "double-url-encode"] {
            let folder = "vectors/sigv4-smithy-rs-extra/\(name)/"
            let vector = SigningVector(try WireData.text(folder + "request.txt"))
            // The time in the request of the first one is not that of its canonical request.
            let headers = vector.headers.map { header in
                header.name.lowercased() == "x-amz-date"
                    ? WireHeader(header.name, "20210511T154045Z") : header
            }
            let canonical = CanonicalRequest(
                method: vector.method, path: vector.path, query: vector.query, headers: headers,
                payloadHash: Hex.text(SHA256Digest.hash([])))
            #expect(
                try canonical.text == WireData.text(folder + "header-canonical-request.txt"),
                "\(name)")
        }
    }
}

/// A request as the signing test suites write it.
struct SigningVector {
    var method: String
    var path: String
    var query: String
    var headers: [WireHeader] = []
    var body: [UInt8]

    init(_ text: String) {
        let parts = text.replacing("\r\n", with: "\n").split(
            separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        var lines = parts[0].split(separator: "\n")
        var first = lines.removeFirst().split(separator: " ")
        method = String(first.removeFirst())
        if first.last == "HTTP/1.1" { first.removeLast() }
        let target = first.joined(separator: " ").split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(target[0])
        query = target.count > 1 ? String(target[1]) : ""
        body = parts.count > 1 ? Array(parts[1].utf8) : []
        for line in lines {
            if line.hasPrefix(" "), let last = headers.popLast() {
                headers.append(WireHeader(last.name, last.value + "\n" + line))
                continue
            }
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.append(WireHeader(String(halves[0]), halves.count > 1 ? String(halves[1]) : ""))
        }
    }
}
