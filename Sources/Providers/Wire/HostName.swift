/// Hosts of URLs, as `WebOrigin` says them.
enum HostName {
    /// The host in its one form.
    static func read(_ text: some StringProtocol) throws(WebOrigin.Fault) -> String {
        guard text.allSatisfy(\.isASCII) else {
            throw WebOrigin.Fault(
                "has letters beyond ASCII in its host; write the form that begins with xn--")
        }
        let host = text.lowercased()
        if host.hasPrefix("[") { return try addressInBrackets(host) }
        guard !host.hasSuffix(".") else {
            throw WebOrigin.Fault("has a dot at the end of its host")
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, labels.allSatisfy(isLabel) else {
            throw WebOrigin.Fault("has no host of letters, digits, hyphens and dots")
        }
        // Where the last label is a number, readers of URLs take the whole for an address.
        if let last = labels.last, isNumeric(last), !isAddress(host) {
            throw WebOrigin.Fault("has an address that is not four numbers from 0 to 255")
        }
        return host
    }

    /// Whether it is an IPv4 address in its one plain form.
    static func isAddress(_ host: some StringProtocol) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        let isPlain = label.utf8.allSatisfy { byte in
            let letter = Character(UnicodeScalar(byte))
            return letter.isLetter || letter.isNumber || letter == "-"
        }
        return isPlain && (1...63).contains(label.utf8.count) && label.first != "-"
            && label.last != "-"
    }

    private static func isNumeric(_ label: Substring) -> Bool {
        label.allSatisfy(\.isNumber)
            || (label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit))
    }

    /// Only the loopback address has a form that is beyond doubt; others are written as names.
    private static func addressInBrackets(_ host: String) throws(WebOrigin.Fault) -> String {
        guard host == "[::1]" else {
            throw WebOrigin.Fault("has an IPv6 address; write the name of the server")
        }
        return host
    }
}
