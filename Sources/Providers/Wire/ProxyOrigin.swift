extension WebOrigin {
    /// Reads the address of a proxy: `http://host:port`, on any host.
    ///
    /// A proxy for CONNECT is spoken to in the clear, and what goes through it is TLS to the end.
    ///
    /// - Parameter text: The address, without a path.
    /// - Throws: What is wrong with it.
    package init(proxy text: String) throws(Fault) {
        guard text.lowercased().hasPrefix("http://") else {
            self = try WebOrigin(text)
            return
        }
        let rest = text.dropFirst("http://".count)
        guard rest.contains(":") else { throw Fault("names no port") }
        let strict = try WebOrigin("https://" + rest)
        scheme = .http
        host = strict.host
        port = strict.port
    }
}
