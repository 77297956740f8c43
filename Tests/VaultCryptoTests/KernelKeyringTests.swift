import Foundation
import Testing
import VaultCrypto

#if os(Linux)
    @Suite("kernel keyring")
    struct KernelKeyringTests {
        /// Stores and removes a key of its own, because a kernel may allow less than it claims.
        static let works: Bool = {
            do {
                try KernelKeyring.store(Pattern.secret("x"), name: "probe", timeoutSeconds: 60)
                return try KernelKeyring.remove(name: "probe")
            } catch {
                print("SKIPPED kernel keyring: \(error)")
                return false
            }
        }()

        private let name = "test:\(UUID().uuidString)"

        private func read(_ name: String) throws -> [UInt8]? {
            guard let secret = try KernelKeyring.read(name: name) else { return nil }
            return Pattern.reveal(secret)
        }

        @Test("A secret is read back until it is removed", .enabled(if: works))
        func roundTrip() throws {
            #expect(KernelKeyring.isAvailable)
            #expect(try read(name) == nil)
            try KernelKeyring.store(Pattern.secret("first"), name: name, timeoutSeconds: 60)
            #expect(try read(name) == Array("first".utf8))
            #expect(try KernelKeyring.remove(name: name))
            #expect(try read(name) == nil)
            #expect(try !KernelKeyring.remove(name: name))
        }

        @Test("A later secret of the same name takes the earlier one's place", .enabled(if: works))
        func replacement() throws {
            defer { _ = try? KernelKeyring.remove(name: name) }
            for size in [1, 100, 32_767, 5] {
                let secret = Pattern.bytes(size)
                // A machine may give a user less than the kernel's limit for one key.
                do {
                    try KernelKeyring.store(Pattern.secret(secret), name: name, timeoutSeconds: 60)
                    #expect(try read(name) == secret)
                } catch let error as VaultError {
                    #expect(error.code == .noSpace)
                }
            }
        }

        @Test("All secrets of one beginning are listed and removed", .enabled(if: works))
        func removalByBeginning() throws {
            let names = ["a:1", "a:2", "b:1"].map { "\(name):\($0)" }
            defer { for name in names { _ = try? KernelKeyring.remove(name: name) } }
            for name in names {
                try KernelKeyring.store(Pattern.secret("x"), name: name, timeoutSeconds: 60)
            }
            #expect(try KernelKeyring.names(prefix: name + ":a:").sorted() == names.dropLast())
            #expect(try KernelKeyring.removeAll(prefix: name + ":a:") == 2)
            #expect(try KernelKeyring.removeAll(prefix: name + ":a:") == 0)
            #expect(try KernelKeyring.names(prefix: name) == [names[2]])
        }

        @Test("A secret is stored with its timeout", .enabled(if: works && Tool.has("keyctl")))
        func timeout() throws {
            defer { _ = try? KernelKeyring.remove(name: name) }
            try KernelKeyring.store(Pattern.secret("x"), name: name, timeoutSeconds: 3_000)
            let keys = try String(contentsOfFile: "/proc/keys", encoding: .utf8)
            let line = try #require(
                keys.split(separator: "\n").first { $0.contains("coffer:" + name) })
            let fields = line.split(separator: " ")
            // Serial, flags, uses, timeout (in minutes here), permissions.
            #expect(fields[3] == "49m" || fields[3] == "50m")
            #expect(fields[4] == "2f2f0000")
        }

        @Test(
            "A secret is found from a session without the user keyring, and by stock keyctl",
            .enabled(if: works && Tool.has("keyctl", "sh")))
        func otherSession() throws {
            defer { _ = try? KernelKeyring.remove(name: name) }
            try KernelKeyring.store(Pattern.secret("shared"), name: name, timeoutSeconds: 60)
            let folder = try TemporaryFolder()
            let script = "keyctl pipe $(keyctl search @u user 'coffer:\(name)')"
            let run = try Tool.run("keyctl", ["session", "-", "sh", "-c", script], in: folder)
            #expect(run.status == 0, "\(run.standardError)")
            #expect(run.standardOutput == Array("shared".utf8))
        }

        @Test(
            "A key that another program removed is simply not there",
            .enabled(if: works && Tool.has("keyctl", "sh")))
        func removedElsewhere() throws {
            let folder = try TemporaryFolder()
            for action in ["revoke", "unlink"] {
                try KernelKeyring.store(Pattern.secret("x"), name: name, timeoutSeconds: 60)
                let script = "keyctl \(action) $(keyctl search @u user 'coffer:\(name)')"
                _ = try Tool.run("sh", ["-c", script], in: folder)
                #expect(try read(name) == nil)
                #expect(try !KernelKeyring.remove(name: name))
            }
        }
    }
#endif
