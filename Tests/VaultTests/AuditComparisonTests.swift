import Foundation
import GRDB
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// What the tables say and the log contradicts, beyond the messages.
@Suite("The database against its audit log")
struct AuditComparisonTests {
    private let time: Int64 = 1_600_000_000_000

    private func faults(_ vault: Vault) throws -> [String] {
        try vault.verifyAudit().faults.map { "\($0.path): \($0.fault)" }
    }

    private func change(_ vault: Vault, _ sql: String) throws {
        try vault.store.write { try $0.execute(sql: sql) }
    }

    // MARK: Certificates

    @Test(
        "A certificate that is missing, changed or of no entry is named",
        arguments: [
            ("DELETE FROM certificate", "is missing"),
            ("UPDATE certificate SET facts = replace(facts, 'Test 1', 'Test 2')", "states other"),
            ("UPDATE certificate SET note = replace(note, 'Destroyed', 'Forgotten')", "has a note"),
            ("INSERT INTO certificate SELECT entry + 7, facts, note FROM certificate", "is of no"),
            ("UPDATE certificate SET entry = 0", "is of no"),
        ])
    func certificates(sql: String, fault: String) throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.purge(.conversations([try #require(try vault.ids()["old"])]))
        guard case .done(let certificate) = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
        #expect(try faults(vault) == [])
        try change(vault, sql)
        let found = try faults(vault)
        #expect(found.contains { $0.hasPrefix("certificate of entry") && $0.contains(fault) })
        let isKept = !["DELETE", "UPDATE certificate SET entry"].contains(where: sql.hasPrefix)
        let missing = "certificate of entry \(certificate.entry): is missing"
        #expect(found.contains { $0.hasPrefix(missing) } == !isKept)
    }
}
