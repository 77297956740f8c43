import ArgumentParser
import JSONText
import Vault
import VaultCrypto

/// A span of time as it is typed: `90s`, `15m`, `8h`, `2d`.
struct TimeSpan: ExpressibleByArgument {
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }),
            let number = Int(argument.dropLast()),
            number > 0, number <= 86_400 * 365 / unit
        else { return nil }
        seconds = number * unit
    }

    var defaultValueDescription: String { "\(seconds / 3600)h" }
}

/// A date or a time as it is typed: `2024`, `2024-03`, `2024-03-01`, or RFC 3339; UTC.
struct Moment: ExpressibleByArgument {
    let instant: Instant

    init?(argument: String) {
        let completed =
            switch argument.utf8.count {
            case 4: argument + "-01-01"
            case 7: argument + "-01"
            default: argument
            }
        guard let instant = Instant(completed) else { return nil }
        self.instant = instant
    }
}

extension AgeRecipient {
    /// Reads a recipient that was typed; a wrong one is a usage error that says why.
    static func typed(_ text: String) throws -> AgeRecipient {
        do {
            return try AgeRecipient(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}

extension JSON {
    /// A string, or null.
    static func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
    /// A time, or null.
    static func time(_ value: Instant?) -> JSON { .text(value?.description) }
    /// A number, or null.
    static func count(_ value: (some BinaryInteger)?) -> JSON {
        if let value { .integer(value) } else { .null }
    }
}
