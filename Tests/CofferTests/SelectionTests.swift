import Foundation
import Testing

/// What an export takes, where it may go, and what it says when it takes nothing.
@Suite struct SelectionTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Conversations around the first quarter of 2024: one that went on after it, one inside, one
    /// with messages on both sides only, one without any date.
    private static let period = """
        {"id":"on","title":"went on","messages":[\
        {"id":"1","role":"user","text":"a","created":"2024-02-01T00:00:00Z"},\
        {"id":"2","parent":"1","role":"user","text":"b","created":"2025-02-01T00:00:00Z"}]}
        {"id":"in","title":"inside","messages":[\
        {"id":"1","role":"user","text":"a","created":"2024-03-31T23:59:59Z"}]}
        {"id":"around","title":"around","messages":[\
        {"id":"1","role":"user","text":"a","created":"2023-02-01T00:00:00Z"},\
        {"id":"2","parent":"1","role":"user","text":"b","created":"2024-04-01T00:00:00Z"}]}
        {"id":"none","title":"undated","messages":[{"id":"1","role":"user","text":"a"}]}

        """

    private func makePeriod() throws {
        try sandbox.makeVault()
        try sandbox.write("period.jsonl", Self.period)
        #expect(try sandbox.open("import", "period.jsonl").status == 0)
    }

    private func scope(_ bag: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: "\(sandbox.home)/\(bag)/meta/export.json"))
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return object?["scope"] as? [String: Any] ?? [:]
    }

    private func titles(_ arguments: String...) throws -> Set<String> {
        let answer = try sandbox.run(
            ["list", "--json", "--passphrase-file", "passphrase"] + arguments)
        return Set(answer.objects.compactMap { $0["title"] as? String })
    }

    @Test func `A period takes every conversation with a message in it, as a query does`() throws {
        try makePeriod()
        let answer = try sandbox.open(
            "export", "--output", "bag", "--after", "2024-01", "--before", "2024-04", "--json")
        #expect(answer.object["conversations"] as? Int == 2, "\(answer.errors)")
        let query = try sandbox.open(
            "export", "--output", "asked", "--json", "--query",
            "after:2024-01-01 before:2024-04-01 role:user")
        #expect(query.object["conversations"] as? Int == 2, "\(query.errors)")
        #expect(
            try titles("--after", "2024-01", "--before", "2024-04") == ["went on", "inside"])
        #expect(try titles("--after", "2025") == ["went on"])
        #expect(try titles("--before", "2024") == ["around"])
    }

    @Test func `Undated conversations that a period leaves out are counted and told`() throws {
        try makePeriod()
        let answer = try sandbox.open("export", "--output", "bag", "--after", "2024-01")
        #expect(try scope("bag")["undatedLeftOut"] as? Int == 1)
        #expect(answer.errors.contains("1 undated conversation was left out"), "\(answer.errors)")
        #expect(try sandbox.open("export", "--output", "all").status == 0)
        #expect(try scope("all")["undatedLeftOut"] == nil)
        let list = try sandbox.open("list", "--after", "2024-01")
        #expect(list.errors.contains("1 undated conversation was left out"), "\(list.errors)")
    }

    @Test func `What its owner hid is exported when asked for, or when it is named`() throws {
        try makePeriod()
        let listed = try sandbox.open("list", "--json", "--limit", "0").objects
        let id = try #require(listed.first?["id"] as? String)
        #expect(try sandbox.open("delete", id).status == 0)
        let visible = try sandbox.open("export", "--json", "--output", "a")
        #expect(visible.object["conversations"] as? Int == listed.count - 1)
        let all = try sandbox.open("export", "--json", "--output", "b", "--include-hidden")
        #expect(all.object["conversations"] as? Int == listed.count)
        let named = try sandbox.open("export", "--json", "--output", "c", "--conversation", id)
        #expect(named.object["conversations"] as? Int == 1)
    }

    @Test(arguments: [
        "x.tar.age", "x.tar.gz", "x.zip", "x.ZIP", "x.tgz", "x.age", "x.tar.zst.age", "x.zst",
        "x.tar.xz", "x.7z", "x.Tar.Bz2", "x.tar.old",
    ])
    func `An ending that promises another format writes no plaintext folder`(
        _ name: String
    ) throws {
        try sandbox.makeFilledVault()
        let answer = try sandbox.open("export", "--output", name)
        #expect(answer.status == 1)
        let remedy = name.hasSuffix(".age") && name.contains(".tar") ? "--recipient" : ".tar.zst"
        #expect(answer.errors.contains(remedy), "\(answer.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(sandbox.home)/\(name)"))
    }

    @Test func `Endings mean the same in capitals`() throws {
        try sandbox.makeFilledVault()
        for name in ["X.TAR", "Y.Tar.Zst"] {
            #expect(try sandbox.open("export", "--output", name).status == 0)
            var isFolder: ObjCBool = true
            let path = "\(sandbox.home)/\(name)"
            #expect(FileManager.default.fileExists(atPath: path, isDirectory: &isFolder))
            #expect(!isFolder.boolValue)
            #expect(try sandbox.run("verify", name).status == 0)
        }
    }

    @Test func `The vault's own folder takes no export, by whatever path`() throws {
        try sandbox.makeFilledVault()
        let vault = ".local/share/coffer/default.coffer"
        try FileManager.default.createSymbolicLink(
            atPath: "\(sandbox.home)/link", withDestinationPath: vault)
        let before = try FileManager.default.subpathsOfDirectory(
            atPath: "\(sandbox.home)/\(vault)")
        for output in ["\(vault)/x", "link/x.tar", "link/slots/../y", "\(vault)/generations/x"] {
            let answer = try sandbox.open("export", "--output", output)
            #expect(answer.status == 3, "\(output): \(answer.errors)")
        }
        let after = try FileManager.default.subpathsOfDirectory(atPath: "\(sandbox.home)/\(vault)")
        #expect(Set(after).subtracting(before).allSatisfy { $0.contains("vault.db") })
    }

    @Test(arguments: [
        (["--label", "mergr"], "label mergr"), (["--project", "south"], "project south"),
        (["--custodian", "bob"], "custodian bob"), (["--from", "chatgtp"], "source chatgtp"),
        (["--label", "merger", "--after", "2030"], "No conversation matches"),
        (["--query", "zebra"], "No conversation matches"),
    ])
    func `A selection of nothing writes no archive and names what is unknown`(
        _ selection: [String], _ named: String
    ) throws {
        try sandbox.makeFilledVault()
        let common = ["--passphrase-file", "passphrase", "--output", "bag"]
        let answer = try sandbox.run(["export"] + selection + common)
        #expect(answer.status == 5, "\(answer.output)")
        #expect(answer.errors.contains(named), "\(answer.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(sandbox.home)/bag"))
        let meant = try sandbox.run(["export", "--allow-empty"] + selection + common)
        #expect(meant.status == 0, "\(meant.errors)")
        #expect(try sandbox.run("verify", "bag").status == 0)
    }

    @Test(arguments: ["list", "export"])
    func `A period that ends before it begins is a usage error`(_ command: String) throws {
        try sandbox.makeFilledVault()
        let output = command == "export" ? ["--output", "bag"] : []
        let answer = try sandbox.run(
            [command, "--after", "2024-03", "--before", "2024-02"] + output
                + ["--passphrase-file", "passphrase"])
        #expect(answer.status == 64)
        #expect(answer.errors.contains("--before"), "\(answer.errors)")
    }
}
