import Foundation
import Testing
import VaultCrypto

@testable import VaultArchive

@Suite struct SpoolTests {
    private let place: TemporaryFolder

    init() throws { place = try TemporaryFolder() }

    private func content(of spool: Spool) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try unsafe spool.drain { (piece) throws(VaultError) in
            unsafe bytes.append(contentsOf: piece)
        }
        return bytes
    }

    @Test func `What was collected comes back, whatever the sizes of its pieces`() throws {
        for sizes in [[], [1], [65_535, 1, 1], [200_000, 3], [65_536, 65_536]] {
            let spool = try Spool(in: place.path)
            var wanted: [UInt8] = []
            for (place, size) in sizes.enumerated() {
                let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ place) }
                try spool.write(piece)
                wanted += piece
            }
            #expect(spool.sizeBytes == Int64(wanted.count))
            #expect(try content(of: spool) == wanted)
        }
    }

    @Test func `On the disk nothing of it can be read`() throws {
        let spool = try Spool(in: place.path)
        let line = Array("canary of a title\n".utf8)
        for _ in 0..<20_000 { try spool.write(line) }
        var seen = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let path = "/proc/self/fd/\(name)"
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            guard target?.hasPrefix(place.path) == true,
                let bytes = FileManager.default.contents(atPath: path)
            else { continue }
            seen += bytes.count
            #expect(bytes.range(of: Data("canary".utf8)) == nil)
        }
        #expect(seen > 300_000)
        #expect(try content(of: spool).count == 20_000 * line.count)
    }
}
