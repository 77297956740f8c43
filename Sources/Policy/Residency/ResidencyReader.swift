import JSONText

/// Reads `residency` of a policy.
enum ResidencyReader {
    static func allowances(_ value: JSON, _ values: inout PolicyValues) -> [ResidencyAllowance]? {
        guard let object = values.object(value, "residency", keys: ["allow"]),
            let list = values.required(
                object, "allow", "residency", "write a list of providers and regions"),
            let elements = values.elements(list, "residency.allow", of: "providers")
        else { return nil }
        var seen: Set<ResidencyAllowance.Provider> = []
        return elements.enumerated().compactMap { index, element in
            let path = "residency.allow[\(index)]"
            guard let allowance = allowance(element, path, &values) else { return nil }
            let provider = allowance.provider
            // What is declared of resources and hosts may differ, so that these may stand again.
            if !seen.insert(provider).inserted, [.vertex, .bedrock].contains(provider) {
                values.note(
                    "\(path).provider",
                    "\(PolicyValues.quoted(provider.rawValue)) stands twice; list all its regions "
                        + "in one place")
            }
            return allowance
        }
    }

    private static func allowance(
        _ value: JSON, _ path: String, _ values: inout PolicyValues
    ) -> ResidencyAllowance? {
        guard let all = value.object, let name = all["provider"] else {
            guard let object = values.object(value, path, keys: ["provider", "regions"]) else {
                return nil
            }
            _ = values.required(object, "provider", path, "name the provider")
            return nil
        }
        guard values.text(name, "\(path).provider") != nil,
            let provider = values.word(
                name, "\(path).provider", ResidencyAllowance.Provider.self)
        else { return nil }
        guard let object = values.object(value, path, keys: keys(provider)) else { return nil }
        switch provider {
        case .vertex:
            return list(object, "regions", path, &values, regionFault).map { .vertex(regions: $0) }
        case .bedrock:
            let regions = list(object, "regions", path, &values, regionFault)
            let profiles = profiles(object, path, &values)
            guard let regions, let profiles else { return nil }
            return .bedrock(regions: regions, profiles: profiles)
        case .foundry:
            let resources = list(object, "resources", path, &values, resourceFault)
            let declared = declared(object, path, &values)
            guard let resources, let declared else { return nil }
            return .foundry(resources: resources, declared: declared)
        case .gateway:
            let hosts = list(object, "hosts", path, &values, hostFault)
            let declared = declared(object, path, &values)
            guard let hosts, let declared else { return nil }
            return .gateway(hosts: hosts, declared: declared)
        }
    }

    private static func keys(_ provider: ResidencyAllowance.Provider) -> [String] {
        switch provider {
        case .vertex: ["provider", "regions"]
        case .bedrock: ["provider", "regions", "profiles"]
        case .foundry: ["provider", "resources", "declared"]
        case .gateway: ["provider", "hosts", "declared"]
        }
    }

    // MARK: Members

    /// A list that has to be there and to hold words of one kind.
    ///
    /// `fault` says what is wrong with a word, and what to do.
    private static func list(
        _ object: JSONObject, _ key: String, _ path: String, _ values: inout PolicyValues,
        _ fault: (String) -> String?
    ) -> [String]? {
        guard values.required(object, key, path, "list the provider's \(key)") != nil,
            let words = values.texts(object, key, path)
        else { return nil }
        if words.isEmpty {
            values.note("\(path).\(key)", "is empty; list the \(key), or take the provider away")
        }
        for (index, word) in words.enumerated() {
            if let fault = fault(word) {
                values.note("\(path).\(key)[\(index)]", "\(PolicyValues.quoted(word)) \(fault)")
            }
        }
        return words
    }

    private static func profiles(
        _ object: JSONObject, _ path: String, _ values: inout PolicyValues
    ) -> [String]? {
        guard let words = values.texts(object, "profiles", path) else { return nil }
        let known = BedrockGeography.allCases.map { "\"\($0.rawValue)\"" }
        for (index, word) in words.enumerated() where BedrockGeography(rawValue: word) == nil {
            values.note(
                "\(path).profiles[\(index)]",
                "\(PolicyValues.quoted(word)) is no geography of inference profiles; write "
                    + PolicyValues.list(known, "or"))
        }
        return words
    }

    private static func declared(
        _ object: JSONObject, _ path: String, _ values: inout PolicyValues
    ) -> String? {
        values.required(object, "declared", path, "say where its models run, as you know it")
            .flatMap { values.text($0, "\(path).declared") }
    }

    // MARK: Words

    private static func regionFault(_ word: String) -> String? {
        if word == "global" {
            return "means any region of the world; list regions, or take residency away"
        }
        let isPlain = word.utf8.allSatisfy(isLetterOrDigit(or: "-"))
        return isPlain ? nil : "is no region; write it as the provider does, in small letters"
    }

    private static func resourceFault(_ word: String) -> String? {
        let isPlain = word.utf8.allSatisfy(isLetterOrDigit(or: "-"))
        return isPlain ? nil : "is no resource; write the first word of its host, in small letters"
    }

    private static func hostFault(_ word: String) -> String? {
        let parts = word.hasPrefix("[::1]") ? word.dropFirst(5) : word[...]
        let isPlain = parts.utf8.allSatisfy(isLetterOrDigit(or: "-.:"))
        return isPlain
            ? nil : "is no host; write it in small letters, without https:// and without a path"
    }

    private static func isLetterOrDigit(or others: String) -> (UInt8) -> Bool {
        let others = Array(others.utf8)
        return { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || others.contains(byte)
        }
    }
}
