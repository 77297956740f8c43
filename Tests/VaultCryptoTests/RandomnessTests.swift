import Foundation
import Testing
import VaultCrypto

@Suite("random bytes that are no secrets")
struct RandomnessTests {
    @Test("A child process draws bytes of its own")
    func fork() throws {
        let pipe = Pipe()
        let output = pipe.fileHandleForWriting.fileDescriptor
        // There is a block in stock.
        _ = Randomness.bytes(16)
        let child = Foundation.fork()
        if child == 0 {
            // Where another thread was drawing, nobody will ever let go of the lock.
            alarm(20)
            let drawn = Randomness.bytes(16)
            _ = drawn.withUnsafeBytes { write(output, $0.baseAddress, 16) }
            _exit(0)
        }
        try #require(child > 0)
        let own = (0..<512).map { _ in Randomness.bytes(16) }
        let theirs = try #require(try pipe.fileHandleForReading.read(upToCount: 16))
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child)
        #expect(status == 0)
        #expect(theirs.count == 16)
        #expect(!own.contains(Array(theirs)))
    }
}
