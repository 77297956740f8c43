package import Vault
package import VaultCrypto

/// The files in which a signed statement is handed over.
///
/// ```
/// certificate.json    the facts, one canonical line without a line end
/// certificate.note    the signed note over them
/// certificate.html    a page for people; of a destruction only
/// log.pub.pem         the public log key, as OpenSSL reads it
/// README.txt          how to check them without Coffer
/// ```
package struct StatementFiles {
    /// In the order in which they are written.
    package let files: [(name: String, content: [UInt8])]

    /// - Parameters:
    ///   - statement: What was signed.
    ///   - vault: Whose log key signed it.
    ///   - key: That key.
    package init(_ statement: SignedStatement, vault: RecordID, key: VerifyingKey) {
        let name = statement.kind == .destruction ? "certificate" : "statement"
        var files = [
            (name: "\(name).json", content: Array(statement.facts.utf8)),
            (name: "\(name).note", content: Array(statement.note.utf8)),
            (name: "log.pub.pem", content: Array(key.pem.utf8)),
            (name: "README.txt", content: Array(Self.instructions(name, vault, key).utf8)),
        ]
        if statement.kind == .destruction,
            let page = CertificatePage.render(statement, vault: vault, key: key)
        {
            files.insert((name: "\(name).html", content: page), at: 2)
        }
        self.files = files
    }

    /// Commands that anybody can run in the folder.
    static func commands(_ name: String) -> [String] {
        [
            "sed '/^$/,$d' \(name).note > signed.txt",
            "tail -n 1 \(name).note | sed 's/.* //' | base64 -d | tail -c 64 > signature.bin",
            "openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin "
                + "-in signed.txt -sigfile signature.bin",
            "openssl dgst -sha256 -binary \(name).json | base64",
            "sed -n 2p \(name).note",
        ]
    }

    private static func instructions(
        _ name: String, _ vault: RecordID, _ key: VerifyingKey
    ) -> String {
        """
        Checking \(name).json without Coffer
        ------------------------------------

        The log key of vault \(vault) signed it. Compare the key with the one
        that you were told by another way: its fingerprint is
          \(SSHPublicKey.fingerprint(key))

        \(commands(name).map { "  " + $0 }.joined(separator: "\n"))

        The third command must say that the signature was verified, and the last two must print
        the same line.

        """
    }
}
