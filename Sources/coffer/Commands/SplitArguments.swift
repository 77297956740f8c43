import ArgumentParser
import Vault
import VaultArchive

/// Whether an export is split into several archives.
struct SplitArguments: ParsableArguments {
    /// A smaller one would hold little besides lists and pages.
    private static let minimumBytes: Int64 = 1_000_000
    private static let units: [(name: String, bytes: Int64)] = [
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ]

    @Option(
        help: ArgumentHelp(
            """
            Split what is larger into archives of one group, between conversations: 4GB, 700MB, \
            4GiB.
            """,
            valueName: "size"))
    var splitSize: String?

    func validate() throws { _ = try sizeBytes }

    /// `nil` without the option.
    var sizeBytes: Int64? {
        get throws {
            guard let splitSize else { return nil }
            let digits = splitSize.prefix { $0.isASCII && $0.isNumber }
            let word = splitSize.dropFirst(digits.count).drop { $0 == " " }.lowercased()
            guard let number = Int64(digits),
                let unit = Self.units.first(where: { $0.name == word })
            else {
                throw ValidationError(
                    "--split-size is a whole number with a unit, such as 700MB, 4GB or 4GiB.")
            }
            let (bytes, isOver) = number.multipliedReportingOverflow(by: unit.bytes)
            guard !isOver else {
                throw ValidationError("--split-size is larger than any archive; leave it out.")
            }
            guard bytes >= Self.minimumBytes else {
                throw ValidationError(
                    "--split-size is smaller than 1 MB, the least that an archive can be split to.")
            }
            return bytes
        }
    }
}
