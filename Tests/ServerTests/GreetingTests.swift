import Codecs
import NIOCore
import Recorder
import Server
import Testing

@Suite("A greeting")
struct GreetingTests {
    @Test(
        "fills in what is known of the connection",
        arguments: [
            (#"{"id": "{client_port}"}"#, #"{"id": PORT}"#),
            (#"{"id": "port {client_port} of {client_host}"}"#, #"{"id": "port PORT of 127.0.0.1"}"#),
            (#""{client_host}""#, #""127.0.0.1""#),
            (#"["{session}", "{session}."]"#, #"[1, "1."]"#),
            (#"{"{client_port}" : 1}"#, #"{"PORT" : 1}"#),
            (#""\"{client_port}""#, #""\"PORT""#),
            (#""{other}""#, #""{other}""#),
        ])
    func template(_ template: String, _ expected: String) async throws {
        let server = try await TestServer.start(
            "json/lines", greeting: Greeting(template: template), records: false)
        let client = try LoopbackClient(port: server.port)
        client.finish()
        let text = expected.replacing("PORT", with: "\(client.localPort)") + "\n"
        #expect(await client.readToEnd() == (Array(text.utf8), .closed))
        await server.server.stop()
    }
}
