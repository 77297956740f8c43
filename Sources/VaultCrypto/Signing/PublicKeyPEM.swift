extension VerifyingKey {
    /// The key as OpenSSL reads it: SubjectPublicKeyInfo (RFC 8410, section 4) in PEM (RFC 7468).
    package var pem: String {
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0]
        return """
            -----BEGIN PUBLIC KEY-----
            \(Base64.string(prefix + bytes))
            -----END PUBLIC KEY-----

            """
    }
}
