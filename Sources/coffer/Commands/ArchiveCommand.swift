import ArgumentParser
import JSONText
import VaultArchive
import VaultCrypto

struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Add to an archive what others say of it.",
        discussion: """
            EXAMPLE:
              coffer archive attach merger/ --tsr merger.tsr
            """,
        subcommands: [ArchiveAttach.self])
}

struct ArchiveAttach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Carry a time stamp or a second signature into an archive.",
        usage: "coffer archive attach <archive> (--tsr | --cosign) <file> [<options>]",
        discussion: """
            A time stamp is the reply of an authority (RFC 3161) to the file that \
            `coffer export --timestamp-query` wrote. A second person signs the archive's list of \
            files on their own machine, with an Ed25519 key:

              ssh-keygen -Y sign -n export@coffer -f KEY \\
                < tagmanifest-sha256.txt > second.sig

            What does not fit the archive is refused before anything is written. An archive that \
            is a folder gets one more file. A packed one stays as it is: --output names the new \
            one. Nothing is ever overwritten, and the archive's own signatures hold as before. \
            Needs no vault.

            EXAMPLES:
              coffer archive attach merger/ --tsr merger.tsr
              coffer archive attach merger/ --cosign second.sig
              coffer archive attach merger.tar.zst --tsr merger.tsr \\
                --output merger-stamped.tar.zst
            """)

    @Argument(help: "The archive: a folder, .tar or .tar.zst.", completion: .file())
    var archive: String

    @Option(
        help: ArgumentHelp("The authority's reply, in DER.", valueName: "file"),
        completion: .file())
    var tsr: String?

    @Option(
        help: ArgumentHelp("The SSH signature file of the second person.", valueName: "file"),
        completion: .file())
    var cosign: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where the new packed archive goes; it must not exist.", valueName: "path"),
        completion: .file())
    var output: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if (tsr == nil) == (cosign == nil) {
            throw ValidationError("Give --tsr or --cosign, one at a time.")
        }
    }

    func run() throws {
        Interruption.watch()
        let witness = tsr ?? cosign ?? ""
        let added = try ArchiveAttachment.attach(
            try NewFile.read(witness), as: tsr == nil ? .cosignature : .timeStamp,
            to: Place.absolute(archive), output: output.map(Place.absolute),
            isCancelled: { Interruption.isRequested })
        let target = Place.absolute(output ?? archive)
        guard !options.json else {
            return Output.json([
                "archive": .string(target), "file": .string(added.name), "time": .text(added.time),
                "cosigner": .text(added.cosigner),
            ])
        }
        Output.line("Added \(added.name)")
        Output.line("  archive  \(Printable.line(target))")
        if let time = added.time { Output.line("  time     \(time), not checked") }
        if let cosigner = added.cosigner { Output.line("  cosigner \(cosigner)") }
        options.note(
            added.time == nil
                ? "Next: tell the recipient this fingerprint too, by another way."
                : "Next: `coffer verify --tsa-ca FILE` checks the time with the authority's "
                    + "certificate.")
    }
}
