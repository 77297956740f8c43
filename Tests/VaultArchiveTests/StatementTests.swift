import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

@Suite("Signed statements")
struct StatementTests {
    private func destroyOne(_ folder: TemporaryFolder) throws -> Vault {
        var creation = VaultCreation(custodian: "Eva Officer")
        creation.recipients = [("office", .recovery, AgeIdentity.generate().recipient)]
        let vault = try Vault.create(at: folder.path + "/test.coffer", creation)
        let ingestion = try vault.beginIngestion()
        for id in ["a", "b"] {
            var entry = ImportedConversation(origin: Origin(source: "jsonl", id: id))
            var message = ImportedMessage(originID: "m", parent: nil, role: .user)
            message.parts = [ImportedPart(Part(.text, text: "the sheet of \(id)"))]
            entry.messages = [message]
            try ingestion.add(entry)
        }
        _ = try ingestion.finish()
        var ids: [RecordID] = []
        try vault.forEachConversation { ids.append($0.id) }
        let request = DisposalRequest(.conversations([ids[0]]), reason: "<asked> & answered")
        _ = try vault.dispose(try vault.planDisposal(request), of: request)
        _ = try vault.erase(tool: "Test 1")
        return vault
    }

    @Test("A certificate's files verify with OpenSSL by the commands that its README gives")
    func openssl() throws {
        let folder = try TemporaryFolder()
        let vault = try destroyOne(folder)
        defer { try? vault.close() }
        let certificate = try #require(try vault.certificates().last)
        let key = try VerifyingKey(bytes: vault.publicKeys.log)
        let files = StatementFiles(certificate.statement, vault: vault.id, key: key).files
        #expect(
            files.map(\.name) == [
                "certificate.json", "certificate.note", "certificate.html", "log.pub.pem",
                "README.txt",
            ])
        for file in files { try folder.write(file.name, file.content) }
        let readme = String(decoding: try #require(files.last).content, as: UTF8.self)
        let commands = readme.split(separator: "\n").filter { $0.hasPrefix("  ") }.dropFirst()
        #expect(commands.count == 5)
        guard
            let (status, said) = try folder.run(
                ".", ["sh", "-c", commands.joined(separator: "\n")])
        else { return }
        #expect(status == 0)
        let lines = said.split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == "Signature Verified Successfully")
        #expect(lines[1] == lines[2])
        let page = String(decoding: files[2].content, as: UTF8.self)
        #expect(page.contains("&lt;asked&gt; &amp; answered") && !page.contains("<script"))
    }
}
