import Foundation
import TestSupport
import Testing

@Suite("--capture, from outside")
struct CaptureTests {
    @Test(
        "writes packets that another program reads",
        .enabled(if: Tools.mayCapture, "this user may not capture packets"),
        .enabled(if: Tools.reader != nil, "neither tshark nor tcpdump is installed"))
    func readable() async throws {
        let reader = try #require(Tools.reader)
        let folder = try ScratchFolder()
        let path = folder.path("a.pcap")
        let server = try await BuiltServer.start("serve", listen: ["0:pickle"], ["--reply", "ack", "--capture", path])
        let client = try await PythonProgram.run("Examples/lab_client.py", port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let arguments = reader.hasSuffix("tshark") ? ["-r", path, "-n"] : ["-r", path, "-n", "-Z", NSUserName()]
        let read = try RunningProgram(reader, arguments)
        #expect(try await read.exit() == .status(0), "\(read.complaints)")
        // A handshake, a greeting, six messages and answers, an end.
        #expect(read.output.split(separator: "\n").count >= 3 + 1 + 12 + 2, "\(read.output)")
        #expect(read.output.contains(String(server.port)), "\(read.output)")
    }

    @Test(
        "says how to get the right to capture, and does not serve without it",
        .enabled(if: !Tools.mayCapture, "this user may capture packets"))
    func refused() async throws {
        let folder = try ScratchFolder()
        let run = try await BuiltBinary.run("serve", "--listen", "0:json", "--capture", folder.path("a.pcap"))
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains("setcap"), "\(run)")
    }

    private enum Tools {
        static let reader = ["/usr/bin/tshark", "/usr/bin/tcpdump", "/usr/sbin/tcpdump"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }

        /// Whether this process has CAP_NET_RAW (bit 13) in effect.
        static let mayCapture: Bool = {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
            let mask = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
            return mask & 1 << 13 != 0
        }()
    }
}
