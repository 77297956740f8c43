import Foundation
import JSONText
import Synchronization
import Vault
import VaultCrypto

/// Standard output, buffered: results and nothing else.
enum Output {
    /// The reader has gone; nobody wants the rest.
    struct Closed: Error {}

    private static let flushAtBytes = 65_536
    private static let buffer = Mutex(Buffer())

    private struct Buffer {
        var bytes: [UInt8] = []
        /// Why the last write failed; nothing more is written after that.
        var errorNumber: Int32?
    }

    /// Writes a line.
    ///
    /// A failure shows at the next `flush`.
    static func line(_ text: String) {
        buffer.withLock { buffer in
            buffer.bytes.append(contentsOf: text.utf8)
            buffer.bytes.append(UInt8(ascii: "\n"))
            if buffer.bytes.count >= flushAtBytes { write(&buffer) }
        }
    }

    /// Writes text as it is, without a line end: a piece of an answer that comes.
    static func piece(_ text: String) {
        buffer.withLock { buffer in
            buffer.bytes.append(contentsOf: text.utf8)
            if buffer.bytes.count >= flushAtBytes { write(&buffer) }
        }
    }

    /// Writes a line of JSON.
    static func json(_ object: JSONObject) { line(text(of: object)) }

    /// One line of JSON in which no character can act on a terminal: `JSONWriter` escapes the
    /// controls below U+0020, this the others.
    static func text(of object: JSONObject) -> String {
        Printable.escapedJSON(JSONWriter.line(.object(object)))
    }

    /// Hands over everything.
    ///
    /// - Throws: `Closed` when there is nobody to read it, `VaultError` when it cannot be written.
    static func flush() throws {
        let errorNumber = buffer.withLock { buffer in
            write(&buffer)
            return buffer.errorNumber
        }
        guard let errorNumber else { return }
        if errorNumber == EPIPE { throw Closed() }
        throw VaultError(
            errorNumber == ENOSPC ? .noSpace : .inputOutput,
            "The output could not be written; look where it goes, and whether the disk is full.")
    }

    /// Whether the reader has gone.
    static var isClosed: Bool { buffer.withLock { $0.errorNumber == EPIPE } }

    /// Whether writing on is useless; long lists ask now and then.
    static var isUseless: Bool { buffer.withLock { $0.errorNumber != nil } }

    private static func write(_ buffer: inout Buffer) {
        var start = 0
        while start < buffer.bytes.count, buffer.errorNumber == nil {
            let count = buffer.bytes[start...].withUnsafeBytes { bytes in
                Foundation.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { buffer.errorNumber = errno } else { start += count }
        }
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}

/// Standard error, unbuffered: hints, warnings, errors.
enum Notes {
    /// A paragraph, wrapped to the terminal's width.
    static func paragraph(_ text: String) {
        raw(Wrapping.lines(of: Printable.line(text), width: Console.width).joined(separator: "\n"))
    }

    /// Text as it is, and a line end.
    static func raw(_ text: String) {
        // On a terminal both streams are one; what was printed first stands first.
        try? Output.flush()
        ProgressLine.clearCurrent()
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        write(bytes)
    }

    static func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// What the terminal can do.
enum Console {
    static let usualWidth = 80

    /// Whether a question would be seen and answered: somebody sits at one end at least.
    static var canAsk: Bool { inputIsTerminal || isatty(STDERR_FILENO) != 0 }

    static var showsProgress: Bool { isatty(STDERR_FILENO) != 0 && !isDumb }

    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) != 0 }

    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

    /// Columns; 80 where there is no terminal.
    static let width: Int = {
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            var size = winsize()
            if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 {
                return Int(size.ws_col)
            }
        }
        return usualWidth
    }()

    static var isDumb: Bool { Place.variable("TERM").map { $0 == "dumb" } ?? true }
}

/// Bold and dim text, where the output is a terminal that wants it (no-color.org).
enum Style {
    static let isOn =
        Console.outputIsTerminal && Place.variable("NO_COLOR") == nil && !Console.isDumb

    static func bold(_ text: String) -> String { isOn ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    static func dim(_ text: String) -> String { isOn ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
