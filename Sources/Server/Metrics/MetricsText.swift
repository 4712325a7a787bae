package import Recorder

/// A server's figures as Prometheus reads them: the text exposition format, version 0.0.4.
package struct MetricsText {
    /// What all of it says of the program: its version.
    package var version: String
    /// Seconds since 1970 when the server began.
    package var startTime: Double

    private var text = ""

    package init(version: String, startTime: Double) {
        self.version = version
        self.startTime = startTime
    }

    /// The whole page.
    package func page(_ server: ServerFigures, _ recording: RecordingFigures?, _ process: ProcessFigures) -> String {
        var page = self
        page.family("build_info", "gauge", "Which build this is.")
        page.sample("build_info", [("version", version)], 1)
        page.write(server)
        if let recording { page.write(recording) }
        page.write(process)
        return page.text
    }

    // MARK: The server

    private mutating func write(_ all: ServerFigures) {
        let server = all.withOnePortPerLabel
        family("accepting", "gauge", "1 while clients are accepted.")
        sample("accepting", [], server.isAccepting ? 1 : 0)
        family("event_loops", "gauge", "Threads that serve clients.")
        sample("event_loops", [], server.loops)
        family("connections", "gauge", "Clients that are connected.")
        for port in server.ports { sample("connections", labels(port), port.open) }
        family("connections_limit", "gauge", "Clients that may be connected (--max-connections).")
        sample("connections_limit", [], server.maximumConnections)
        family("connections_total", "counter", "Clients that have connected, refused ones included.")
        for port in server.ports { sample("connections_total", labels(port), port.opened) }
        family("closed_total", "counter", "Connections that have ended, by how.")
        for port in server.ports {
            for manner in SessionClosing.Manner.allCases {
                sample("closed_total", labels(port) + [("how", manner.rawValue)], port.closed[manner] ?? 0)
            }
        }
        family("messages_total", "counter", "Messages that have passed, by the side that sent them.")
        traffic("messages_total", server) { $0.messages }
        family("bytes_total", "counter", "Bytes that have passed (inside TLS), by the side that sent them.")
        traffic("bytes_total", server) { $0.bytes }
        family("errors_total", "counter", "What went wrong with clients.")
        for port in server.ports {
            for kind in ErrorKind.allCases {
                sample("errors_total", labels(port) + [("kind", kind.rawValue)], port.errors[kind] ?? 0)
            }
        }
        family("limits_total", "counter", "How often clients met a limit.")
        for port in server.ports {
            for kind in LimitKind.allCases {
                sample("limits_total", labels(port) + [("limit", kind.rawValue)], port.limits[kind] ?? 0)
            }
        }
        family("held_bytes", "gauge", "Bytes of unfinished messages and waiting answers.")
        sample("held_bytes", [], server.heldBytes)
        family("held_bytes_limit", "gauge", "How many of them there may be (--max-memory).")
        sample("held_bytes_limit", [], server.maximumHeldBytes)
    }

    private func labels(_ port: ServerFigures.Port) -> [(String, String)] {
        [("port", String(port.number)), ("codec", port.codec)]
    }

    private mutating func traffic(
        _ name: String, _ server: ServerFigures, _ number: (ServerFigures.Traffic) -> Int
    ) {
        for port in server.ports {
            for side in [Side.client, .server] {
                sample(name, labels(port) + [("from", side.rawValue)], port.traffic[side].map(number) ?? 0)
            }
        }
    }

    // MARK: The recording

    private mutating func write(_ recording: RecordingFigures) {
        family("recording_failed", "gauge", "1 when the recording could not be written any more.")
        sample("recording_failed", [], recording.hasFailed ? 1 : 0)
        family("recording_sessions_total", "counter", "Sessions in the recording.")
        sample("recording_sessions_total", [], recording.sessions)
        family("recording_messages_total", "counter", "Messages in the recording.")
        sample("recording_messages_total", [], recording.messages)
        family("recording_queued_bytes", "gauge", "Bytes of lines that wait to be written.")
        sample("recording_queued_bytes", [], recording.queuedBytes)
        family(
            "recording_left_out_total", "counter", "Lines that the recording lacks: the disk was too slow, or failed.")
        sample("recording_left_out_total", [], recording.leftOut)
        let name = "recording_write_seconds"
        family(name, "histogram", "How long a write of the recording took, to the disk with --durability disk.")
        var count = 0
        for (bound, inBucket) in zip(WriteTimes.bounds, recording.writeTimes.counts) {
            count += inBucket
            sample(name + "_bucket", [("le", "\(Double(bound) / 1e9)")], count)
        }
        count += recording.writeTimes.counts.last ?? 0
        sample(name + "_bucket", [("le", "+Inf")], count)
        sample(name + "_sum", [], "\(Double(recording.writeTimes.sumNanoseconds) / 1e9)")
        sample(name + "_count", [], count)
    }

    // MARK: The process

    private mutating func write(_ process: ProcessFigures) {
        prefix = ""
        single("process_resident_memory_bytes", "Memory that the process has.", process.residentBytes)
        single("process_virtual_memory_bytes", "Addresses that the process has.", process.virtualBytes)
        single("process_open_fds", "Open descriptors.", process.openDescriptors)
        single("process_max_fds", "How many of them there may be.", process.maximumDescriptors)
        single("process_threads", "Threads of the process.", process.threads)
        if let seconds = process.processorSeconds {
            family("process_cpu_seconds_total", "counter", "Processor time that was used.")
            sample("process_cpu_seconds_total", [], "\(seconds)")
        }
        family("process_start_time_seconds", "gauge", "When it began, in seconds since 1970.")
        sample("process_start_time_seconds", [], "\(startTime)")
    }

    private mutating func single(_ name: String, _ help: String, _ number: Int?) {
        guard let number else { return }
        family(name, "gauge", help)
        sample(name, [], number)
    }

    // MARK: Lines

    private var prefix = "tapedeck_"

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(prefix)\(name) \(help)\n# TYPE \(prefix)\(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ number: Int) {
        sample(name, labels, String(number))
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ number: String) {
        text += prefix + name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(number)\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
