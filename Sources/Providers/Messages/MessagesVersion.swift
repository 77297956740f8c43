/// A version of the Messages interface, by its date.
///
/// It is a setting for each provider and model: newer models want the newer one, older ones refuse
/// it. The versions of 2023 are taken most widely.
package struct MessagesVersion: Sendable, Equatable {
    package var text: String

    package init(_ text: String) { self.text = text }

    package static let direct = MessagesVersion("2023-06-01")
    package static let vertex = MessagesVersion("vertex-2023-10-16")
    package static let bedrock = MessagesVersion("bedrock-2023-05-31")
    package static let october2026 = MessagesVersion("2026-10-21")

    /// From 2026-10-21 on, sampling settings are refused with status 400.
    var takesSampling: Bool { text.hasPrefix("20") ? text < "2026-10-21" : true }
}
