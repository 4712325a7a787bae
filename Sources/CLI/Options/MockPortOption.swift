import ArgumentParser
import Codecs
import Recorder
import Server

/// `[RECORDED=][HOST:]PORT[:CODEC][,KEY=VALUE…]`: where a mock listens, and which recorded port it is there.
struct MockPortOption: Sendable {
    let recorded: Int?
    let address: AddressOption
    let codec: Codec?
    private let settings: String

    /// Settings of a port that answers from recordings.
    static let keys: [PortSettings.Key] = [.delay, .fault, .faultSeed, .tls, .tlsKey, .tlsClientAuthorities]

    /// A recorded port, listened on as it was.
    init(recorded port: Int) {
        recorded = port
        address = AddressOption(host: "127.0.0.1", port: port)
        codec = nil
        settings = ""
    }

    /// Reads the text; the error says which part is wrong.
    init(parsing text: String) throws(UsageFault) {
        let front = text.prefix { $0 != "," }
        settings = String(text.dropFirst(front.count))
        var place = front
        var recorded: Int?
        if let sign = front.firstIndex(of: "=") {
            recorded = Int(front[..<sign])
            guard let recorded, (1...65_535).contains(recorded) else {
                throw UsageFault("\"\(text)\": before the = stands the recorded port, such as 12000=127.0.0.1:13000")
            }
            place = front[front.index(after: sign)...]
        }
        self.recorded = recorded
        var name: String?
        if let colon = place.lastIndex(of: ":"), !place.hasSuffix("]"),
            !place[place.index(after: colon)...].allSatisfy(\.isNumber)
        {
            name = String(place[place.index(after: colon)...])
            place = place[..<colon]
        }
        do { codec = try name.map { try CodecRegistry.codec(named: $0) } } catch {
            throw UsageFault("\(error)")
        }
        address = try AddressOption.parse(String(place), defaultHost: "127.0.0.1")
        // Whatever it speaks, its settings are known to be right.
        if let any = codec ?? CodecRegistry.all.first { _ = try option(any) }
    }

    /// The option's text, with its paths counted from a folder.
    func text(in folder: String) throws(UsageFault) -> String {
        var text = recorded.map { "\($0)=" } ?? ""
        text += hostAndPort(address.host, address.port)
        text += codec.map { ":\($0.name)" } ?? ""
        guard let any = codec ?? CodecRegistry.all.first else { return text }
        for (key, value) in try option(any).settings {
            text += ",\(key.rawValue)=\(key.resolved(value, folder: folder))"
        }
        return text
    }

    /// The port as `serve` would have it.
    func option(_ codec: Codec) throws(UsageFault) -> PortOption {
        let place = hostAndPort(address.host, address.port)
        let option = try PortOption.parse("\(place):\(codec.name)\(settings)")
        if let (key, _) = option.settings.first(where: { !Self.keys.contains($0.key) }) {
            throw UsageFault(
                "\(key.rawValue)= is no setting of a mock's port; there are delay=, fault=, fault-seed=, tls=, tls-key= and "
                    + "tls-client-ca=")
        }
        return option
    }
}

/// The ports of recordings, and what was spoken there.
struct RecordedPorts {
    struct Port: Hashable {
        var number: Int
        var codec: String
    }

    /// Of each recording.
    let ofRecordings: [[Port]]

    /// Reads the headers of recordings.
    init(_ recordings: [String]) throws {
        ofRecordings = try recordings.map { path in
            try RecordingReader(path: path).header.ports.compactMap { port in
                guard let number = port.number else { return nil }
                return Port(number: number, codec: (try? CodecRegistry.codec(named: port.codec))?.name ?? port.codec)
            }
        }
    }

    private var all: [Port] {
        var seen: Set<Port> = []
        return ofRecordings.joined().filter { seen.insert($0).inserted }
    }

    /// The places to listen at where none was given: those that were recorded.
    var places: [MockPortOption] {
        var seen: Set<Int> = []
        return all.map(\.number).filter { seen.insert($0).inserted }.map { MockPortOption(recorded: $0) }
    }

    /// Which recorded port each place stands for, and what it speaks.
    func meaning(of places: [MockPortOption]) throws(UsageFault) -> [(recorded: Int?, codec: Codec)] {
        var found: [(recorded: Int?, codec: Codec)] = []
        let numbers = places.map { place in
            place.recorded
                ?? all.first { $0.number == place.address.port && $0.codec == place.codec?.name ?? $0.codec }?.number
        }
        let taken = Set(numbers.compactMap { $0 })
        for (place, number) in zip(places, numbers) {
            let codec = try codec(of: place, number, apartFrom: taken)
            if number == nil { try checkOnlyOne(place, codec, apartFrom: taken) }
            found.append((number, codec))
        }
        return found
    }

    /// What is spoken there: what was said, else what was recorded.
    private func codec(
        of place: MockPortOption, _ number: Int?, apartFrom taken: Set<Int>
    ) throws(UsageFault) -> Codec {
        if let codec = place.codec { return codec }
        let names = Set(
            all.filter { number == nil ? !taken.contains($0.number) : $0.number == number }.map(\.codec))
        guard let name = names.first else {
            throw UsageFault(
                number.map { "no recording has the port \($0); there are \(numbers(all))" }
                    ?? "no recorded port is left for --listen \(place.address.port)")
        }
        guard names.count == 1 else {
            throw UsageFault(
                "the recordings speak \(names.sorted().joined(separator: " and ")): say which is meant, as --listen "
                    + "\(place.address.port):\(names.sorted()[0])")
        }
        do { return try CodecRegistry.codec(named: name) } catch { throw UsageFault("\(error)") }
    }

    /// Several ports of one recording are no one port, since their conversations are not.
    private func checkOnlyOne(
        _ place: MockPortOption, _ codec: Codec, apartFrom taken: Set<Int>
    ) throws(UsageFault) {
        for ports in ofRecordings {
            let open = ports.filter { $0.codec == codec.name && !taken.contains($0.number) }
            guard open.count > 1 else { continue }
            throw UsageFault(
                "a recording has the ports \(numbers(open)): give each its place, as --listen "
                    + "\(open[0].number)=\(place.address.port)")
        }
    }

    private func numbers(_ ports: [Port]) -> String {
        Set(ports.map(\.number)).sorted().map(String.init).joined(separator: ", ")
    }
}
