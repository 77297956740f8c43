import JSONText
import Vault
import VaultCrypto

/// Checks one `data/native/<conversation>.jsonl` as it streams by; see `RecordLines` for the
/// format.
///
/// Of the records only one line is in memory at a time. That lines follow in strictly ascending
/// order of message and version makes swapped, repeated and inserted ones visible.
struct RecordChecker {
    let path: String
    private var lines: LineSplitter
    private var header: (id: String, messages: Int64, records: Int64)?
    private var messages: Int64 = 0
    private var records: Int64 = 0
    /// Ids in their one text form sort as the ids do.
    private var last: (id: String, version: Int64)?
    private var lastCommitment: [UInt8] = []
    private var placed = PlacedRecords()
    private var isBroken = false
    private var hasFaults = false
    /// Lines that stand for a record, and parts of others, that are withheld.
    private(set) var withheldRecords: Int64 = 0
    private(set) var withheldParts: Int64 = 0
    /// Parts of them of which a copy is given.
    private(set) var withheldCopies: Int64 = 0
    /// Whole messages among the records.
    private(set) var withheldMessages: Int64 = 0
    /// The last record, while it is not known whether a later version follows.
    private var pending: (stub: WithheldRecord, message: String)?
    /// The rows that the privilege log has to have, without their numbers.
    private(set) var privilege: CommitmentSum
    private var custodian = ""
    /// The attachments that the records name.
    private(set) var attachments = NamedFiles()
    private let number: UInt32
    /// What is wrong with the file.
    private(set) var faults = FaultList()
    /// The commitments of the records.
    private(set) var commitments: CommitmentSum
    /// Those of versions that a later one of the same message follows, as tokens of the sum.
    private(set) var earlier: [UInt64] = []

    /// - Parameters:
    ///   - path: The file's path in the bag.
    ///   - number: What `attachments` calls the file.
    ///   - maximumLineBytes: Longer lines are refused.
    ///   - commitments: The empty sum to which those of the records are added.
    init(path: String, number: UInt32, maximumLineBytes: Int, commitments: CommitmentSum) {
        self.path = path
        self.number = number
        lines = LineSplitter(maximumBytes: maximumLineBytes)
        self.commitments = commitments
        privilege = commitments
    }

    var counts: (messages: Int64, records: Int64) { (messages, records) }

    /// The line that `proof/records.jsonl` has to have for the file, once all of it was read.
    var placedLine: [UInt8] {
        var placed = placed
        return Array(placed.line(of: header?.id ?? "").utf8)
    }

    /// Takes the next bytes of the file.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard !isBroken else { return }
        var splitter = lines
        lines = LineSplitter(maximumBytes: 0)
        let isFine = unsafe splitter.take(bytes) { line, number in
            if let fault = unsafe check(line, isFirst: number == 1) {
                hasFaults = true
                faults.add(path, "line \(number): \(fault)")
            }
        }
        lines = splitter
        if !isFine {
            isBroken = true
            faults.add(path, "line \(lines.number) is longer than \(lines.maximumBytes) bytes")
        }
    }

    /// Compares what was found with what the first line says.
    mutating func finish() {
        endPending(isReplaced: false)
        if lines.rest > 0 { faults.add(path, "the last line has no end") }
        guard !isBroken, let header else {
            if !isBroken, lines.number == 1 { faults.add(path, "there is no first line") }
            return
        }
        // A record that could not be read is not counted: the numbers would only repeat that.
        if hasFaults { return }
        if header.messages != messages {
            faults.add(
                path, "there are \(messages) messages, and the first line says \(header.messages)")
        }
        if header.records != records {
            faults.add(
                path, "there are \(records) records, and the first line says \(header.records)")
        }
    }

    /// Checks one line and returns what is wrong with it.
    private mutating func check(
        _ line: UnsafeBufferPointer<UInt8>, isFirst: Bool
    ) -> String? {
        guard unsafe Self.isUTF8(line) else { return "the text is not valid UTF-8" }
        return isFirst ? unsafe checkHeader(line) : unsafe checkRecord(line)
    }

    private static func isUTF8(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        unsafe (try? UTF8Span(validating: line.span)) != nil
    }

    private mutating func checkHeader(_ line: UnsafeBufferPointer<UInt8>) -> String? {
        var scanner = unsafe CanonicalScanner(line)
        guard scanner.value() != nil, scanner.isAtEnd,
            let object = unsafe (try? JSONReader.parse(line))?["conversation"]
        else { return "this is not a conversation in canonical form" }
        guard let id = object["id"]?.string.flatMap({ RecordID($0) }),
            path == ArchiveName.native(id)
        else { return "the conversation is not the one that the file is named for" }
        guard let messages = object["messages"]?.int, let records = object["records"]?.int else {
            return "the conversation does not say how many messages it has"
        }
        header = (id.description, messages, records)
        custodian = object["custodian"]?.string ?? ""
        return nil
    }

    private mutating func checkRecord(_ line: UnsafeBufferPointer<UInt8>) -> String? {
        records += 1
        guard let pieces = unsafe RecordPieces(line) else {
            return unsafe checkWithheld(line)
        }
        guard pieces.parts.count <= RecordPieces.maximumParts else {
            return "the record has more than \(RecordPieces.maximumParts) parts"
        }
        let hash = unsafe Self.hash(line, pieces.envelope)
        guard unsafe hash == Array(line[pieces.commitment]).fromHex else {
            return "the envelope is not what was committed to"
        }
        guard
            let fields = unsafe try? JSONReader.parse(
                UnsafeBufferPointer(rebasing: line[pieces.envelope]))
        else { return "the envelope cannot be read" }
        if let fault = checkEnvelope(fields, hash) { return fault }
        guard let hashes = fields["parts"]?.array, hashes.count == pieces.parts.count else {
            return "the number of parts is not what was committed to"
        }
        for (index, part) in pieces.parts.enumerated() {
            let known = hashes[index].string?.utf8.fromHex
            let isWithheld = unsafe noteWithheld(line, part, index, fields)
            if isWithheld, known?.count == MerkleTree.hashBytes { continue }
            let hash = unsafe Self.hash(line, part)
            guard known == hash else { return "part \(index + 1) is not what was committed to" }
            if let fault = unsafe noteAttachment(line, part, hash) { return fault }
        }
        return nil
    }

    // MARK: What is withheld

    /// Checks a line that is no whole record: one that stands for a record.
    private mutating func checkWithheld(_ line: UnsafeBufferPointer<UInt8>) -> String? {
        var scanner = unsafe CanonicalScanner(line)
        // What is none is not parsed: its line may have hundreds of megabytes.
        guard unsafe line.dropFirst(81).prefix(10).elementsEqual("\"withheld\"".utf8),
            scanner.value() != nil, scanner.isAtEnd,
            let stub = unsafe (try? JSONReader.parse(line)).flatMap({ WithheldRecord($0) })
        else { return "this is not a record in canonical form" }
        withheldRecords += 1
        let message = stub.message.description
        let fault = checkOrder(message, Int64(stub.version), stub.commitment)
        pending = (stub, message)
        return fault
    }

    /// Whether a part is withheld, which is then counted.
    private mutating func noteWithheld(
        _ line: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ place: Int, _ envelope: JSON
    ) -> Bool {
        var scanner = unsafe CanonicalScanner(line, at: part.lowerBound)
        guard scanner.skip(#"{"withheld":"#),
            let value = unsafe try? JSONReader.parse(UnsafeBufferPointer(rebasing: line[part])),
            let stub = WithheldPart(value)
        else { return false }
        withheldParts += 1
        if stub.copy != nil { withheldCopies += 1 }
        privilege.add(
            PrivilegeRow.text(
                stub, place, envelope: envelope, conversation: header?.id ?? "",
                custodian: custodian))
        return true
    }

    /// Notes the row of a withheld record, once it is known what follows it.
    private mutating func endPending(isReplaced: Bool) {
        guard let (stub, message) = pending else { return }
        pending = nil
        if !isReplaced { withheldMessages += 1 }
        privilege.add(
            PrivilegeRow.text(
                stub, isReplaced ? "earlier version" : "message", message: message,
                conversation: header?.id ?? "", custodian: custodian))
    }

    private static func hash(_ line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var digest = SHA256Digest()
        unsafe digest.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line)[range]))
        return digest.finalize()
    }

    private mutating func checkEnvelope(_ fields: JSON, _ commitment: [UInt8]) -> String? {
        guard let id = fields["id"]?.string, Self.isID(id),
            let version = fields["version"]?.int, version >= 1, fields["v"]?.int == 1,
            fields["role"]?.string.flatMap(Role.init) != nil,
            fields["state"]?.string.flatMap(MessageState.init) != nil
        else { return "the envelope is not that of a message" }
        guard let header, fields["conversation"]?.string == header.id else {
            return "the message belongs to another conversation"
        }
        return checkOrder(id, version, commitment)
    }

    private mutating func checkOrder(
        _ id: String, _ version: Int64, _ commitment: [UInt8]
    ) -> String? {
        commitments.add(commitment)
        placed.add(id, version, commitment.hex)
        endPending(isReplaced: last?.id == id)
        if last?.id == id {
            earlier.append(commitments.token(of: lastCommitment))
        } else {
            messages += 1
        }
        defer {
            last = (id, version)
            lastCommitment = commitment
        }
        if let last, (last.id, last.version) >= (id, version) {
            return "the records are not in ascending order"
        }
        return nil
    }

    /// Whether a text is a record's id as `RecordID` writes it.
    private static func isID(_ text: String) -> Bool {
        guard text.utf8.count == 36 else { return false }
        var index = 0
        for byte in text.utf8 {
            defer { index += 1 }
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            let isDigit = byte &- 0x30 < 10 || byte &- 0x61 < 6
            guard isDash ? byte == UInt8(ascii: "-") : isDigit else { return false }
        }
        return true
    }

    /// Notes which attachment a part names; in canonical form it is the first member.
    private mutating func noteAttachment(
        _ line: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ hash: [UInt8]
    ) -> String? {
        var scanner = unsafe CanonicalScanner(line, at: part.lowerBound)
        guard scanner.skip(#"{"attachment":"#) else { return nil }
        guard let value = scanner.value(),
            let object = unsafe try? JSONReader.parse(UnsafeBufferPointer(rebasing: line[value])),
            let reference = AttachmentReference(archived: object),
            let name = FileHash(reference.sha256)
        else { return "an attachment is not named as it has to be" }
        attachments.add(
            NamedFiles.Entry(
                hash: name, sizeBytes: reference.sizeBytes, part: commitments.token(of: hash),
                records: number))
        return nil
    }
}
