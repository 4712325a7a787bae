import Server

/// What the settings of a server that runs say when they are read again: the faults of its ports, which may change at any
/// time, and what else differs and has to wait for the next start.
struct ReloadedSettings {
    /// Of each port that is listened on, in their order; nil: the settings no longer name it, and it goes on as it is.
    var faults: [FaultPlan?] = []
    /// What counts from the next start on; a sentence each.
    var later: [String] = []

    /// Settings that may change at any time.
    private static let changing: Set<PortSettings.Key> = [.delay, .fault, .faultSeed]

    /// - `ports`: those that `new` means, in the order of its `listen`.
    init(from old: ServerArguments, to new: ServerArguments, ports: [PortConfiguration]) throws {
        try compareListened(old, new, ports)
        for (before, now) in zip(old.entries, new.entries)
        where before.values != now.values && now.key != "listen" && !Self.mayChange(now.key) {
            later.append(
                "\(now.key): \(Self.text(now.values)) (\(now.source)) counts from the next start; "
                    + "until then \(Self.text(before.values))")
        }
        if old.redact != new.redact {
            later.append("redact: the rules of \(new.file ?? "it") count from the next start; until then those before")
        }
    }

    private static func mayChange(_ key: String) -> Bool {
        PortSettings.Key(rawValue: key).map(changing.contains) ?? false
    }

    private static func text(_ values: [String]) -> String {
        values.isEmpty ? "nothing" : values.joined(separator: ", ")
    }

    /// Ports are the same where they have the same place: of several with port 0 the first is the first.
    private mutating func compareListened(
        _ old: ServerArguments, _ new: ServerArguments, _ ports: [PortConfiguration]
    ) throws {
        let before = try Self.listened(old)
        var now = Array(zip(try Self.listened(new), ports))
        let source = new.entries.first { $0.key == "listen" }.map { " (\($0.source))" } ?? ""
        for option in before {
            guard let index = now.firstIndex(where: { $0.0.place == option.place }) else {
                faults.append(nil)
                later.append("listen: \(option.text) is there no more\(source); it is listened on until the next start")
                continue
            }
            let (found, port) = now.remove(at: index)
            faults.append(port.faults)
            let (text, textBefore) = (Self.fixedText(found), Self.fixedText(option))
            if text != textBefore {
                later.append("listen: \(text)\(source) counts from the next start; until then \(textBefore)")
            }
        }
        for (option, _) in now { later.append("listen: \(option.text)\(source) is listened on from the next start") }
    }

    private static func listened(_ given: ServerArguments) throws(UsageFault) -> [PortOption] {
        var options: [PortOption] = []
        for text in given.entries.first(where: { $0.key == "listen" })?.values ?? [] {
            options.append(try PortOption.parse(text))
        }
        return options
    }

    /// A port without what may change at any time.
    private static func fixedText(_ option: PortOption) -> String {
        var option = option
        option.settings.removeAll { changing.contains($0.key) }
        return option.text
    }
}
