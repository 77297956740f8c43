/// ASCII armour: strict PEM (RFC 7468, figure 3) with the label AGE ENCRYPTED FILE.
private enum AgeArmor {
    static let begin = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
    static let end = Array("-----END AGE ENCRYPTED FILE-----".utf8)
    /// A bound of ours, the same as in age: white space is all that may surround the armour.
    static let maximumSpaceBytes = 1_024
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...carriageReturn).contains(byte)
    }
}

/// Writes bytes as armour, 48 bytes to a line of 64 characters.
final class AgeArmorWriter: ByteSink {
    private static let flushBytes = 65_536

    private let output: any ByteSink
    private var text = AgeArmor.begin + [AgeArmor.lineFeed]
    private var rest: [UInt8] = []

    init(_ output: any ByteSink) {
        self.output = output
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe rest.append(contentsOf: bytes)
        let whole = rest.count - rest.count % AgeFormat.bodyLineBytes
        var characters = Base64.encode(Array(rest[..<whole]))[...]
        while !characters.isEmpty {
            text += characters.prefix(AgeFormat.bodyColumns)
            text.append(AgeArmor.lineFeed)
            characters = characters.dropFirst(AgeFormat.bodyColumns)
        }
        rest.removeFirst(whole)
        if text.count >= Self.flushBytes { try flush() }
    }

    /// Writes the last line and the end marker.
    func finish() throws(VaultError) {
        if !rest.isEmpty {
            text += Base64.encode(rest)
            text.append(AgeArmor.lineFeed)
            rest = []
        }
        text += AgeArmor.end + [AgeArmor.lineFeed]
        try flush()
    }

    private func flush() throws(VaultError) {
        try output.write(text)
        text.removeAll(keepingCapacity: true)
    }
}

/// Reads armour strictly: one encoding for each content, but for line ends (LF or CRLF) and white
/// space around the whole.
final class AgeArmorReader: ByteSource {
    private enum State {
        case beforeBegin
        case inBody
        /// After a short line, which only the end marker may follow.
        case afterShortLine
        case ended
    }

    private let source: BufferedSource
    private var state = State.beforeBegin
    private var decoded: [UInt8] = []
    private var position = 0

    init(_ source: BufferedSource) {
        self.source = source
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        if state == .beforeBegin { try readBegin() }
        var filled = 0
        while filled < buffer.count {
            if position == decoded.count {
                guard try readBodyLine() else { break }
            }
            let count = min(decoded.count - position, buffer.count - filled)
            unsafe decoded.withBytes { bytes in
                unsafe buffer.slice(filled..<filled + count)
                    .copyMemory(from: bytes.slice(position..<position + count))
            }
            position += count
            filled += count
        }
        return filled
    }

    private func readBegin() throws(VaultError) {
        var spaceBytes = 0
        while true {
            let line = try nextLine(limit: AgeArmor.maximumSpaceBytes)
            if line == AgeArmor.begin { break }
            spaceBytes += line.count + 1
            guard line.allSatisfy(AgeArmor.isSpace), spaceBytes <= AgeArmor.maximumSpaceBytes else {
                throw .age(.armor, "it does not begin with the line that opens an armoured file")
            }
        }
        state = .inBody
    }

    /// Decodes the next line of the body; false at the end of the armour.
    private func readBodyLine() throws(VaultError) -> Bool {
        if state == .ended { return false }
        let line = try nextLine(limit: AgeFormat.bodyColumns + 1)
        if line == AgeArmor.end {
            try readTrailingSpace()
            state = .ended
            return false
        }
        guard state == .inBody else {
            throw .age(.armor, "a line of its armour is short and not the last")
        }
        guard !line.isEmpty, line.count <= AgeFormat.bodyColumns, let bytes = Base64.decode(line)
        else { throw .age(.armor, "a line of its armour is not canonical Base64 in 64 columns") }
        if bytes.count < AgeFormat.bodyLineBytes { state = .afterShortLine }
        decoded = bytes
        position = 0
        return true
    }

    /// The next line without LF or CRLF; the end marker's may lack it.
    private func nextLine(limit: Int) throws(VaultError) -> [UInt8] {
        guard let (line, ended) = try source.readLine(limit: limit) else {
            throw .age(.armor, "its armour is cut short")
        }
        if ended && line.last == AgeArmor.carriageReturn { return line.dropLast() }
        return line
    }

    private func readTrailingSpace() throws(VaultError) {
        var spaceBytes = 0
        while let (line, ended) = try source.readLine(limit: AgeArmor.maximumSpaceBytes) {
            spaceBytes += line.count + (ended ? 1 : 0)
            guard line.allSatisfy(AgeArmor.isSpace), spaceBytes <= AgeArmor.maximumSpaceBytes else {
                throw .age(.armor, "something other than white space follows its armour")
            }
        }
    }
}
