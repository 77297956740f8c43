import Foundation
import Testing
import VaultCrypto

@testable import VaultArchive

@Suite struct LaneTests {
    /// Bytes that differ from file to file and from place to place.
    private func content(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8) &+ number) }
    }

    private func feed(_ content: [UInt8], to lanes: FileLanes, piece: Int) {
        for start in stride(from: 0, to: content.count, by: piece) {
            unsafe content[start..<min(start + piece, content.count)].withUnsafeBytes {
                unsafe lanes.update($0)
            }
        }
    }

    @Test(arguments: [1, 2, 5])
    func `Findings come back in the order of the files, whichever lane they were in`(
        lanes count: Int
    ) throws {
        let lanes = FileLanes(count: count)
        let sizes = [0, 1, 700_000, 3, 9 << 20, 262_144, 0, 8 << 20, 2, 262_143, 262_145, 5]
        var findings: [FileFinding] = []
        for (number, size) in sizes.enumerated() {
            lanes.begin(FileWork(), sizeBytes: Int64(size))
            feed(content(number, size), to: lanes, piece: 100_000)
            lanes.endFile()
            findings += lanes.takeFinished()
        }
        findings += lanes.close()
        #expect(findings.count == sizes.count)
        for (number, (finding, size)) in zip(findings, sizes).enumerated() {
            let wanted = content(number, size)
            #expect(finding.sha256 == SHA256Digest.hash(wanted), "file \(number)")
            #expect(finding.sha512 == SHA512Digest.hash(wanted), "file \(number)")
        }
    }

    @Test func `Small files by the thousand lose no finding`() throws {
        let lanes = FileLanes(count: 2)
        var findings: [FileFinding] = []
        for number in 0..<10_000 {
            lanes.begin(FileWork(hasSHA512: number.isMultiple(of: 2)), sizeBytes: 2)
            feed([UInt8(number & 0xFF), UInt8(number >> 8)], to: lanes, piece: 2)
            lanes.endFile()
            findings += lanes.takeFinished()
        }
        findings += lanes.close()
        #expect(findings.count == 10_000)
        for (number, finding) in findings.enumerated() {
            let wanted = [UInt8(number & 0xFF), UInt8(number >> 8)]
            #expect(finding.sha256 == SHA256Digest.hash(wanted))
            #expect((finding.sha512 != nil) == number.isMultiple(of: 2))
        }
    }

    @Test func `A file that was not ended leaves nothing in the next one`() throws {
        let lanes = FileLanes(count: 1)
        lanes.begin(FileWork(), sizeBytes: 3)
        feed([1, 2, 3], to: lanes, piece: 3)
        lanes.begin(FileWork(), sizeBytes: 1)
        feed([4], to: lanes, piece: 1)
        lanes.endFile()
        #expect(lanes.close().map(\.sha256) == [SHA256Digest.hash([4])])
    }

    @Test func `What cannot be written is told, and nobody waits for ever`() throws {
        let descriptor = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        let output = try ArchiveOutput(OpenFile(descriptor), nil)
        #expect {
            for _ in 0..<1000 {
                try unsafe [UInt8](repeating: 7, count: 4096).withUnsafeBytes {
                    try unsafe output.write($0)
                }
            }
            _ = try output.finish()
        } throws: {
            ($0 as? VaultError)?.code == .noSpace
        }
    }
}
