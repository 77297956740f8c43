import Foundation
import VaultCrypto

/// Small files that a command makes for somebody to keep.
enum NewFile {
    /// Writes a new file of the usual mode, durably; an existing one is never overwritten.
    ///
    /// - Throws: `exists` or `inputOutput`.
    static func write(_ bytes: [UInt8], to path: String) throws(VaultError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else {
            throw errno == EEXIST
                ? VaultError(.exists, "\(path) exists already; choose another name.")
                : VaultError(.inputOutput, "\(path) cannot be written; choose another place.")
        }
        defer { close(file) }
        guard put(bytes, in: file), PrivateFile.isSynced(file),
            (try? PrivateFile.syncFolder(of: path)) != nil
        else {
            unlink(path)
            throw VaultError(
                .inputOutput, "\(path) cannot be written; check the disk and its free space.")
        }
    }

    private static func put(_ bytes: [UInt8], in file: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Foundation.write(file, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// The content of a file that a person names.
    ///
    /// - Throws: `badInput` for one that cannot be read or is larger than a MiB.
    static func read(_ path: String) throws(VaultError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw VaultError(.badInput, "\(path) cannot be read; check the path.")
        }
        defer { close(file) }
        var content = [UInt8](repeating: 0, count: 1 << 20 + 1)
        let source = FileDescriptorSource(file)
        var failure: VaultError?
        let count = content.withUnsafeMutableBytes { buffer -> Int in
            do {
                return try source.readFully(into: buffer)
            } catch {
                failure = VaultError(.badInput, "\(path) cannot be read; check it.")
                return 0
            }
        }
        if let failure { throw failure }
        guard count <= 1 << 20 else {
            throw VaultError(.badInput, "\(path) is too large; check the path.")
        }
        return Array(content[..<count])
    }
}
