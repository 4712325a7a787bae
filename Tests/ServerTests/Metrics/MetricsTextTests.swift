import Recorder
import Testing

@testable import Server

@Suite("The page of metrics")
struct MetricsTextTests {
    @Test("has ports of the same number and codec as one, since Prometheus refuses a series that stands there twice")
    func sameNumber() {
        var figures = ServerFigures()
        for (codec, opened) in [("json/lines", 2), ("json/lines", 3), ("raw/u32be", 5)] {
            var port = ServerFigures.Port(number: 12_000, codec: codec)
            port.opened = opened
            port.closed = [.clean: 1]
            port.traffic = [.client: ServerFigures.Traffic(messages: opened, bytes: 10 * opened)]
            port.limits = [.memory: 1]
            figures.ports.append(port)
        }
        let page = MetricsText(version: "1", startTime: 0).page(figures, nil, ProcessFigures())
        let samples = page.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let names = samples.map { $0.prefix { $0 != " " } }
        #expect(Set(names).count == names.count)
        for sample in [
            #"tapedeck_connections{port="12000",codec="json/lines"} 3"#,
            #"tapedeck_connections{port="12000",codec="raw/u32be"} 4"#,
            #"tapedeck_closed_total{port="12000",codec="json/lines",how="clean"} 2"#,
            #"tapedeck_messages_total{port="12000",codec="json/lines",from="client"} 5"#,
            #"tapedeck_bytes_total{port="12000",codec="json/lines",from="client"} 50"#,
            #"tapedeck_limits_total{port="12000",codec="json/lines",limit="memory"} 2"#,
        ] {
            #expect(samples.contains { $0 == sample }, "\(sample)")
        }
    }
}
