import Foundation

/// The files of this machine.
package struct MachineFiles: CredentialFiles {
    package init() {}

    package func read(_ path: String, maximumBytes: Int) throws(FileFault) -> [UInt8] {
        // Without O_NONBLOCK a pipe of that name would hold everything up.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.fault(errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw Self.fault(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        guard status.st_size <= maximumBytes else { throw .tooLarge }
        // One byte more than allowed shows a file that grows, or one of /proc that says 0.
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let taken = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe Foundation.read(
                    file, room.baseAddress?.advanced(by: count), room.count - count)
            }
            if taken < 0, errno == EINTR { continue }
            guard taken >= 0 else { throw Self.fault(errno) }
            if taken == 0 { return Array(bytes[..<count]) }
            count += taken
        }
        throw .tooLarge
    }

    package func replace(_ path: String, with bytes: [UInt8]) throws(FileFault) {
        let beside = path + ".coffer-\(getpid())"
        let file = unsafe open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.fault(errno) }
        let written = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        let isDone = written == bytes.count && fsync(file) == 0
        close(file)
        guard isDone, unsafe rename(beside, path) == 0 else {
            let number = errno
            unsafe unlink(beside)
            throw Self.fault(number)
        }
    }

    private static func fault(_ number: Int32) -> FileFault {
        switch number {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .denied
        case ELOOP: .tooManyLinks
        case EISDIR, ENXIO: .notAFile
        case EFBIG: .tooLarge
        default: .other(number)
        }
    }
}
