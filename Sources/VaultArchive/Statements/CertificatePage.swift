import JSONText
import Vault
import VaultCrypto

/// A certificate of destruction as one HTML page that a person reads and prints.
struct CertificatePage {
    private let facts: JSON
    private let vault: RecordID
    private let key: VerifyingKey
    private var html = HTMLBuffer()

    /// Renders the page.
    ///
    /// - Parameters:
    ///   - statement: The certificate.
    ///   - vault: Whose log key signed it.
    ///   - key: That key.
    /// - Returns: The document in UTF-8; `nil` for facts that are not a certificate's, or that the
    ///   key did not sign.
    static func render(
        _ statement: SignedStatement, vault: RecordID, key: VerifyingKey
    ) -> [UInt8]? {
        guard statement.kind == .destruction, let facts = try? JSONReader.parse(statement.facts),
            let sentence = statement.sentence(vault: vault, key: key)
        else { return nil }
        var page = CertificatePage(facts: facts, vault: vault, key: key)
        page.document(sentence)
        return page.html.bytes
    }

    private init(facts: JSON, vault: RecordID, key: VerifyingKey) {
        self.facts = facts
        self.vault = vault
        self.key = key
    }

    private mutating func document(_ sentence: String) {
        PageStyle.begin(title: "Certificate of destruction", as: .list, into: &html)
        html.markup("<header class=\"about\">\n<h1>Certificate of destruction</h1>\n<p>")
        html.text(sentence)
        html.markup("</p>\n<dl>\n")
        fact("Vault", vault.description)
        fact("Time", facts["time"]?.string)
        fact("By", facts["actor"]?.string)
        fact("Program", facts["tool"]?.string)
        fact("Log key", SSHPublicKey.fingerprint(key))
        html.markup("</dl>\n</header>\n<main id=\"content\" tabindex=\"-1\">\n")
        list("What was done", facts["method"])
        search()
        for purge in facts["purges"]?.array ?? [] { destroyed(purge) }
        keys()
        list("What this does not cover", facts["notCovered"])
        exports()
        check()
        html.markup("</main>\n<footer>The facts behind this page are in ")
        html.markup("<code>certificate.json</code>, their signature in ")
        html.markup("<code>certificate.note</code>. No content of the destroyed records is in ")
        html.markup("any of them.</footer>\n")
        PageStyle.end(into: &html)
    }

    private mutating func heading(_ text: StaticString) {
        html.markup("<h2>")
        html.markup(text)
        html.markup("</h2>\n")
    }

    private mutating func fact(_ term: StaticString, _ value: String?) {
        guard let value else { return }
        html.markup("<dt>")
        html.markup(term)
        html.markup("</dt><dd dir=\"auto\">")
        html.bareLabel(value)
        html.markup("</dd>\n")
    }

    private mutating func list(_ title: StaticString, _ items: JSON?) {
        heading(title)
        html.markup("<ul>\n")
        for item in items?.array?.compactMap(\.string) ?? [] {
            html.markup("<li>")
            html.text(item)
            html.markup("</li>\n")
        }
        html.markup("</ul>\n")
    }

    private mutating func search() {
        let scan = facts["scan"]
        heading("What was searched")
        html.markup("<dl>\n")
        fact("Pages decrypted", scan?["pages"]?.int.map(String.init))
        fact("Pieces of text", scan?["pieces"]?.int.map(String.init))
        fact("Words of the index", scan?["terms"]?.int.map(String.init))
        fact("Found", scan?["found"]?.int.map(String.init))
        html.markup("</dl>\n")
    }

    private mutating func destroyed(_ purge: JSON) {
        heading("What was destroyed")
        html.markup("<dl>\n")
        fact("Time", purge["time"]?.string)
        fact("Entry", purge["entry"]?.int.map(String.init))
        fact("Reason", purge["said"]?["reason"]?.string)
        html.markup("</dl>\n<table class=\"list\">\n<thead><tr><th scope=\"col\">Conversation</th>")
        html.markup("<th scope=\"col\">Rule</th><th scope=\"col\" class=\"end\">Messages</th>")
        html.markup("</tr></thead>\n<tbody>\n")
        for record in purge["said"]?["records"]?.array ?? [] {
            html.markup("<tr><td><code>")
            html.text(record["conversation"]?.string ?? "")
            html.markup("</code></td><td>")
            let rules = record["rule"]?.array?.compactMap(\.string) ?? []
            html.bareLabel(rules.joined(separator: ", "))
            html.markup("</td><td class=\"end\">")
            html.number(record["messages"]?.array?.count ?? 0)
            html.markup("</td></tr>\n")
        }
        html.markup("</tbody>\n</table>\n")
    }

    private mutating func keys() {
        let generation = facts["generation"]
        heading("Keys")
        html.markup("<p>The key file of generation ")
        html.number(generation?["from"]?.int ?? 0)
        html.markup(" was destroyed; the vault is in generation ")
        html.number(generation?["to"]?.int ?? 0)
        html.markup(" under a new random key, which the old one does not open. ")
        html.markup("These open it:</p>\n<ul>\n")
        for copy in facts["copies"]?.array ?? [] {
            html.markup("<li>")
            html.bareLabel(copy["name"]?.string ?? "")
            html.markup(" (")
            html.text(copy["kind"]?.string ?? "")
            html.markup("), <code>")
            html.text(copy["recipient"]?.string ?? "")
            html.markup("</code></li>\n")
        }
        html.markup("</ul>\n<p>Holds in force then: ")
        let holds = facts["holds"]?["inForce"]?.array?.compactMap(\.string) ?? []
        html.bareLabel(holds.isEmpty ? "none" : holds.joined(separator: ", "))
        html.markup(holds.isEmpty ? "." : ". None of them matched what was destroyed.")
        html.markup("</p>\n")
    }

    private mutating func exports() {
        guard let count = facts["exports"]?.int else { return }
        html.markup("<p>Archives that the log knows of: ")
        html.number(count)
        html.markup(".</p>\n")
    }

    private mutating func check() {
        heading("How to check it without Coffer")
        html.markup("<pre><code>")
        html.text(StatementFiles.commands("certificate").joined(separator: "\n"))
        html.markup(
            "</code></pre>\n<p>The third command must say that the signature was verified, ")
        html.markup("and the last two must print the same line. Compare the log key's fingerprint ")
        html.markup("with the one that you were told by another way.</p>\n")
    }
}
