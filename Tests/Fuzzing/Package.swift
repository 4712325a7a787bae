// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

// Codecs and Recorder are links to the sources themselves, so that what only the package sees can be reached, and so that
// nothing has to be fetched to build this. Release keeps every bounds and overflow check; -Ounchecked would hide the traps
// that are looked for.
let package = Package(
    name: "fuzzing",
    products: [.executable(name: "fuzz", targets: ["fuzz"])],
    targets: [
        .target(name: "CMemory"),
        .target(name: "Codecs", swiftSettings: settings),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CPcre2", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "Recorder", dependencies: ["Codecs", "CCrypto", "CPcap", "CPcre2", "CZstd"],
            // What hands on the keys of connections needs NIO, which is fetched.
            exclude: ["Capture/KeyLogFile.swift"], swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz", dependencies: ["CMemory", "Codecs", "Recorder"], swiftSettings: settings
        ),
    ]
)
