import Foundation
import Providers
import Vault
import VaultCrypto

/// Files of this machine that a question takes along.
enum AttachedFiles {
    /// Providers take no larger ones.
    private static let largestBytes = 32 << 20

    /// - Parameter paths: As they were typed.
    /// - Returns: The files, with their kind.
    /// - Throws: `badInput` for what is no file, cannot be read or is too large.
    static func read(_ paths: [String]) throws(VaultError) -> [ImportedFile] {
        var files: [ImportedFile] = []
        for path in paths { files.append(try read(path)) }
        return files
    }

    private static func read(_ path: String) throws(VaultError) -> ImportedFile {
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try MachineFiles().read(Place.absolute(path), maximumBytes: largestBytes)
        } catch {
            let what =
                switch error {
                case .missing: "does not exist; check its name"
                case .tooLarge: "is larger than 32 MiB, which providers do not take; shorten it"
                case .notAFile: "is no file; name a file"
                default: "cannot be read; check its permissions"
                }
            throw VaultError(.badInput, "The file \(path) \(what).")
        }
        let name = path.split(separator: "/").last.map(String.init)
        // Read now: what changes while the question is stored is not what was asked about.
        return ImportedFile(
            name: name, mediaType: mediaType(bytes, name: name ?? ""), heldBytes: bytes.count
        ) { BytesSource(bytes) }
    }

    /// By the first bytes, and for text by the ending of the name.
    static func mediaType(_ bytes: [UInt8], name: String) -> String {
        let marks: [([UInt8], String)] = [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
            ([0xFF, 0xD8, 0xFF], "image/jpeg"), (Array("GIF8".utf8), "image/gif"),
            (Array("%PDF-".utf8), "application/pdf"),
        ]
        if let mark = marks.first(where: { bytes.starts(with: $0.0) }) { return mark.1 }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            return "image/webp"
        }
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            return "application/octet-stream"
        }
        let endings = ["md": "text/markdown", "csv": "text/csv", "html": "text/html"]
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return endings[ending] ?? "text/plain"
    }
}
