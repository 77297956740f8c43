/// What a scalar is to the analyser.
enum ScalarClass: UInt8 {
    case separator
    /// A letter without case, a digit, or a mark that its script spells with.
    case plain
    case lower
    case upper
    /// Of a script that writes no spaces between words: found by overlapping pairs.
    case pair
    /// Dropped inside a word: diacritics, points, joiners, soft hyphens.
    case ignorable
    /// Joins the parts of an identifier.
    case underscore
}

/// Maps every scalar to its class and to its folded form.
///
/// Two levels: 4,352 numbers of pages of 256 entries; pages that are the same throughout are
/// shared. Built once from `FoldingData`, in a fraction of a millisecond, when the first text that
/// is not ASCII comes. The memory is never written after `init` and never freed, which is why
/// sharing it between threads is safe.
@safe struct FoldingTable: @unchecked Sendable {
    static let shared = FoldingTable()

    /// Bits 0 to 20: the folded scalar, or an index into `expansions`; 24 to 27: the class.
    private let entries: UnsafeMutablePointer<UInt32>
    private let pageOfBlock: UnsafeMutablePointer<UInt16>
    private let expansions: [[UInt32]]
    private let compositions: [UInt64: UInt32]

    private static let expands: UInt32 = 1 << 28

    /// The class of a scalar, and whether it folds to several.
    @inline(__always)
    func entry(_ scalar: UInt32) -> (kind: ScalarClass, folded: UInt32, expands: Bool) {
        let page = unsafe Int(pageOfBlock[Int(scalar >> 8)])
        let entry = unsafe entries[page << 8 | Int(scalar & 0xFF)]
        let kind = ScalarClass(rawValue: UInt8(entry >> 24 & 15)) ?? .separator
        return (kind, entry & 0x1F_FFFF, entry & Self.expands != 0)
    }

    /// The folded scalars of an entry that expands.
    func expansion(_ index: UInt32) -> [UInt32] { expansions[Int(index)] }

    /// The one scalar that stands for a folded scalar and a mark behind it, if there is one.
    func composition(_ first: UInt32, _ mark: UInt32) -> UInt32? {
        compositions[UInt64(first) << 32 | UInt64(mark)] ?? Self.hangul(first, mark)
    }

    /// Whether a scalar can be the second of a composition; cheap, and rarely true.
    @inline(__always)
    static func canCompose(_ scalar: UInt32) -> Bool {
        scalar >= 0x300 && (scalar < 0x370 || scalar >= 0x653)
            && (scalar < 0x2000 || scalar &- 0x3099 < 2 || scalar >= 0x11000 && scalar < 0x12000)
    }

    /// Composes conjoining Hangul letters (The Unicode Standard, section 3.12).
    private static func hangul(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if first &- 0x1100 < 19, second &- 0x1161 < 21 {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        let syllable = first &- 0xAC00
        guard syllable < 11172, syllable % 28 == 0, second > 0x11A7, second < 0x11C3 else {
            return nil
        }
        return first + second - 0x11A7
    }

    private init() {
        var builder = FoldingTableBuilder()
        builder.readClasses()
        builder.readFolds()
        compositions = builder.readCompositions()
        expansions = builder.expansions
        unsafe entries = UnsafeMutablePointer.allocate(capacity: builder.entries.count)
        unsafe entries.initialize(from: builder.entries, count: builder.entries.count)
        unsafe pageOfBlock = UnsafeMutablePointer.allocate(capacity: builder.pageOfBlock.count)
        unsafe pageOfBlock.initialize(from: builder.pageOfBlock, count: builder.pageOfBlock.count)
    }

    /// Class bits and the identity as the fold.
    fileprivate static func packed(_ kind: ScalarClass, _ folded: UInt32) -> UInt32 {
        UInt32(kind.rawValue) << 24 | folded
    }

    /// Class bits with an index into the expansions.
    fileprivate static func packed(_ kind: ScalarClass, expansion: Int) -> UInt32 {
        UInt32(kind.rawValue) << 24 | UInt32(expansion) | expands
    }
}

/// Reads `FoldingData` into the two levels of a `FoldingTable`.
private struct FoldingTableBuilder {
    /// Page 0 is all separators.
    var entries = [UInt32](repeating: 0, count: 256)
    var pageOfBlock = [UInt16](repeating: 0, count: 0x1100)
    var expansions: [[UInt32]] = []

    mutating func readClasses() {
        var items = ItemReader(FoldingData.classes)
        while let tag = items.byte() {
            let first = items.number()
            let count = items.skip("+") ? items.number() : 1
            for index in 0..<count { set(first + index, Self.kind(tag, isOdd: index & 1 == 1)) }
            items.skipBlank()
        }
    }

    private static func kind(_ tag: UInt8, isOdd: Bool) -> ScalarClass {
        switch tag {
        case UInt8(ascii: "l"): .lower
        case UInt8(ascii: "h"): .upper
        case UInt8(ascii: "c"): .pair
        case UInt8(ascii: "i"): .ignorable
        case UInt8(ascii: "x"): isOdd ? .lower : .upper
        case UInt8(ascii: "y"): isOdd ? .upper : .lower
        default: .plain
        }
    }

    mutating func readFolds() {
        var items = ItemReader(FoldingData.folds)
        while !items.isAtEnd {
            let first = items.number()
            let run: (step: UInt32, climb: UInt32) =
                if items.skip("+") { (1, 1) } else if items.skip("*") {
                    (1, 0)
                } else if items.skip("/") { (2, 2) } else if items.skip("%") { (2, 0) } else {
                    (0, 0)
                }
            let count = run.step == 0 ? 1 : items.number()
            _ = items.skip("=")
            var targets = [items.number()]
            while items.skip(",") { targets.append(items.number()) }
            for index in 0..<count {
                fold(first + index * run.step, to: targets, climb: index * run.climb)
            }
            items.skipBlank()
        }
    }

    mutating func readCompositions() -> [UInt64: UInt32] {
        var pairs: [UInt64: UInt32] = [:]
        var items = ItemReader(FoldingData.compositions)
        while !items.isAtEnd {
            let first = items.number()
            _ = items.skip("+")
            let mark = items.number()
            _ = items.skip("=")
            pairs[UInt64(first) << 32 | UInt64(mark)] = items.number()
            items.skipBlank()
        }
        return pairs
    }

    private mutating func slot(_ scalar: UInt32) -> Int {
        let block = Int(scalar >> 8)
        if pageOfBlock[block] == 0 {
            pageOfBlock[block] = UInt16(entries.count >> 8)
            entries.append(contentsOf: repeatElement(0, count: 256))
        }
        return Int(pageOfBlock[block]) << 8 | Int(scalar & 0xFF)
    }

    private mutating func set(_ scalar: UInt32, _ kind: ScalarClass) {
        entries[slot(scalar)] = FoldingTable.packed(kind, scalar)
    }

    private mutating func fold(_ scalar: UInt32, to targets: [UInt32], climb: UInt32) {
        let slot = slot(scalar)
        let kind = ScalarClass(rawValue: UInt8(entries[slot] >> 24 & 15)) ?? .plain
        if targets.count == 1 {
            entries[slot] = FoldingTable.packed(kind, targets[0] + climb)
        } else {
            entries[slot] = FoldingTable.packed(kind, expansion: expansions.count)
            expansions.append(targets)
        }
    }
}

/// Reads the small language of `FoldingData`.
@safe private struct ItemReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ text: StaticString) {
        unsafe bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    var isAtEnd: Bool { unsafe position >= bytes.count }

    mutating func byte() -> UInt8? {
        guard !isAtEnd else { return nil }
        defer { position += 1 }
        return unsafe bytes[position]
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, unsafe bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func skipBlank() {
        while skip(" ") {}
    }

    mutating func number() -> UInt32 {
        var value: UInt32 = 0
        while !isAtEnd {
            let byte = unsafe bytes[position]
            if byte &- 0x30 < 10 {
                value = value << 4 | UInt32(byte - 0x30)
            } else if byte &- 0x61 < 6 {
                value = value << 4 | UInt32(byte - 0x57)
            } else {
                break
            }
            position += 1
        }
        return value
    }
}

extension FoldingTable {
    /// A text without case and diacritics, signs and blanks kept: for comparing names.
    func folded(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let entry = entry(scalar.value)
            if entry.kind == .ignorable { continue }
            guard entry.kind != .separator || scalar.isASCII else {
                out.append(scalar)
                continue
            }
            if scalar.isASCII {
                out.append(contentsOf: String(scalar).lowercased().unicodeScalars)
            } else {
                let folded = entry.expands ? expansion(entry.folded) : [entry.folded]
                out.append(contentsOf: folded.compactMap(Unicode.Scalar.init))
            }
        }
        return String(out)
    }
}
