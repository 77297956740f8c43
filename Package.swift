// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target of this package is built with these settings.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
/// Targets that touch C also mark every unsafe use.
let nearC: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "coffer",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "VaultCrypto", dependencies: ["CSodium", "CLinux"], swiftSettings: nearC),
        .testTarget(name: "VaultCryptoTests", dependencies: ["VaultCrypto"], swiftSettings: house),
    ]
)
