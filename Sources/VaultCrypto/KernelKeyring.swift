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

    private static func description(_ name: String) -> String {
        precondition(TextLines.printable(Array(name.utf8)) != nil, "a key's name is plain text")
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
