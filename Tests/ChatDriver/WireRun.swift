import Chat
import Foundation
import JSONText
import Providers
import Synchronization
import Transport
import Vault
import VaultCrypto

/// Times an answer that comes over TLS from `tools/scripted-provider`: each word is the moment at
/// which the server sent it, by the clock that all processes of the machine share, and is compared
/// with the moment at which it is durable and shown.
struct WireRun {
    private struct State {
        var durations = Durations()
        var residentKilobytes: [Int] = []
    }
    private final class Box: Sendable {
        let state = Mutex(State())
    }

    static func start(_ options: DriverOptions, _ wire: DriverOptions.Wire) async throws {
        let vault = try options.openVault()
        var settings = TransportSettings()
        settings.authorities = [wire.authority]
        let transport = try HTTPTransport(settings, guard: ResidencyGuard(policy: nil))
        let provider = ProviderTransport(
            name: "scripted",
            adapter: MessagesAdapter(gateway: try BaseURL(wire.url), placement: .bearer),
            credential: PlannedCredential(), over: transport)
        var asked = ChatSettings(model: "words-\(wire.words)-at-\(wire.rate)")
        asked.limits.maximumTokens = wire.words
        let chat = Chat(vault, over: provider, settings: asked)
        let conversation = try await chat.begin(Question("How long does it take?"))
        let boxed = Box()
        let sampled = max(1, wire.words / 10)
        let begin = now()
        let outcome = try await chat.answer(in: conversation) { news in
            guard case .answer(.text(_, let piece)) = news,
                let sent = UInt64(piece.dropLast())
            else { return }
            let waited = Duration.nanoseconds(Int64(now()) - Int64(sent))
            boxed.state.withLock { state in
                state.durations.add(waited)
                if state.durations.count % sampled == 0 {
                    state.residentKilobytes.append(MeasureRun.residentKilobytes())
                }
            }
        }
        let seconds = Double(now() - begin) / 1e9
        guard outcome.state == .complete else {
            throw VaultError(.badInput, "The answer did not come to its end: \(outcome.state).")
        }
        boxed.state.withLock {
            MeasureRun.report($0.durations, $0.residentKilobytes, seconds: seconds)
        }
        await transport.shutdown()
        try vault.close()
    }

    /// Nanoseconds of CLOCK_MONOTONIC.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
