import JSONText
import VaultCrypto

@testable import Vault

/// A vault's header is read as it was written or not at all, and is authentic as it was made only.
///
/// With an odd first byte the rest is JSON that is brought into canonical form first, so that what
/// comes after that is reached.
enum HeaderJudge {
    static let target = FuzzTarget(
        name: "header", judge: judge, seeds: seeds,
        words: [
            "\"passphrase\"", "\"device\"", "\"recovery\"", "workFactor", "sha256", "generation",
            "format", "slots", "age1", "\"1e0\"", "2147483648", "00000000-0000-7000-8000-",
        ])

    private static var key: SecretBytes { Made.secret(0x21, count: 32) }

    private static let authentic: VaultHeader = {
        let recipient = Made.identity.recipient
        var header = VaultHeader(
            vault: Made.record, created: Made.time, generation: 3,
            slots: [
                Slot(
                    name: "passphrase", kind: .passphrase, recipient: recipient, workFactor: 18,
                    fileDigest: Made.bytes(1)),
                Slot(name: "laptop_2", kind: .device, recipient: recipient),
                Slot(name: "safe", kind: .recovery, recipient: recipient),
            ], keyFileDigest: Made.bytes(2), logKey: Made.bytes(3), archiveKey: Made.bytes(4))
        header.authenticate(with: key)
        return header
    }()

    private static func seeds() -> [[UInt8]] {
        var small = authentic
        small.slots.removeFirst()
        return [authentic, small].flatMap { [[0] + $0.bytes, [1] + $0.bytes] }
    }

    private static func judge(_ input: [UInt8]) -> String? {
        var (mode, content) = input.split(2)
        if mode == 1, let value = try? JSONReader.parse(content) {
            content = JSONWriter.canonical(value) + [0x0A]
        }
        // Neither needs a key, and both are asked of files that nobody has checked.
        guard KeyFiles.stanzaCount(content) <= content.count else { return "too many stanzas" }
        do throws(VaultError) {
            let header = try VaultHeader(content)
            guard header.bytes == content else { return "it is written otherwise" }
            if let flaw = flaw(header.slots) { return flaw }
            guard (1..<1 << 31).contains(header.generation) else { return "no generation" }
            let isAuthentic = header.isAuthentic(under: key)
            return isAuthentic && header != authentic ? "a stranger's header is authentic" : nil
        } catch {
            return Refused.flaw(error, [.damaged, .newerFormat])
        }
    }

    private static func flaw(_ slots: [Slot]) -> String? {
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let names = Set(slots.map { Array($0.name.utf8) })
        guard !slots.isEmpty, names.count == slots.count,
            names.allSatisfy({ (1...64).contains($0.count) && letters.isSuperset(of: $0) })
        else { return "a slot's name is not one" }
        let costs = slots.filter { $0.kind == .passphrase }.map { $0.workFactor ?? 0 }
        return costs.allSatisfy((1...20).contains) ? nil : "a cost beyond what is allowed"
    }
}

/// A line of the audit log is read as it was written or not at all.
enum AuditEntryJudge {
    static let target = FuzzTarget(
        name: "entry", judge: judge, seeds: seeds,
        words: AuditEvent.allCases.map { "\"\($0.rawValue)\"" }
            + ["figures", "messages", "previous", "document", "ends", "\"v\":1", "\"seq\":"])

    private static func seeds() -> [[UInt8]] {
        var entry = AuditEntry(
            index: 0, previous: [], event: .ingest, time: Made.time, actor: "anna", session: "s")
        let first = entry.line
        entry.previous = Made.bytes(7)
        entry.index = 1
        entry.figures = ["conversations": 2, "messages": 9_007_199_254_740_993]
        entry.messages = CommittedMessages(count: 9, root: Made.bytes(8))
        entry.object = "c"
        entry.document = Made.bytes(9)
        entry.ends = 0
        return [Array(first.utf8), [1] + Array(entry.line.utf8), Array(entry.line.utf8)]
    }

    private static func judge(_ input: [UInt8]) -> String? {
        guard let line = String(validating: input, as: UTF8.self) else { return nil }
        // Any line may stand at any place: the number in it has to be that place.
        let index = (try? JSONReader.parse(input))?["seq"]?.int ?? 0
        do throws(VaultError) {
            let entry = try AuditEntry(parsing: line, at: index)
            guard Array(entry.line.utf8) == input, entry.index == index else {
                return "it is written otherwise"
            }
            guard (try? AuditEntry(parsing: line, at: index &+ 1)) == nil else {
                return "it is taken for the entry of another place"
            }
            return nil
        } catch {
            return Refused.flaw(error, [.damaged])
        }
    }
}
