import Foundation
import Vault

/// Where things are on this machine.
///
/// Only environment variables and the password database are
/// asked: nothing here costs time at the start of a process.
enum Place {
    /// The vault that an option, `COFFER_VAULT` or the platform's custom names.
    static func vault(_ option: String?) -> String {
        absolute(option ?? variable("COFFER_VAULT") ?? defaultVault)
    }

    /// The identity that this device keeps for a vault.
    static func identity(of vault: RecordID) -> String { "\(identities)/\(vault).txt" }

    static var identities: String { "\(configuration)/coffer/identities" }

    /// The newest checkpoints of this user's vaults, which a copy of a vault does not bring along.
    static var checkpoints: String {
        #if os(macOS)
            "\(home)/Library/Application Support/Coffer/checkpoints"
        #else
            (variable("XDG_STATE_HOME") ?? "\(home)/.local/state") + "/coffer/checkpoints"
        #endif
    }

    private static var defaultVault: String {
        #if os(macOS)
            "\(home)/Library/Application Support/Coffer/default.coffer"
        #else
            (variable("XDG_DATA_HOME") ?? "\(home)/.local/share") + "/coffer/default.coffer"
        #endif
    }

    private static var configuration: String { variable("XDG_CONFIG_HOME") ?? "\(home)/.config" }

    private static var home: String {
        if let home = variable("HOME") { return home }
        guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return "/" }
        return String(cString: folder)
    }

    /// The name that the user logged in with.
    static var loginName: String {
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name, name.pointee != 0 {
            return String(cString: name)
        }
        return variable("LOGNAME") ?? variable("USER") ?? "unknown"
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether there is a folder, or a link to one.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a folder is another one or below it, whatever links lead there.
    static func isFolder(_ path: String, within other: String) -> Bool {
        guard let inner = resolved(path), let outer = resolved(other) else { return false }
        return inner == outer || inner.hasPrefix(outer + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The folder that holds what an absolute path names.
    static func folder(of path: String) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return folder.isEmpty ? "/" : folder
    }

    /// A variable of the environment that is set and not empty.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// A path from the root, without slashes at its end.
    static func absolute(_ path: String) -> String {
        var path = path
        if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
            path = String(cString: current) + "/" + path
            free(current)
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
