import JSONText
import VaultCrypto

/// The public header of a vault, `coffer.json`.
///
/// One canonical JSON line and a line feed:
///
/// ```
/// {"archiveKey":"<64 hex>","created":"<RFC 3339>","format":1,"generation":1,
///  "keyFile":"<64 hex>","logKey":"<64 hex>","mac":"<64 hex>",
///  "slots":[{"kind":"passphrase","name":"passphrase","recipient":"age1…","sha256":"<64 hex>",
///            "workFactor":18}],
///  "vault":"<uuid>"}
/// ```
///
/// Valid when
/// 1. the bytes are exactly the canonical form of what they say, so that no byte can change
///    unnoticed;
/// 2. `format` is 1 (a higher one is a newer version's);
/// 3. slot names are valid and differ, there is at least one slot, and each work factor is 1 to 20;
/// 4. `mac` is HMAC-SHA256 over the canonical line without `mac`, under the subkey "coffer header"
///    of the vault key.
///
/// Conditions 1 to 3 hold before unlocking; until 4 is checked only `generation`, the names, files
/// and work factors of slots are used, each of which can at worst make unlocking fail. `keyFile`
/// and each slot's `sha256` are digests of the files beside the header: they tell an interrupted
/// slot change from damage. The header is what commits a change: it is replaced last, by rename.
struct VaultHeader: Sendable, Hashable {
    static let format = 1

    var vault: RecordID
    var created: Instant
    var generation: Int
    var slots: [Slot]
    /// SHA-256 of the current generation's `key.age`.
    var keyFileDigest: [UInt8]
    /// Public halves of the signing keys inside the database.
    var logKey: [UInt8]
    var archiveKey: [UInt8]
    fileprivate(set) var mac: [UInt8] = []

    // MARK: - Bytes

    private func object(withMAC: Bool) -> JSON {
        var object = JSONObject()
        object["archiveKey"] = .string(Hex.text(archiveKey))
        object["created"] = .string(created.description)
        object["format"] = .integer(Self.format)
        object["generation"] = .integer(generation)
        object["keyFile"] = .string(Hex.text(keyFileDigest))
        object["logKey"] = .string(Hex.text(logKey))
        object["mac"] = withMAC ? .string(Hex.text(mac)) : nil
        object["slots"] = .array(slots.map(\.json))
        object["vault"] = .string(vault.description)
        return .object(object)
    }

    /// The file's content.
    var bytes: [UInt8] { JSONWriter.canonical(object(withMAC: true)) + [UInt8(ascii: "\n")] }

    /// Computes the MAC under a vault key.
    mutating func authenticate(with vaultKey: borrowing SecretBytes) {
        mac = expectedMAC(vaultKey)
    }

    /// Condition 4.
    func isAuthentic(under vaultKey: borrowing SecretBytes) -> Bool {
        ConstantTime.equal(mac, expectedMAC(vaultKey))
    }

    private func expectedMAC(_ vaultKey: borrowing SecretBytes) -> [UInt8] {
        var code = HMACSHA256(key: vaultKey.subkey(context: "coffer header"))
        code.update(JSONWriter.canonical(object(withMAC: false)))
        return code.finalize()
    }

    /// Reads the file's content; conditions 1 to 3.
    init(_ content: [UInt8]) throws(VaultError) {
        guard let json = try? JSONReader.parse(content), let object = json.object else {
            throw Self.damaged
        }
        if let format = object["format"]?.int, format > Self.format {
            throw VaultError(
                .newerFormat,
                "This vault has format \(format) of a newer Coffer; update Coffer to open it."
            )
        }
        guard let header = VaultHeader(object), header.bytes == content else { throw Self.damaged }
        self = header
    }

    private static let damaged = VaultError(
        .damaged,
        "The vault's header coffer.json is damaged; put it back from a backup of the vault.")

    private init?(_ object: JSONObject) {
        guard let vault = object["vault"]?.string.flatMap({ RecordID($0) }),
            let created = object["created"]?.string.flatMap({ Instant($0) }),
            let generation = object["generation"]?.int, generation > 0, generation < 1 << 31,
            let keyFile = Self.digest(object["keyFile"]), let mac = Self.digest(object["mac"]),
            let logKey = Self.digest(object["logKey"]),
            let archiveKey = Self.digest(object["archiveKey"]),
            let slots = object["slots"]?.array?.map({ Slot($0) }), !slots.contains(nil)
        else { return nil }
        self.vault = vault
        self.created = created
        self.generation = Int(generation)
        self.slots = slots.compactMap { $0 }
        self.keyFileDigest = keyFile
        self.logKey = logKey
        self.archiveKey = archiveKey
        self.mac = mac
        guard !self.slots.isEmpty, Set(self.slots.map(\.name)).count == slots.count else {
            return nil
        }
    }

    init(
        vault: RecordID, created: Instant, generation: Int, slots: [Slot], keyFileDigest: [UInt8],
        logKey: [UInt8], archiveKey: [UInt8]
    ) {
        self.vault = vault
        self.created = created
        self.generation = generation
        self.slots = slots
        self.keyFileDigest = keyFileDigest
        self.logKey = logKey
        self.archiveKey = archiveKey
    }

    fileprivate static func digest(_ value: JSON?) -> [UInt8]? {
        guard let bytes = value?.string.flatMap({ Hex.bytes($0) }), bytes.count == 32 else {
            return nil
        }
        return bytes
    }
}

extension Slot {
    fileprivate var json: JSON {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        object["name"] = .string(name)
        object["recipient"] = .string(recipient.description)
        object["sha256"] = fileDigest.map { .string(Hex.text($0)) }
        object["workFactor"] = workFactor.map { .integer($0) }
        return .object(object)
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, Self.isValid(name: name),
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let recipient = json["recipient"]?.string.flatMap({ try? AgeRecipient($0) })
        else { return nil }
        let workFactor = json["workFactor"]?.int.map { Int($0) }
        let digest = VaultHeader.digest(json["sha256"])
        if kind == .passphrase {
            guard let workFactor, (1...Self.maximumWorkFactor).contains(workFactor), digest != nil
            else { return nil }
        }
        self.init(
            name: name, kind: kind, recipient: recipient, workFactor: workFactor,
            fileDigest: digest)
    }
}
