import Foundation
import JSONText
import Providers
import Testing

/// Which failures are tried again, and after how long.
@Suite struct RetryTests {
    private let rule = RetryRule()

    private func decide(
        _ status: Int, _ headers: WireHeaders = [:], retries: Int = 0, chance: Double = 0
    ) -> RetryRule.Decision {
        rule.decide(
            FailureTests.error(status, "{}", headers), .init(retries: retries), chance: chance)
    }

    @Test(arguments: [408, 409, 429, 500, 502, 503, 504, 529])
    func `These statuses are tried again twice`(status: Int) {
        #expect(decide(status) == .retry(afterMilliseconds: 500))
        #expect(decide(status, retries: 1) == .retry(afterMilliseconds: 1_000))
        #expect(decide(status, retries: 2) == .giveUp)
    }

    @Test(arguments: [301, 400, 402, 403, 404, 413, 422, 424])
    func `These statuses are not tried again`(status: Int) {
        #expect(decide(status) == .giveUp)
    }

    @Test func `The wait doubles up to eight seconds, less up to a quarter`() {
        var rule = RetryRule()
        rule.mostRetries = 100
        let waits = (0..<6).map { retries in
            rule.decide(ProviderError(.overloaded), .init(retries: retries), chance: 0)
        }
        #expect(
            waits == [500, 1_000, 2_000, 4_000, 8_000, 8_000].map { .retry(afterMilliseconds: $0) })
        #expect(decide(500, chance: 0.999) == .retry(afterMilliseconds: 375))
        #expect(
            rule.decide(ProviderError(.overloaded), .init(retries: 99), chance: 0)
                == .retry(afterMilliseconds: 8_000))
    }

    @Test func `A wait that the provider asks for is kept up to two minutes`() {
        #expect(decide(429, ["retry-after": "7"], retries: 1) == .retry(afterMilliseconds: 7_000))
        #expect(decide(429, ["retry-after": "120"]) == .retry(afterMilliseconds: 120_000))
        #expect(decide(429, ["retry-after": "121"]) == .giveUp)
        #expect(decide(429, ["retry-after": "0"]) == .retry(afterMilliseconds: 500))
    }

    @Test func `The provider's own word on trying again prevails over the status`() {
        #expect(decide(529, ["x-should-retry": "false"]) == .giveUp)
        #expect(decide(400, ["x-should-retry": "true"]) == .retry(afterMilliseconds: 500))
        #expect(decide(400, ["x-should-retry": "true"], retries: 2) == .giveUp)
    }

    @Test func `A credential is renewed once`() {
        let expired = ProviderError(.expiredCredential, status: 403)
        #expect(decide(401) == .renewCredential)
        #expect(rule.decide(expired, .init(), chance: 0) == .renewCredential)
        let renewed = RetryRule.Situation(hasRenewedCredential: true)
        #expect(rule.decide(expired, renewed, chance: 0) == .giveUp)
        #expect(decide(403) == .giveUp)
    }

    @Test func `Nothing is tried again once a word was shown`() {
        let shown = RetryRule.Situation(hasShownOutput: true)
        for kind in ProviderError.Kind.allCases {
            #expect(rule.decide(ProviderError(kind), shown, chance: 0) == .giveUp, "\(kind)")
        }
    }

    @Test func `Faults of a stream are tried again where that may help`() {
        let again: Set<ProviderError.Kind> = [
            .connection, .cut, .rateLimited, .overloaded, .serverFault, .timeout, .modelNotReady,
            .modelFault,
        ]
        for kind in ProviderError.Kind.allCases
        where kind != .authentication && kind != .expiredCredential {
            let decision = rule.decide(ProviderError(kind), .init(), chance: 0)
            #expect((decision != .giveUp) == again.contains(kind), "\(kind)")
        }
    }

    /// Recorded with time stopped.
    ///
    /// Two things differ: 401 means that a credential is renewed, and
    /// statuses are judged alike for all providers, so that boto3's rows are not among these.
    @Test(.enabled(if: WireData.folder != nil, WireData.skipped))
    func `The official clients try again as often, after as long`() throws {
        var count = 0
        for row in try #require(try WireData.json("requests/_retries.json").array) {
            let client = row["client"]?.string ?? ""
            guard !client.hasPrefix("boto3") else { continue }
            count += 1
            var headers = WireHeaders()
            for member in row["headers"]?.object?.members ?? [] {
                headers[member.key] = member.value.string
            }
            let error = FailureTests.error(
                Int(row["status"]?.int ?? 0), row["body"]?.string ?? "", headers)
            if error.kind == .authentication {
                #expect(row["attempts"]?.int == 1)
                continue
            }
            let waits = (row["waits_s"]?.array ?? []).compactMap(\.double)
            for (retries, seconds) in waits.enumerated() {
                let bounds = [0, 1].map { chance in
                    rule.decide(error, .init(retries: retries), chance: chance)
                }
                guard case .retry(let most) = bounds[0], case .retry(let least) = bounds[1] else {
                    Issue.record("\(row) is not tried again")
                    continue
                }
                let recorded = Int((seconds * 1_000).rounded())
                #expect((least...most).contains(recorded), "\(client): \(recorded)")
            }
            #expect(rule.decide(error, .init(retries: waits.count), chance: 0) == .giveUp)
        }
        print("recorded retries: \(count) rows agree")
        #expect(count == 33)
    }
}
