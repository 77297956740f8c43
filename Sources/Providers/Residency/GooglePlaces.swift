import Policy

/// Vertex AI's hosts and paths.
enum GooglePlaces {
    /// Host and path both name the location, and have to name the same.
    static func place(_ labels: [String], _ path: [String]) -> InferencePlace {
        let host = labels.joined(separator: ".")
        if host == "claude.googleapis.com" {
            return .operatorsChoice("Claude as Anthropic runs it for Google's customers")
        }
        guard let location = location(ofHost: labels) else {
            return .unknown("\(host) is no known host of Vertex AI")
        }
        // v1, projects, P, locations, L, publishers, X, models, M:call
        guard path.count == 9, path[0] == "v1", path[1] == "projects", path[3] == "locations",
            path[5] == "publishers", path[7] == "models"
        else { return .unknown("the path is not one of a model at Vertex AI") }
        guard path[4] == location else {
            return .unknown("host and path name two locations, \(location) and \(path[4])")
        }
        return .vertex(location: location)
    }

    private static func location(ofHost labels: [String]) -> String? {
        switch labels {
        case ["aiplatform", "googleapis", "com"]: return "global"
        case ["aiplatform", "eu", "rep", "googleapis", "com"]: return "eu"
        case ["aiplatform", "us", "rep", "googleapis", "com"]: return "us"
        default: break
        }
        guard labels.count == 3, labels[1] == "googleapis", labels[0].hasSuffix("-aiplatform")
        else { return nil }
        let region = String(labels[0].dropLast("-aiplatform".count))
        return isRegion(region) ? region : nil
    }

    /// `europe-west4`: two words, and a number at the end.
    private static func isRegion(_ text: String) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let last = words.last else { return false }
        let letters = last.prefix { !$0.isNumber }
        let digits = last.dropFirst(letters.count)
        return words[0].allSatisfy(\.isLetter) && !words[0].isEmpty
            && letters.allSatisfy(\.isLetter) && !letters.isEmpty
            && digits.allSatisfy(\.isNumber) && (1...2).contains(digits.count)
    }
}
