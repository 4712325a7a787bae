package import Recorder

/// What a server has counted since its start, over all event loops.
package struct ServerFigures: Sendable {
    package struct Traffic: Sendable {
        package var messages = 0
        package var bytes = 0
    }

    package struct Port: Sendable {
        /// The port that is listened on.
        package var number: Int
        package var codec: String
        package var opened = 0
        package var closed: [SessionClosing.Manner: Int] = [:]
        package var traffic: [Side: Traffic] = [:]
        package var errors: [ErrorKind: Int] = [:]
        package var limits: [LimitKind: Int] = [:]

        package init(number: Int, codec: String) {
            self.number = number
            self.codec = codec
        }

        /// Sessions that have not ended.
        package var open: Int { opened - closed.values.reduce(0, +) }

        mutating func add(_ other: Port) {
            opened += other.opened
            closed.merge(other.closed, uniquingKeysWith: +)
            traffic.merge(other.traffic) { Traffic(messages: $0.messages + $1.messages, bytes: $0.bytes + $1.bytes) }
            errors.merge(other.errors, uniquingKeysWith: +)
            limits.merge(other.limits, uniquingKeysWith: +)
        }

        mutating func add(_ counters: PortCounters) {
            // Ends first: counted meanwhile, a session must not seem to have ended before it began.
            for manner in SessionClosing.Manner.allCases { closed[manner, default: 0] += counters.number(of: manner) }
            opened += counters.opened.value
            for side in [Side.client, .server] {
                traffic[side, default: Traffic()].messages += counters.traffic(from: side).messages.value
                traffic[side, default: Traffic()].bytes += counters.traffic(from: side).bytes.value
            }
            for kind in ErrorKind.allCases { errors[kind, default: 0] += counters.number(of: kind) }
            for kind in LimitKind.allCases { limits[kind, default: 0] += counters.number(of: kind) }
        }
    }

    package var ports: [Port] = []
    /// Bytes that connections hold, and how many they may.
    package var heldBytes = 0
    package var maximumHeldBytes = 0
    package var maximumConnections = 0
    package var loops = 0
    package var isAccepting = false

    package init() {}

    /// The figures with the ports of the same number and codec, such as one for IPv4 and one for IPv6, as one: nothing else tells them
    /// apart on the page, and Prometheus refuses a page that has a series twice.
    var withOnePortPerLabel: ServerFigures {
        var figures = self
        figures.ports = []
        for port in ports {
            if let place = figures.ports.firstIndex(where: { $0.number == port.number && $0.codec == port.codec }) {
                figures.ports[place].add(port)
            } else {
                figures.ports.append(port)
            }
        }
        return figures
    }
}
