import Foundation
import JSONText
import Policy
import VaultCrypto

/// Where an organisation puts the policy of a device: `/etc/coffer/policy.json`.
///
/// Only root may write it or its folder; anybody else could otherwise have records destroyed.
package struct PolicyPlace: Sendable {
    package let path: String
    /// Whose files are trusted; root's.
    private let owner: UInt32

    /// A place where nothing is.
    static let none = PolicyPlace(path: "", owner: 0)

    package static let managed = PolicyPlace(path: "/etc/coffer/policy.json", owner: 0)

    /// - Parameters:
    ///   - path: The file.
    ///   - owner: The user who must own it and its folder.
    package init(path: String, owner: UInt32) {
        self.path = path
        self.owner = owner
    }

    /// The fingerprint of what cannot be read.
    static let unreadable = "unreadable"

    /// What tells one state of the place from another without understanding it; `nil` where there
    /// is nothing.
    var fingerprint: String? {
        switch read() {
        case .absent: nil
        case .policy(let policy): Hex.text(SHA256Digest.hash(policy.canonical))
        case .unreadable: Self.unreadable
        }
    }

    /// What the place says.
    enum Content {
        /// There is no file: the vault's own policy holds.
        case absent
        case policy(PolicyDocument)
        /// A sentence that says why, and what to do.
        case unreadable(String)
    }

    /// Whether something is there, or cannot be seen not to be.
    var isTaken: Bool {
        var status = stat()
        guard !path.isEmpty else { return false }
        return unsafe lstat(path, &status) == 0 || errno != ENOENT
    }

    func read() -> Content {
        var status = stat()
        guard !path.isEmpty else { return .absent }
        if unsafe lstat(path, &status) != 0 {
            // Whatever else keeps it from being looked at may hide a policy.
            return errno == ENOENT
                ? .absent
                : .unreadable(
                    "The policy's place \(path) cannot be looked into; check its permissions.")
        }
        if let fault = fault(of: path, isFolder: false) { return .unreadable(fault) }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if let fault = fault(of: folder, isFolder: true) { return .unreadable(fault) }
        guard let content = try? DurableFile.read(path) else {
            return .unreadable("The policy \(path) cannot be read; check its permissions.")
        }
        do {
            return .policy(try PolicyDocument.read(content, timeZoneFile: TimeZoneFolder.file))
        } catch {
            return .unreadable("The policy \(path) has a fault: \(error)")
        }
    }

    private func fault(of path: String, isFolder: Bool) -> String? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            return "The policy's place \(path) cannot be read; check its permissions."
        }
        guard status.st_mode & S_IFMT == (isFolder ? S_IFDIR : S_IFREG) else {
            return "The policy's place \(path) is a link or something else; put a "
                + "\(isFolder ? "folder" : "file") there."
        }
        guard status.st_uid == owner else {
            return "The policy's place \(path) belongs to user \(status.st_uid); give it to root."
        }
        guard status.st_mode & 0o022 == 0 else {
            return "The policy's place \(path) can be written by others; take that away with "
                + "`chmod go-w \(path)`."
        }
        return nil
    }
}
