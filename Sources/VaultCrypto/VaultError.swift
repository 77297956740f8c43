/// What went wrong in the engine, for a program (`code`) and for a person (`description`).
///
/// The description is a sentence that ends in what to do next. It never contains message content,
/// a key or a passphrase. Match on `code`, never on text.
package struct VaultError: Error, Sendable, CustomStringConvertible {
    /// A family of errors; the command line maps each to an exit code.
    package enum Code: String, Sendable, CaseIterable {
        /// There is no vault at the given place (exit 5).
        case absent
        /// The vault exists and no key is at hand (exit 4).
        case locked
        /// A key was given and it does not open the vault (exit 4).
        case wrongKey
        /// Bytes fail their authentication or break the format (exit 1).
        case damaged
        /// Written by a newer version of Coffer (exit 1).
        case newerFormat
        /// Something of that name exists already and is not overwritten (exit 1).
        case exists
        /// No such conversation, message, slot or label (exit 5).
        case notFound
        /// Another process holds what this needs (exit 1).
        case busy
        /// What the user gave cannot be used: a file, an option, a query (exit 1).
        case badInput
        /// A kind of file, recipient or feature that is deliberately not handled (exit 1).
        case unsupported
        /// Refused by policy, hold or a safety rule (exit 3).
        case refused
        /// The operating system failed a read, a write or a lock (exit 1).
        case inputOutput
        /// The disk is full or a limit was reached (exit 1).
        case noSpace
        /// Stopped by the user (exit 1).
        case cancelled
        /// The program broke a rule of its own (exit 1).
        case internalFault
    }

    package let code: Code
    /// One sentence: what could not be done, to what, and what to do next.
    package let message: String
    /// The error below, for `--verbose` and for tests; free of secrets as well.
    package let underlying: (any Error)?

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: The family.
    ///   - message: A full sentence with its remedy.
    ///   - underlying: The cause, when there is one below.
    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    package var description: String { message }
}
