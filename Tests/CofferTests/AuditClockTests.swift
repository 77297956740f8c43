import Foundation
import Testing
import Vault
import VaultCrypto

/// A clock that was ahead once: what is typed and what is answered.
@Suite struct AuditClockTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
    }

    /// An entry of 2099, as if the device had been set to that.
    private func jumpAhead() throws {
        let words = Array("correct horse".utf8)
        let vault = try Vault.open(
            at: "\(sandbox.home)/.local/share/coffer/default.coffer",
            by: .passphrase(SecretBytes(count: words.count) { $0.copyBytes(from: words) }),
            now: { Instant(milliseconds: 4_070_908_800_000) })
        _ = try vault.anchor()
        try vault.close()
    }

    @Test func `The clock is accepted with a reason, after a look at both times`() throws {
        try jumpAhead()
        let purge = ["purge", "--label", "merger", "--reason", "x", "--yes", "--batch"]
        let barred = try sandbox.run(purge + ["--passphrase-file", "passphrase"])
        #expect(barred.status == 3 && barred.errors.contains("audit clock"), "\(barred.errors)")
        let asked = try sandbox.open("audit", "clock", "--reason", "a test")
        #expect(asked.status == 3 && asked.output.isEmpty, "\(asked.errors)")
        for words in ["2099-01-01", "--yes", "for ever"] { #expect(asked.errors.contains(words)) }
        let accepted = try sandbox.open("audit", "clock", "--reason", "a test", "--yes")
        #expect(accepted.status == 0, "\(accepted.errors)")
        #expect(accepted.output.hasPrefix("Accepted the clock: 20"))
        #expect(accepted.errors.contains("Nothing was destroyed."))
        let entry = try sandbox.open("audit", "log", "--type", "clock.accept", "--json").object
        #expect((entry["document"] as? [String: Any])?["reason"] as? String == "a test")
        #expect(try sandbox.open("audit", "verify").status == 0)
        #expect(try sandbox.run(purge + ["--passphrase-file", "passphrase"]).status == 0)
    }

    @Test func `Its JSON has both times, and without need there is nothing to accept`() throws {
        let needless = try sandbox.open("audit", "clock", "--reason", "x")
        #expect(needless.status == 1 && needless.errors.contains("is not behind"))
        #expect(try sandbox.open("audit", "clock", "--yes").status == 64)
        try jumpAhead()
        let accepted = try sandbox.open("audit", "clock", "--reason", "x", "--yes", "--json").object
        #expect(Set(accepted.keys) == ["newest", "now"])
        #expect((accepted["newest"] as? String)?.hasPrefix("2099-01-01T00:00:00") == true)
    }
}
