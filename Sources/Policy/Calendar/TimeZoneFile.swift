import Foundation

/// Reads the files of the tz database (TZif, RFC 8536).
///
/// A file is two blocks of data and a footer: the first block has 32-bit times and is passed over,
/// the second has 64-bit times; the footer is a rule for all times after the last change. A file is
/// refused when it is of version 1, which has only the first block, when it counts leap seconds,
/// which UTC in milliseconds does not, or when a number in it points outside it.
struct TimeZoneFile {
    private static let headerBytes = 44
    private static let largestBytes = 1 << 20
    /// About 35,000 years.
    private static let mostSeconds: Int64 = 1 << 40

    private let bytes: [UInt8]
    private var position = 0

    /// - Parameters:
    ///   - name: The zone's IANA name.
    ///   - bytes: The file's content.
    /// - Returns: The rules; `nil` when the bytes are no such file.
    static func rules(_ name: String, _ bytes: [UInt8]) -> TimeZoneRules? {
        guard bytes.count <= largestBytes else { return nil }
        var file = TimeZoneFile(bytes: bytes)
        return file.read(name)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func read(_ name: String) -> TimeZoneRules? {
        guard let first = header(), first.version >= UInt8(ascii: "2"),
            skip(first.dataBytes(timeBytes: 4)), let second = header(), second.leapSeconds == 0,
            let block = block(second)
        else { return nil }
        let footer = bytes[position...]
        guard footer.count >= 2, footer.first == 0x0A, footer.last == 0x0A,
            let text = String(validating: footer.dropFirst().dropLast(), as: UTF8.self)
        else { return nil }
        let lastYear = CivilDate(
            daysSinceEpoch: (block.changes.last?.time ?? 0).flooredDivision(by: 86_400_000)
        ).year
        var changes = block.changes
        if !text.isEmpty {
            guard let rule = TransitionRule(text) else { return nil }
            let start = changes.last?.time ?? .min
            // A cycle of 400 years, and what `horizon` needs beside it.
            changes += rule.changes(inYears: lastYear...lastYear + 402).filter { $0.time > start }
        }
        let horizon = CivilDate(year: lastYear + 402, month: 1, day: 1).daysSinceEpoch * 86_400_000
        return TimeZoneRules(
            name: name, earliestOffset: block.firstOffset, changes: changes, horizon: horizon)
    }

    private struct Header {
        var version: UInt8
        var flagsUTC, flagsStandard, leapSeconds, times, types, characters: Int

        func dataBytes(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + characters + leapSeconds * (timeBytes + 4)
                + flagsStandard + flagsUTC
        }
    }

    private mutating func header() -> Header? {
        let start = position
        guard skip(Self.headerBytes), bytes[start..<start + 4].elementsEqual("TZif".utf8) else {
            return nil
        }
        let counts = (0..<6).map { Int(number(at: start + 20 + $0 * 4, bytes: 4)) }
        return Header(
            version: bytes[start + 4], flagsUTC: counts[0], flagsStandard: counts[1],
            leapSeconds: counts[2], times: counts[3], types: counts[4], characters: counts[5])
    }

    /// The 64-bit block; the position is at the footer afterwards.
    private mutating func block(
        _ header: Header
    ) -> (firstOffset: Int64, changes: [(time: Int64, offset: Int64)])? {
        let times = position
        guard skip(header.dataBytes(timeBytes: 8)), header.types > 0 else { return nil }
        let indices = times + header.times * 8
        let types = indices + header.times
        let offsets = (0..<header.types).map { type in
            Int64(Int32(truncatingIfNeeded: number(at: types + type * 6, bytes: 4))) * 1000
        }
        guard offsets.allSatisfy({ abs($0) < TimeZoneRules.mostOffset }) else { return nil }
        var changes: [(time: Int64, offset: Int64)] = []
        for index in 0..<header.times {
            let type = Int(bytes[indices + index])
            let seconds = Int64(bitPattern: number(at: times + index * 8, bytes: 8))
            guard type < header.types, seconds <= Self.mostSeconds else { return nil }
            // Some files begin with a change at the beginning of all times.
            let time = max(seconds, -Self.mostSeconds) * 1000
            guard changes.last.map({ $0.time <= time }) ?? true else { return nil }
            changes.append((time, offsets[type]))
        }
        return (offsets[0], changes)
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - position else { return false }
        position += count
        return true
    }

    /// An unsigned number whose first byte is the highest.
    private func number(at offset: Int, bytes count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension TimeZoneRules {
    /// Reads the file of a zone; `nil` when the name is none (`isName`) or the file is damaged.
    ///
    /// - Parameters:
    ///   - name: An IANA name.
    ///   - file: The content of the tz database's file of that name (TZif, RFC 8536).
    package init?(name: String, file: [UInt8]) {
        guard Self.isName(name), let rules = TimeZoneFile.rules(name, file) else { return nil }
        self = rules
    }

    /// Whether a text can be an IANA name: letters, digits, `+`, `-` and `_`, in parts between
    /// slashes, so that it leads to no file outside the database; and none of the names that stand
    /// for another thing on each machine.
    package static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part.first != "-"
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"):
                        true
                    default: "+-_".utf8.contains(byte)
                    }
                }
        }
        return isPlain && text.utf8.count <= 64
            && !["localtime", "posixrules", "posix", "right", "Factory"].contains(parts[0])
    }
}
