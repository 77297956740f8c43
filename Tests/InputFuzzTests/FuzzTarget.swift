import Foundation
import VaultCrypto

/// One reader of what comes from outside, and what its readings are judged by.
///
/// A judge is given any bytes. It answers what is wrong with the reading: `nil` for a refusal of
/// the kind that the reader promises, and for a value that agrees with a second reading.
struct FuzzTarget: Sendable {
    let name: String
    let judge: @Sendable ([UInt8]) -> String?
    /// Sound inputs, and some that only just are none.
    let seeds: @Sendable () -> [[UInt8]]
    /// Texts that change something in this format, for libFuzzer to put anywhere.
    var words: [String] = []

    /// In the order in which they are tried.
    static let all =
        [JSONJudge.target, HeaderJudge.target, AuditEntryJudge.target, AgeJudge.target]
        + SignatureJudges.targets + ArchiveJudges.targets + [QueryJudge.target]
        + ImportJudge.targets + StreamJudges.targets + AnswerJudges.targets + PolicyJudges.targets

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What every refusal has to be.
enum Refused {
    /// - Returns: What is wrong with an error; `nil` for one of these families with a sentence.
    static func flaw(_ error: VaultError, _ codes: Set<VaultError.Code>) -> String? {
        guard codes.contains(error.code) else { return "an error of another kind: \(error.code)" }
        return flaw(error.message)
    }

    static func flaw(_ sentence: String) -> String? {
        guard sentence.hasSuffix("."), sentence.utf8.count < 4000 else {
            return "not a sentence: \(sentence.prefix(300))"
        }
        return nil
    }
}

/// Inputs whose first byte says how the rest is used.
extension [UInt8] {
    /// The first byte, modulo a number, and the rest.
    func split(_ count: UInt8) -> (mode: UInt8, rest: [UInt8]) {
        guard let first else { return (0, []) }
        return (first % count, Array(dropFirst()))
    }

    static func seed(_ mode: UInt8, _ text: String) -> [UInt8] { [mode] + Array(text.utf8) }
}

/// The folder of the repository's fixtures.
enum Fixtures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures")

    /// The content of a fixture; nothing where there is none.
    static func bytes(_ path: String) -> [UInt8] {
        (try? Array(Data(contentsOf: folder.appending(path: path)))) ?? []
    }
}
