import Foundation
import Testing
import Vault
import VaultCrypto

/// What an attacker or a failing disk does to the small files of a closed vault.
@Suite struct TamperTests {
    /// Opens by passphrase and examines; `true` when something was noticed on the way.
    private func isNoticed(_ test: TestVault) -> Bool {
        do {
            let vault = try test.open()
            defer { try? vault.close() }
            return try !vault.examine(repairs: false).isClean
        } catch {
            return true
        }
    }

    @Test func `every byte of the small files matters`() throws {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        let vault = try test.create(recovery: identity.recipient)
        try vault.ingest([conversation("a", texts: ["one", "two"])])
        try vault.close()
        #expect(!isNoticed(test))
        for name in [
            "coffer.json", "slots/passphrase.age", "generations/1/key.age",
        ] {
            let file = URL(filePath: test.directory + "/" + name)
            let good = try Data(contentsOf: file)
            for index in good.indices {
                var bad = good
                bad[index] ^= 1 << UInt8(index % 8)
                try bad.write(to: file)
                #expect(isNoticed(test), "\(name), byte \(index)")
                // Housekeeping may have mended the key file; put the vault back as it was.
                try good.write(to: file)
            }
        }
    }

    @Test func `leftovers of ours are cleared away and a stranger's file is named`() throws {
        let test = try TestVault()
        try test.create().close()
        for name in [
            "lock.new", "checkpoint.new", "slots/passphrase.next.age", "generations/7",
        ] {
            let path = test.directory + "/" + name
            if name == "generations/7" {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: false)
            } else {
                try Data("x".utf8).write(to: URL(filePath: path))
            }
        }
        try Data("x".utf8).write(to: URL(filePath: test.directory + "/notes.txt"))
        let vault = try test.open()
        defer { try? vault.close() }
        let faults = try vault.examine(repairs: true).faults
        let mended = ["checkpoint.new", "generations/7", "slots/passphrase.next.age"]
        #expect(faults.filter(\.isRepaired).map(\.path).sorted() == mended)
        #expect(
            faults.filter { !$0.isRepaired }.map(\.path).sorted() == ["lock.new", "notes.txt"])
        for name in mended {
            #expect(!FileManager.default.fileExists(atPath: "\(test.directory)/\(name)"))
        }
    }

    @Test func `a checkpoint that another process writes is no leftover`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let path = test.directory + "/checkpoint.new"
        try Data("x".utf8).write(to: URL(filePath: path))
        #expect(unsafe chmod(path, 0o600) == 0)
        #expect(try vault.examine(repairs: true).faults == [])
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a stranger's file is not removed for the ending of its name`() throws {
        let test = try TestVault()
        try test.create().close()
        let names = [
            "thesis.new", "generations/1/notes-journal", "generations/1/other.new",
            "slots/Mine.next.age", "diary.next.age",
        ]
        for name in names {
            try Data("x".utf8).write(to: URL(filePath: test.directory + "/" + name))
        }
        let vault = try test.open()
        defer { try? vault.close() }
        #expect(try vault.examine(repairs: true).faults.map(\.path).sorted() == names.sorted())
        for name in names {
            #expect(FileManager.default.fileExists(atPath: test.directory + "/" + name))
        }
    }

    @Test func `what somebody else put into the vault's folders stays`() throws {
        let test = try TestVault()
        try test.create().close()
        let copies = ["generations/1.backup", "generations/01", "slots/passphrase.age.bak"]
        for name in copies {
            try FileManager.default.copyItem(
                atPath: test.directory
                    + (name.hasPrefix("s") ? "/slots/passphrase.age" : "/generations/1"),
                toPath: test.directory + "/" + name)
        }
        let vault = try test.open()
        defer { try? vault.close() }
        #expect(try vault.examine(repairs: true).faults.map(\.path).sorted() == copies.sorted())
        for name in copies {
            #expect(FileManager.default.fileExists(atPath: test.directory + "/" + name))
        }
    }

    @Test func `an older header over newer data is refused and destroys nothing`() throws {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        let vault = try test.create(recovery: identity.recipient)
        let backup = test.folder + "/backup"
        try FileManager.default.copyItem(atPath: test.directory, toPath: backup)
        try vault.removeSlot(name: "office")
        try vault.ingest([conversation("a", texts: ["newest"])])
        try vault.close()
        let header = test.directory + "/coffer.json"
        let newest = try Data(contentsOf: URL(filePath: header))
        try FileManager.default.removeItem(atPath: header)
        try FileManager.default.copyItem(atPath: backup + "/coffer.json", toPath: header)
        try FileManager.default.copyItem(
            atPath: backup + "/generations/1", toPath: test.directory + "/generations/1")
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .damaged)
        try newest.write(to: URL(filePath: header))
        let again = try test.open()
        defer { try? again.close() }
        #expect(try again.status().messages == 1)
        #expect(!FileManager.default.fileExists(atPath: test.directory + "/generations/1"))
    }

    @Test func `making a vault removes abandoned beginnings of its own and nothing else`() throws {
        let test = try TestVault()
        for name in ["creating", "creating-0a1b2c3d", "creating-notes"] {
            try FileManager.default.createDirectory(
                atPath: test.directory + "." + name, withIntermediateDirectories: true)
        }
        try Data().write(to: URL(filePath: test.directory + ".creating-0a1b2c3d/lock"))
        try test.create().close()
        let left = try FileManager.default.contentsOfDirectory(atPath: test.folder).sorted()
        #expect(left == ["test.coffer", "test.coffer.creating", "test.coffer.creating-notes"])
    }

    @Test func `files that others can read are reported and repaired`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        chmod(test.directory + "/coffer.json", 0o644)
        #expect(try vault.examine(repairs: false).faults.map(\.path) == ["coffer.json"])
        #expect(try vault.examine(repairs: true).isClean)
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test func `the key file of another vault opens nothing`() throws {
        let one = try TestVault()
        let two = try TestVault()
        try one.create().close()
        try two.create().close()
        for name in ["generations/1/key.age", "slots/passphrase.age", "coffer.json"] {
            let good = try Data(contentsOf: URL(filePath: one.directory + "/" + name))
            let other = try Data(contentsOf: URL(filePath: two.directory + "/" + name))
            try other.write(to: URL(filePath: one.directory + "/" + name))
            #expect(isNoticed(one), "\(name)")
            try good.write(to: URL(filePath: one.directory + "/" + name))
        }
        #expect(!isNoticed(one))
    }
}
