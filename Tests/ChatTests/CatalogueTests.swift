import Foundation
import JSONText
import Providers
import Testing
import Vault
import VaultCrypto

@testable import Chat
@testable import Policy

@Suite("Providers of the vault and of a managed file")
struct CatalogueTests {
    private let test: TestVault

    init() throws { test = try TestVault() }

    private func store(_ name: String, isDefault: Bool = false) throws {
        var settings: JSONObject = ["baseURL": .string("https://vault.example.org")]
        if isDefault { settings["default"] = .bool(true) }
        try test.vault.setProvider(
            ProviderSettings(name: name, kind: "gateway", settings: settings))
    }

    private static func secret(_ text: String) -> SecretBytes {
        let bytes = Array(text.utf8)
        return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    private static let nowhere = Surroundings(
        wire: NoNetwork(), now: { Date() }, environment: CredentialEnvironment([:]),
        files: MachineFiles(), programs: MachinePrograms())

    private func write(_ text: String, mode: Int = 0o600) throws -> ManagedProviders {
        let path = test.folder + "/providers.json"
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: test.folder)
        return .file(path)
    }

    private static let managed = """
        {"version":1,"providers":{
         "work":{"kind":"gateway","baseURL":"https://managed.example.org"},
         "eu":{"kind":"vertex","project":"p","region":"eu","default":true}}}
        """

    @Test func `A managed provider goes before the vault's of the same name`() throws {
        try store("work")
        try store("own")
        let catalogue = try ProviderCatalogue(test.vault, managed: write(Self.managed))
        #expect(catalogue.entries.map(\.name) == ["eu", "own", "work"])
        #expect(catalogue.entries.map(\.isManaged) == [true, false, true])
        let work = try catalogue.entry("work").configuration()
        #expect(work.base?.origin.host == "managed.example.org")
        #expect(try catalogue.entry(nil).name == "eu")
        #expect(throws: VaultError.self) { try catalogue.entry("none") }
    }

    @Test func `Without a name the only one is meant, or the default one, and never a guess`()
        throws
    {
        let none = ManagedProviders.ofDevice
        #expect(throws: VaultError.self) {
            try ProviderCatalogue(test.vault, managed: none).entry(nil)
        }
        try store("a")
        #expect(try ProviderCatalogue(test.vault, managed: none).entry(nil).name == "a")
        try store("b")
        let error = #expect(throws: VaultError.self) {
            try ProviderCatalogue(test.vault, managed: none).entry(nil)
        }
        #expect(error?.message.contains("several providers (a, b)") == true)
        try store("c", isDefault: true)
        #expect(try ProviderCatalogue(test.vault, managed: none).entry(nil).name == "c")
    }

    @Test(arguments: [
        (0o620, managed, "can be written by others"), (0o602, managed, "can be written by others"),
        (0o600, "[]", "has to be an object"), (0o600, "{", "is no JSON"),
        (0o600, #"{"version":2,"providers":{}}"#, "another version than 1"),
        (0o600, #"{"version":1,"providers":{},"more":1}"#, "has a member more"),
        (0o600, #"{"version":1,"providers":{"a":{}}}"#, "gives the provider a no kind"),
        (
            0o600, #"{"version":1,"providers":{"a":{"kind":"vertex","region":"eu"}}}"#,
            "project is missing"
        ),
        (0o600, #"{"version":1,"providers":{"":{"kind":"gateway"}}}"#, "A provider's name has"),
        (
            0o600, #"{"version":1,"providers":{"a\u001b[31m":{"kind":"gateway"}}}"#,
            "A provider's name has"
        ),
        (
            0o600,
            #"{"version":1,"providers":{"a":{"kind":"gateway","keyOrigin":"https://e.example"}}}"#,
            "a member keyOrigin, which is the vault's"
        ),
    ])
    func `A managed file that cannot be relied on is an error, and gives no provider`(
        _ mode: Int, _ text: String, _ words: String
    ) throws {
        try store("work")
        let file = try write(text, mode: mode)
        let error = #expect(throws: VaultError.self) {
            try ProviderCatalogue(test.vault, managed: file)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("providers.json") == true)
    }

    @Test func `A key goes to the server that it was given for, and to no other of the name`()
        throws
    {
        try store("work")
        let own = try ProviderCatalogue(test.vault, managed: .ofDevice).entry("work")
        try test.vault.setProvider(
            try SecretOrigins.binding("key", of: own.settings, to: own.configuration()),
            with: "key", Self.secret("KEYCANARY-1"))
        let bound = try ProviderCatalogue(test.vault, managed: .ofDevice).entry("work")
        let secrets = try ProviderSecrets(of: bound, in: test.vault)
        #expect(secrets.key?.reveal() == "KEYCANARY-1" && secrets.refusal == nil)
        // A managed provider of the same name, and a new address, lead elsewhere.
        let managed = try ProviderCatalogue(test.vault, managed: write(Self.managed)).entry("work")
        var moved = bound
        moved.settings.settings["baseURL"] = .string("https://vault.example.org:8443")
        for other in [managed, moved] {
            let secrets = try ProviderSecrets(of: other, in: test.vault)
            #expect(secrets.key == nil)
            let sentence = try #require(secrets.refusal?.sentence)
            #expect(sentence.contains("was given for https://vault.example.org, and"))
            #expect(sentence.contains("coffer provider set work --key-file FILE"))
            let choice = try other.configuration().credentialChoice(secrets, in: Self.nowhere)
            #expect(choice?.report.entries.first?.outcome == .failed)
            #expect(throws: CredentialError.self) { try choice?.flow.get() }
        }
    }

    @Test func `A key without a server goes nowhere`() throws {
        try store("work")
        try test.vault.setSecret("key", of: "work", Self.secret("KEYCANARY-1"))
        let entry = try ProviderCatalogue(test.vault, managed: .ofDevice).entry("work")
        let secrets = try ProviderSecrets(of: entry, in: test.vault)
        #expect(secrets.key == nil && secrets.refusal != nil)
    }

    @Test func `A link, a missing file and a folder that others write are refused`() throws {
        let path = test.folder + "/link.json"
        let file = try write(Self.managed)
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: test.folder + "/providers.json")
        #expect(throws: VaultError.self) { try ManagedProviders.file(path).read() }
        #expect(throws: VaultError.self) {
            try ManagedProviders.file(test.folder + "/none.json").read()
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: test.folder)
        #expect(throws: VaultError.self) { try file.read() }
    }

    @Test func `A turn that policy refuses is in the log, without a word of it`() throws {
        try test.vault.logRefusedTurn(
            RefusedTurn(
                provider: "work", host: "llm.example.org", model: "made-up-1",
                rule: "residency.allow[0]", conversation: nil))
        var found: (AuditEntry, String?)?
        try test.vault.forEachAuditEntry { entry, document in found = (entry, document) }
        #expect(found?.0.event == .turnRefused)
        let document = try #require(found?.1)
        let object = try #require(JSONReader.parse(document).object)
        #expect(
            Set(object.members.map(\.key)) == ["host", "model", "provider", "rule", "salt"])
        #expect(try test.vault.verifyAudit().faults == [])
    }
}

/// Refuses every turn, as a transport does whose guard does.
private struct RefusingTransport: TurnTransport {
    let refusal: ResidencyRefusal
    /// What an attempt has sent before; nil where the first is refused.
    var sent: JSONObject?

    func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt {
        guard let sent else { throw refusal }
        try await receive(.retrying(because: ProviderError(.overloaded), afterMilliseconds: 1))
        try await receive(.event(.failed(ProviderError(refusal))))
        var receipt = TurnReceipt()
        (receipt.host, receipt.exchange, receipt.refusal) = ("llm.example.org", sent, refusal)
        return receipt
    }
}

@Suite("Refused turns")
struct RefusedTurnTests {
    @Test func `a turn that is refused at the last moment is a failed record, and is logged`()
        async throws
    {
        let test = try TestVault()
        let refusal = ResidencyRefusal(
            rule: "residency.allow[0]", what: "Refused: canarywhat", remedy: "choose another")
        var settings = ChatSettings(model: "made-up-1")
        (settings.facts.provider, settings.facts.host) = ("work", "llm.example.org")
        let chat = Chat(test.vault, over: RefusingTransport(refusal: refusal), settings: settings)
        let id = try await chat.begin(Question("canaryquestion"))
        await #expect(throws: ResidencyRefusal.self) { try await chat.answer(in: id) { _ in } }
        let answer = try #require(try test.vault.messages(of: id).last)
        #expect(answer.state == .failed && answer.parts.isEmpty)
        #expect(answer.extra["error"]?["kind"] == .string("refused"))
        var documents: [String] = []
        try test.vault.forEachAuditEntry { entry, document in
            guard entry.event == .turnRefused else { return }
            #expect(entry.object == id.description)
            documents.append(document ?? "")
        }
        #expect(documents.count == 1)
        #expect(!documents.joined().contains("canary"))
    }

    @Test func `of a turn that is refused after an attempt the record has what was sent`()
        async throws
    {
        let test = try TestVault()
        let refusal = ResidencyRefusal(
            rule: "residency.allow[0]", what: "Refused: it is elsewhere", remedy: "choose another")
        let sent: JSONObject = [
            "attempts": .integer(1), "credential": .string("stored key (settings)"),
            "requestBytes": .integer(787),
        ]
        let transport = RefusingTransport(refusal: refusal, sent: sent)
        let chat = Chat(test.vault, over: transport, settings: ChatSettings(model: "made-up-1"))
        let id = try await chat.begin(Question("Which stone is hard?"))
        await #expect(throws: ResidencyRefusal.self) { try await chat.answer(in: id) { _ in } }
        let answer = try #require(try test.vault.messages(of: id).last)
        #expect(answer.state == .failed && answer.host == "llm.example.org")
        #expect(answer.extra["error"]?["kind"] == .string("refused"))
        #expect(answer.extra["exchange"] == .object(sent))
        var entries = 0
        try test.vault.forEachAuditEntry { entry, _ in
            entries += entry.event == .turnRefused ? 1 : 0
        }
        #expect(entries == 1)
    }
}
