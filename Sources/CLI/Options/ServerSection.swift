import Recorder

/// The `serve`, `record` or `mock` part of a project file.
///
/// ```yaml
/// serve:
///   listen:
///     - 12000:pickle,reply=ack
///     - {port: 12001, codec: json, tls: server.pem}
///   record: tapes/
///   max-frame: 1MiB
/// ```
struct ServerSection: Equatable {
    /// A setting that stands there.
    struct Entry: Equatable {
        var key: String
        /// The texts as its option would have them, one for each time; none for a flag that is off.
        var values: [String]
        var isOn = true
        var line: Int
        var column: Int
    }

    var entries: [Entry] = []

    /// Reads the part.
    ///
    /// `folder`: that of the file, from which its paths are counted.
    static func section(
        _ node: YAMLNode, _ commands: ServerSetting.Commands, _ path: String, folder: String
    ) throws -> ServerSection {
        let settings = ServerSetting.settings(of: commands)
        if node.isNull { return ServerSection() }
        let entries = try ProjectFile.members(of: node, path, commands.name).map { key, value in
            guard let setting = settings.first(where: { $0.key == key.text }) else {
                if key.text == "redact" || key.text == "rules" && commands == .mock {
                    throw key.error(path, "stands at the top of the file, beside \"\(commands.name)\"")
                }
                throw key.unknown(path, known: settings.map(\.key))
            }
            return try entry(setting, key, value, path, folder)
        }
        return ServerSection(entries: entries)
    }

    private static func entry(
        _ setting: ServerSetting, _ key: ProjectFile.Key, _ node: YAMLNode, _ path: String, _ folder: String
    ) throws -> Entry {
        var entry = Entry(key: setting.key, values: [], line: key.line, column: key.column)
        switch setting.kind {
        case .flag:
            guard let flag = node.bool else { throw key.error(path, "must be true or false") }
            entry.isOn = flag
        case .text: entry.values = [try text(setting, key, node, path, folder)]
        case .list:
            let items = node.sequence ?? [node]
            guard !items.isEmpty else { throw key.error(path, "has nothing in its list") }
            entry.values = try items.map { item in
                var place = key
                place.line = item.mark.line
                place.column = item.mark.column
                guard setting.key == "listen" else { return try text(setting, place, item, path, folder) }
                return try setting.commands == .mock
                    ? MockListenItem.text(item, place, path, folder) : ListenItem.text(item, place, path, folder)
            }
        }
        return entry
    }

    private static func text(
        _ setting: ServerSetting, _ key: ProjectFile.Key, _ node: YAMLNode, _ path: String, _ folder: String
    ) throws -> String {
        guard let text = node.string, !node.isNull else {
            throw key.error(path, "must be a text; with brackets in it, in single quotes")
        }
        if let fault = setting.fault(text) { throw key.error(path, fault) }
        return setting.resolved(text, folder: folder)
    }
}

/// A port in a project file: the option's text, or its parts by name.
enum ListenItem {
    /// The keys beside those of `PortSettings`.
    static let places = ["host", "port", "codec", "systemd", "fd"]

    static var keys: [String] { places + PortSettings.Key.allCases.map(\.rawValue) }

    /// The port as the option has it.
    static func text(_ node: YAMLNode, _ key: ProjectFile.Key, _ path: String, _ folder: String) throws -> String {
        var option: PortOption
        if let text = node.string, !node.isNull {
            option = try parsed(text, key, path)
        } else {
            option = try port(node, key, path)
        }
        for place in option.settings.indices {
            let (setting, value) = option.settings[place]
            option.settings[place].value = setting.resolved(value, folder: folder)
        }
        return option.text
    }

    private static func parsed(_ text: String, _ key: ProjectFile.Key, _ path: String) throws -> PortOption {
        do throws(UsageFault) {
            return try PortOption.parse(text)
        } catch {
            throw key.error(path, error.description)
        }
    }

    private static func port(_ node: YAMLNode, _ key: ProjectFile.Key, _ path: String) throws -> PortOption {
        var parts: [String: String] = [:]
        var settings: [(key: PortSettings.Key, value: String)] = []
        for (name, value) in try ProjectFile.members(of: node, path, "a port") {
            guard let text = value.string, !value.isNull else {
                throw name.error(path, "must be a text; with brackets in it, in single quotes")
            }
            if let setting = PortSettings.Key(rawValue: name.text) {
                do throws(UsageFault) { try PortSettings.check(setting, text) } catch {
                    throw name.error(path, error.description)
                }
                settings.append((setting, text))
            } else if places.contains(name.text) {
                parts[name.text] = text
            } else {
                throw name.unknown(path, known: keys)
            }
        }
        guard let codec = parts["codec"] else { throw key.error(path, "a port lacks its codec, such as codec: json") }
        var option = try parsed("\(try place(parts, key, path)):\(codec)", key, path)
        option.settings = settings
        return option
    }

    private static func place(_ parts: [String: String], _ key: ProjectFile.Key, _ path: String) throws -> String {
        let given = ["port", "systemd", "fd"].filter { parts[$0] != nil }
        guard given.count == 1, parts["host"] == nil || given == ["port"] else {
            throw key.error(path, "a port has one of port (with a host or not), systemd and fd")
        }
        if let name = parts["systemd"] { return "systemd:\(name)" }
        if let number = parts["fd"] { return "fd:\(number)" }
        let port = parts["port"] ?? ""
        guard let host = parts["host"] else { return port }
        return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
