import Synchronization
import Vault

/// The files of an export by the ids that messages know them by, and which of them were asked for.
///
/// An asset `file-service://file-AbC` lies in the export as `file-AbC-photo.png`, an asset
/// `sediment://file_00ab` as `file_00ab-<uuid>.png` or `file_00ab.dat`, in whatever folder.
final class AssetIndex: Sendable {
    private let files: [String: ExportFile]
    private let places: [String]
    private let used = Mutex<Set<String>>([])

    /// Indexes assets; of several with the same id the first is taken.
    init(_ all: [ExportFile]) {
        var files: [String: ExportFile] = [:]
        for file in all {
            let name = file.baseName
            let id =
                name.prefix(5)
                + name.dropFirst(5).prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            files[String(id)] = files[String(id)] ?? file
        }
        self.files = files
        places = all.map(\.place)
    }

    /// The file of a pointer or of a bare id.
    ///
    /// - Parameters:
    ///   - pointer: `file-service://…`, `sediment://…` or the id.
    ///   - name: Its name, where a message gives one.
    ///   - mediaType: Its type, where a message gives one.
    /// - Returns: The file; `nil` when the export does not hold it.
    func file(_ pointer: String, name: String? = nil, mediaType: String? = nil) -> ImportedFile? {
        guard let file = files[Self.id(of: pointer)] else { return nil }
        _ = used.withLock { $0.insert(file.place) }
        let type = mediaType ?? MediaType.of(file.path)
        return ImportedFile(name: name ?? String(file.baseName), mediaType: type, open: file.open)
    }

    /// Places of the assets that nothing asked for yet.
    var unused: [String] {
        let used = used.withLock { $0 }
        return places.filter { !used.contains($0) }
    }

    /// The id in a pointer: what follows the scheme, up to a fragment or query; the page of a
    /// document (`sediment://<hash>#file_00ab#p_0.png`) is known by the id in the fragment.
    static func id(of pointer: String) -> String {
        let path = pointer.split(separator: "/").last ?? ""
        let pieces = path.split { $0 == "#" || $0 == "?" }
        let named = pieces.first { $0.hasPrefix("file-") || $0.hasPrefix("file_") }
        return String(named ?? pieces.first ?? "")
    }
}

/// Media types by file ending, for exports that do not say.
enum MediaType {
    private static let known = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp",
        "gif": "image/gif", "pdf": "application/pdf", "wav": "audio/wav", "mp3": "audio/mpeg",
        "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
    ]

    static func of(_ path: String) -> String? {
        path.split(separator: ".").last.flatMap { known[$0.lowercased()] }
    }
}
