import Foundation

/// A terminal on which a passphrase is typed unseen.
///
/// Echo comes back whatever happens: on return, on an error, on a signal that ends or stops the
/// process. As in OpenBSD's readpassphrase(3), signals are only noted while the user types; the
/// terminal is put right first, then the process receives the signal as if it came then.
struct Terminal: ~Copyable {
    private let descriptor: Int32

    /// Opens the terminal's device.
    ///
    /// - Throws: `.locked` when the process has no terminal.
    init(path: String) throws(VaultError) {
        descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)
        if descriptor < 0 || isatty(descriptor) == 0 {
            if descriptor >= 0 { close(descriptor) }
            throw VaultError(
                .locked,
                "There is no terminal to ask for the passphrase on; "
                    + "use --passphrase-file or --identity.")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Asks, reads a line without echo, and moves to the next line.
    ///
    /// - Throws: `.cancelled` on an interrupt or an end of input before a line end.
    borrowing func askSilently(_ prompt: String) throws(VaultError) -> SecretBytes {
        while true {
            let answer = try askOnce(prompt)
            switch answer.signal {
            case nil: return answer.line
            case SIGTSTP?, SIGTTIN?, SIGTTOU?: continue  // Stopped and resumed: ask again.
            case _?: throw VaultError(.cancelled, "Stopped before a passphrase was given.")
            }
        }
    }

    private struct Answer: ~Copyable {
        let line: SecretBytes
        let signal: Int32?
    }

    private borrowing func askOnce(_ prompt: String) throws(VaultError) -> Answer {
        let signals = NotedSignals()
        let outcome: Result<Bool, VaultError>
        let source = TerminalSource(descriptor, signals)
        var line = unsafe SecretBytes(count: 0) { _ in }
        do throws(VaultError) {
            let saved = try withoutEcho()
            defer { restore(saved) }
            try FileDescriptorSink(descriptor).write(Array(prompt.utf8))
            line = try Passphrase.firstLine(of: source)
            try FileDescriptorSink(descriptor).write(Array("\n".utf8))
            outcome = .success(true)
        } catch {
            outcome = .failure(error)
        }
        // Echo is back; now the signal may do what it would have done.
        if let signal = signals.restoreAndRaise() { return Answer(line: line, signal: signal) }
        _ = try outcome.get()
        if line.count == 0 && source.isAtEnd {
            throw VaultError(.cancelled, "Stopped before a passphrase was given.")
        }
        return Answer(line: line, signal: nil)
    }

    private borrowing func withoutEcho() throws(VaultError) -> termios {
        var saved = termios()
        guard unsafe tcgetattr(descriptor, &saved) == 0 else {
            throw .system("The terminal could not be set up; use --passphrase-file.")
        }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO | ECHONL)
        guard unsafe tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 else {
            throw .system("The terminal's echo could not be switched off; use --passphrase-file.")
        }
        return saved
    }

    private borrowing func restore(_ saved: termios) {
        var saved = saved
        while unsafe tcsetattr(descriptor, TCSAFLUSH, &saved) != 0 && errno == EINTR {}
    }
}

/// Reads from the terminal until a noted signal interrupts.
private final class TerminalSource: ByteSource {
    private static let waitMilliseconds: Int32 = 100

    private let descriptor: Int32
    private let signals: NotedSignals
    private(set) var isAtEnd = false

    init(_ descriptor: Int32, _ signals: NotedSignals) {
        self.descriptor = descriptor
        self.signals = signals
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        while true {
            if signals.noted != 0 {
                throw VaultError(.cancelled, "Stopped before a passphrase was given.")
            }
            // The signal may arrive on another thread or just before the wait, and interrupts
            // neither; so the wait is short and looks again.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Only when there is something to read: a read after an interrupted wait would block
            // on.
            if unsafe poll(&waiting, 1, Self.waitMilliseconds) <= 0 { continue }
            let count = unsafe Foundation.read(descriptor, buffer.start, buffer.count)
            if count == 0 { isAtEnd = true }
            if count >= 0 { return count }
            if errno != EINTR {
                throw .system("The terminal could not be read; use --passphrase-file.")
            }
        }
    }
}

/// The last signal that arrived; 0 for none.
///
/// A handler may only touch memory that exists already, so
/// this is allocated once and never freed. Written by handlers and read by the one thread that
/// asks.
nonisolated(unsafe) private let lastSignal: UnsafeMutablePointer<Int32> = {
    let place = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    unsafe place.initialize(to: 0)
    return unsafe place
}()

/// Replaces the handlers of the signals that end or stop a process by one that only notes them.
private final class NotedSignals {
    private static let watched = [
        SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU,
    ]

    private var earlier: [sigaction] = []
    private var isRestored = false

    init() {
        unsafe lastSignal.pointee = 0
        // Without SA_RESTART, so that a waiting read returns.
        var noting = sigaction()
        #if os(Linux)
            unsafe noting.__sigaction_handler.sa_handler = { unsafe lastSignal.pointee = $0 }
        #else
            unsafe noting.__sigaction_u.__sa_handler = { unsafe lastSignal.pointee = $0 }
        #endif
        for signal in Self.watched {
            var old = sigaction()
            unsafe sigaction(signal, &noting, &old)
            earlier.append(old)
        }
    }

    var noted: Int32 { unsafe lastSignal.pointee }

    /// Puts the earlier handlers back and delivers what was noted.
    ///
    /// - Returns: The signal, if the process survived it.
    func restoreAndRaise() -> Int32? {
        restore()
        let signal = noted
        if signal == 0 { return nil }
        // Threads of a pool have signals blocked; unblocked, it arrives before `raise` returns.
        var wanted = sigset_t()
        var mask = sigset_t()
        unsafe sigemptyset(&wanted)
        unsafe sigaddset(&wanted, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, &mask)
        raise(signal)
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
        return signal
    }

    private func restore() {
        if isRestored { return }
        isRestored = true
        for (index, signal) in Self.watched.enumerated() {
            unsafe sigaction(signal, &earlier[index], nil)
        }
    }

    deinit {
        restore()
    }
}
