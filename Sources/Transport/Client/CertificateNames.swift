/// Subject and issuer of an X.509 certificate, in words (RFC 5280, section 4.1).
///
/// The certificate was verified elsewhere; here it is only read for the record. The elements of
/// `TBSCertificate` are `[0] version` or none, serial number, algorithm, issuer, validity, subject.
struct CertificateNames: Equatable {
    var subject: String
    var issuer: String

    /// - Parameter der: The certificate; nil is answered where it is in no such form.
    init?(der: [UInt8]) {
        var whole = DERCursor(der[...])
        guard var certificate = whole.enter(DERCursor.sequence),
            var fields = certificate.enter(DERCursor.sequence)
        else { return nil }
        if fields.tag == DERCursor.explicitZero { _ = fields.next() }
        guard fields.next() != nil, fields.next() != nil,
            let issuer = fields.enter(DERCursor.sequence), fields.next() != nil,
            let subject = fields.enter(DERCursor.sequence)
        else { return nil }
        self.issuer = Self.words(issuer)
        self.subject = Self.words(subject)
    }

    private static let labels: [[UInt8]: String] = [
        [0x55, 4, 3]: "CN", [0x55, 4, 6]: "C", [0x55, 4, 7]: "L", [0x55, 4, 8]: "ST",
        [0x55, 4, 10]: "O", [0x55, 4, 11]: "OU",
    ]

    /// `CN=example.org, O=Example` of a `Name`; attributes that are not known here are left out.
    private static func words(_ name: DERCursor) -> String {
        var name = name
        var words: [String] = []
        while var set = name.enter(DERCursor.set) {
            while var attribute = set.enter(DERCursor.sequence) {
                guard let type = attribute.next(), let value = attribute.next(),
                    let label = labels[Array(type)]
                else { continue }
                words.append("\(label)=\(printable(value))")
            }
        }
        return words.joined(separator: ", ")
    }

    /// Text on one line, cut short.
    private static func printable(_ value: ArraySlice<UInt8>) -> String {
        let scalars = String(decoding: value, as: UTF8.self).unicodeScalars.prefix(120)
        return String(String.UnicodeScalarView(scalars.filter { $0.properties.isPatternPrintable }))
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPatternPrintable: Bool { generalCategory != .control }
}

/// Reads elements of DER one after the other (X.690, sections 8.1 and 10.1).
struct DERCursor {
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let explicitZero: UInt8 = 0xA0

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The tag of the next element; nil at the end.
    var tag: UInt8? { rest.first }

    /// The content of the next element; nil at the end, and where its length cannot be.
    mutating func next() -> ArraySlice<UInt8>? {
        guard rest.count >= 2 else { return nil }
        var place = rest.startIndex + 2
        var length = Int(rest[rest.startIndex + 1])
        if length > 0x7F {
            let digits = length & 0x7F
            guard (1...3).contains(digits), rest.endIndex - place >= digits else { return nil }
            length = rest[place..<place + digits].reduce(0) { $0 << 8 | Int($1) }
            place += digits
        }
        guard rest.endIndex - place >= length else { return nil }
        defer { rest = rest[(place + length)...] }
        return rest[place..<place + length]
    }

    /// The next element as elements of its own, where it has this tag.
    mutating func enter(_ tag: UInt8) -> DERCursor? {
        guard self.tag == tag else { return nil }
        return next().map(DERCursor.init)
    }
}
