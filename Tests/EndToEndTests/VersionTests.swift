import Foundation
import TestSupport
import Testing

@Suite("--version, from outside")
struct VersionTests {
    @Test("says which build it is, and which libraries of the system it uses")
    func version() async throws {
        let run = try await BuiltBinary.run("--version")
        #expect(run.exit == .status(0) && run.complaints.isEmpty)
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines.first?.wholeMatch(of: /tapedeck \d+\.\d+\.\d+( \([0-9a-f]+\+?\))?/) != nil, "\(run)")
        let libraries =
            /with libpcap \d+\.\d+\S*, OpenSSL \d+\.\d+\S*, zstd \d+\.\d+\S*, PCRE2 \d+\.\d+\S*, libyaml \d+\.\d+\S*/
        #expect(lines.last?.wholeMatch(of: libraries) != nil, "\(run)")
    }

    @Test("says of each library what the system says of it")
    func sameAsSystem() async throws {
        let run = try await BuiltBinary.run("--version")
        let known = [
            ("libpcap", "libpcap"), ("OpenSSL", "libcrypto"), ("zstd", "libzstd"), ("PCRE2", "libpcre2-8"),
            ("libyaml", "yaml-0.1"),
        ]
        for (name, package) in known {
            let told = try ShortProgram.run("pkg-config", ["--modversion", package])
            // Not every system has this program, or its file of each library.
            guard told.status == 0 else { continue }
            let version = String(decoding: told.output, as: UTF8.self).split(separator: "\n").first ?? ""
            #expect(run.output.contains("\(name) \(version)"), "\(run)")
        }
    }
}
