import Server

/// The servers that a mock asks what was not recorded: `HOST:PORT`, or `RECORDED=HOST:PORT` for one recorded port.
struct FallbackOption: Sendable {
    let recorded: Int?
    let address: AddressOption

    /// Reads the text; the error says which part is wrong.
    init(parsing text: String) throws(UsageFault) {
        (recorded, address) = try ReplayTargets.parse(text)
        guard address.port > 0 else { throw UsageFault("\"\(text)\": nothing listens on the port 0") }
    }

    /// For each recorded port that the mock stands for (nil: any other), the server that is asked.
    static func addresses(
        _ options: [FallbackOption], forPorts ports: [Int?]
    ) throws(UsageFault) -> [AddressOption?] {
        for (place, option) in options.enumerated() {
            if options[..<place].contains(where: { $0.recorded == option.recorded }) {
                throw UsageFault(
                    option.recorded.map { "--fallback has two servers for the recorded port \($0)" }
                        ?? "--fallback has two servers for every port: say which port each is for, as 12000=HOST:PORT")
            }
            if let recorded = option.recorded, !ports.contains(recorded) {
                let known = ports.compactMap { $0 }.map(String.init).joined(separator: ", ")
                throw UsageFault(
                    "--fallback \(recorded)=…: the mock stands for no recorded port \(recorded)"
                        + (known.isEmpty ? "" : "; there are \(known)"))
            }
        }
        return ports.map { port in
            (options.first { $0.recorded != nil && $0.recorded == port } ?? options.first { $0.recorded == nil })?
                .address
        }
    }

    /// Sees that a mock is not to ask itself, which would have no end.
    static func check(_ address: AddressOption, of option: PortOption) throws(UsageFault) {
        let own = ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::"]
        guard address.port == option.port,
            address.host == option.host || own.contains(address.host) && own.contains(option.host)
        else { return }
        throw UsageFault("--fallback \(address.port): the mock itself listens there")
    }
}
