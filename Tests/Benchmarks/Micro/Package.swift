// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

// Sources links to the sources themselves, so that what only the package sees can be measured. The product does not depend on
// what measures it.
let package = Package(
    name: "micro",
    dependencies: [
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CCrypto"),
        .systemLibrary(name: "CPcap"),
        .systemLibrary(name: "CPcre2"),
        .systemLibrary(name: "CZstd"),
        .target(name: "Codecs", swiftSettings: settings),
        .target(
            name: "Recorder",
            dependencies: [
                "Codecs", "CCrypto", "CPcap", "CPcre2", "CZstd", .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "HotPaths",
            dependencies: ["Codecs", "Recorder", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/HotPaths",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)
