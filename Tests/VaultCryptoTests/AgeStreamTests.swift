import Foundation
import Testing
import VaultCrypto

#if os(Linux)
    @Suite("age streams")
    struct AgeStreamTests {
        @Test(
            "Encrypting and decrypting 200 MB takes constant memory",
            .enabled(if: MemoryProbe.isMeaningful))
        func constantMemory() async {
            await #expect(processExitsWith: .success) {
                let identity = AgeIdentity.generate()
                let recipients = [identity.recipient]
                // The first megabytes settle the allocator; the rest must not add to them.
                try MemoryProbe.roundTrip(megabytes: 2, recipients, identity)
                let before = try MemoryProbe.highWaterKiB()
                try MemoryProbe.roundTrip(megabytes: 200, recipients, identity)
                let after = try MemoryProbe.highWaterKiB()
                print("age stream: high water \(before) KiB after 2 MB, \(after) KiB after 202 MB")
                try #require(after - before < 4_096)
            }
        }
    }

    enum MemoryProbe {
        /// AddressSanitizer holds freed memory back, so that its growth says nothing.
        static var isMeaningful: Bool {
            if dlsym(nil, "__asan_init") == nil { return true }
            print("SKIPPED constant memory: AddressSanitizer keeps freed memory.")
            return false
        }

        /// The process's largest resident size so far.
        static func highWaterKiB() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(Int(line.filter(\.isNumber)))
        }

        /// Encrypts zeros into a pipe while another thread decrypts and counts.
        static func roundTrip(
            megabytes: Int, _ recipients: [AgeRecipient], _ identity: AgeIdentity
        ) throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let (reading, writing) = (ends[0], ends[1])
            let thread = Thread {
                let piece = [UInt8](repeating: 0, count: 1_000_000)
                let sink = FileDescriptorSink(writing)
                if let encryptor = try? AgeEncryptor(recipients: recipients, output: sink) {
                    for _ in 0..<megabytes { try? encryptor.write(piece) }
                    try? encryptor.finish()
                }
                close(writing)
            }
            thread.start()
            let decryptor = try AgeDecryptor(
                input: FileDescriptorSource(reading), identities: [identity])
            var total = 0
            var buffer = [UInt8](repeating: 1, count: 100_000)
            while true {
                let count = try Pattern.read(decryptor, &buffer)
                if count == 0 { break }
                total += count
            }
            close(reading)
            try #require(total == megabytes * 1_000_000)
        }
    }
#endif
