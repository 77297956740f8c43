import Foundation

/// Hands out one credential to all who ask, and renews it before it ends.
///
/// 1. A credential is due for renewal a margin before its end: five minutes, or a quarter of its
///    life where that is shorter.
/// 2. While a renewal is under way, everyone who asks waits for it; there is never a second one.
/// 3. When a renewal fails and the old credential still has half a minute, the old one is given.
/// 4. A credential that the provider rejected is replaced once. Where the flow gives the same one
///    again, that is an error: a second attempt would fail as the first did.
/// 5. An asker who is cancelled stops waiting at once; when nobody waits any more, the renewal is
///    cancelled.
package actor CredentialSupply {
    private struct Held {
        var credential: Credential
        var born: Date
    }
    private typealias Answer = Result<Credential, CredentialError>

    private let flow: any CredentialFlow
    private let surroundings: Surroundings
    private var held: Held?
    private var rejected: Credential?
    private var renewal: Task<Void, Never>?
    /// Tells a renewal that was given up from the one that took its place.
    private var generation = 0
    private var waiting: [Int: CheckedContinuation<Answer, Never>] = [:]
    private var lastTicket = 0

    package init(_ flow: any CredentialFlow, in surroundings: Surroundings) {
        self.flow = flow
        self.surroundings = surroundings
    }

    /// A credential that is good for now.
    ///
    /// - Parameter occasion: Why it is asked for; of askers who share a renewal, the first one's.
    /// - Returns: The credential.
    /// - Throws: Why there is none.
    package func current(
        _ occasion: CredentialOccasion = .interactive
    ) async throws(CredentialError) -> Credential {
        if let held, !isDue(held) { return held.credential }
        return try await renewed(occasion)
    }

    /// Another credential in the place of one that the provider rejected.
    ///
    /// - Parameter rejected: The one that was sent.
    /// - Returns: The new one.
    /// - Throws: Why there is none; `refused` where the same would come again.
    package func replacement(
        for rejected: Credential
    ) async throws(CredentialError) -> Credential {
        if let held, held.credential.material == rejected.material {
            self.held = nil
            self.rejected = rejected
        }
        return try await current(.refresh)
    }

    private func isDue(_ held: Held) -> Bool {
        guard let expires = held.credential.expires else { return false }
        let life = expires.timeIntervalSince(held.born)
        return surroundings.now() >= expires.addingTimeInterval(-min(300, life / 4))
    }

    // MARK: Renewal

    private func renewed(_ occasion: CredentialOccasion) async throws(CredentialError) -> Credential
    {
        lastTicket += 1
        let ticket = lastTicket
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
                if Task.isCancelled {
                    continuation.resume(returning: .failure(Self.cancelled))
                    return
                }
                waiting[ticket] = continuation
                if renewal == nil { start(occasion) }
            }
        } onCancel: {
            Task { await self.leave(ticket) }
        }
        return try answer.get()
    }

    private static let cancelled = CredentialError(
        .unreachable, "Nobody waits for the credential any more.")

    private func start(_ occasion: CredentialOccasion) {
        generation += 1
        let number = generation
        renewal = Task { [flow, surroundings] in
            let answer: Answer
            do throws(CredentialError) {
                answer = .success(try await flow.issue(occasion, in: surroundings))
            } catch {
                answer = .failure(error)
            }
            self.finish(answer, number)
        }
    }

    private func finish(_ answer: Answer, _ number: Int) {
        guard number == generation else { return }
        renewal = nil
        let answer = judged(answer)
        for (_, continuation) in waiting { continuation.resume(returning: answer) }
        waiting = [:]
    }

    private func leave(_ ticket: Int) {
        guard let continuation = waiting.removeValue(forKey: ticket) else { return }
        continuation.resume(returning: .failure(Self.cancelled))
        guard waiting.isEmpty else { return }
        renewal?.cancel()
        renewal = nil
        generation += 1
    }

    /// Keeps a new credential, or falls back on the old one.
    private func judged(_ answer: Answer) -> Answer {
        let now = surroundings.now()
        switch answer {
        case .success(let credential):
            if let expires = credential.expires, expires <= now {
                return .failure(
                    CredentialError(
                        .expired,
                        "The credential (\(credential.source.rawValue)) had ended before "
                            + "it came; sign in again, and check the clock."))
            }
            if credential.material == rejected?.material {
                return .failure(
                    CredentialError(
                        .refused,
                        "The provider does not accept the credential "
                            + "(\(credential.source.rawValue)), and there is no other; renew it."))
            }
            rejected = nil
            held = Held(credential: credential, born: now)
            return answer
        case .failure:
            guard let old = held?.credential, let expires = old.expires,
                expires > now.addingTimeInterval(30)
            else { return answer }
            return .success(old)
        }
    }
}
