import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Where: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "where",
        abstract: "Show where the turns of a conversation went.",
        usage: "coffer where <id> [<options>]",
        discussion: """
            For each answer: provider, host, region, model, kind of credential, TLS peer, proxy, \
            bytes, attempts, and how it is known where the model ran: verified (by host, path and \
            model), declared (by the policy's word), or not restricted. Of messages that were \
            imported Coffer did not see the way, and says so. A message's id shows that message \
            alone. \
            Bytes are those of the bodies: of requests what was handed to a connection, of answers \
            what was read. Of a turn that the policy refused after an attempt it says what that \
            sent.

            EXAMPLES:
              coffer where 018dfa1e
              coffer where 018dfa1e --json
            """)

    @Argument(help: "The conversation's or a message's id, or its beginning.")
    var id: String

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in try answer(in: vault) }
    }

    /// Looks into an open vault and prints what it finds.
    ///
    /// - Throws: `notFound`; what the database reports.
    func answer(in vault: Vault) throws {
        let id = try vault.conversationID(matching: id)
        let conversation = try vault.conversation(id)
        try vault.logRead(of: id)
        let answers = try vault.messages(of: id).filter { $0.role == .assistant }
        let wanted = Self.message(self.id, among: answers)
        let turns = (wanted.map { [$0] } ?? answers).map { TurnTrace($0) }
        if options.json {
            Output.json(Self.json(conversation, turns))
        } else {
            show(conversation, turns)
        }
    }

    /// The one answer that was meant; nil where the conversation was.
    private static func message(_ text: String, among answers: [Message]) -> Message? {
        let digits = text.lowercased().filter { $0 != "-" }
        let fits = answers.filter {
            $0.id.description.filter { $0 != "-" }.hasPrefix(digits)
        }
        // A beginning that the conversation's own id has means that.
        return fits.count == 1 ? fits.first : nil
    }

    private static func json(_ conversation: Conversation, _ turns: [TurnTrace]) -> JSONObject {
        let totals = TurnTotals(turns)
        return [
            "conversation": .string(conversation.id.description),
            "title": .text(conversation.title),
            "turns": .array(turns.map { .object($0.object) }), "totals": .object(totals.object),
        ]
    }

    private func show(_ conversation: Conversation, _ turns: [TurnTrace]) {
        for line in Wrapping.lines(of: TitleView.text(conversation.title), width: Console.width) {
            Output.line(Style.bold(line))
        }
        for turn in turns {
            for (index, text) in turn.lines.enumerated() {
                let indent = index == 0 ? "" : "  "
                let room = Console.width - indent.count
                for line in Wrapping.lines(of: Printable.line(text), width: room) {
                    Output.line(indent + line)
                }
            }
        }
        for line in Wrapping.lines(of: TurnTotals(turns).line, width: Console.width) {
            Output.line(line)
        }
    }
}

/// What an answer's record says of its way.
struct TurnTrace {
    let message: Message

    init(_ message: Message) { self.message = message }

    /// Whether Coffer itself asked for it; it is its own origin then.
    var isOwn: Bool { message.originID == message.id.description }

    /// Absent while a turn is under way, and where it was cut off by the end of the process.
    private var exchange: JSON? { message.extra["exchange"] }

    var requestBytes: Int64 { exchange?["requestBytes"]?.int ?? 0 }
    var responseBytes: Int64 { exchange?["responseBytes"]?.int ?? 0 }

    private var tls: JSON? { exchange?["tls"] }

    /// Of one that the policy refused there may be none.
    private var attempts: Int64 { exchange?["attempts"]?.int ?? (wasRefused ? 0 : 1) }
    /// How many attempts found no connection.
    private var unsent: Int64 { exchange?["unsent"]?.int ?? 0 }
    /// Whether an attempt has sent something.
    var isSent: Bool { attempts > unsent }
    /// Whether no attempt has sent anything, though none was refused.
    var isUnsent: Bool { !wasRefused && !isSent }

    /// Whether a policy kept it from going anywhere, or from going on after an attempt.
    var wasRefused: Bool {
        ["refused", "notAllowed"].contains(message.extra["error"]?["kind"]?.string)
    }

    var object: JSONObject {
        [
            "message": .string(message.id.description), "created": .time(message.created),
            "state": .string(message.state.rawValue), "imported": .bool(!isOwn),
            "refused": .bool(wasRefused), "provider": .text(message.provider),
            "host": .text(message.host), "region": .text(message.region),
            "model": .text(message.model), "basis": exchange?["basis"] ?? .null,
            "declared": exchange?["declared"] ?? .null, "rule": exchange?["rule"] ?? .null,
            "credential": exchange?["credential"] ?? .null,
            "address": exchange?["address"] ?? .null, "proxy": exchange?["proxy"] ?? .null,
            "tls": tls ?? .null, "profile": exchange?["profile"] ?? .null,
            "requestBytes": exchange?["requestBytes"] ?? .null,
            "responseBytes": exchange?["responseBytes"] ?? .null,
            "attempts": exchange?["attempts"] ?? .null, "unsent": .integer(unsent),
            "requestID": exchange?["requestID"] ?? .null,
        ]
    }

    /// The first says which answer it is, the others where it went.
    var lines: [String] {
        let time = message.created.map(Figures.minute) ?? "undated"
        let head = [time, message.model ?? "no model named", message.state.rawValue]
        guard isOwn else {
            let source = [message.provider, message.host].compactMap(\.self)
            let named = source.isEmpty ? "" : "; its source names \(source.joined(separator: ", "))"
            return [
                head.joined(separator: " · "),
                "imported: Coffer did not send it, and does not know where it went\(named)",
            ]
        }
        return [head.joined(separator: " · ")] + way
    }

    private var way: [String] {
        let target = "\(message.provider ?? "?") at \(message.host ?? "?")"
        if wasRefused, attempts == 0 {
            return ["\(target): refused by policy; nothing was sent"]
        }
        guard let exchange else {
            return ["\(target): it was cut off, so that no more is known of it"]
        }
        var lines = ["\(target), \(place)"]
        var facts: [String] = []
        if let credential = exchange["credential"]?.string {
            facts.append("credential: \(credential)")
        }
        facts.append(peer)
        lines.append(facts.joined(separator: "; "))
        let end = wasRefused ? "; the next was refused by policy" : ""
        lines.append(amounts + end)
        return lines
    }

    private var amounts: String {
        let tries = Figures.count(attempts, "attempt")
        guard isSent else { return "nothing was sent: \(obstacle), \(tries)" }
        let amounts =
            "\(Figures.bytes(requestBytes)) sent, \(Figures.bytes(responseBytes)) received, "
            + tries
        return unsent > 0 ? "\(amounts), of which \(unsent) found no connection" : amounts
    }

    private var obstacle: String {
        if attempts == 0 { return "no credential" }
        return exchange?["handshake"] == nil ? "no connection" : "no encryption was agreed on"
    }

    private var place: String {
        let region = message.region.map { $0 == "global" ? "global" : "region \($0)" }
        switch exchange?["basis"]?.string {
        case "verified": return "\(region ?? "its region") (verified)"
        case "declared":
            return "\(exchange?["declared"]?.string ?? region ?? "its place") (declared)"
        default:
            let profile = exchange?["profile"]?.string.map(ResidencyWords.unknownRegions)
            return "\(region ?? profile ?? "region not known") (not restricted by a policy)"
        }
    }

    private var peer: String {
        let proxy = exchange?["proxy"]?.string.map { " through the proxy \($0)" } ?? ""
        return encryption + proxy
    }

    private var encryption: String {
        if let tls {
            let version = tls["version"]?.string ?? "TLS"
            return "\(version) with \(tls["subject"]?.string ?? "a verified server")"
        }
        if !isSent { return "no peer: \(obstacle)" }
        switch exchange?["scheme"]?.string {
        case "http": return "no TLS: this machine itself"
        case "https": return "TLS with a verified server, which gave no answer"
        // Older records do not say it; only servers on this machine answer without.
        default: return responseBytes > 0 ? "no TLS: this machine itself" : "peer not known"
        }
    }
}

/// The turns of a conversation together.
struct TurnTotals {
    private let turns: [TurnTrace]

    init(_ turns: [TurnTrace]) { self.turns = turns }

    private var own: [TurnTrace] { turns.filter { $0.isOwn } }
    private var refused: [TurnTrace] { own.filter { $0.wasRefused } }
    private var unsent: [TurnTrace] { own.filter { $0.isUnsent } }
    private var sent: [TurnTrace] { own.filter { $0.isSent } }
    private var requestBytes: Int64 { own.reduce(0) { $0 + $1.requestBytes } }
    private var responseBytes: Int64 { own.reduce(0) { $0 + $1.responseBytes } }
    private var hosts: [String] { Set(sent.compactMap(\.message.host)).sorted() }

    var object: JSONObject {
        [
            "turns": .integer(own.count), "imported": .integer(turns.count - own.count),
            "refused": .integer(refused.count), "unsent": .integer(unsent.count),
            "requestBytes": .integer(requestBytes), "responseBytes": .integer(responseBytes),
            "hosts": .array(hosts.map(JSON.string)),
        ]
    }

    /// How many there are, where they went, and how much was sent and received.
    var line: String {
        var line = Figures.count(sent.count, "turn")
        if !hosts.isEmpty { line += " to \(hosts.joined(separator: ", "))" }
        line += ", \(Figures.bytes(requestBytes)) sent, \(Figures.bytes(responseBytes)) received"
        let imported = turns.count - own.count
        if imported > 0 { line += "; \(Figures.count(imported, "imported answer"))" }
        let later = refused.count { $0.isSent }
        if later > 0 { line += "; \(later) of them refused after an attempt" }
        if refused.count > later {
            line += "; \(Figures.count(refused.count - later, "refused turn"))"
        }
        if !unsent.isEmpty { line += "; \(Figures.count(unsent.count, "unsent turn"))" }
        return Printable.line(line) + "."
    }
}
