import Foundation
import JSONText
import Providers
import Synchronization
import Testing

/// Files, variables, programs, a clock and a network that a flow meets, all of them written down.
///
/// Every secret in it has `CANARY` in it, so that a search finds where one comes to light.
final class CredentialScene: Sendable {
    struct Script: Sendable {
        var environment: [String: String] = [:]
        var files: [String: String] = [:]
        var program: @Sendable (ProgramCall) throws(ProgramFault) -> String = {
            (_) throws(ProgramFault) in throw .notStarted
        }
        var answer: @Sendable (WireRequest) throws(ProviderError) -> WireAnswer = {
            (_) throws(ProviderError) in throw ProviderError(.connection)
        }
        var now = "2026-11-23T05:52:00Z"
    }

    let script: Script
    private let log = Mutex(Log())

    private struct Log {
        var requests: [WireRequest] = []
        var calls: [ProgramCall] = []
        var files: [String: String] = [:]
        var time = Date.distantPast
    }

    init(_ script: Script) throws {
        self.script = script
        let time = try SigningTests.date(script.now)
        log.withLock {
            $0.files = script.files
            $0.time = time
        }
    }

    var requests: [WireRequest] { log.withLock { $0.requests } }
    var calls: [ProgramCall] { log.withLock { $0.calls } }
    var files: [String: String] { log.withLock { $0.files } }
    var now: Date { log.withLock { $0.time } }

    func advance(seconds: Double) { log.withLock { $0.time += seconds } }
    func write(_ path: String, _ text: String?) { log.withLock { $0.files[path] = text } }

    var surroundings: Surroundings {
        var environment = script.environment
        environment["HOME"] = "/h"
        return Surroundings(
            wire: self, now: { self.now }, environment: CredentialEnvironment(environment),
            files: self, programs: self)
    }
}

extension CredentialScene: WireExchange, CredentialFiles, ProgramRunner {
    func exchange(
        _ request: WireRequest, maximumBytes: Int
    ) async throws(ProviderError) -> WireAnswer {
        log.withLock { $0.requests.append(request) }
        let answer = try script.answer(request)
        guard answer.body.count <= maximumBytes else { throw ProviderError(.malformed) }
        return answer
    }

    func read(_ path: String, maximumBytes: Int) throws(FileFault) -> [UInt8] {
        guard let text = files[path] else { throw .missing }
        guard text.utf8.count <= maximumBytes else { throw .tooLarge }
        return Array(text.utf8)
    }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileFault) {
        write(path, String(decoding: bytes, as: UTF8.self))
    }

    func run(_ call: ProgramCall) async throws(ProgramFault) -> [UInt8] {
        log.withLock { $0.calls.append(call) }
        return Array(try script.program(call).utf8)
    }
}

extension WireAnswer {
    static func json(_ text: String, headers: WireHeaders = [:]) -> WireAnswer {
        WireAnswer(status: 200, headers: headers, body: Array(text.utf8))
    }
}

extension CredentialChoice {
    /// The credential of the flow that was chosen.
    func issue(
        _ occasion: CredentialOccasion = .interactive, in scene: CredentialScene
    ) async throws -> Credential {
        try await flow.get().issue(occasion, in: scene.surroundings)
    }

    var error: CredentialError? {
        if case .failure(let error) = flow { error } else { nil }
    }
}

extension Credential {
    var token: String? { if case .token(let token) = material { token.reveal() } else { nil } }
    var keys: AWSKeys? { if case .keys(let keys) = material { keys } else { nil } }
    /// Id, secret and session token.
    var keyTexts: [String?] {
        [keys?.accessKeyID, keys?.secretAccessKey.reveal(), keys?.sessionToken?.reveal()]
    }
}
