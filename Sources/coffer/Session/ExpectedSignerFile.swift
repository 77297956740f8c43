import Foundation
import Vault
import VaultCrypto

/// Who must have signed an archive, as it is given on the command line.
enum ExpectedSignerFile {
    /// The text of the option, or the content of the file that it names.
    static func text(_ signer: String?) throws -> String? {
        guard let signer, !signer.hasPrefix("SHA256:"), !signer.hasPrefix("ssh-") else {
            return signer
        }
        let file = open(signer, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return signer }
        defer { close(file) }
        var content = [UInt8](repeating: 0, count: 65_536)
        let source = FileDescriptorSource(file)
        let count = try content.withUnsafeMutableBytes { try source.readFully(into: $0) }
        return String(decoding: content[..<count], as: UTF8.self)
    }
}
