import JSONText

extension PolicyDocument {
    /// Reads and checks a policy's text.
    ///
    /// - Parameters:
    ///   - text: The JSON text.
    ///   - timeZoneFile: Gives the tz database's file of a zone, by its IANA name; `nil` where
    ///     there is none. It is asked once at most, with a name that leads to no place outside the
    ///     database.
    /// - Returns: The policy.
    /// - Throws: `PolicyFaults` with all that is wrong. A policy with a fault says nothing at all.
    package static func read(
        _ text: [UInt8], timeZoneFile: (String) -> [UInt8]?
    ) throws(PolicyFaults) -> PolicyDocument {
        let places = JSONPlaces(text)
        let value: JSON
        do {
            value = try JSONReader.parse(text)
        } catch {
            throw PolicyReader.faults(of: error, text, places)
        }
        var reader = PolicyReader(values: PolicyValues(places))
        let document = reader.document(value, timeZoneFile)
        guard let document, reader.values.faults.isEmpty else {
            throw PolicyFaults(faults: reader.values.faults)
        }
        return document
    }
}

/// Goes through a policy's JSON, member by member.
private struct PolicyReader {
    private static let mostRules = 1000

    var values: PolicyValues

    /// What is wrong with a text that is not JSON.
    static func faults(of fault: JSONFault, _ text: [UInt8], _ places: JSONPlaces) -> PolicyFaults {
        if fault.reason == .duplicateKey, !places.repetitions.isEmpty {
            return PolicyFaults(
                faults: places.repetitions.map {
                    PolicyFault(
                        line: $0.line, path: $0.path, fault: "stands twice; leave one of them")
                })
        }
        let line = JSONPlaces.line(ofByte: fault.offset, in: text)
        let remedy = "look there for a comma, a quote or a bracket too many or too few"
        return PolicyFaults(
            faults: [PolicyFault(line: line, path: "", fault: "\(fault); \(remedy)")])
    }

    mutating func document(
        _ value: JSON, _ timeZoneFile: (String) -> [UInt8]?
    ) -> PolicyDocument? {
        let keys = ["version", "timeZone", "holdReleaseGrace", "retention", "residency"]
        guard let object = values.object(value, "", keys: keys) else { return nil }
        checkVersion(object)
        let zone = values.required(
            object, "timeZone", "", "write an IANA name such as \"Europe/Zurich\""
        ).flatMap { timeZone($0, timeZoneFile) }
        let grace = object["holdReleaseGrace"].map { values.span($0, "holdReleaseGrace") }
        let rules = values.required(object, "retention", "", "write a list of rules, or []")
            .flatMap { self.rules($0) }
        let residency = object["residency"].map {
            ResidencyReader.allowances($0, &values)
        }
        guard let zone, let rules,
            let grace = grace ?? CalendarSpan(months: 0, days: 30)
        else { return nil }
        return PolicyDocument(
            timeZone: zone, holdReleaseGrace: grace, retention: rules, residency: residency ?? nil)
    }

    private mutating func checkVersion(_ object: JSONObject) {
        guard let version = values.required(object, "version", "", "write 1") else { return }
        if version != .integer(PolicyDocument.version) {
            values.note("version", "has to be 1; what newer versions say needs a newer Coffer")
        }
    }

    private mutating func timeZone(
        _ value: JSON, _ timeZoneFile: (String) -> [UInt8]?
    ) -> TimeZoneRules? {
        guard let name = values.text(value, "timeZone") else { return nil }
        let quoted = PolicyValues.quoted(name)
        guard TimeZoneRules.isName(name), let file = timeZoneFile(name) else {
            values.note(
                "timeZone",
                "this machine knows no time zone \(quoted); write an IANA name such as "
                    + "\"Europe/Zurich\", or install the tz database (tzdata)")
            return nil
        }
        guard let rules = TimeZoneRules(name: name, file: file) else {
            values.note(
                "timeZone",
                "this machine's file of the time zone \(quoted) cannot be read; install the tz "
                    + "database (tzdata) anew")
            return nil
        }
        return rules
    }

    // MARK: Rules

    private mutating func rules(_ value: JSON) -> [RetentionRule]? {
        guard let elements = values.elements(value, "retention", of: "rules") else { return nil }
        guard elements.count <= Self.mostRules else {
            values.note(
                "retention",
                "has \(elements.count) rules; leave at most \(Self.mostRules)")
            return nil
        }
        var places: [String: Int] = [:]
        var rules: [RetentionRule] = []
        for (index, element) in elements.enumerated() {
            let path = "retention[\(index)]"
            guard let rule = rule(element, path) else { continue }
            if let earlier = places.updateValue(index, forKey: rule.id) {
                values.note(
                    "\(path).id",
                    "\(PolicyValues.quoted(rule.id)) is also the id of retention[\(earlier)]; give "
                        + "each rule one of its own")
            }
            rules.append(rule)
        }
        return rules
    }

    private mutating func rule(_ value: JSON, _ path: String) -> RetentionRule? {
        let keys = ["id", "kind", "period", "start", "scope", "basis", "review", "locked"]
        guard let object = values.object(value, path, keys: keys) else { return nil }
        let id = values.required(object, "id", path, "give the rule a name, as \"org-5y\"")
            .flatMap { self.id($0, "\(path).id") }
        let kind = values.required(
            object, "kind", path, "write \"retain\", \"delete\" or \"retain+delete\""
        ).flatMap { values.word($0, "\(path).kind", RetentionRule.Kind.self) }
        let period = values.required(
            object, "period", path, "write a duration such as \"P5Y\", or \"forever\""
        ).flatMap { self.period($0, "\(path).period") }
        let start = values.required(
            object, "start", path, "write \"created\", \"modified\", \"labelled\" or \"event\""
        ).flatMap { values.word($0, "\(path).start", RetentionRule.Start.self) }
        let scope = values.required(
            object, "scope", path, "write { \"class\": \"org\" } for everything"
        ).flatMap { self.scope($0, "\(path).scope") }
        let basis = basis(object, path, kind)
        let review = values.flag(object, "review", path)
        let locked = values.flag(object, "locked", path)
        guard let id, let kind, let period, let start, let scope, let review, let locked else {
            return nil
        }
        return RetentionRule(
            id: id, kind: kind, period: period, start: start, scope: scope, basis: basis,
            needsReview: review, isLocked: locked)
    }

    private mutating func id(_ value: JSON, _ path: String) -> String? {
        guard let id = values.text(value, path) else { return nil }
        if ReasonWord(rawValue: id) != nil {
            values.note(path, "\"\(id)\" is a word that Coffer's own reasons use; choose another")
            return nil
        }
        return id
    }

    private mutating func period(_ value: JSON, _ path: String) -> Period? {
        if value == .string(Period.foreverWord) { return .forever }
        return values.span(value, path).map(Period.span)
    }

    private mutating func basis(
        _ object: JSONObject, _ path: String, _ kind: RetentionRule.Kind?
    ) -> RetentionRule.Basis? {
        if let value = object["basis"] {
            return values.word(value, "\(path).basis", RetentionRule.Basis.self)
        }
        if kind?.retains == true {
            values.note(
                "\(path).basis",
                "is missing; write \"legal\" for a duty to keep, which bars a data subject's "
                    + "erasure, or \"business\"")
        }
        return nil
    }

    private mutating func scope(_ value: JSON, _ path: String) -> RuleScope? {
        let selectors = RuleScope.Selector.allCases
        let keys = ["class"] + selectors.map(\.rawValue)
        guard let object = values.object(value, path, keys: keys) else { return nil }
        let scopeClass = values.required(
            object, "class", path, "write \"label\", \"scoped\", \"org\" or \"default\""
        ).flatMap { values.word($0, "\(path).class", RuleScope.Class.self) }
        var lists: [RuleScope.Selector: Set<String>] = [:]
        for selector in selectors {
            guard let texts = values.texts(object, selector.rawValue, path) else { return nil }
            lists[selector] = Set(texts)
        }
        guard let scopeClass else { return nil }
        let scope = RuleScope(scopeClass, lists)
        return check(scope, path) ? scope : nil
    }

    /// Whether the lists of a scope are those that its class takes.
    private mutating func check(_ scope: RuleScope, _ path: String) -> Bool {
        let filled = RuleScope.Selector.allCases.filter { !scope[$0].isEmpty }
        switch scope.scopeClass {
        case .label:
            if scope[.labels].isEmpty {
                values.note("\(path).labels", "is empty; name the labels that the rule is for")
            }
            for selector in filled where selector != .labels {
                values.note(
                    "\(path).\(selector)",
                    "does not go with class \"label\"; take it away, or write class \"scoped\"")
            }
            return filled == [.labels]
        case .scoped:
            if filled.isEmpty {
                values.note(
                    path,
                    "selects nothing; name labels, projects, custodians or origins, or write class "
                        + "\"org\"")
            }
            return !filled.isEmpty
        case .org, .default:
            for selector in filled {
                values.note(
                    "\(path).\(selector)",
                    "does not go with class \"\(scope.scopeClass)\"; take it away, or write class "
                        + "\"scoped\"")
            }
            return filled.isEmpty
        }
    }
}
