import JSONText
import Providers
import Vault

extension TurnReceipt {
    /// What is kept with the answer.
    var facts: TurnFacts {
        var facts = TurnFacts()
        facts.provider = provider
        facts.host = host
        facts.region = region
        if !exchange.isEmpty { facts.extra["exchange"] = .object(exchange) }
        return facts
    }
}
