import Vault
import VaultCrypto

// How to check an archive, and where its files are: the end of its first page.
extension FrontPage {
    mutating func checking() {
        heading("check", "How to check it")
        html.markup("<p class=\"prose\">Whoever could change the archive could change this page, ")
        html.markup("so what counts is what these commands say, in a terminal in the archive's ")
        html.markup("folder. They need no network and, but for the third step, nothing of Coffer. ")
        html.markup("<a href=\"README.txt\">README.txt</a> shows them too.</p>\n<ol>\n")
        step("Every file is as it was exported:", Self.fileCommands)
        step(
            "The list of files was signed. Either command is enough; both check the same key:",
            Self.signatureCommands)
        step(
            "Nothing was added, and every record is whole (this command is Coffer's own):",
            ["coffer verify ."])
        if tags.proof != nil {
            step(
                "The records are those of the vault's audit log (README.txt shows who signed it):",
                ["python3 proof/verify.py"])
        }
        html.markup("<li>The signer is who you think. Compare these with what reached you another ")
        html.markup(
            "way, in the cover letter or by telephone; whoever could change the files could ")
        html.markup("change what stands here.\n<dl>\n")
        key("SSH fingerprint", tags.signer.fingerprint)
        key("minisign public key", tags.signer.minisignKey)
        if let proof = tags.proof { key("Key of the audit log", proof.key.description) }
        html.markup("</dl></li>\n</ol>\n")
    }

    static let fileCommands = [
        "sha256sum --strict --quiet -c manifest-sha256.txt tagmanifest-sha256.txt",
        "sha512sum --strict --quiet -c manifest-sha512.txt",
    ]
    static let signatureCommands = [
        "ssh-keygen -Y verify -f allowed_signers -I \(ArchiveSigner.principal) "
            + "-n \(ArchiveSigner.namespace) "
            + "-s tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt",
        "minisign -Vm tagmanifest-sha256.txt -p signer.minisign.pub",
    ]

    private mutating func step(_ sentence: StaticString, _ commands: [String]) {
        html.markup("<li>")
        html.markup(sentence)
        html.markup("\n<pre class=\"plain\"><code>")
        html.text(commands.joined(separator: "\n"))
        html.markup("</code></pre></li>\n")
    }

    private mutating func key(_ term: StaticString, _ value: String) {
        html.markup("<dt>")
        html.markup(term)
        html.markup("</dt><dd><code>")
        html.text(value)
        html.markup("</code></dd>\n")
    }

    mutating func files() {
        heading("files", "Where things are")
        html.markup("<table class=\"files\">\n<thead><tr><th scope=\"col\">File or folder</th>")
        html.markup("<th scope=\"col\">What it is</th></tr></thead>\n<tbody>\n")
        file(ArchiveName.native, "the records, one JSON line each, as they were committed to")
        file(ArchiveName.pages, "the conversations as pages; copies for reading", at: "index.html")
        file(ArchiveName.attachments, "files, each named by its SHA-256")
        for format in ReviewOptions.Format.allCases where request.review.formats.contains(format) {
            switch format {
            case .rsmf: file(ArchiveName.rsmf, "a conversation's day each, for review platforms")
            case .dat: file(ArchiveName.loadFile, "a load file for review platforms")
            case .eml: file(ArchiveName.eml, "a conversation's day each, as mail")
            case .sessions: file(ArchiveName.sessions, "the messages as an answer about sessions")
            }
        }
        file(ArchiveName.items, "a table of the conversations", at: "")
        file(ArchiveName.summary, "totals", at: "")
        file(ArchiveName.errors, "what could not be exported", at: "")
        if tags.withheld != nil {
            file(ArchiveName.privilege, "what is withheld, and why", at: "")
        }
        file(ArchiveName.locations, "where the records come from", at: "")
        file(ArchiveName.settings, "what was asked for, as a table", at: "")
        file(ArchiveName.export, "what was asked for, by whom, when and why", at: "")
        file(ArchiveName.certification, "a draft of a certification, not signed", at: "")
        if tags.proof != nil {
            file(ArchiveName.custody, "what became of the records until the export", at: "")
            file("proof/", "what places the records in the vault's signed log")
        }
        file(ArchiveName.readme, "this in plain text, with every command", at: "")
        html.markup("</tbody>\n</table>\n")
    }

    /// A row of the table; with a link when there is a file to open.
    private mutating func file(_ path: String, _ what: StaticString, at name: String? = nil) {
        html.markup("<tr><th scope=\"row\">")
        if let name {
            html.markup("<a href=\"")
            html.text(path + name)
            html.markup("\">")
        }
        html.text(path)
        if name != nil { html.markup("</a>") }
        html.markup("</th><td>")
        html.markup(what)
        html.markup("</td></tr>\n")
    }
}
