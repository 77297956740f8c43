import Foundation
import Synchronization
import VaultCrypto

/// Where the bytes of a packed archive go: into its file, through age where it is encrypted.
///
/// That happens on a thread of its own, so that a failure is told by a later call, `finish` at the
/// latest. One thread uses this.
final class ArchiveOutput {
    private let lane: Lane
    private var isClosed = false

    init(_ file: OpenFile, _ encryption: ArchiveEncryption?) throws(VaultError) {
        let lane = Lane(try OutputFile(file, encryption))
        self.lane = lane
        Thread.detachNewThread { lane.run() }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        if let failure = lane.failure.withLock({ $0 }) { throw failure }
        lane.pieces.give(unsafe Array(bytes))
    }

    /// Writes the end.
    ///
    /// - Returns: SHA-256 of an encrypted file; `nil` of another.
    func finish() throws(VaultError) -> [UInt8]? {
        close()
        if let failure = lane.failure.withLock({ $0 }) { throw failure }
        return try lane.file.withLock { (file) throws(VaultError) in try file.finish() }
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        lane.pieces.give(nil)
        lane.done.wait()
    }

    deinit { close() }

    private final class Lane: Sendable {
        /// What is to be written, in order; `nil` is the end.
        let pieces = Handover<[UInt8]?>(maximum: 4)
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<VaultError?>(nil)
        let file: Mutex<OutputFile>

        init(_ file: sending OutputFile) { self.file = Mutex(file) }

        func run() {
            while let piece = pieces.take() {
                // After a failure the rest is dropped, so that nobody waits for room.
                if failure.withLock({ $0 != nil }) { continue }
                do throws(VaultError) {
                    try file.withLock { (file) throws(VaultError) in try file.write(piece) }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            done.signal()
        }
    }
}

/// The file of a packed archive, encrypted or not.
private struct OutputFile {
    private let sink: any ByteSink
    private var encryption: (encryptor: AgeEncryptor, file: HashingSink)?

    init(_ file: OpenFile, _ encryption: ArchiveEncryption?) throws(VaultError) {
        guard let encryption else {
            sink = file
            return
        }
        let hashing = HashingSink(file)
        let encryptor =
            switch encryption {
            case .recipients(let recipients):
                try AgeEncryptor(addressees: recipients, output: hashing)
            case .passphrase(let passphrase):
                try AgeEncryptor(
                    passphrase: passphrase.secret, log2N: passphrase.log2N, output: hashing)
            }
        sink = encryptor
        self.encryption = (encryptor, hashing)
    }

    func write(_ bytes: [UInt8]) throws(VaultError) { try sink.write(bytes) }

    func finish() throws(VaultError) -> [UInt8]? {
        try encryption?.encryptor.finish()
        return encryption?.file.sha256
    }
}
