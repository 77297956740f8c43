import Synchronization
import Testing

@testable import VaultCrypto

/// Bytes in memory, with the largest read that it gives.
private final class MemoryFile: RandomAccess {
    let bytes: [UInt8]
    var sizeBytes: Int64 { Int64(bytes.count) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(VaultError)
        -> Int
    {
        guard offset < sizeBytes else { return 0 }
        let count = min(buffer.count, bytes.count - Int(offset), 1000)
        buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + count])
        return count
    }
}

@Suite struct AgeRandomReaderTests {
    private let identity = AgeIdentity.generate()

    private func sealed(_ content: [UInt8]) throws -> [UInt8] {
        try Age.encrypt(content, to: [identity.recipient])
    }

    private func open(_ bytes: [UInt8]) throws(VaultError) -> AgeRandomReader {
        try AgeRandomReader(MemoryFile(bytes), identities: [identity])
    }

    private func read(_ reader: AgeRandomReader, at offset: Int, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try bytes.withUnsafeMutableBytes { room in
                try reader.read(
                    at: Int64(offset + filled),
                    into: UnsafeMutableRawBufferPointer(rebasing: room[filled...]))
            }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }

    @Test func `Content is read at any place, for sizes around those of chunks`() throws {
        var random = SystemRandomNumberGenerator()
        for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
            let reader = try open(sealed(content))
            #expect(reader.sizeBytes == Int64(size))
            #expect(try read(reader, at: 0, size + 10) == content)
            for _ in 0..<20 {
                let start = Int.random(in: 0...size, using: &random)
                let count = Int.random(in: 0...70_000, using: &random)
                let wanted = content[start..<min(size, start + count)]
                #expect(try read(reader, at: start, count) == Array(wanted))
            }
        }
    }

    @Test func `A file that is cut, longer or changed does not open or does not read`() throws {
        let content = (0..<140_000).map { UInt8(truncatingIfNeeded: $0) }
        let whole = try sealed(content)
        let chunk = 65_536 + 16
        for cut in [1, 15, 16, 17, 140_000 - 2 * 65_536 + 16, chunk, 2 * chunk, whole.count] {
            #expect(throws: VaultError.self) { try open(Array(whole.dropLast(cut))) }
        }
        for more in [[0], [UInt8](repeating: 0, count: 16), [UInt8](repeating: 9, count: chunk)] {
            #expect(throws: VaultError.self) { try open(whole + more) }
        }
        for place in [
            whole.count - 2 * chunk, whole.count - chunk - 9000, whole.count - 1, 30, 120,
        ] {
            var bytes = whole
            bytes[place] ^= 1
            #expect(throws: VaultError.self) { try read(open(bytes), at: 0, content.count) }
        }
    }

    @Test func `Another identity, and a passphrase, are told apart`() throws {
        let file = MemoryFile(try sealed([1, 2, 3]))
        let error = #expect(throws: VaultError.self) {
            try AgeRandomReader(file, identities: [AgeIdentity.generate()])
        }
        #expect(error?.code == .wrongKey)
    }
}
