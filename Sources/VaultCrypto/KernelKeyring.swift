import CSodium
import Foundation

#if os(Linux)
    import CLinux
#endif

/// Secrets that the Linux kernel keeps for the user until they time out or the machine stops.
///
/// They are keys of type "user" in the user keyring (`@u`), described as `coffer:NAME`. Every
/// process of the same user can read them, in any session; nobody else can. On other systems
/// `isAvailable` is false and every call is refused or finds nothing.
package enum KernelKeyring {
    /// The kernel's limit for keys of type "user" (user-type keys, keyrings(7)).
    package static let maximumBytes = 32_767

    /// Whether the kernel lets this process use its user keyring; containers often forbid it.
    package static var isAvailable: Bool {
        #if os(Linux)
            SystemKeyring.exists
        #else
            false
        #endif
    }

    /// Stores a secret under a name, in place of an earlier one.
    ///
    /// - Parameters:
    ///   - secret: 1 to 32,767 bytes.
    ///   - name: Without control characters.
    ///   - timeoutSeconds: After this the kernel forgets the secret; at least 1.
    /// - Throws: `.unsupported` where there is no keyring, `.noSpace` when the user's quota is used
    ///   up, `.inputOutput` for any other refusal; then nothing is stored.
    package static func store(
        _ secret: borrowing SecretBytes, name: String, timeoutSeconds: Int
    ) throws(VaultError) {
        precondition((1...maximumBytes).contains(secret.count), "the kernel takes 1 to 32767 bytes")
        precondition((1...Int(Int32.max)).contains(timeoutSeconds), "a key must time out")
        #if os(Linux)
            let key = try SystemKeyring.add(secret, description(name))
            do throws(VaultError) {
                try SystemKeyring.restrict(key, timeoutSeconds: timeoutSeconds)
            } catch {
                // A key without its timeout must not stay behind.
                _ = SystemKeyring.remove(key)
                throw error
            }
        #else
            throw unavailable
        #endif
    }

    /// The secret of a name; nil when there is none or its time is up.
    ///
    /// - Throws: `.inputOutput` when the kernel refuses.
    package static func read(name: String) throws(VaultError) -> SecretBytes? {
        #if os(Linux)
            guard let key = try SystemKeyring.find(description(name)) else { return nil }
            return try SystemKeyring.read(key)
        #else
            return nil
        #endif
    }

    /// Wipes the secret of a name; false when there was none.
    ///
    /// - Throws: `.inputOutput` when the kernel refuses, and the secret is still there.
    @discardableResult
    package static func remove(name: String) throws(VaultError) -> Bool {
        #if os(Linux)
            guard let key = try SystemKeyring.find(description(name)) else { return false }
            guard SystemKeyring.remove(key) else {
                throw .system("The kernel keyring refused to forget a key; log out to clear it.")
            }
            return true
        #else
            return false
        #endif
    }

    /// The names that begin so, of every secret of Coffer's in the user keyring.
    ///
    /// - Throws: `.inputOutput` when the kernel refuses.
    package static func names(prefix: String) throws(VaultError) -> [String] {
        #if os(Linux)
            let marked = description("").count
            return try keys(prefix: prefix).map { String($0.description.dropFirst(marked)) }
        #else
            return []
        #endif
    }

    /// Wipes every secret whose name begins so; an empty beginning means all of Coffer's.
    ///
    /// - Returns: How many there were.
    /// - Throws: `.inputOutput` when the kernel refuses, and some may still be there.
    package static func removeAll(prefix: String) throws(VaultError) -> Int {
        #if os(Linux)
            let keys = try keys(prefix: prefix)
            for key in keys where !SystemKeyring.remove(key.serial) {
                throw .system("The kernel keyring refused to forget a key; log out to clear it.")
            }
            return keys.count
        #else
            return 0
        #endif
    }

    #if os(Linux)
        private static func keys(
            prefix: String
        ) throws(VaultError) -> [(serial: Int, description: String)] {
            let beginning = description(prefix)
            return try SystemKeyring.list().filter { $0.description.hasPrefix(beginning) }
        }
    #endif

    private static func description(_ name: String) -> String {
        precondition(
            name.isEmpty || TextLines.printable(Array(name.utf8)) != nil,
            "a key's name is plain text")
        return "coffer:" + name
    }

    fileprivate static let unavailable = VaultError(
        .unsupported,
        "There is no kernel keyring here (containers often forbid it); "
            + "use --passphrase-file or --identity, or type the passphrase each time.")
}

#if os(Linux)
    /// The system calls (keyctl(2), add_key(2)); a key is known by its serial number.
    private enum SystemKeyring {
        private static let keyType = "user"
        /// KEY_SPEC_USER_KEYRING as keyctl's unsigned argument.
        private static let userKeyring = UInt(bitPattern: Int(KEY_SPEC_USER_KEYRING))
        /// View, read, write, search and setattr, for the possessor and for the user.
        ///
        /// The second is needed where `@u` is not linked into the session keyring, so that nothing
        /// is possessed.
        private static let permissions: UInt = 0x2f2f_0000

        static var exists: Bool {
            coffer_keyctl(KEYCTL_GET_KEYRING_ID, userKeyring, 1, 0, 0) >= 0
        }

        static func add(
            _ secret: borrowing SecretBytes, _ description: String
        ) throws(VaultError) -> Int {
            let key = unsafe secret.withBytes { bytes in
                unsafe coffer_add_key(
                    keyType, description, bytes.start, bytes.count, KEY_SPEC_USER_KEYRING)
            }
            if key >= 0 { return key }
            if errno == EDQUOT {
                throw VaultError(
                    .noSpace,
                    "The user's kernel keyring is full; remove keys with keyctl and try again.")
            }
            throw refusal("store a key")
        }

        static func restrict(_ key: Int, timeoutSeconds: Int) throws(VaultError) {
            let serial = UInt(key)
            guard coffer_keyctl(KEYCTL_SETPERM, serial, permissions, 0, 0) == 0,
                coffer_keyctl(KEYCTL_SET_TIMEOUT, serial, UInt(timeoutSeconds), 0, 0) == 0
            else { throw refusal("limit a key") }
        }

        static func find(_ description: String) throws(VaultError) -> Int? {
            let key = unsafe keyType.withCString { type in
                unsafe description.withCString { text in
                    coffer_keyctl(
                        KEYCTL_SEARCH, userKeyring, UInt(bitPattern: type), UInt(bitPattern: text),
                        0)
                }
            }
            if key >= 0 { return key }
            if isGone(errno) { return nil }
            // Without a keyring there is no key in it either.
            if errno == ENOSYS || errno == EPERM { return nil }
            throw refusal("find a key")
        }

        /// The keys of our type in the user keyring, with their descriptions.
        static func list() throws(VaultError) -> [(serial: Int, description: String)] {
            var found: [(serial: Int, description: String)] = []
            for serial in try serials() {
                guard let text = describe(serial) else { continue }
                // type;user;group;permissions;description
                let fields = text.split(
                    separator: ";", maxSplits: 4, omittingEmptySubsequences: false)
                guard fields.count == 5, fields[0] == keyType else { continue }
                found.append((Int(serial), String(fields[4])))
            }
            return found
        }

        /// A keyring reads as the serial numbers of its keys.
        private static func serials() throws(VaultError) -> [Int32] {
            guard exists else { return [] }
            let width = MemoryLayout<Int32>.size
            var size = coffer_keyctl(KEYCTL_READ, userKeyring, 0, 0, 0)
            while size >= 0 {
                var serials = [Int32](repeating: 0, count: size / width)
                let needed = unsafe serials.withUnsafeMutableBytes { bytes in
                    coffer_keyctl(
                        KEYCTL_READ, userKeyring, UInt(bitPattern: bytes.baseAddress),
                        UInt(bytes.count), 0)
                }
                // Another process may have added keys in between.
                if needed >= 0 && needed <= size { return Array(serials.prefix(needed / width)) }
                size = needed
            }
            if isGone(errno) { return [] }
            throw refusal("list its keys")
        }

        /// Nothing for a key that has gone meanwhile.
        private static func describe(_ serial: Int32) -> String? {
            var text = [UInt8](repeating: 0, count: 4_200)
            let size = unsafe text.withUnsafeMutableBytes { bytes in
                coffer_keyctl(
                    KEYCTL_DESCRIBE, UInt(bitPattern: Int(serial)),
                    UInt(bitPattern: bytes.baseAddress), UInt(bytes.count), 0)
            }
            guard size > 0, size <= text.count else { return nil }
            return String(decoding: text[..<(size - 1)], as: UTF8.self)
        }

        static func read(_ key: Int) throws(VaultError) -> SecretBytes? {
            var size = coffer_keyctl(KEYCTL_READ, UInt(key), 0, 0, 0)
            while size >= 0 {
                let room = GuardedBuffer(count: size)
                let needed = unsafe room.withBytes { bytes in
                    unsafe coffer_keyctl(
                        KEYCTL_READ, UInt(key), UInt(bitPattern: bytes.start), UInt(size), 0)
                }
                // Another process may have put a longer secret there in between.
                if needed >= 0 && needed <= size { return room.secret(0..<needed) }
                size = needed
            }
            if isGone(errno) { return nil }
            throw refusal("read a key")
        }

        /// Revoking destroys the secret at once; unlinking removes the empty key.
        static func remove(_ key: Int) -> Bool {
            let revoked = coffer_keyctl(KEYCTL_REVOKE, UInt(key), 0, 0, 0) == 0
            let reason = errno
            _ = coffer_keyctl(KEYCTL_UNLINK, UInt(key), userKeyring, 0, 0)
            if !revoked { errno = reason }
            return revoked || isGone(reason)
        }

        private static func isGone(_ errorNumber: Int32) -> Bool {
            errorNumber == ENOKEY || errorNumber == EKEYEXPIRED || errorNumber == EKEYREVOKED
        }

        private static func refusal(_ what: String) -> VaultError {
            let reason = errno
            if reason == ENOSYS || reason == EPERM { return KernelKeyring.unavailable }
            return .system(
                "The kernel keyring refused to \(what); unlock with a passphrase or an identity.",
                errorNumber: reason)
        }
    }
#endif
