import Foundation
import VaultCrypto

/// Files of an archive that wait on the disk while the archive is verified, for what reads them
/// afterwards: the very bytes that were verified, whatever becomes of the archive in the meantime.
///
/// They are records of an archive that may be encrypted: on the disk, in a file without a name,
/// they are sealed under a key that only this object has. Each file is a row of blocks of 64 KiB,
/// the last one shorter, each as `SealedBytes` makes it.
final class KeptFiles {
    private static let blockBytes = 65_536
    /// What `SealedBytes` adds to a block.
    private static let sealBytes = 40

    private let file: OpenFile
    private let key = SecretBytes.random(count: 32)
    private let keeps: (String) -> Bool
    private var places: [String: (offset: Int64, sizeBytes: Int64)] = [:]
    private var end: Int64 = 0

    /// - Parameters:
    ///   - folder: The folder on whose disk they wait.
    ///   - keeps: Which paths are kept.
    /// - Throws: What the disk throws.
    init(in folder: String, keeps: @escaping (String) -> Bool) throws(VaultError) {
        file = try NamelessFile.scratch(in: folder)
        self.keeps = keeps
    }

    /// The paths that were kept, in order.
    var paths: [String] { places.keys.sorted() }

    // MARK: Writing

    /// A file that is being kept.
    final class Writer {
        private let files: KeptFiles
        private let path: String
        private let offset: Int64
        private var sizeBytes: Int64 = 0
        private var pending: [UInt8] = []

        fileprivate init(_ files: KeptFiles, _ path: String) {
            self.files = files
            self.path = path
            offset = files.end
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
            unsafe pending.append(contentsOf: bytes)
            sizeBytes += Int64(bytes.count)
            var start = 0
            while pending.count - start >= KeptFiles.blockBytes {
                try files.append(Array(pending[start..<start + KeptFiles.blockBytes]))
                start += KeptFiles.blockBytes
            }
            pending.removeFirst(start)
        }

        func end() throws(VaultError) {
            if !pending.isEmpty { try files.append(pending) }
            files.places[path] = (offset, sizeBytes)
        }
    }

    /// Keeps a file that is in memory, under a path that has none yet.
    func keep(_ content: [UInt8], as path: String) throws(VaultError) {
        let writer = Writer(self, path)
        try unsafe content.lend { (bytes) throws(VaultError) in try unsafe writer.write(bytes) }
        try writer.end()
    }

    /// Begins to keep a file, one at a time; `nil` for one that is not kept.
    func begin(_ path: String) -> Writer? { keeps(path) ? Writer(self, path) : nil }

    private func append(_ block: [UInt8]) throws(VaultError) {
        // A file may have been read meanwhile.
        guard lseek(file.descriptor, off_t(end), SEEK_SET) >= 0 else { throw .file("written") }
        let sealed = SealedBytes.seal(block, key: key)
        try unsafe sealed.lend { (bytes) throws(VaultError) in try unsafe file.write(bytes) }
        end += Int64(sealed.count)
    }

    // MARK: Reading

    /// How many files were kept.
    var count: Int { places.count }

    func contains(_ path: String) -> Bool { places[path] != nil }

    func sizeBytes(of path: String) -> Int64? { places[path]?.sizeBytes }

    /// Hands a file's bytes over in pieces of at most 64 KiB.
    ///
    /// - Throws: `notFound` for a file that was not kept.
    func read(
        _ path: String, _ body: ([UInt8]) throws(VaultError) -> Void
    ) throws(VaultError) {
        guard let place = places[path] else {
            throw VaultError(.notFound, "The archive has no file \(path).")
        }
        guard lseek(file.descriptor, off_t(place.offset), SEEK_SET) >= 0 else {
            throw .file("read")
        }
        var rest = place.sizeBytes
        while rest > 0 {
            let count = Int(min(rest, Int64(Self.blockBytes)))
            let block = try block(count)
            rest -= Int64(count)
            try body(block)
        }
    }

    /// A file's bytes from their beginning, for who asks for them; `nil` for one that was not kept.
    func source(of path: String) -> (any ByteSource)? {
        places[path].map { Source(self, offset: $0.offset, sizeBytes: $0.sizeBytes) }
    }

    private final class Source: ByteSource {
        private let files: KeptFiles
        private var next: Int64
        private var rest: Int64
        private var block: ArraySlice<UInt8> = []

        init(_ files: KeptFiles, offset: Int64, sizeBytes: Int64) {
            self.files = files
            next = offset
            rest = sizeBytes
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
            if block.isEmpty {
                guard rest > 0 else { return 0 }
                let count = Int(min(rest, Int64(KeptFiles.blockBytes)))
                guard lseek(files.file.descriptor, off_t(next), SEEK_SET) >= 0 else {
                    throw .file("read")
                }
                block = try files.block(count)[...]
                next += Int64(count + KeptFiles.sealBytes)
                rest -= Int64(count)
            }
            let piece = block.prefix(buffer.count)
            unsafe buffer.copyBytes(from: piece)
            block.removeFirst(piece.count)
            return piece.count
        }
    }

    /// The block of so many bytes that comes next.
    private func block(_ count: Int) throws(VaultError) -> [UInt8] {
        let sealed = try file.bytes(count + Self.sealBytes)
        guard let block = SealedBytes.open(sealed, key: key), block.count == count else {
            throw .file("read", number: EIO)
        }
        return block
    }

    /// A whole file in memory.
    func content(of path: String) throws(VaultError) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(Int(places[path]?.sizeBytes ?? 0))
        try read(path) { content += $0 }
        return content
    }
}
