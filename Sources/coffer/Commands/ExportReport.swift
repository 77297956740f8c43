import JSONText
import Vault
import VaultArchive
import VaultCrypto

extension Export {
    /// Says what was made.
    func report(_ results: [ArchiveExport.Result]) {
        if options.json {
            let archives = results.map(json)
            guard split.splitSize != nil else { return archives.forEach(Output.json) }
            return Output.json([
                "group": results.first?.group.map { .string($0.id.description) } ?? .null,
                "archives": .array(archives.map(JSON.object)),
            ])
        }
        if let group = results.first?.group {
            Output.line(
                "Split \(Figures.count(group.conversations, "conversation")), "
                    + "\(Figures.count(group.messages, "message")) into "
                    + "\(Figures.count(results.count, "archive")) of group \(group.id)")
        }
        results.forEach(show)
        let errors = results.reduce(0) { $0 + $1.errors }
        if errors > 0 {
            options.note(
                "The vault lacks \(Figures.count(errors, "attached file")) that records name; "
                    + "data/report/errors.csv in the archive says which. A restored archive may "
                    + "have lacked them; whether the vault lost any, `coffer doctor` says.")
        }
        noteReplaced(results.reduce(0) { $0 + $1.replacedCharacters })
        if subject.subject != nil { options.note(SubjectOptions.note) }
        options.note(
            "Next: tell the recipient the signer's fingerprint by another way. They check the "
                + "archive with `coffer verify`, or as its README.txt says.")
    }

    private func json(_ result: ArchiveExport.Result) -> JSONObject {
        [
            "archive": .string(result.archive), "bag": .string(result.bag),
            "conversations": .integer(result.conversations),
            "messages": .integer(result.messages),
            "attachments": .integer(result.attachments),
            "payloadBytes": .integer(result.payloadBytes), "errors": .integer(result.errors),
            "checkpoint": result.checkpoint.map {
                .string(String(decoding: $0.file, as: UTF8.self))
            } ?? .null, "signer": .string(result.signer),
            "sha256": result.fileDigest.map { .string(Hex.text($0)) } ?? .null,
            "tagManifest": .string(Hex.text(result.tagManifest)),
            "timestampQuery": .text(timestampQuery.map(Place.absolute)),
        ]
    }

    private func show(_ result: ArchiveExport.Result) {
        Output.line(
            "Exported \(Figures.count(result.conversations, "conversation")), "
                + "\(Figures.count(result.messages, "message")), "
                + "\(Figures.count(result.attachments, "attachment")) "
                + "(\(Figures.bytes(result.payloadBytes)))")
        Output.line("  archive  \(Printable.line(result.archive))")
        Output.line("  bag      \(result.bag)")
        Output.line("  signer   \(result.signer)")
        if let digest = result.fileDigest { Output.line("  sha256   \(Hex.text(digest))") }
    }

    private func noteReplaced(_ count: Int) {
        guard count > 0 else { return }
        options.note(
            "\(Figures.count(count, "character")) of texts "
                + "\(count == 1 ? "is" : "are") not in the encoding of "
                + "data/loadfile/export.dat and became a question mark there; --dat-encoding "
                + "utf-8 has them all.")
    }
}
