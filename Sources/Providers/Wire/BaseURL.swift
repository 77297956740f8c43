/// The address that a setting gives: an origin and a path before all others.
package struct BaseURL: Sendable, Equatable {
    package var origin: WebOrigin
    /// Without a slash at its end; empty for none.
    package var path: String

    /// Reads `https://host[:port][/path]`.
    ///
    /// - Parameter text: The address, without `?` and `#`.
    /// - Throws: What is wrong with it.
    package init(_ text: String) throws(WebOrigin.Fault) {
        guard let begin = text.firstRange(of: "://")?.upperBound else {
            throw WebOrigin.Fault("begins with neither https:// nor http://")
        }
        let slash = text[begin...].firstIndex { "/?#\\".contains($0) } ?? text.endIndex
        let path = text[slash...]
        let isPlain = path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPlain, !path.contains(where: { "?#\\".contains($0) }) else {
            throw WebOrigin.Fault("has more than a host and a path; take away what is after it")
        }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw WebOrigin.Fault("has . or .. in its path; write the path that is meant")
        }
        origin = try WebOrigin(text[..<slash])
        self.path = String(path.reversed().drop { $0 == "/" }.reversed())
    }
}
