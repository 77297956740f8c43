import Foundation
import Policy
import Vault
import VaultCrypto

/// A file that a command reads and that is no vault, export or archive; `-` is standard input.
enum InputFile {
    /// Opens a file for the time of a call.
    ///
    /// - Parameters:
    ///   - path: As it was typed.
    ///   - work: Reads the file.
    /// - Returns: What `work` returns.
    /// - Throws: `VaultError` when there is no such file, and what `work` throws.
    static func with<Result>(
        _ path: String, _ work: (FileDescriptorSource) throws -> Result
    ) throws -> Result {
        if path == "-" { return try work(FileDescriptorSource(STDIN_FILENO)) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw VaultError(
                .badInput,
                errno == ENOENT
                    ? "There is no file \(path); look at the path."
                    : "The file \(path) cannot be opened; look at its permissions.")
        }
        defer { close(file) }
        return try work(FileDescriptorSource(file))
    }

    /// How a file is called in a message.
    static func name(_ path: String) -> String {
        path == "-" ? "standard input" : path
    }
}

/// A policy in a file.
enum PolicyFile {
    private static let largestBytes = 4 << 20

    /// Reads and checks a policy.
    ///
    /// - Parameter path: The file; `-` is standard input.
    /// - Returns: The policy, or all that is wrong with it.
    /// - Throws: `VaultError` when the file cannot be read.
    static func examine(_ path: String) throws -> Result<PolicyDocument, PolicyFaults> {
        let text = try InputFile.with(path) { source in
            var text = [UInt8](repeating: 0, count: largestBytes + 1)
            let count = try text.withUnsafeMutableBytes { try source.readFully(into: $0) }
            return Array(text[..<count])
        }
        guard text.count <= largestBytes else {
            throw VaultError(
                .badInput,
                "\(InputFile.name(path)) is larger than any policy may be; look whether it is the "
                    + "right file.")
        }
        do throws(PolicyFaults) {
            return .success(try PolicyDocument.read(text, timeZoneFile: TimeZoneFolder.file))
        } catch {
            return .failure(error)
        }
    }

    /// Reads a policy that is to be used.
    ///
    /// - Parameter path: The file; `-` is standard input.
    /// - Returns: The policy.
    /// - Throws: `VaultError` with the first fault.
    static func read(_ path: String) throws -> PolicyDocument {
        switch try examine(path) {
        case .success(let policy): return policy
        case .failure(let faults):
            let more =
                faults.faults.count > 1 ? " `coffer policy check` names the others." : ""
            throw VaultError(
                .badInput,
                "The policy in \(InputFile.name(path)) cannot be used; "
                    + "\(faults.faults[0].description)\(more)")
        }
    }
}
