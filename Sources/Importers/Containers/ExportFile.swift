import ForeignArchives
import VaultCrypto

/// One file of what the user gave: on disk, or inside a zip or gzip file.
struct ExportFile: Sendable {
    /// Where it lies relative to what was given, with `/`.
    var path: String
    /// How it is named in reports: `export.zip/conversations.json`.
    var place: String
    var sizeBytes: Int64
    /// Where it lies on disk, when it is a plain file there; SQLite needs it.
    var diskPath: String?
    /// Whether it came out of a container that was verified as a whole: a fault in it refuses all.
    var isPacked = false
    /// What its first bytes are.
    var kind = ContentKind.other
    /// The place of the outermost zip around it, which is charged for what it holds.
    var outermost: String?
    /// The content at any offset, where it lies uncompressed in a zip.
    var window: (@Sendable () -> any RandomAccess)?
    /// Opens the content at its beginning.
    var open: @Sendable () throws(VaultError) -> any ByteSource

    /// The last component of the path.
    var baseName: Substring { path.split(separator: "/").last ?? "" }

    /// Whether it is named as a ChatGPT export names what was uploaded to it or made by it.
    var isNamedAsAsset: Bool { baseName.hasPrefix("file-") || baseName.hasPrefix("file_") }

    /// The path of the folder that holds it; empty at the top.
    var folder: Substring {
        path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    }

    /// The first bytes, at most `count`.
    func head(_ count: Int) throws(VaultError) -> [UInt8] {
        let source = try open()
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try bytes.read(from: source, at: filled)
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }

    /// The whole content.
    ///
    /// - Parameter limit: More bytes than this are refused.
    /// - Returns: The bytes.
    /// - Throws: `.badInput` beyond the limit; what opening and reading throw.
    func contents(limit: Int) throws(VaultError) -> [UInt8] {
        guard sizeBytes <= Int64(limit) else {
            throw VaultError(
                .badInput,
                "\(place) is larger than \(limit >> 20) MiB and cannot be read as one piece.")
        }
        let source = try open()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(sizeBytes))
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let got = try chunk.read(from: source, at: 0)
            if got == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<got])
            if bytes.count > limit {
                throw VaultError(.badInput, "\(place) grew while it was read.")
            }
        }
    }
}
