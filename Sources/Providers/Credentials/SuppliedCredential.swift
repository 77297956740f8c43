package import Foundation
import Synchronization

/// A supply as one turn sees it.
///
/// It remembers what the turn has sent: when the provider rejects that, and another turn has had it
/// replaced meanwhile, this turn takes the new one and renews nothing.
package final class SuppliedCredential: TurnCredential {
    private let supply: CredentialSupply
    private let now: @Sendable () -> Date
    private let occasion: CredentialOccasion
    private let sent = Mutex<Credential?>(nil)
    package let kind: String

    /// - Parameters:
    ///   - supply: What several turns share.
    ///   - chosen: The source that won, for the record of the turn.
    ///   - occasion: Why it is asked for.
    ///   - now: The clock of signatures.
    package init(
        _ supply: CredentialSupply, _ chosen: CredentialReport.Entry,
        occasion: CredentialOccasion = .interactive, now: @escaping @Sendable () -> Date
    ) {
        self.supply = supply
        self.now = now
        self.occasion = occasion
        kind = "\(chosen.source.rawValue) (\(chosen.place))"
    }

    package func authorize(
        _ request: WireRequest, _ placement: CredentialPlacement
    ) async throws(ProviderError) -> WireRequest {
        do throws(CredentialError) {
            let credential = try await supply.current(occasion)
            var request = request
            try request.authorize(credential, placement, at: now())
            sent.withLock { $0 = credential }
            return request
        } catch {
            throw error.asProviderError
        }
    }

    package func renew() async throws(ProviderError) {
        guard let rejected = sent.withLock({ $0 }) else { return }
        do throws(CredentialError) {
            _ = try await supply.replacement(for: rejected)
        } catch {
            throw error.asProviderError
        }
    }
}
