import ArgumentParser
import Chat
import Foundation
import Vault
import VaultCrypto

struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model, and keep every word.",
        usage: "coffer chat [--conversation <id>] [--provider <name>] [<options>]",
        discussion: """
            What you type goes to the model of your organisation's provider, where the policy \
            allows the place at which it runs, and the answer is shown while it comes. Everything \
            is in the vault as it appears. Ctrl-C stops an answer and keeps what came; on an empty \
            line it ends the sitting, as Ctrl-D does.

            Enter sends, Alt-Enter or Ctrl-J begins a new line, the arrows call earlier questions \
            back. /help lists the commands: /search, /attach, /model, /edit, /retry, /resume, \
            /branch, /title, /usage, /where, /export, /new, /quit. Without a terminal each line \
            of standard input is a question.

            EXAMPLES:
              coffer chat
              coffer chat --provider work --model sonnet
              coffer chat --conversation 018dfa1e
            """)

    @OptionGroup var choice: ProviderChoice

    @Option(help: ArgumentHelp("What the model shall keep in mind.", valueName: "text"))
    var system: String?

    @Option(help: ArgumentHelp("Go on with this conversation.", valueName: "id"))
    var conversation: String?

    @OptionGroup var sampling: SamplingOptions

    @Option(
        help: ArgumentHelp(
            "Whether the model may search the vault and read attached files: allow, ask or deny, "
                + "or a word for each, as search_vault=ask,read_attachment=allow.",
            valueName: "words"))
    var tools = ToolPermissions(.ask)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if options.json {
            throw ValidationError("A sitting is for people; `coffer ask --json` is for programs.")
        }
        if options.passphraseFile == "-" {
            throw ValidationError(
                "Standard input is what you type; give --passphrase-file a file.")
        }
        if conversation != nil, system != nil {
            throw ValidationError("--system is for new conversations; leave it out.")
        }
    }

    func run() throws {
        try options.withVault { vault in
            let id = try conversation.map { try vault.conversationID(matching: $0) }
            if let id { try HiddenConversation.tell(id, of: vault, options) }
            let manner = ChatSitting.Manner(
                system: system, sampling: sampling, tools: ToolChoices.set(tools)
            ) { provider, model in
                var choice = choice
                choice.provider = provider ?? choice.provider
                choice.model = model ?? choice.model
                return try ChatOpening(vault, choice)
            }
            try ChatSitting(vault, in: id, manner).run()
        }
    }
}
