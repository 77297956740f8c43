import Foundation

/// Reads passphrases byte by byte into guarded memory, never through a `String`.
package enum Passphrase {
    /// The longest passphrase, in bytes.
    package static let maximumBytes = 65_536

    /// Asks on the terminal, without echo.
    ///
    /// - Parameters:
    ///   - prompt: Written to the terminal as it is.
    ///   - terminal: The terminal's device; another one in tests.
    /// - Returns: The passphrase, not empty.
    /// - Throws: `.locked` without a terminal, `.cancelled` on an interrupt or an end of input,
    ///   `.badInput` for an empty or too long passphrase.
    package static func ask(
        _ prompt: String, terminal: String = "/dev/tty"
    ) throws(VaultError) -> SecretBytes {
        let terminal = try Terminal(path: terminal)
        return try ask(prompt, on: terminal)
    }

    /// Asks for a new passphrase twice.
    ///
    /// - Parameters:
    ///   - prompt: The first question.
    ///   - confirmation: The second question.
    ///   - terminal: The terminal's device; another one in tests.
    /// - Returns: The passphrase, not empty.
    /// - Throws: As `ask`, and `.badInput` when the two differ.
    package static func askNew(
        _ prompt: String, confirmation: String, terminal: String = "/dev/tty"
    ) throws(VaultError) -> SecretBytes {
        let terminal = try Terminal(path: terminal)
        let first = try ask(prompt, on: terminal)
        let second = try ask(confirmation, on: terminal)
        guard first.matches(second) else {
            throw VaultError(.badInput, "The two passphrases differ; try again.")
        }
        return first
    }

    /// Reads the first line of a descriptor, and not a byte more.
    ///
    /// - Parameter descriptor: A pipe or a file; stays open.
    /// - Returns: The line without its line end (LF or CRLF).
    /// - Throws: `.badInput` for an empty line or over 64 KiB.
    package static func read(descriptor: Int32) throws(VaultError) -> SecretBytes {
        let line = try firstLine(of: FileDescriptorSource(descriptor))
        if line.count == 0 {
            throw VaultError(
                .badInput, "The passphrase file's first line is empty; put the passphrase there.")
        }
        return line
    }

    /// Reads the first line of a file; whether others may read the file is the caller's to check.
    ///
    /// - Parameter path: The file.
    /// - Returns: The line without its line end (LF or CRLF).
    /// - Throws: `.notFound` when there is none, `.inputOutput`, and as for a descriptor.
    package static func read(file path: String) throws(VaultError) -> SecretBytes {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT {
                throw VaultError(.notFound, "There is no passphrase file at that path; check it.")
            }
            throw .system("The passphrase file could not be opened; check its permissions.")
        }
        defer { close(descriptor) }
        return try read(descriptor: descriptor)
    }

    private static func ask(
        _ prompt: String, on terminal: borrowing Terminal
    ) throws(VaultError) -> SecretBytes {
        let line = try terminal.askSilently(prompt)
        if line.count == 0 {
            throw VaultError(.badInput, "The passphrase is empty; try again.")
        }
        return line
    }

    /// One byte a read, because what follows the line belongs to others.
    static func firstLine(of source: any ByteSource) throws(VaultError) -> SecretBytes {
        let room = GuardedBuffer(count: maximumBytes + 2)
        let count = try unsafe room.withBytes { (bytes) throws(VaultError) in
            var count = 0
            while true {
                guard count < bytes.count else {
                    throw VaultError(.badInput, "The passphrase is longer than 64 KiB; shorten it.")
                }
                let got = try unsafe source.read(into: bytes.slice(count..<count + 1))
                if got == 0 { return count }
                if unsafe bytes[count] == UInt8(ascii: "\n") { break }
                count += 1
            }
            let hasReturn = unsafe count > 0 && bytes[count - 1] == UInt8(ascii: "\r")
            return hasReturn ? count - 1 : count
        }
        if count > maximumBytes {
            throw VaultError(.badInput, "The passphrase is longer than 64 KiB; shorten it.")
        }
        return room.secret(0..<count)
    }
}
