/// Whether a turn that failed is tried again, and when.
///
/// The statuses and waits are those that the official clients were seen to have: two retries on
/// 408, 409, 429 and from 500 on and for broken connections, after half a second, doubled each
/// time up to eight, less up to a quarter. Three things differ. Nothing is tried again once a word
/// of the answer was shown, because the person would read two answers. A wait that the provider
/// asks for is kept up to two minutes; a longer one ends the turn, so that nobody waits unawares.
/// And a credential that is refused or expired is renewed once.
package struct RetryRule: Sendable, Equatable {
    package enum Decision: Sendable, Equatable {
        case retry(afterMilliseconds: Int)
        case renewCredential
        case giveUp
    }

    package var mostRetries = 2
    package var firstWaitMilliseconds = 500
    package var longestOwnWaitMilliseconds = 8_000
    package var longestAskedWaitMilliseconds = 120_000

    package init() {}

    /// What happened in the turn so far.
    package struct Situation: Sendable, Equatable {
        package var retries = 0
        package var hasShownOutput = false
        package var hasRenewedCredential = false

        package init(
            retries: Int = 0, hasShownOutput: Bool = false, hasRenewedCredential: Bool = false
        ) {
            self.retries = retries
            self.hasShownOutput = hasShownOutput
            self.hasRenewedCredential = hasRenewedCredential
        }
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - error: Why the turn failed.
    ///   - situation: What happened so far.
    ///   - chance: A random number from 0 up to 1, for the part of the wait that is left to it.
    /// - Returns: What to do.
    package func decide(
        _ error: ProviderError, _ situation: Situation, chance: Double
    ) -> Decision {
        guard !situation.hasShownOutput else { return .giveUp }
        if error.kind == .authentication || error.kind == .expiredCredential {
            return situation.hasRenewedCredential ? .giveUp : .renewCredential
        }
        guard situation.retries < mostRetries, error.shouldRetry ?? Self.helps(error) else {
            return .giveUp
        }
        if let asked = error.retryAfterMilliseconds, asked > 0 {
            return asked > longestAskedWaitMilliseconds
                ? .giveUp : .retry(afterMilliseconds: asked)
        }
        let doubled = firstWaitMilliseconds << min(situation.retries, 16)
        let full = min(doubled, longestOwnWaitMilliseconds)
        return .retry(afterMilliseconds: Int(Double(full) * (1 - 0.25 * chance)))
    }

    /// Whether trying again helps against an error of this status, or of this kind in a stream.
    private static func helps(_ error: ProviderError) -> Bool {
        if let status = error.status {
            return [408, 409, 429].contains(status) || status >= 500
        }
        switch error.kind {
        case .connection, .cut, .rateLimited, .overloaded, .serverFault, .timeout, .modelNotReady,
            .modelFault:
            return true
        default: return false
        }
    }
}
