import Vault

/// Numbers and times as people read them.
enum Figures {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = String(value)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, text != "-" { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1 message`, `2 messages`, `2 entries`, `2 keys`.
    static func count(_ value: some BinaryInteger, _ noun: String) -> String {
        if value == 1 { return "1 \(noun)" }
        let isChanged = noun.hasSuffix("y") && !["ay", "ey", "oy", "uy"].contains(noun.suffix(2))
        let plural = isChanged ? noun.dropLast() + "ies" : noun + "s"
        return "\(count(value)) \(plural)"
    }

    /// `12.3 MB`, in powers of ten.
    static func bytes(_ value: Int64) -> String {
        guard value >= 1000 else { return "\(value) B" }
        var scaled = Double(value)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while scaled >= 999.5, unit + 1 < units.count {
            scaled /= 1000
            unit += 1
        }
        guard scaled < 99.95 else { return "\(Int(scaled.rounded())) \(units[unit])" }
        let tenths = Int((scaled * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// `45 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min" + (seconds % 60 > 0 ? " \(seconds % 60) s" : "")
        default: "\(seconds / 3600) h" + (seconds / 60 % 60 > 0 ? " \(seconds / 60 % 60) min" : "")
        }
    }

    /// `2024-03-01`, in UTC.
    static func date(_ instant: Instant?) -> String {
        instant.map { String($0.description.prefix(10)) } ?? "undated"
    }

    /// `2024-03-01 10:11`, in UTC.
    static func minute(_ instant: Instant) -> String {
        let text = instant.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }
}
