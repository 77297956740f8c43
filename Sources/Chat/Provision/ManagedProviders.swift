import Foundation
import JSONText
package import Vault
package import VaultCrypto

/// Providers that an organisation gives a device, in a file that only an administrator may write.
///
/// The file is a JSON object, `{"version":1,"providers":{"NAME":{"kind":"vertex",…},…}}`; the other
/// members of a provider are those of `ProviderConfiguration`. It is read strictly: one fault makes
/// the whole file an error, and while it cannot be read no provider is used at all, since what it
/// forbids is not known. A provider of the file goes before the vault's of the same name.
///
/// The file and its folder have to belong to root, or, where the file was named for one command, to
/// whoever runs that; and nobody else may write them.
package struct ManagedProviders: Sendable {
    package let path: String
    private let owners: Set<UInt32>

    private static let largestBytes = 1 << 20

    /// The file of the device.
    package static let ofDevice = ManagedProviders(
        path: "/etc/coffer/providers.json", owners: [0], isRequired: false)

    /// Whether it is an error that the file is not there.
    private let isRequired: Bool

    /// A file that was named for one command.
    package static func file(_ path: String) -> ManagedProviders {
        ManagedProviders(path: path, owners: [0, geteuid()], isRequired: true)
    }

    private init(path: String, owners: Set<UInt32>, isRequired: Bool) {
        self.path = path
        self.owners = owners
        self.isRequired = isRequired
    }

    /// The providers of the file; none where there is no file.
    ///
    /// - Throws: `refused` where others can write it, `badInput` with one sentence about what is
    ///   wrong in it, `notFound` where a file that was named is not there.
    package func read() throws(VaultError) -> [ProviderSettings] {
        guard let content = try content() else { return [] }
        let value: JSON
        do {
            value = try JSONReader.parse(content)
        } catch {
            throw fault("is no JSON: \(error)")
        }
        guard let object = value.object, let providers = object["providers"]?.object else {
            throw fault("has to be an object with version and providers")
        }
        for member in object.members where !["version", "providers"].contains(member.key) {
            throw fault("has a member \(member.key), which is not known")
        }
        guard object["version"] == .integer(1) else {
            throw fault("has another version than 1; another Coffer may read it")
        }
        var all: [ProviderSettings] = []
        for member in providers.members { all.append(try provider(member)) }
        return all.sorted { $0.name < $1.name }
    }

    private func provider(_ member: JSONObject.Member) throws(VaultError) -> ProviderSettings {
        do {
            _ = try Label.checked(member.key, "provider's name")
        } catch {
            throw VaultError(error.code, "In the file \(path): \(error.message)")
        }
        guard let object = member.value.object, let kind = object["kind"]?.string else {
            throw fault("gives the provider \(member.key) no kind")
        }
        for key in SecretOrigins.members where object[key] != nil {
            throw fault("gives the provider \(member.key) a member \(key), which is the vault's")
        }
        let settings = ProviderSettings(
            name: member.key, kind: kind, settings: object.without(["kind"]))
        do {
            _ = try ProviderConfiguration(settings)
        } catch {
            throw VaultError(error.code, "In the file \(path): \(error.message)")
        }
        return settings
    }

    private func fault(_ what: String) -> VaultError {
        VaultError(
            .badInput,
            "The providers' file \(path) \(what); have its administrator correct it.")
    }

    // MARK: The file

    private func content() throws(VaultError) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT {
                guard !isRequired else {
                    throw VaultError(
                        .notFound, "There is no providers' file \(path); check the path.")
                }
                return nil
            }
            throw fault(errno == ELOOP ? "is a link" : "cannot be opened")
        }
        defer { close(file) }
        try check(file, isFolder: false)
        try checkFolder()
        var bytes = [UInt8](repeating: 0, count: Self.largestBytes + 1)
        let count: Int
        do {
            count = try unsafe bytes.withUnsafeMutableBytes { room in
                try unsafe FileDescriptorSource(file).readFully(into: room)
            }
        } catch {
            throw fault("cannot be read")
        }
        guard count <= Self.largestBytes else { throw fault("is larger than 1 MiB") }
        return Array(bytes[..<count])
    }

    private func checkFolder() throws(VaultError) {
        let end = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = end.isEmpty ? "/" : String(end)
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw fault("is in a folder that cannot be looked at") }
        defer { close(descriptor) }
        try check(descriptor, isFolder: true)
    }

    private func check(_ descriptor: Int32, isFolder: Bool) throws(VaultError) {
        var status = stat()
        let what = isFolder ? "is in a folder that" : "is a file that"
        guard unsafe fstat(descriptor, &status) == 0 else { throw fault("cannot be read") }
        guard isFolder || status.st_mode & S_IFMT == S_IFREG else { throw fault("is no file") }
        guard owners.contains(status.st_uid) else {
            throw VaultError(
                .refused,
                "The providers' file \(path) \(what) belongs to user \(status.st_uid); give it to "
                    + "root.")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw VaultError(
                .refused,
                "The providers' file \(path) \(what) can be written by others; take that away "
                    + "with `chmod go-w`.")
        }
    }
}
