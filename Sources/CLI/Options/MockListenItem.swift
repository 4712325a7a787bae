/// A mock's port in a project file: the option's text, or its parts by name.
enum MockListenItem {
    /// The keys beside those of a port's settings.
    static let places = ["recorded", "host", "port", "codec"]

    static var keys: [String] { places + MockPortOption.keys.map(\.rawValue) }

    /// The port as the option has it.
    static func text(_ node: YAMLNode, _ key: ProjectFile.Key, _ path: String, _ folder: String) throws -> String {
        let isText = node.string != nil && !node.isNull
        let text = try isText ? node.string ?? "" : text(ofParts: node, key, path)
        do throws(UsageFault) {
            return try MockPortOption(parsing: text).text(in: folder)
        } catch {
            throw key.error(path, error.description)
        }
    }

    private static func text(ofParts node: YAMLNode, _ key: ProjectFile.Key, _ path: String) throws -> String {
        var parts: [String: String] = [:]
        var settings = ""
        for (name, value) in try ProjectFile.members(of: node, path, "a port") {
            guard keys.contains(name.text) else { throw name.unknown(path, known: keys) }
            guard let text = value.string, !value.isNull else {
                throw name.error(path, "must be a text; with brackets in it, in single quotes")
            }
            if places.contains(name.text) { parts[name.text] = text } else { settings += ",\(name.text)=\(text)" }
        }
        guard let port = parts["port"] else { throw key.error(path, "a port lacks its number, such as port: 12000") }
        let host = parts["host"].map { $0.contains(":") && !$0.hasPrefix("[") ? "[\($0)]:" : "\($0):" } ?? ""
        let recorded = parts["recorded"].map { "\($0)=" } ?? ""
        return recorded + host + port + (parts["codec"].map { ":\($0)" } ?? "") + settings
    }
}
