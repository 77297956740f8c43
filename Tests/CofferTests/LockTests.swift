import Foundation
import Testing
import VaultCrypto

/// Locking, unlocking and what the keyring keeps.
@Suite(.enabled(if: KernelKeyring.isAvailable))
struct LockTests {
    let sandbox: Sandbox
    var vault: String { "\(sandbox.home)/.local/share/coffer/default.coffer" }

    init() throws { sandbox = try Sandbox() }

    private func unlocked() throws {
        try sandbox.makeVault()
        let answer = try sandbox.open("unlock", "--timeout", "2m")
        #expect(answer.status == 0, "\(answer.errors)")
    }

    private func editHeader(_ text: String, to other: String) throws {
        let path = URL(filePath: "\(vault)/coffer.json")
        let header = try String(contentsOf: path, encoding: .utf8)
        try Data(header.replacingOccurrences(of: text, with: other).utf8).write(to: path)
    }

    @Test func `lock removes the key of a vault whose header names another generation`() throws {
        try unlocked()
        let header = try Data(contentsOf: URL(filePath: "\(vault)/coffer.json"))
        try editHeader("\"generation\":1", to: "\"generation\":2")
        let answer = try sandbox.run("lock")
        #expect(answer.output == "Locked.\n", "\(answer.errors)")
        try header.write(to: URL(filePath: "\(vault)/coffer.json"))
        #expect(try sandbox.run("list").status == 4)
        #expect(try sandbox.run("lock").output == "It was locked already.\n")
    }

    @Test func `lock tells of other keys when the header names another vault`() throws {
        try unlocked()
        defer { _ = try? sandbox.run("lock") }
        let header = try Data(contentsOf: URL(filePath: "\(vault)/coffer.json"))
        try editHeader("\"vault\":\"01", to: "\"vault\":\"02")
        let answer = try sandbox.run("lock")
        #expect(answer.errors.contains("`coffer lock --all`"), "\(answer.errors)")
        try header.write(to: URL(filePath: "\(vault)/coffer.json"))
        #expect(try sandbox.run("lock").output == "Locked.\n")
    }

    @Test func `lock does not claim anything of a vault without a header`() throws {
        try unlocked()
        let header = try Data(contentsOf: URL(filePath: "\(vault)/coffer.json"))
        try FileManager.default.removeItem(atPath: "\(vault)/coffer.json")
        let answer = try sandbox.run("lock")
        #expect(answer.status == 1)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.contains("`coffer lock --all`"))
        try header.write(to: URL(filePath: "\(vault)/coffer.json"))
        #expect(try sandbox.run("lock").output == "Locked.\n")
    }

    /// Runs lines of a shell in a user namespace of its own, which has a keyring of its own.
    private func alone(_ script: String) throws -> Sandbox.Answer {
        let line = "coffer() { '\(Sandbox.program)' \"$@\"; }\n" + script
        return try sandbox.run(program: "/usr/bin/unshare", ["-Ur", "sh", "-euc", line])
    }

    @Test(.enabled(if: Sandbox.hasNamespaces, "this system forbids user namespaces"))
    func `lock --all removes every key of Coffer's and needs no vault`() throws {
        try sandbox.makeVault()
        let answer = try alone(
            """
            coffer unlock -q --passphrase-file passphrase
            mv '\(vault)' away
            coffer lock --all
            coffer lock --all
            mv away '\(vault)'
            coffer list || echo "locked $?"
            """)
        #expect(
            answer.lines
                == ["Removed 1 key.", "No key of Coffer's was in the keyring.", "locked 4"],
            "\(answer.errors)")
    }

    @Test func `doctor shows that the key file was damaged when the keyring had the key`() throws {
        try unlocked()
        defer { _ = try? sandbox.run("lock") }
        let path = "\(vault)/generations/1/key.age"
        try FileManager.default.removeItem(atPath: path)
        let examined = try sandbox.run("doctor", "--json")
        #expect(examined.status == 0)
        let repaired = examined.object["repaired"] as? [[String: String]]
        #expect(repaired?.map { $0["path"] } == ["generations/1/key.age"])
        var content = try Data(contentsOf: URL(filePath: path))
        content[content.count / 2] ^= 1
        try content.write(to: URL(filePath: path))
        let listed = try sandbox.run("list")
        #expect(listed.status == 0)
        #expect(listed.errors.contains("generations/1/key.age"))
        #expect(try !sandbox.run("list").errors.contains("key.age"))
        #expect(try sandbox.open("list").status == 0)
    }

    @Test func `A damaged key file names the key in the keyring as the other remedy`() throws {
        try unlocked()
        defer { _ = try? sandbox.run("lock") }
        let path = "\(vault)/generations/1/key.age"
        try FileManager.default.removeItem(atPath: path)
        let answer = try sandbox.open("list")
        #expect(answer.status == 1)
        #expect(answer.errors.contains("`coffer unlock`"))
        #expect(try sandbox.run("unlock").status == 0)
        #expect(try sandbox.open("list").status == 0)
        _ = try sandbox.run("lock")
        try FileManager.default.removeItem(atPath: path)
        #expect(try !sandbox.open("list").errors.contains("`coffer unlock`"))
    }
}
