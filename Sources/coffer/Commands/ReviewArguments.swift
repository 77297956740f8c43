import ArgumentParser
import Vault
import VaultArchive

/// Which files for review platforms an export gets.
struct ReviewArguments: ParsableArguments {
    private static let every = "all"
    private static let formats = ReviewOptions.Format.allCases.map(\.rawValue)
    private static let encodings = ReviewOptions.TableEncoding.allCases.map(\.rawValue)

    @Option(
        help: ArgumentHelp(
            """
            Also write files for review platforms: rsmf, dat, eml, sessions, several of them with \
            commas between, or all (repeatable).
            """,
            valueName: "formats"),
        completion: .list(formats + [every]))
    var review: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the days of those files begin and end: an IANA name. (default: UTC)",
            valueName: "zone"))
    var timeZone: String?

    @Option(
        help: ArgumentHelp(
            "Of the dat file: utf-8, utf-16le or windows-1252. (default: utf-8)",
            valueName: "encoding"),
        completion: .list(encodings))
    var datEncoding: String?

    func validate() throws { _ = try options }

    /// What was typed as what it means.
    var options: ReviewOptions {
        get throws {
            let formats = try chosen
            guard timeZone == nil || !formats.isEmpty else {
                throw ValidationError(
                    "--time-zone is for the files of --review; give --review as well.")
            }
            guard datEncoding == nil || formats.contains(.dat) else {
                throw ValidationError("--dat-encoding is for --review dat; give that as well.")
            }
            return ReviewOptions(
                formats: formats, clock: try clock, tableEncoding: try tableEncoding)
        }
    }

    private var chosen: Set<ReviewOptions.Format> {
        get throws {
            let words = review.flatMap {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            var formats: Set<ReviewOptions.Format> = []
            for word in words {
                if word == Self.every {
                    formats.formUnion(ReviewOptions.Format.allCases)
                } else if let format = ReviewOptions.Format(rawValue: String(word)) {
                    formats.insert(format)
                } else {
                    throw ValidationError(
                        "--review knows no format '\(word)'; the formats are "
                            + "\(Self.formats.joined(separator: ", ")) and \(Self.every).")
                }
            }
            return formats
        }
    }

    private var clock: ZoneClock {
        get throws {
            guard let timeZone else { return .utc }
            guard let clock = ZoneClock(timeZone) else {
                throw ValidationError(
                    "The tz database of this machine has no time zone '\(timeZone)'; give a name "
                        + "such as Europe/Zurich.")
            }
            return clock
        }
    }

    private var tableEncoding: ReviewOptions.TableEncoding {
        get throws {
            guard let datEncoding else { return .utf8 }
            guard let encoding = ReviewOptions.TableEncoding(rawValue: datEncoding) else {
                throw ValidationError(
                    "--dat-encoding knows no '\(datEncoding)'; it is one of "
                        + "\(Self.encodings.joined(separator: ", ")).")
            }
            return encoding
        }
    }
}
