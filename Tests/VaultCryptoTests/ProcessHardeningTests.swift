import Foundation
import Testing
import VaultCrypto

@Suite("process hardening")
struct ProcessHardeningTests {
    @Test("A hardened process leaves no core dump and is closed to other processes")
    func hardening() async {
        await #expect(processExitsWith: .success) {
            try ProcessHardening.apply()
            #if os(Linux)
                let limits = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
                let core = try #require(
                    limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
                let words = core.split(separator: " ").suffix(3)
                try #require(Array(words) == ["0", "0", "bytes"])
                // A process that may not be dumped belongs to root in /proc.
                var status = stat()
                try #require(stat("/proc/self/mem", &status) == 0)
                try #require(status.st_uid == 0)
            #endif
        }
    }

    @Test("A hardened process ends by the signal of its crash, without a report of its memory")
    func crash() async {
        await #expect(processExitsWith: .signal(SIGABRT)) {
            // Stands where the runtime's reporter stands; a reporter that is left would answer.
            signal(SIGABRT) { _ in _exit(0) }
            try ProcessHardening.apply()
            abort()
        }
    }
}
