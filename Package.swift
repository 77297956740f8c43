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

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let asyncHTTPClient: Target.Dependency = .product(
    name: "AsyncHTTPClient", package: "async-http-client")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "coffer",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "coffer", targets: ["coffer"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .systemLibrary(
            name: "CNettle", pkgConfig: "nettle",
            providers: [.apt(["nettle-dev"]), .brew(["nettle"])]),
        .systemLibrary(
            name: "CGcrypt", pkgConfig: "libgcrypt",
            providers: [.apt(["libgcrypt20-dev"]), .brew(["libgcrypt"])]),
        .systemLibrary(
            name: "CStemmer", providers: [.apt(["libstemmer-dev"]), .brew(["snowball"])]),
        .systemLibrary(name: "CLinux"),
        .target(
            name: "CPageVFS",
            linkerSettings: [.linkedLibrary("sqlite3"), .linkedLibrary("sodium")]),
        .target(
            name: "VaultCrypto", dependencies: ["CSodium", "CNettle", "CGcrypt", "CLinux"],
            swiftSettings: nearC),
        .target(name: "JSONText", swiftSettings: nearC),
        .target(name: "Policy", dependencies: ["JSONText"], swiftSettings: house),
        .target(
            name: "Vault",
            dependencies: ["CPageVFS", "CStemmer", "JSONText", "Policy", "VaultCrypto", grdb],
            resources: [.embedInCode("migrations")], swiftSettings: nearC),
        .target(
            name: "ForeignArchives", dependencies: ["VaultCrypto", "CArchive"],
            swiftSettings: nearC),
        .target(
            name: "VaultArchive",
            dependencies: ["ForeignArchives", "JSONText", "Vault", "VaultCrypto", "CArchive"],
            swiftSettings: nearC),
        .target(
            name: "Importers",
            dependencies: ["ForeignArchives", "JSONText", "Vault", "VaultCrypto"],
            swiftSettings: nearC),
        .target(
            name: "Providers", dependencies: ["JSONText", "Policy", "VaultCrypto"],
            swiftSettings: nearC),
        .target(
            name: "Chat",
            dependencies: ["JSONText", "Policy", "Providers", "Vault", "VaultCrypto"],
            swiftSettings: nearC),
        .target(
            name: "Transport",
            dependencies: [
                "JSONText", "Policy", "Providers", "VaultCrypto", asyncHTTPClient, nioCore,
                nioPosix, nioHTTP1, nioSSL,
            ], swiftSettings: house),
        .executableTarget(
            name: "coffer",
            dependencies: [
                "Chat", "JSONText", "Policy", "Providers", "Transport", "Vault", "VaultArchive",
                "Importers", "VaultCrypto",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: house),
        .executableTarget(
            name: "VaultDriver",
            dependencies: ["JSONText", "Vault", "VaultArchive", "VaultCrypto", grdb],
            path: "Tests/VaultDriver", swiftSettings: house),
        .executableTarget(
            name: "TortureDriver", dependencies: ["Policy", "Vault", "VaultCrypto"],
            path: "Tests/TortureDriver", swiftSettings: house),
        .executableTarget(
            name: "ChatDriver",
            dependencies: [
                "Chat", "JSONText", "Policy", "Providers", "Transport", "Vault", "VaultCrypto",
            ],
            path: "Tests/ChatDriver", swiftSettings: house),
        .testTarget(
            name: "PageVFSTests", dependencies: ["CPageVFS", "Vault", "VaultCrypto", grdb],
            swiftSettings: house),
        .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: house),
        .testTarget(
            name: "PolicyTests", dependencies: ["JSONText", "Policy"], swiftSettings: house),
        .testTarget(name: "VaultCryptoTests", dependencies: ["VaultCrypto"], swiftSettings: house),
        .testTarget(
            name: "VaultTests",
            dependencies: ["CPageVFS", "JSONText", "Policy", "Vault", "VaultCrypto", grdb],
            swiftSettings: house),
        .testTarget(
            name: "SearchFuzzTests", dependencies: ["Vault", grdb], swiftSettings: house),
        .testTarget(
            name: "InputFuzzTests",
            dependencies: [
                "Chat", "ForeignArchives", "Importers", "JSONText", "Policy", "Providers", "Vault",
                "VaultArchive", "VaultCrypto",
            ], swiftSettings: house),
        .testTarget(
            name: "ForeignArchivesTests", dependencies: ["ForeignArchives", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "ImportersTests",
            dependencies: ["Importers", "JSONText", "Vault", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "VaultArchiveTests",
            dependencies: [
                "ForeignArchives", "JSONText", "Policy", "Vault", "VaultArchive", "VaultCrypto",
            ], swiftSettings: house),
        .testTarget(
            name: "ProvidersTests",
            dependencies: ["JSONText", "Policy", "Providers", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "TransportTests",
            dependencies: ["JSONText", "Policy", "Providers", "Transport", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "ChatTests",
            dependencies: ["Chat", "JSONText", "Policy", "Providers", "Vault", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "CofferTests",
            dependencies: ["coffer", "Chat", "JSONText", "Providers", "Vault", "VaultCrypto"],
            swiftSettings: house),
        .testTarget(
            name: "TidyTests", exclude: ["escape-hatches.txt"], swiftSettings: house),
    ]
)

/// With `COFFER_ENGINE_ONLY` the engine and its suites alone, for sanitizers: building the network
/// stack with them takes longer than all of this.
if Context.environment["COFFER_ENGINE_ONLY"] != nil {
    let outside: Set = [
        "Providers", "Chat", "Transport", "coffer", "ChatDriver", "VaultDriver", "ProvidersTests",
        "ChatTests", "TransportTests", "CofferTests", "InputFuzzTests",
    ]
    package.targets.removeAll { outside.contains($0.name) }
    package.products = []
}
