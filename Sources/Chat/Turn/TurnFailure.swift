import JSONText
import Providers

extension ProviderError {
    /// What is kept of it with the answer: it may quote the request, which is in the vault anyway.
    var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        object["status"] = status.map { .integer($0) }
        object["code"] = providerCode.map(JSON.string)
        object["message"] = providerMessage.map(JSON.string)
        object["requestID"] = requestID.map(JSON.string)
        return object
    }
}
