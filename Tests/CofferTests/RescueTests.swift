import Foundation
import Testing
import VaultCrypto

/// What a person is told when something of theirs is broken, half done or out of place.
@Suite struct RescueTests {
    let sandbox: Sandbox
    var vault: String { "\(sandbox.home)/.local/share/coffer/default.coffer" }

    init() throws { sandbox = try Sandbox() }

    private func change(_ path: String, at offset: Int) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seek(toOffset: UInt64(offset))
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [byte ^ 1])
        try file.close()
    }

    private var identity: String {
        get throws {
            let folder = "\(sandbox.home)/.config/coffer/identities"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return "\(folder)/\(try #require(names.first))"
        }
    }

    @Test func `doctor names every damaged page of a vault that does not open`() throws {
        try sandbox.makeFilledVault()
        let database = "\(vault)/generations/1/vault.db"
        let pages = try Data(contentsOf: URL(filePath: database)).count / 4096
        let sound = try Data(contentsOf: URL(filePath: database))
        for page in [1, 3, pages] {
            try sound.write(to: URL(filePath: database))
            try change(database, at: (page - 1) * 4096 + 2000)
            let answer = try sandbox.open("doctor", "--json")
            #expect(answer.status == 2, "\(answer.errors)")
            let faults = answer.object["faults"] as? [[String: String]] ?? []
            #expect(
                faults.contains { $0["path"] == "generations/1/vault.db, page \(page)" },
                "\(page): \(answer.output)")
            #expect(!answer.output.contains("run `coffer doctor`"))
        }
        try change(database, at: 2 * 4096 + 2000)
        try change(database, at: 2000)
        let faults = try sandbox.open("doctor", "--json").object["faults"] as? [[String: String]]
        #expect(faults?.filter { $0["path"]?.contains(", page ") == true }.count == 3)
    }

    @Test func `A damaged start of the database is not called missing or empty`() throws {
        try sandbox.makeFilledVault()
        for offset in 16...23 {
            let database = "\(vault)/generations/1/vault.db"
            let sound = try Data(contentsOf: URL(filePath: database))
            try change(database, at: offset)
            let answer = try sandbox.open("list")
            #expect(answer.status == 1)
            #expect(answer.errors.contains("start"), "\(offset): \(answer.errors)")
            #expect(!answer.errors.contains("empty"))
            try sound.write(to: URL(filePath: database))
        }
    }

    @Test func `A device slot that was cut off is taken up again with the same identity`() throws {
        try sandbox.makeVault("--device")
        let path = try identity
        let left = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try sandbox.open("slot", "remove", "device", "--yes").status == 0)
        try sandbox.write(String(path.dropFirst(sandbox.home.count + 1)), left)
        let locked = try sandbox.run("lock")
        #expect(!locked.errors.contains("still opens the vault"), "\(locked.errors)")
        let added = try sandbox.open("slot", "add", "laptop", "--device")
        #expect(added.status == 0, "\(added.errors)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == left)
        #expect(try sandbox.run("list").status == 0)
        #expect(try sandbox.run("lock").errors.contains("still opens the vault"))
        #expect(try sandbox.open("slot", "add", "desk", "--device").status == 1)
        #expect(try sandbox.run("list").status == 0)
    }

    @Test func `Two device slots at once do not delete each other's identity`() throws {
        try sandbox.makeVault()
        let answers = try sandbox.runTogether(
            ["one", "two", "three"].map {
                ["slot", "add", $0, "--device", "--passphrase-file", "passphrase"]
            })
        #expect(answers.contains { $0.status == 0 })
        let slots = try sandbox.open("slot", "list", "--json").objects
        #expect(slots.count { $0["kind"] as? String == "device" } == 1)
        let opened = try sandbox.run("list")
        #expect(opened.status == 0, "\(opened.errors)")
    }

    @Test func `An identity comes through a pipe, and an encrypted one is told apart`() throws {
        try sandbox.makeVault("--device")
        let path = try identity
        let script = "exec '\(Sandbox.program)' list --identity <(cat '\(path)')"
        let piped = try sandbox.run(program: "/bin/bash", ["-c", script])
        #expect(piped.status == 0, "\(piped.errors)")
        for head in ["age-encryption.org/v1\n", "-----BEGIN AGE ENCRYPTED FILE-----\n"] {
            let file = try sandbox.write("sealed", head + "-> X25519 abc\n")
            let answer = try sandbox.run("list", "--identity", file)
            #expect(answer.errors.contains("decrypt it first"), "\(answer.errors)")
        }
        let endless = "exec '\(Sandbox.program)' list --identity <(head -c 3000000 /dev/zero)"
        let large = try sandbox.run(program: "/bin/bash", ["-c", endless])
        #expect(large.errors.contains("too large"), "\(large.errors)")
    }

    @Test func `search takes the usual terminator of options`() throws {
        try sandbox.makeFilledVault()
        #expect(try sandbox.open("search", "--ids", "merger", "-premium").lines.count == 1)
        let passphrase = ["--passphrase-file", "passphrase"]
        let excluded = try sandbox.run(
            ["search", "--ids"] + passphrase + ["--", "merger", "-terms"])
        #expect(excluded.status == 0, "\(excluded.errors)")
        #expect(excluded.lines.isEmpty)
        let only = try sandbox.run(["search", "--ids"] + passphrase + ["--", "-merger"])
        #expect(only.status == 0, "\(only.errors)")
        #expect(only.lines.count == 3)
        #expect(try sandbox.run(["search"] + passphrase + ["--", "--flag"]).status == 0)
        #expect(try sandbox.open("search", "--flag").status == 64)
    }

    @Test func `search in a conversation takes the id that list shows`() throws {
        try sandbox.makeFilledVault()
        let line = try #require(
            try sandbox.open("list").lines.first { $0.contains("Lindqvist") })
        let id = String(line.prefix { $0 != " " })
        let found = try sandbox.open("search", "--ids", "in:\(id)")
        #expect(found.status == 0, "\(found.errors)")
        #expect(found.lines.count == 3)
        #expect(try sandbox.open("search", "in:ffffffff").status == 5)
    }

    @Test func `init on a full disk leaves nothing behind`() throws {
        let script = """
            ulimit -f 24; exec '\(Sandbox.program)' init --vault v --passphrase-file passphrase \
            --work-factor 4 --allow-weak-work-factor
            """
        let answer = try sandbox.run(program: "/bin/bash", ["-c", script])
        #expect(answer.status == 1)
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.home)
        #expect(left.filter { $0.hasPrefix("v") }.isEmpty, "\(left)")
    }

    @Test func `init that runs out of handles leaves no vault without its identity`() throws {
        let vault = "\(sandbox.home)/v"
        for handles in 4...64 {
            let script = """
                ulimit -n \(handles); exec '\(Sandbox.program)' init --vault v --device \
                --no-passphrase
                """
            let made = try sandbox.run(program: "/bin/bash", ["-c", script])
            if FileManager.default.fileExists(atPath: vault) {
                let opened = try sandbox.run("list", "--vault", "v")
                #expect(opened.status == 0, "with \(handles): \(made.errors)\(opened.errors)")
                try FileManager.default.removeItem(atPath: vault)
            }
            if made.status == 0 { return }
        }
        Issue.record("64 handles are not enough")
    }

    @Test(
        .enabled(if: RescueTests.hasTracer, "strace is not installed"),
        arguments: ["", "/.config", "/.config/coffer", "/.config/coffer/identities"])
    func `init makes no vault whose identity might not outlive a loss of power`(
        folder: String
    ) throws {
        let answer = try sandbox.run(
            program: "/usr/bin/strace",
            [
                "-f", "-qq", "-o", "/dev/null", "-P", sandbox.home + folder, "-e",
                "inject=fsync:error=EIO", Sandbox.program, "init", "--vault", "vaults/new",
                "--device", "--no-passphrase",
            ])
        #expect(answer.status == 1, "\(answer.errors)")
        #expect(answer.errors.contains("Cannot sync"), "\(answer.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(sandbox.home)/vaults/new"))
    }

    static let hasTracer = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    @Test(.enabled(if: RescueTests.hasTracer, "strace is not installed"))
    func `A file that somebody keeps is durable when the command says that it is written`() throws {
        try sandbox.makeVault("--device")
        let out = "\(sandbox.home)/kept/monday.checkpoint"
        try FileManager.default.createDirectory(
            atPath: "\(sandbox.home)/kept", withIntermediateDirectories: true)
        for path in [out, "\(sandbox.home)/kept"] {
            let answer = try sandbox.run(
                program: "/usr/bin/strace",
                [
                    "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "inject=fsync:error=EIO",
                    Sandbox.program, "audit", "checkpoint", "--out", out,
                ])
            #expect(answer.status == 1, "\(path)")
            #expect(answer.errors.contains("cannot be written"), "\(answer.errors)")
            #expect(!FileManager.default.fileExists(atPath: out))
        }
        #expect(try sandbox.run("audit", "checkpoint", "--out", out).status == 0)
    }

    @Test(arguments: [[], ["--json"]])
    func `A page that the disk does not give ends the command with a sentence`(
        options: [String]
    ) throws {
        try sandbox.makeVault("--device")
        // Whoever opens the pipe has begun, and waits for an identity; what the kernel sends when a
        // page of a mapped file cannot be read is sent from here.
        let script = """
            mkfifo -m 600 pipe && { '\(Sandbox.program)' list --identity pipe \
            \(options.joined()) & process=$!; exec 3>pipe; kill -BUS $process; wait $process; }
            """
        let answer = try sandbox.run(program: "/bin/bash", ["-c", script])
        #expect(answer.status == 1, "\(answer.errors)")
        #expect(answer.errors.contains("The disk reported an error"), "\(answer.errors)")
        let isObject = answer.errors.hasPrefix(#"{"error":{"code":"inputOutput","exit":1,"#)
        #expect(isObject == !options.isEmpty, "\(answer.errors)")
    }

    @Test(.enabled(if: Sandbox.hasNamespaces, "this system forbids user namespaces"))
    func `A vault that cannot be written says that it must be`() throws {
        try sandbox.makeFilledVault()
        // A read-only mount, because the user who runs this may be root.
        let script = """
            mount --bind '\(vault)' '\(vault)' && mount -o remount,bind,ro '\(vault)' || exit 77
            exec '\(Sandbox.program)' list --passphrase-file passphrase
            """
        let answer = try sandbox.run(program: "/usr/bin/unshare", ["-Urm", "sh", "-c", script])
        #expect(answer.status == 1)
        #expect(
            answer.errors.contains("a vault must be writable to be opened; copy it first"),
            "\(answer.errors)")
    }
}
