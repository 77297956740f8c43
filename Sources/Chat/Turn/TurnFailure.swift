import JSONText
package import Providers

extension ProviderError {
    /// What is kept of it with the answer: it may quote the request, which is in the vault anyway.
    ///
    /// A server that refuses a credential may quote that; its words are not kept.
    var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        object["status"] = status.map { .integer($0) }
        object["code"] = providerCode.map(JSON.string)
        object["message"] = quotableMessage.map(JSON.string)
        object["requestID"] = requestID.map(JSON.string)
        return object
    }
}

extension ProviderError {
    /// What the provider said, or our own sentence; nil where it may quote a credential.
    package var quotableMessage: String? {
        let isAboutCredential = kind == .authentication || kind == .expiredCredential
        // Without a status the words are ours: of a search for credentials, or of a flow.
        // Those of a stream about a credential were left out by `SentSecrets`.
        return isAboutCredential && status != nil ? nil : providerMessage
    }
}
