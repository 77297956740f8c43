import Foundation

/// The tz database of this machine, where policies find their time zones.
///
/// Without it (package tzdata) a policy cannot be read, and nothing is destroyed.
package enum TimeZoneFolder {
    private static let path = "/usr/share/zoneinfo"
    private static let largestBytes = 1 << 20

    /// The file of a zone.
    ///
    /// - Parameter name: An IANA name, as `TimeZoneRules.isName` allows it.
    /// - Returns: The content; `nil` where there is no such zone.
    package static func file(_ name: String) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: "\(path)/\(name)") else { return nil }
        defer { try? file.close() }
        return (try? file.read(upToCount: largestBytes)).map { [UInt8]($0) }
    }
}
