import Foundation

/// The `zstd` of the system.
package enum ZstandardTool {
    /// Whether there is one.
    package static let isInstalled = ["/usr/bin/zstd", "/usr/local/bin/zstd", "/bin/zstd"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}
