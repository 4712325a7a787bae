// swift-tools-version:6.2
import PackageDescription

var settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]
if Context.environment["CI"] == "true" {
    // Only here: a newer compiler's new warning must not keep anybody from building.
    settings.append(.treatAllWarnings(as: .error))
}

// Which commit is built: `make` says it, and who builds otherwise may. Only digits of a hash: it becomes a C text.
let commit = (Context.environment["TAPEDECK_COMMIT"] ?? "").filter { $0.isHexDigit || $0 == "+" }

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")

let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "tapedeck",
    products: [.executable(name: "tapedeck", targets: ["CLI"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        .target(
            name: "CBuild", cSettings: commit.isEmpty ? [] : [.define("TAPEDECK_COMMIT", to: "\"\(commit)\"")]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CPcre2", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CSpawn"),
        .systemLibrary(name: "CYaml", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "Codecs", swiftSettings: settings),
        .target(
            name: "Recorder", dependencies: ["Codecs", "CCrypto", "CPcap", "CPcre2", "CZstd", nioCore],
            swiftSettings: settings
        ),
        .target(name: "Processes", dependencies: ["CSpawn"], swiftSettings: settings),
        .target(name: "TLS", dependencies: [nioCore, nioTLS, nioSSL], swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: ["Codecs", "Recorder", "Processes", "TLS", "CEpoll", nioCore, nioPosix, nioHTTP1],
            swiftSettings: settings
        ),
        .target(
            name: "Replay",
            dependencies: ["Codecs", "Recorder", "Processes", "CEpoll", nioCore, nioPosix, histogram],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Codecs", "Recorder", "Server", "Replay", "Processes", "TLS", "CBuild", "CSpawn", "CYaml", nioCore,
                nioPosix,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: ["Codecs", "Recorder", nioCore],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "CodecsTests",
            dependencies: ["Codecs", "TestSupport", nioCore],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RecorderTests",
            dependencies: ["Codecs", "Recorder", "TestSupport", nioCore],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TLSTests",
            dependencies: ["TLS", "TestSupport", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: ["Codecs", "Recorder", "Server", "TLS", "TestSupport", nioCore, nioPosix, nioEmbedded],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReplayTests",
            dependencies: ["Codecs", "Recorder", "Processes", "Replay", "TestSupport", nioCore, nioPosix],
            exclude: ["Fixtures", "room_server.py", "wrong_server.py"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "CLI", "Codecs", "Recorder", "Replay", "Server", "TLS", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["CLI", "TestSupport"],
            exclude: ["Peers"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InProcessTests",
            dependencies: ["Replay", nioCore, nioPosix],
            path: "Examples/InProcess",
            swiftSettings: settings
        ),
    ]
)
