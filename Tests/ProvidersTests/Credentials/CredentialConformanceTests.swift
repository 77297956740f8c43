import Foundation
import JSONText
import Providers
import Testing

/// What every way to a credential has to do.
@Suite struct CredentialConformanceTests {
    @Test func `Every source has a case`() {
        #expect(Set(CredentialCase.all.map(\.source)) == Set(CredentialSource.allCases))
        #expect(Set(CredentialCase.all.map(\.name)).count == CredentialCase.all.count)
    }

    @Test(arguments: CredentialCase.all)
    func `A flow asks what is expected and gives the credential`(_ item: CredentialCase)
        async throws
    {
        let scene = try CredentialScene(item.script)
        let choice = item.find(scene.surroundings)
        #expect(scene.requests.isEmpty && scene.calls.isEmpty, "a search asks nobody")
        let credential = try await choice.issue(in: scene)
        #expect(credential.token ?? credential.keys?.secretAccessKey.reveal() == item.outcome)
        #expect(credential.source == item.source)
        #expect(choice.report.chosen?.source == item.source)
        let asked = scene.requests.map { "\($0.method.rawValue) \($0.origin.host)\($0.path)" }
        #expect(asked == item.requests)
        if let expires = credential.expires { #expect(expires > scene.now) }
    }

    @Test(arguments: CredentialCase.all)
    func `A flow sends to the hosts that it declares, and never as a prompt`(
        _ item: CredentialCase
    ) async throws {
        let scene = try CredentialScene(item.script)
        let flow = try item.find(scene.surroundings).flow.get()
        _ = try await flow.issue(.background, in: scene.surroundings)
        for request in scene.requests {
            let host = CredentialHost(origin: request.origin, purpose: request.purpose)
            #expect(flow.hosts.contains(host), "\(request)")
            #expect(request.purpose != .model)
        }
    }

    @Test(arguments: CredentialCase.all)
    func `No description, mirror, report or call of a program shows a secret`(
        _ item: CredentialCase
    ) async throws {
        let scene = try CredentialScene(item.script)
        let choice = item.find(scene.surroundings)
        let credential = try await choice.issue(in: scene)
        Self.expectNoSecret(choice, item.name)
        Self.expectNoSecret(choice.report.description, item.name)
        Self.expectNoSecret(JSONWriter.line(choice.report.json), item.name)
        Self.expectNoSecret(credential, item.name)
        Self.expectNoSecret(credential.headers, item.name)
        Self.expectNoSecret(scene.surroundings.environment, item.name)
        Self.expectNoSecret(scene.requests, item.name)
        for call in scene.calls { Self.expectNoSecret(call, item.name) }
        let supply = CredentialSupply(try choice.flow.get(), in: scene.surroundings)
        _ = try await supply.current()
        Self.expectNoSecret("\(supply)", item.name)
    }

    /// A server that sends everything back, in each member that errors have.
    @Test(arguments: CredentialCase.all, [400, 401, 403, 404, 429, 500, 503])
    func `A refusal is one sentence without what the server says`(
        _ item: CredentialCase, _ status: Int
    ) async throws {
        var script = item.script
        script.answer = { request in
            let said = JSON.string(
                String(decoding: request.body, as: UTF8.self)
                    + request.headers.all.map(\.value).joined() + "CANARY")
            let body: JSONObject = ["error": said, "__type": said, "message": said]
            return WireAnswer(
                status: status, headers: ["metadata-flavor": "Google"],
                body: Array(JSONWriter.line(.object(body)).utf8))
        }
        script.program = { _ throws(ProgramFault) in throw .failed(status: 3) }
        let scene = try CredentialScene(script)
        let choice = item.find(scene.surroundings)
        do {
            _ = try await choice.issue(in: scene)
            #expect(item.requests.isEmpty)
        } catch let error as CredentialError {
            Self.expectSentence(error)
            if !item.requests.isEmpty, scene.calls.isEmpty {
                #expect(error.sentence.contains("status \(status)"))
                #expect((error.kind == .unreachable) == (status >= 429), "\(error.kind)")
            }
        }
    }

    @Test(arguments: CredentialCase.all)
    func `Answers that are cut, empty, of other types or huge are one sentence`(
        _ item: CredentialCase
    ) async throws {
        let bodies: [String] = [
            "", "CANARY", "{", "[]", "null", "{}", #"{"access_token": 5, "accessToken": {}}"#,
            #"{"access_token": "CANARY with spaces", "accessToken": "CANARY\n"}"#,
            #"{"AccessKeyId": "A\nB", "SecretAccessKey": "CANARY", "Code": "Success"}"#,
            "<Credentials><AccessKeyId>CANARY</AccessKeyId></Credentials>",
            "\u{FEFF}{}", String(repeating: "CANARY", count: 300_000),
        ]
        for body in bodies {
            var script = item.script
            script.answer = { _ in .json(body, headers: ["metadata-flavor": "Google"]) }
            script.program = { _ in body }
            let scene = try CredentialScene(script)
            do {
                _ = try await item.find(scene.surroundings).issue(in: scene)
                let isWithoutQuestion = item.requests.isEmpty && scene.calls.isEmpty
                // A bare word is a good answer of a helper.
                let isWord = item.source == .helper && ["CANARY", "null"].contains(body)
                #expect(isWithoutQuestion || isWord, "\(body)")
            } catch let error as CredentialError {
                Self.expectSentence(error)
            }
        }
    }

    @Test(arguments: CredentialCase.all)
    func `Files that are broken are one sentence`(_ item: CredentialCase) async throws {
        let texts = [
            "", "CANARY CANARY", "{", "[]", "[a\nb", "[a]\nCANARY", "{}",
            #"{"type": 5, "private_key": "CANARY"}"#, #"{"type": "CANARY"}"#,
            "{\"type\": \"authorized_user\", \"client_id\": [\"CANARY\"]}",
            String(repeating: "CANARY", count: 300_000), "\u{0}CANARY",
        ]
        for path in item.script.files.keys {
            // The token of a container may be of two words, a scheme and its value.
            for text in texts where !(item.source == .awsContainer && text == "CANARY CANARY") {
                var script = item.script
                script.files[path] = text
                // Where the profile is broken, the machine would be asked.
                script.environment["AWS_EC2_METADATA_DISABLED"] = "true"
                let scene = try CredentialScene(script)
                do {
                    _ = try await item.find(scene.surroundings).issue(in: scene)
                    Issue.record("\(item.name): \(path) as \(text.prefix(20)) gave a credential")
                } catch let error as CredentialError {
                    Self.expectSentence(error)
                }
            }
        }
    }

    static func expectSentence(_ error: CredentialError) {
        expectNoSecret(error, error.kind.rawValue)
        expectNoSecret("\(error.asProviderError)", error.kind.rawValue)
        let sentence = error.sentence
        #expect(sentence.hasSuffix(".") && sentence.first?.isLowercase != nil, "\(sentence)")
        #expect(!sentence.contains("\n") && sentence.count <= 300, "\(sentence)")
        #expect(sentence.contains(";") || error.kind == .notAllowed, "no remedy: \(sentence)")
    }

    /// Neither as a text nor in any child that a debugger would show.
    static func expectNoSecret(_ value: some Any, _ name: String) {
        var text = "\(value)" + String(reflecting: value)
        dump(value, to: &text)
        #expect(!text.contains("CANARY"), "\(name)")
    }
}
