/// Why a text is no YAML, and where.
struct YAMLError: Error, Equatable {
    var mark: YAMLNode.Mark
    var reason: String
}
