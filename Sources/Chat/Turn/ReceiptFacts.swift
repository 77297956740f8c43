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
        // What was foreseen gives way to what was sent, also where that shows no region.
        facts.decidesRegion = host != nil && region == nil
        if !exchange.isEmpty { facts.extra["exchange"] = .object(exchange) }
        return facts
    }
}
