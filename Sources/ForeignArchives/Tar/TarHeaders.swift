/// Looks at every header of a tar for what an unpacking program passes over in silence.
///
/// It reads the same bytes as the tar's reader, beside it: fields of pax headers, owners, modes,
/// and the bytes that mean nothing could all carry what no manifest lists and no signature covers.
/// Sources: POSIX.1-2017, pax (ustar interchange format), and GNU tar's manual, Basic Tar Format.
struct TarHeaders {
    private static let blockBytes = 512
    /// A path and a size need no more.
    private static let maximumFieldBytes: Int64 = 4096

    private enum State {
        case header
        /// Content, of which so many bytes are left.
        case content(Int64)
        /// Zeros that fill the content's last block.
        case filling(Int)
        /// At the end, or where the tar's reader has to say what is wrong.
        case stopped
    }

    /// A header that describes the next one.
    private enum Extension { case pax, longName }

    private var state = State.header
    private var header: [UInt8] = []
    private var contentBytes: Int64 = 0
    private var pending: Extension?
    private var collected: [UInt8] = []
    /// What a header said of the entry after it.
    private var nextPath: [UInt8]?
    private var nextSize: Int64?
    private var nextRefusals: [Refusal] = []
    private var isExtended = false
    private var path: [UInt8] = []
    /// Entries that were read and that nobody asked for yet.
    private var entries: [Entry] = []
    private var found: [(refusal: Refusal, path: [UInt8], count: Int)] = []

    /// An entry as its headers describe it.
    struct Entry: Equatable {
        var path: [UInt8]
        var isFolder: Bool
        var sizeBytes: Int64
    }

    /// The next entry in the order of the tar; `nil` where reading has stopped.
    mutating func nextEntry() -> Entry? { entries.isEmpty ? nil : entries.removeFirst() }

    /// Each kind of refusal once, at the first entry that has it.
    var refusals: [(path: [UInt8], refusal: Refusal)] {
        found.map { ($0.path, $0.refusal.with(more: $0.count - 1)) }
    }

    private mutating func add(_ refusal: Refusal) {
        if let index = found.firstIndex(where: { $0.refusal == refusal }) {
            found[index].count += 1
        } else {
            found.append((refusal, path, 1))
        }
    }

    /// Takes the next bytes of the tar.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = unsafe bytes
        while rest.count > 0 {
            let count: Int
            switch state {
            case .stopped: return
            case .header:
                count = min(rest.count, Self.blockBytes - header.count)
                unsafe header.append(contentsOf: rest[..<count])
                if header.count == Self.blockBytes { readHeader() }
            case .content(let left):
                count = Int(min(Int64(rest.count), left))
                if pending != nil { unsafe collected.append(contentsOf: rest[..<count]) }
                advance(left - Int64(count))
            case .filling(let left):
                count = min(rest.count, left)
                if unsafe rest[..<count].contains(where: { $0 != 0 }) {
                    add(.filling)
                }
                state = left > count ? .filling(left - count) : .header
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Goes on in the content, of which so many bytes are left.
    private mutating func advance(_ left: Int64) {
        guard left == 0 else { return state = .content(left) }
        let over = Int(contentBytes % Int64(Self.blockBytes))
        state = over > 0 ? .filling(Self.blockBytes - over) : .header
        if let kind = pending {
            pending = nil
            switch kind {
            case .pax: readFields()
            case .longName: readLongName()
            }
        }
    }

    // MARK: Headers

    private mutating func readHeader() {
        let block = header
        header.removeAll(keepingCapacity: true)
        guard block.contains(where: { $0 != 0 }) else {
            if isExtended { add(.strayHeader) }
            return state = .stopped
        }
        let type = block[156]
        let isExtension = type == UInt8(ascii: "x") || type == UInt8(ascii: "L")
        path = nextPath ?? Self.name(of: block)
        let own = Self.number(block[124..<136])
        guard let size = isExtension ? own : nextSize ?? own, size >= 0 else {
            add(.sizeField)
            return state = .stopped
        }
        switch type {
        case UInt8(ascii: "5") where size > 0:
            add(.folderContent)
            return state = .stopped
        case 0, UInt8(ascii: "0"), UInt8(ascii: "5"):
            checkFields(block)
            checkExtensions(name: Self.name(of: block))
            let isFolder = type == UInt8(ascii: "5")
            entries.append(Entry(path: path, isFolder: isFolder, sizeBytes: size))
        case UInt8(ascii: "x"), UInt8(ascii: "L"):
            checkFields(block)
            if isExtended { nextRefusals.append(.strayHeader) }
            isExtended = true
            pending = type == UInt8(ascii: "x") ? .pax : .longName
        // The tar's reader says what links, devices and pipes are.
        case UInt8(ascii: "1")...UInt8(ascii: "6"): return state = .stopped
        default:
            add(.kind(printable([type])))
            return state = .stopped
        }
        if isExtension, size > Self.maximumFieldBytes {
            add(.longHeader)
            return state = .stopped
        }
        collected.removeAll(keepingCapacity: true)
        contentBytes = size
        advance(contentBytes)
    }

    /// Tells what the headers before an entry had, and that its own name says the same as theirs.
    private mutating func checkExtensions(name: [UInt8]) {
        for refusal in nextRefusals { add(refusal) }
        // The short name is not read where there is a long one.
        if let nextPath, !nextPath.starts(with: name) { add(.otherName) }
        (nextPath, nextSize, nextRefusals, isExtended) = (nil, nil, [], false)
    }

    private mutating func checkFields(_ block: [UInt8]) {
        let isGNU = block[257..<265].elementsEqual("ustar  \0".utf8)
        guard isGNU || block[257..<265].elementsEqual("ustar\u{0}00".utf8) else {
            return add(.foreignHeader)
        }
        if Self.number(block[100..<108]).map({ $0 & ~0o777 != 0 }) ?? true {
            add(.specialMode)
        }
        let isOwned = [108..<116, 116..<124].contains { Self.number(block[$0]) != 0 }
        let isNamed = [265..<297, 297..<329].contains { range in
            let name = block[range].prefix { $0 != 0 }
            return !name.isEmpty && !name.elementsEqual("root".utf8)
        }
        if isOwned || isNamed {
            add(.owner)
        }
        // Texts end with a zero; what stands behind it is read by nobody.
        let texts = [0..<100, 157..<257, 265..<297, 297..<329, 345..<500]
        let hasRemains = texts.contains { range in
            block[range].drop { $0 != 0 }.contains { $0 != 0 }
        }
        let unused = [157..<257, 500..<512] + (isGNU ? [345..<500] : [])
        let isUsed = unused.contains { block[$0].contains { $0 != 0 } }
        let devices = [329..<337, 337..<345].contains { (Self.number(block[$0]) ?? 1) != 0 }
        if hasRemains || isUsed || devices {
            add(.unusedBytes)
        }
    }

    private static func name(of block: [UInt8]) -> [UInt8] {
        func text(_ range: Range<Int>) -> [UInt8] { Array(block[range].prefix { $0 != 0 }) }
        let prefix = block[257..<265].elementsEqual("ustar\u{0}00".utf8) ? text(345..<500) : []
        return prefix.isEmpty ? text(0..<100) : prefix + [UInt8(ascii: "/")] + text(0..<100)
    }

    /// Octal digits, or GNU's binary form of large numbers; an empty field is 0.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else {
                return nil
            }
            let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int64(exactly: value)
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        let end = field[digits.endIndex...]
        guard end.allSatisfy({ $0 == 0x20 || $0 == 0 }) else { return nil }
        return digits.isEmpty ? 0 : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    // MARK: Headers before headers

    /// `<length> <key>=<value>\n`, again and again; an archive needs a path and a size at most.
    private mutating func readFields() {
        var rest = collected[...]
        var seen: Set<String> = []
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > 0,
                length <= rest.count, length > digits.count + 2
            else { return nextRefusals.append(.paxHeader) }
            let end = rest.startIndex + length
            let field = rest[(digits.endIndex + 1)..<(end - 1)]
            rest = rest[end...]
            let name = field.prefix { $0 != UInt8(ascii: "=") }
            let key = String(decoding: name, as: UTF8.self)
            let value = field.dropFirst(name.count + 1)
            if !seen.insert(key).inserted || !take(key, Array(value)) {
                nextRefusals.append(.paxField(printable(name)))
            }
        }
    }

    /// Takes a field that an archive may have; other programs also write times.
    private mutating func take(_ key: String, _ value: [UInt8]) -> Bool {
        switch key {
        case "path":
            nextPath = value
            return !value.contains(0)
        case "size":
            let isNumber = !value.isEmpty && value.allSatisfy { $0 &- 0x30 < 10 }
            nextSize = isNumber ? Int64(String(decoding: value, as: UTF8.self)) : nil
            return nextSize != nil
        case "mtime", "atime", "ctime":
            return value.count <= 32
                && value.allSatisfy { $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }
        default: return false
        }
    }

    private mutating func readLongName() {
        let name = Array(collected.prefix { $0 != 0 })
        if collected.count != name.count + 1 { nextRefusals.append(.longName) }
        nextPath = name
    }
}
