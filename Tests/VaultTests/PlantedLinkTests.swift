import Foundation
import Testing
import Vault
import VaultCrypto

/// Whoever can write to the vault's folder puts a link there that leads to files of others.
@Suite struct PlantedLinkTests {
    private let files = FileManager.default

    /// Every file below a folder with its content.
    private func contents(_ folder: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try files.subpathsOfDirectory(atPath: folder) {
            found[name] = files.contents(atPath: "\(folder)/\(name)")
        }
        return found
    }

    private func link(_ path: String, to target: String) throws {
        try files.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    @Test(
        "A folder of the vault that is a link is refused, and nothing behind it is touched",
        arguments: ["slots", "generations", "generations/1"])
    func linkedFolder(name: String) throws {
        let victim = try TestVault()
        try victim.create().close()
        let before = try contents(victim.directory)
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        try test.create(recovery: identity.recipient).close()
        let path = try test.write(identity)
        try files.moveItem(atPath: "\(test.directory)/\(name)", toPath: test.folder + "/aside")
        try link("\(test.directory)/\(name)", to: "\(victim.directory)/\(name)")
        let error = #expect(throws: VaultError.self) {
            _ = try Vault.open(at: test.directory, by: .identityFile(path))
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("\(name) is not a folder") == true)
        #expect(try contents(victim.directory) == before)
    }

    @Test("A link among the generations is a stranger's and leads to no overwriting")
    func linkedGeneration() throws {
        let victim = try TestVault()
        try victim.create().close()
        let before = try contents(victim.directory)
        let test = try TestVault()
        let vault = try test.create(recovery: AgeIdentity.generate().recipient)
        try vault.removeSlot(name: "office")
        try vault.close()
        // One is older than the generation in force, the other newer.
        for number in [1, 7] {
            try link(
                "\(test.directory)/generations/\(number)", to: victim.directory + "/generations/1")
        }
        let again = try test.open()
        defer { try? again.close() }
        #expect(try contents(victim.directory) == before)
        let faults = try again.examine(repairs: true).faults
        #expect(faults.map(\.path).sorted() == ["generations/1", "generations/7"])
        #expect(try contents(victim.directory) == before)
    }

    @Test("A leftover that is linked to a file elsewhere is removed and not overwritten")
    func linkedFile() throws {
        let test = try TestVault()
        try test.create().close()
        let kept = test.folder + "/kept"
        try Data("kept".utf8).write(to: URL(filePath: kept))
        try link(test.directory + "/slots/soft.age", to: kept)
        try files.linkItem(atPath: kept, toPath: test.directory + "/slots/hard.age")
        try test.open().close()
        #expect(files.contents(atPath: kept) == Data("kept".utf8))
        #expect(
            try files.contentsOfDirectory(atPath: test.directory + "/slots") == ["passphrase.age"])
    }
}
