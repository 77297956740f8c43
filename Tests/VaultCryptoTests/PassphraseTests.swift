import Foundation
import Synchronization
import Testing
import VaultCrypto

@Suite("passphrases")
struct PassphraseTests {
    private func read(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let file = try folder.write("passphrase", bytes)
        return Pattern.reveal(try Passphrase.read(file: file.path))
    }

    @Test("The first line of a file is the passphrase, without its line end")
    func files() throws {
        #expect(try read(Array("phrase".utf8)) == Array("phrase".utf8))
        #expect(try read(Array("phrase\n".utf8)) == Array("phrase".utf8))
        #expect(try read(Array("phrase\r\nmore".utf8)) == Array("phrase".utf8))
        #expect(try read(Array(" two words \nmore\n".utf8)) == Array(" two words ".utf8))
        #expect(try read([0, 0xff, 13, 7, 10]) == [0, 0xff, 13, 7])
        let longest = [UInt8](repeating: 65, count: 65_536)
        #expect(try read(longest + [10]) == longest)
        #expect(try read(longest + [13, 10]) == longest)
    }

    @Test("Empty, endless and missing passphrases are refused")
    func refused() {
        for bytes in [[], [10], [13, 10], [UInt8](repeating: 65, count: 65_537)] {
            let error = #expect(throws: VaultError.self) { try read(bytes) }
            #expect(error?.code == .badInput)
        }
        let missing = #expect(throws: VaultError.self) {
            _ = try Passphrase.read(file: "/nonexistent/passphrase")
        }
        #expect(missing?.code == .notFound)
    }

    @Test("Nothing after the first line is taken from a pipe")
    func pipes() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try FileDescriptorSink(ends[1]).write(Array("phrase\nthe rest".utf8))
        close(ends[1])
        #expect(Pattern.reveal(try Passphrase.read(descriptor: ends[0])) == Array("phrase".utf8))
        #expect(try Pattern.drain(FileDescriptorSource(ends[0])) == Array("the rest".utf8))
        close(ends[0])
    }

    @Test("Without a terminal the answer is that the vault stays locked")
    func noTerminal() {
        for path in ["/nonexistent", "/dev/null"] {
            let error = #expect(throws: VaultError.self) {
                _ = try Passphrase.ask("? ", terminal: path)
            }
            #expect(error?.code == .locked)
        }
    }
}

#if os(Linux)
    /// A flag that two threads share.
    private final class Flag: Sendable {
        private let value = Mutex(false)

        var isSet: Bool { value.withLock { $0 } }

        func set(_ newValue: Bool) { value.withLock { $0 = newValue } }
    }

    /// A terminal of our own: what the program shows comes out here, what we type goes in.
    private final class PseudoTerminal: Sendable {
        let controller: Int32
        let path: String

        init() throws {
            controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            // TIOCSPTLCK and TIOCGPTN (asm-generic/ioctls.h): unlock the other end, get its number.
            var unlocked: Int32 = 0
            var number: UInt32 = 0
            try #require(controller >= 0)
            try #require(ioctl(controller, 0x4004_5431, &unlocked) == 0)
            try #require(ioctl(controller, 0x8004_5430, &number) == 0)
            path = "/dev/pts/\(number)"
        }

        deinit { close(controller) }

        var hasEcho: Bool {
            var settings = termios()
            return tcgetattr(controller, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
        }

        /// On a thread of its own, waits for each prompt and then acts; collects what was shown.
        func answering(_ prompts: [String], _ act: @escaping @Sendable (Int) -> Void) -> Watcher {
            let watcher = Watcher()
            let controller = controller
            let thread = Thread {
                for (index, prompt) in prompts.enumerated() {
                    var byte: UInt8 = 0
                    var seen = ""
                    while !seen.hasSuffix(prompt) && Foundation.read(controller, &byte, 1) == 1 {
                        seen.append(Character(UnicodeScalar(byte)))
                    }
                    watcher.shown.withLock { $0 += seen }
                    act(index)
                }
            }
            thread.start()
            return watcher
        }

        func type(_ text: String) { try? FileDescriptorSink(controller).write(Array(text.utf8)) }

        final class Watcher: Sendable {
            let shown = Mutex("")
        }
    }

    @Suite("passphrases on a terminal", .serialized)
    struct TerminalTests {
        @Test("A typed passphrase is read without being shown, and echo comes back")
        func ask() async {
            await #expect(processExitsWith: .success) {
                let terminal = try PseudoTerminal()
                try #require(terminal.hasEcho)
                let wasSilent = Flag()
                let watcher = terminal.answering(["Passphrase: ", "Again: "]) { index in
                    wasSilent.set(!terminal.hasEcho)
                    terminal.type("correct hörse\n")
                }
                let phrase = try Passphrase.askNew(
                    "Passphrase: ", confirmation: "Again: ", terminal: terminal.path)
                try #require(Pattern.reveal(phrase) == Array("correct hörse".utf8))
                try #require(wasSilent.isSet)
                try #require(terminal.hasEcho)
                try #require(
                    watcher.shown.withLock { !$0.contains("horse") && !$0.contains("rse") })
            }
        }

        @Test("Two different new passphrases, an empty one and an end of input are refused")
        func refused() async {
            await #expect(processExitsWith: .success) {
                let answers: [([String], VaultError.Code)] = [
                    (["one\n", "two\n"], .badInput), (["\n"], .badInput), (["\u{4}"], .cancelled),
                ]
                for (typed, code) in answers {
                    let terminal = try PseudoTerminal()
                    let prompts = ["First: ", "Second: "].prefix(typed.count)
                    let watcher = terminal.answering(Array(prompts)) { terminal.type(typed[$0]) }
                    var refusal: VaultError?
                    do throws(VaultError) {
                        _ = try Passphrase.askNew(
                            "First: ", confirmation: "Second: ", terminal: terminal.path)
                    } catch {
                        refusal = error
                    }
                    try #require(refusal?.code == code)
                    try #require(terminal.hasEcho)
                    withExtendedLifetime(watcher) {}
                }
            }
        }

        @Test("A signal that the program survives cancels the question, after echo came back")
        func survivedSignal() async {
            await #expect(processExitsWith: .success) {
                signal(SIGTERM, SIG_IGN)
                let terminal = try PseudoTerminal()
                let watcher = terminal.answering(["Passphrase: "]) { _ in kill(getpid(), SIGTERM) }
                var code: VaultError.Code?
                do {
                    _ = try Passphrase.ask("Passphrase: ", terminal: terminal.path)
                } catch let error as VaultError {
                    code = error.code
                }
                try #require(code == .cancelled)
                try #require(terminal.hasEcho)
                withExtendedLifetime(watcher) {}
            }
        }

        @Test("A signal that ends the program still ends it")
        func fatalSignal() async {
            await #expect(processExitsWith: .signal(SIGINT)) {
                let terminal = try PseudoTerminal()
                let watcher = terminal.answering(["Passphrase: "]) { _ in kill(getpid(), SIGINT) }
                _ = try Passphrase.ask("Passphrase: ", terminal: terminal.path)
                withExtendedLifetime(watcher) {}
            }
        }
    }
#endif
