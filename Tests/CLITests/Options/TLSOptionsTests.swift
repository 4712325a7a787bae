import ArgumentParser
import Server
import TLS
import Testing

@testable import CLI

@Suite("The options and settings of TLS")
struct TLSOptionsTests {
    private func ports(_ arguments: String...) throws -> [PortConfiguration] {
        try ServeCommand.parse(arguments).plannedPorts()
    }

    @Test("apply to every port, unless it says otherwise")
    func defaults() throws {
        let ports = try ports(
            "--listen", "1:json", "--listen", "2:json,tls=own.pem,tls-key=own.key", "--listen", "3:json,tls=none",
            "--listen", "4:json,to=[::1]:5", "--listen", "6:json,to=h:7,to-tls=none", "--listen",
            "8:json,to=h:9,to-tls=insecure,to-tls-name=n,to-tls-cert=c,to-tls-key=k", "--tls", "all.pem",
            "--tls-client-ca", "ca.pem", "--to-tls", "up.pem")
        let all = ListenerTLS(identity: TLSIdentity(certificateFile: "all.pem"), clientAuthorityFile: "ca.pem")
        #expect(ports[0].tls == all)
        #expect(
            ports[1].tls
                == ListenerTLS(
                    identity: TLSIdentity(certificateFile: "own.pem", keyFile: "own.key"), clientAuthorityFile: "ca.pem"
                ))
        #expect(ports[2].tls == nil)
        #expect(ports[0].upstreamTLS == nil)
        #expect(ports[3].tls == all)
        #expect(ports[3].upstreamTLS == UpstreamTLS(trust: .authorities(file: "up.pem")))
        #expect(ports[4].upstreamTLS == nil)
        #expect(
            ports[5].upstreamTLS
                == UpstreamTLS(
                    trust: .anything, name: "n", identity: TLSIdentity(certificateFile: "c", keyFile: "k")))
    }

    @Test("trust the system where that is asked for")
    func system() throws {
        #expect(try ports("--listen", "1:json,to=h:1,to-tls=system")[0].upstreamTLS == UpstreamTLS(trust: .system))
    }

    @Test(
        "say what goes with what",
        arguments: [
            (["--listen", "1:json,tls-key=k"], "tls-key goes with tls=CERT.pem"),
            (["--listen", "1:json", "--tls-client-ca", "ca"], "tls-client-ca goes with tls=CERT.pem"),
            (["--listen", "1:json,tls="], "tls names no file"),
            (["--listen", "1:json,to-tls=system"], "to-tls= goes with to=HOST:PORT"),
            (["--listen", "1:json", "--to-tls", "system"], "no port relays"),
            (["--listen", "1:json,to=h:1,to-tls-name=n"], "to-tls-name, to-tls-cert and to-tls-key go with to-tls"),
            (["--listen", "1:json,to=h:1,to-tls=system,to-tls-key=k"], "to-tls-key goes with to-tls-cert"),
            (["--listen", "1:json", "--tls-keylog", "keys"], "no port speaks it"),
        ])
    func wrong(arguments: [String], says: String) throws {
        let error = #expect(throws: (any Error).self) {
            _ = try ServeCommand.parse(arguments).plannedPorts()
        }
        #expect("\(error.debugDescription)".contains(says), "\(error.debugDescription)")
    }
}
