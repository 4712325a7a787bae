import Replay
import Testing

@Suite("The command that starts a server")
struct ServerCommandTests {
    @Test(
        "placeholders become free ports, and doubled braces stay",
        arguments: [
            ("serve", [12_000: 40_001], "serve"),
            ("serve --port {port}", [12_000: 40_001], "serve --port 40001"),
            ("serve {port}{port}", [12_000: 40_001], "serve 4000140001"),
            ("serve {port:12000}", [12_000: 40_001], "serve 40001"),
            ("a {port:1} b {port:2}", [1: 40_001, 2: 40_002], "a 40001 b 40002"),
            ("a {port:2} b {port:2}", [1: 40_001, 2: 40_002], "a 40002 b 40002"),
            ("echo {{port}}", [12_000: 40_001], "echo {port}"),
            ("echo {{port:12000}}", [12_000: 40_001], "echo {port:12000}"),
            ("echo {{port}}", [1: 40_001, 2: 40_002], "echo {port}"),
            ("echo {{port:7}}", [:], "echo {port:7}"),
            ("echo {{port}} {port}", [1: 40_001], "echo {port} 40001"),
            ("{{{port}}}", [1: 40_001], "{{port}}"),
            ("{{port}", [1: 40_001], "{40001"),
            ("{port}}", [1: 40_001], "40001}"),
            ("awk '{print $1}' {}", [1: 40_001], "awk '{print $1}' {}"),
            ("{ports} {port {port:} ${port:-8} { port }", [1: 40_001], "{ports} {port {port:} ${port:-8} { port }"),
            ("größe {port} ☃", [1: 40_001], "größe 40001 ☃"),
            ("{port:99999999999999999999999}", [1: 40_001], "{port:99999999999999999999999}"),
            ("", [1: 40_001], ""),
        ])
    func expansion(command: String, ports: [Int: Int], expected: String) throws {
        #expect(try ServerCommand.expand(command, ports: ports) == expected)
    }

    @Test(
        "a placeholder that could be any port, or none, is an error that says what there is",
        arguments: [
            (
                "serve {port}", [7: 40_001, 12_000: 40_002],
                "the command has {port}, but several ports were recorded: say which, as {port:7}, {port:12000}"
            ),
            (
                "serve {port:8}", [7: 40_001],
                "the command has {port:8}, but that port was not recorded; there is {port:7}"
            ),
            ("serve {port}", [:], "the command has {port}, but no port was recorded"),
        ])
    func badPlaceholder(command: String, ports: [Int: Int], reason: String) {
        let error = #expect(throws: ServerProcessError.self) { try ServerCommand.expand(command, ports: ports) }
        #expect(error?.code == .badCommand)
        #expect(error?.reason == reason)
    }

    @Test("free ports are different ones")
    func freePorts() throws {
        let recorded = Array(1...50)
        let ports = try ServerCommand.freePorts(for: recorded)
        #expect(ports.keys.sorted() == recorded)
        #expect(Set(ports.values).count == 50)
        #expect(ports.values.allSatisfy { 1_024...65_535 ~= $0 })
        #expect(try ServerCommand.freePort() > 0)
    }
}
