import Policy

extension Instant {
    /// Reads a date and time as exports write them.
    ///
    /// Accepted: RFC 3339 (`2024-03-01T10:11:12.345Z`, `+02:00`), a blank instead of `T`, no zone
    /// (taken as UTC), a date alone (midnight UTC). Decimals beyond milliseconds are cut. It is
    /// `nil` when the text is none of these.
    ///
    /// - Parameter text: The text.
    package init?(_ text: some StringProtocol) {
        var scan = Scanner(bytes: Array(text.utf8))
        guard let date = scan.date() else { return nil }
        var milliseconds = date.daysSinceEpoch * 86_400_000
        if !scan.isAtEnd {
            guard scan.skip("T") || scan.skip("t") || scan.skip(" "),
                let time = scan.timeOfDay(), let offset = scan.zoneOffset(), scan.isAtEnd
            else { return nil }
            milliseconds += time - offset
        }
        self.init(milliseconds: milliseconds)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard !isAtEnd, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        /// Exactly `count` digits.
        mutating func number(_ count: Int) -> Int64? {
            guard position + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + count] {
                guard byte &- 0x30 < 10 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            position += count
            return value
        }

        mutating func date() -> CivilDate? {
            guard let year = number(4), skip("-"), let month = number(2), skip("-"),
                let day = number(2)
            else { return nil }
            let date = CivilDate(year: year, month: month, day: day)
            return date.isValid ? date : nil
        }

        mutating func timeOfDay() -> Int64? {
            guard let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60
            else { return nil }
            var second: Int64 = 0
            if skip(":") {
                guard let value = number(2), value <= 60 else { return nil }
                second = value
            }
            return ((hour * 60 + minute) * 60 + second) * 1000 + fraction()
        }

        mutating func fraction() -> Int64 {
            guard skip(".") || skip(",") else { return 0 }
            var value: Int64 = 0
            var digits = 0
            while let digit = number(1) {
                if digits < 3 { value = value * 10 + digit }
                digits += 1
            }
            for _ in min(digits, 3)..<3 { value *= 10 }
            return value
        }

        mutating func zoneOffset() -> Int64? {
            if isAtEnd || skip("Z") || skip("z") { return 0 }
            let sign: Int64
            if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
            guard let hour = number(2), hour < 24 else { return nil }
            let hasColon = skip(":")
            guard let minute = number(2) ?? (hasColon ? nil : 0), minute < 60 else { return nil }
            return sign * (hour * 60 + minute) * 60_000
        }
    }
}
