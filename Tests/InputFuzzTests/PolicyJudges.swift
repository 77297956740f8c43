import Foundation
import JSONText
import Policy
import VaultCrypto

@testable import Chat
@testable import Providers

/// What an administrator writes: policies, time zones, settings of providers, profiles of AWS.
enum PolicyJudges {
    static let targets = [
        FuzzTarget(
            name: "policy", judge: judgePolicy, seeds: policySeeds,
            words: [
                "\"retain+delete\"", "\"scoped\"", "\"label\"", "\"default\"", "P1Y6M", "P2W",
                "P365243D",
                "P1001Y", "\"forever\"", "holdReleaseGrace", "residency", "\"bedrock\"", "profiles",
                "\"foundry\"", "declared", "\"gateway\"", "hosts", "Europe/Zurich", "[::1]:8080",
            ]),
        FuzzTarget(
            name: "time-zone", judge: judgeZone, seeds: zoneSeeds,
            words: [
                "TZif2", "TZif3", "\nCET-1CEST,M3.5.0,M10.5.0/3\n", ",J60/-167", ",M2.5.6",
                "<+03>-3",
            ]),
        FuzzTarget(
            name: "settings", judge: judgeSettings, seeds: settingSeeds,
            words: [
                "baseURL", "https://", "http://127.0.0.1:8080", "[::1]", "keyHeader", "headers",
                "credential", "helper", "arguments", "connection", "proxy", "prices", "currency",
            ]),
        FuzzTarget(
            name: "profiles", judge: judgeProfiles, seeds: profileSeeds,
            words: [
                "[profile ", "[sso-session ", "[default]\n", "role_arn = ", "source_profile = ",
                "credential_process = ", "aws_access_key_id = ", "aws_secret_access_key = ", "\n #",
                "web_identity_token_file=", "duration_seconds = ", "\u{2028}", "\r\n",
            ]),
    ]

    private static let zone = Array(
        (FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Zurich")
            ?? FileManager.default.contents(atPath: "/usr/share/zoneinfo/UTC") ?? Data()))

    // MARK: Policies

    private static func policySeeds() -> [[UInt8]] {
        let all = #"""
            {"version":1,"timeZone":"UTC","holdReleaseGrace":"P1M","retention":[
            {"id":"a","kind":"delete","period":"P2W","start":"event",
            "scope":{"class":"scoped","origins":["b","a"],"labels":[]},"review":true,
            "locked":true},
            {"id":"b","kind":"retain","period":"forever","start":"labelled",
            "scope":{"class":"label","labels":["x"]},"basis":"legal"},
            {"id":"c","kind":"retain+delete","period":"P1Y6M14D","start":"modified",
            "scope":{"class":"default"},"basis":"business"}],
            "residency":{"allow":[{"provider":"vertex","regions":["eu"]},
            {"provider":"bedrock","regions":["eu-west-1"],"profiles":["eu"]},
            {"provider":"foundry","resources":["a-b"],"declared":"EU"},
            {"provider":"gateway","hosts":["a.example:8443","[::1]:80"],
            "declared":"here"}]}}
            """#
        return [Fixtures.bytes("policies/example.json"), Array(all.utf8)]
    }

    private static func read(_ text: [UInt8]) throws(PolicyFaults) -> PolicyDocument {
        try PolicyDocument.read(text) { $0.hasPrefix("None") ? nil : zone }
    }

    private static func judgePolicy(_ text: [UInt8]) -> String? {
        do throws(PolicyFaults) {
            let policy = try read(text)
            let canonical = policy.canonical
            do throws(PolicyFaults) {
                let again = try read(canonical)
                guard again == policy, again.canonical == canonical else {
                    return "the canonical form says something else"
                }
            } catch {
                return "the canonical form is refused: \(error)"
            }
            return flaw(policy)
        } catch {
            let lines = text.count { $0 == 0x0A } + 1
            guard !error.faults.isEmpty else { return "a refusal without a reason" }
            for fault in error.faults {
                guard (1...lines).contains(fault.line) else { return "line \(fault.line)" }
                if let flaw = Refused.flaw(fault.description) { return flaw }
            }
            return nil
        }
    }

    /// What is wrong with the ends that the rules give.
    private static func flaw(_ policy: PolicyDocument) -> String? {
        for rule in policy.retention {
            let start: Int64 = 1_700_000_000_000
            let end = policy.timeZone.end(of: rule.period, from: start)
            if let time = end.milliseconds, time < start { return "a period ends before it begins" }
        }
        return nil
    }

    // MARK: Time zones

    private static func zoneSeeds() -> [[UInt8]] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        func head(times: Int, types: Int, characters: Int) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, times, types, characters].flatMap { number($0, 4) }
        }
        func file(_ rule: String, _ times: [Int]) -> [UInt8] {
            let types: [UInt8] = number(3600, 4) + [0, 0] + number(7200, 4) + [1, 0]
            return head(times: 0, types: 0, characters: 0)
                + head(times: times.count, types: 2, characters: 4)
                + times.flatMap { number($0, 8) } + times.indices.map { UInt8($0 % 2) } + types
                + Array("CET\0".utf8) + Array("\n\(rule)\n".utf8)
        }
        return [
            file("CET-1CEST,M3.5.0,M10.5.0/3", [-1 << 40, 0, 1_000_000_000]), file("<+03>-3", []),
            file("", [5]), file("AAA5BBB4:30,J60/-167,365/167", [1_600_000_000]),
        ] + (zone.count < 4096 ? [zone] : [])
    }

    private static let times: [Int64] = [
        -2_208_988_800_000, -1, 0, 951_782_400_000, 1_700_000_000_123, 4_102_444_800_000,
        253_402_300_799_999,
    ]

    private static func judgeZone(_ file: [UInt8]) -> String? {
        guard let rules = TimeZoneRules(name: "Made/Zone", file: file) else { return nil }
        for time in times {
            let local = rules.localTime(at: time)
            guard abs(local - time) < 26 * 3_600_000 else { return "a clock is days off" }
            let last = rules.time(ofLocal: local)
            guard last >= time, rules.localTime(at: last) == local || last - time < 52 * 3_600_000
            else { return "\(time) is \(local) there, which is \(last)" }
        }
        return rules == TimeZoneRules(name: "Made/Zone", file: file) ? nil : "it has two readings"
    }

    // MARK: Settings

    private static let kinds = ProviderKind.allCases

    private static func settingSeeds() -> [[UInt8]] {
        let texts = [
            #"{"project":"p","region":"europe-west1","credential":{"file":"/a"},"models":["m"]}"#,
            #"""
            {"region":"eu-central-1","api":"converse","headers":{"X-A":"b"},\#
            "credential":{"profile":"x"}}
            """#,
            #"{"resource":"r","apiVersion":"2023-06-01","credential":{"tenant":"t","client":"c"}}"#,
            #"""
            {"baseURL":"https://a.example/b","keyHeader":"x-api-key",\#
            "connection":{"proxy":"http://p:3128","idleSeconds":9,"authorities":["/c"]}}
            """#,
            #"""
            {"baseURL":"http://127.0.0.1:8080/v1","credential":{"none":true},"currency":"EUR",\#
            "models":[{"id":"m","alias":"n","prices":{"input":1.5,"output":3e1}}],\#
            "maximumTokens":9,"default":true}
            """#,
        ]
        return texts.enumerated().flatMap { place, text in
            (0..<kinds.count).filter { $0 == place || place > 2 }.map { .seed(UInt8($0), text) }
        }
    }

    private static func judgeSettings(_ input: [UInt8]) -> String? {
        let (mode, rest) = input.split(UInt8(kinds.count))
        guard let object = (try? JSONReader.parse(rest))?.object else { return nil }
        do throws(VaultError) {
            let read = try ProviderConfiguration(
                name: "p", kind: kinds[Int(mode)].rawValue, settings: object)
            // Whatever is asked for goes to one host, and keys go over no open connection.
            if let base = read.base, base.origin.host.isEmpty { return "an address without a host" }
            let isPlain = read.headers.all.allSatisfy { header in
                (header.name + header.value).utf8.allSatisfy { (0x20...0x7E).contains($0) }
            }
            guard isPlain else { return "a header with two lines" }
            let reversed = JSONObject(uncheckedMembers: object.members.reversed())
            let other = try ProviderConfiguration(
                name: "p", kind: kinds[Int(mode)].rawValue, settings: reversed)
            return other.models.count == read.models.count && other.base == read.base
                ? nil : "the order of members counts"
        } catch {
            return Refused.flaw(error, [.badInput])
        }
    }

    // MARK: Profiles

    private static func profileSeeds() -> [[UInt8]] {
        [
            """
            [default]\nregion = eu-west-1\naws_access_key_id = AKIAEXAMPLEEXAMPLE00\n\
            aws_secret_access_key = abc\n
            """,
            """
            # c\n[profile a]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n\
            duration_seconds=900\n[default]\naws_access_key_id=AKIAEXAMPLEEXAMPLE00\n\
            aws_secret_access_key=x\n
            """,
            """
            [profile \"a\"]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n\
            [sso-session s]\nsso_start_url = https://a.example/start\nsso_region = eu-west-1\n
            """,
            "[profile a]\ncredential_process = /bin/x --y \"a b\"\nnested =\n  k = v\n",
            """
            [profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\n\
            source_profile = a\n
            """,
        ].map { Array($0.utf8) }
    }

    private static func judgeProfiles(_ file: [UInt8]) -> String? {
        let surroundings = Surroundings(
            wire: NoWire(), now: { Date(timeIntervalSince1970: 1_700_000_000) },
            environment: ["HOME": "/anna"], files: OneFile(bytes: file), programs: NoProgram())
        do throws(CredentialError) {
            let files = try AWSProfileFiles(surroundings)
            for name in ["a", "default", "b"] {
                guard let profile = files.profile(name) else { continue }
                var reader = AWSProfileReader(files, surroundings, region: "eu-west-1")
                do throws(CredentialError) {
                    _ = try reader.flow(of: profile)
                } catch {
                    if let flaw = Refused.flaw(error.description) { return flaw }
                }
            }
            return nil
        } catch {
            return Refused.flaw(error.description)
        }
    }
}

/// A machine that has one file of profiles, and neither a network nor programs.
private struct OneFile: CredentialFiles {
    let bytes: [UInt8]

    func read(_ path: String, maximumBytes: Int) throws(FileFault) -> [UInt8] {
        guard path.hasSuffix("config") else { throw .missing }
        return bytes
    }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileFault) { throw .missing }
}

private struct NoWire: WireExchange {
    func exchange(
        _ request: WireRequest, maximumBytes: Int
    ) async throws(ProviderError) -> WireAnswer { throw ProviderError(.connection) }
}

private struct NoProgram: ProgramRunner {
    func run(_ call: ProgramCall) async throws(ProgramFault) -> [UInt8] { throw .notStarted }
}
