import JSONText

extension PolicyDocument {
    /// The policy as canonical JSON on one line, with every default spelled out.
    ///
    /// Two policies that say the same have the same bytes, which `read` reads back as an equal
    /// policy: the bytes can be stored, hashed and signed. Rules keep their order; lists of a scope
    /// are sorted by the bytes of their texts; periods have their shortest form (`P2W` is `P14D`,
    /// `P12M` is `P1Y`).
    package var canonical: [UInt8] { JSONWriter.canonical(.object(object)) }

    private var object: JSONObject {
        var object: JSONObject = [
            "version": .integer(Self.version), "timeZone": .string(timeZone.name),
            "holdReleaseGrace": .string(holdReleaseGrace.description),
            "retention": .array(retention.map { .object($0.object) }),
        ]
        object["residency"] = residency.map { allowances in
            .object(["allow": .array(allowances.map { .object($0.object) })])
        }
        return object
    }
}

extension ResidencyAllowance {
    fileprivate var object: JSONObject {
        let list: ([String]) -> JSON = { .array($0.map(JSON.string)) }
        var object: JSONObject = ["provider": .string(provider.rawValue)]
        switch self {
        case .vertex(let regions): object["regions"] = list(regions)
        case .bedrock(let regions, let profiles):
            object["regions"] = list(regions)
            if !profiles.isEmpty { object["profiles"] = list(profiles) }
        case .foundry(let resources, let declared):
            object["resources"] = list(resources)
            object["declared"] = .string(declared)
        case .gateway(let hosts, let declared):
            object["hosts"] = list(hosts)
            object["declared"] = .string(declared)
        }
        return object
    }
}

extension RetentionRule {
    fileprivate var object: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "kind": .string(kind.rawValue),
            "period": .string(period.description), "start": .string(start.rawValue),
            "scope": .object(scope.object), "review": .bool(needsReview),
            "locked": .bool(isLocked),
        ]
        object["basis"] = basis.map { .string($0.rawValue) }
        return object
    }
}

extension RuleScope {
    fileprivate var object: JSONObject {
        var object: JSONObject = ["class": .string(scopeClass.rawValue)]
        for selector in Selector.allCases {
            let sorted = self[selector].sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            object[selector.rawValue] = .array(sorted.map(JSON.string))
        }
        return object
    }
}
