// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

// Codecs is a link to the sources themselves, so that what only the package sees can be measured, and so that nothing has to be
// fetched to build this. Release keeps every bounds and overflow check, as the product does.
let package = Package(
    name: "benchmarks",
    products: [.executable(name: "work", targets: ["work"])],
    targets: [
        .target(name: "Codecs", swiftSettings: settings),
        .executableTarget(name: "work", dependencies: ["Codecs"], swiftSettings: settings),
    ]
)
