import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// Figures, printed and not judged: `COFFER_MEASURE=FILE swift test -c release --filter Measure`.
@Suite struct Measurements {
    private static let file = ProcessInfo.processInfo.environment["COFFER_MEASURE"]

    @Test("Measure an import", .enabled(if: file != nil, "COFFER_MEASURE names no file"))
    func measure() throws {
        let path = try #require(Self.file)
        let clock = ContinuousClock()
        let start = clock.now
        let job = try ImportJob.open(path)
        let opened = clock.now
        var conversations = 0
        var messages = 0
        var skipped = 0
        try job.run(progress: { _ in }) { event in
            switch event {
            case .conversation(let conversation):
                conversations += 1
                messages += conversation.messages.count
            case .skipped: skipped += 1
            }
        }
        let ended = clock.now
        let megabytes = Double(job.sizeBytes) / 1e6
        let verify = (opened - start) / .seconds(1)
        let run = (ended - opened) / .seconds(1)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        print(
            "\(conversations) conversations, \(messages) messages, \(skipped) skipped;",
            "\(Int(megabytes)) MB; verify \(Int(megabytes / verify)) MB/s,",
            "run \(Int(megabytes / run)) MB/s; \(peak)")
    }
}
