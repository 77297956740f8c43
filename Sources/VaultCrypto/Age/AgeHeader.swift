import CSodium

/// The textual header of an age file (age.md, "Header").
///
/// ```
/// age-encryption.org/v1
/// -> TYPE ARGUMENT…          one or more stanzas
/// BASE64, 64 columns a line  ending in a line shorter than 64, perhaps empty
/// --- BASE64                 HMAC-SHA-256 of everything up to and including "---"
/// ```
package struct AgeHeader {
    let stanzas: [AgeStanza]
    let mac: [UInt8]
    /// The bytes that the MAC covers, as they were read.
    private let authenticated: [UInt8]

    /// A header for new stanzas, sealed with the file key.
    package init(_ stanzas: [AgeStanza], fileKey: borrowing SecretBytes) {
        self.stanzas = stanzas
        authenticated = Self.format(stanzas)
        mac = Self.mac(of: authenticated, fileKey)
    }

    /// The header as bytes, with the line feed after the MAC.
    package var bytes: [UInt8] {
        authenticated + [UInt8(ascii: " ")] + Base64.encode(mac, .unpadded)
            + [UInt8(ascii: "\n")]
    }

    /// Whether the MAC is right for this file key.
    func isAuthentic(_ fileKey: borrowing SecretBytes) -> Bool {
        ConstantTime.equal(mac, Self.mac(of: authenticated, fileKey))
    }

    private static func mac(of bytes: [UInt8], _ fileKey: borrowing SecretBytes) -> [UInt8] {
        let key = HKDF.derive(from: fileKey, salt: [], info: "header", count: 32)
        var hmac = HMACSHA256(key: key)
        hmac.update(bytes)
        return hmac.finalize()
    }

    private static func format(_ stanzas: [AgeStanza]) -> [UInt8] {
        let lineFeed = UInt8(ascii: "\n")
        var text = AgeFormat.versionLine + [lineFeed]
        for stanza in stanzas {
            text += AgeFormat.stanzaPrefix
            text += Array(stanza.arguments.joined(separator: " ").utf8) + [lineFeed]
            var rest = Base64.encode(stanza.body, .unpadded)[...]
            while rest.count >= AgeFormat.bodyColumns {
                text += rest.prefix(AgeFormat.bodyColumns) + [lineFeed]
                rest = rest.dropFirst(AgeFormat.bodyColumns)
            }
            text += rest + [lineFeed]
        }
        return text + AgeFormat.footerPrefix
    }
}

extension AgeHeader {
    /// Reads a header; the payload's nonce is what follows in `source`.
    ///
    /// - Throws: `.newerFormat` for another version, `.damaged` for every other departure.
    init(reading source: BufferedSource) throws(VaultError) {
        var reader = AgeHeaderReader(source)
        let version = try reader.line()
        guard version == AgeFormat.versionLine else {
            if version.starts(with: AgeFormat.versionPrefix) {
                throw VaultError(
                    .newerFormat, "This age file is of a newer version; open it with a newer age.",
                    underlying: AgeFault.header)
            }
            throw .age(.header, "it does not begin with the words that an age file begins with")
        }
        var stanzas: [AgeStanza] = []
        while true {
            let line = try reader.line()
            if line.starts(with: AgeFormat.footerPrefix) {
                mac = try AgeHeaderReader.mac(in: line)
                break
            }
            stanzas.append(try reader.stanza(firstLine: line))
        }
        if stanzas.isEmpty { throw .age(.header, "its header names no recipient") }
        // A passphrase implies that whoever made the file knew it; another way in would break that.
        if stanzas.count > 1 && stanzas.contains(where: { $0.type == AgeScrypt.type }) {
            throw .age(.header, "a passphrase is not its only key")
        }
        self.stanzas = stanzas
        authenticated = reader.bytesBeforeLastLine + AgeFormat.footerPrefix
    }
}

/// Reads a header line by line and keeps the bytes for the MAC.
private struct AgeHeaderReader {
    private let source: BufferedSource
    private var bytes: [UInt8] = []
    private var lastLineStart = 0

    init(_ source: BufferedSource) {
        self.source = source
    }

    var bytesBeforeLastLine: [UInt8] { Array(bytes[..<lastLineStart]) }

    mutating func line() throws(VaultError) -> [UInt8] {
        let room = AgeFormat.maximumHeaderBytes - bytes.count
        guard let (line, ended) = try source.readLine(limit: room) else {
            throw .age(.header, "its header is cut short")
        }
        guard line.count <= room else { throw .age(.header, "its header is over 1 MiB long") }
        guard ended else { throw .age(.header, "its header is cut short") }
        lastLineStart = bytes.count
        bytes += line
        bytes.append(UInt8(ascii: "\n"))
        return line
    }

    mutating func stanza(firstLine: [UInt8]) throws(VaultError) -> AgeStanza {
        guard firstLine.starts(with: AgeFormat.stanzaPrefix) else {
            throw .age(.header, "a line of its header is neither a recipient nor the end")
        }
        let words = firstLine.dropFirst(AgeFormat.stanzaPrefix.count).split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        let printable = UInt8(ascii: "!")...UInt8(ascii: "~")
        guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(printable.contains) }) else {
            throw .age(.header, "a recipient's arguments are empty or not printable ASCII")
        }
        var body: [UInt8] = []
        while true {
            let line = try line()
            guard line.count <= AgeFormat.bodyColumns, let part = Base64.decode(line, .unpadded)
            else { throw .age(.header, "a recipient's body is not canonical Base64 in 64 columns") }
            body += part
            // Only a short line ends a body, so a body of full lines ends in an empty one.
            if line.count < AgeFormat.bodyColumns { break }
        }
        return AgeStanza(
            arguments: words.map { String(decoding: $0, as: UTF8.self) }, body: body)
    }

    /// The MAC of the last line: `---`, one space, 43 characters of canonical Base64.
    static func mac(in line: [UInt8]) throws(VaultError) -> [UInt8] {
        let prefix = AgeFormat.footerPrefix + [UInt8(ascii: " ")]
        guard line.starts(with: prefix),
            let mac = Base64.decode(line.dropFirst(prefix.count), .unpadded),
            mac.count == AgeFormat.macBytes
        else { throw .age(.header, "its header's last line is malformed") }
        return mac
    }
}
