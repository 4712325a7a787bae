internal import CYaml

/// Reads a text of YAML 1.1 with libyaml: its events become a tree of nodes, in which aliases are what they stand for.
struct YAMLParser: ~Copyable {
    /// How deep lists and maps may lie in each other. libyaml's time grows with the square of it.
    static let depthLimit = 64

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var anchors: [String: YAMLNode] = [:]
    private var depth = 0

    /// The one document of a text; nothing where it holds none.
    static func compose(_ text: String) throws(YAMLError) -> YAMLNode? {
        // libyaml reads these bytes for as long as the parser is there.
        try Array(text.utf8).withUnsafeBufferPointer { (input) throws(YAMLError) in
            var parser = try YAMLParser(input)
            return try parser.document()
        }
    }

    private init(_ input: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLError(mark: YAMLNode.Mark(line: 1, column: 1), reason: "there is no memory to read it")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return root
            case .other: continue
            default:
                guard root == nil else {
                    throw YAMLError(mark: event.mark, reason: "a second document begins, and one is all that is read")
                }
                root = try node(event)
            }
        }
    }

    /// The node that an event begins.
    private mutating func node(_ event: Event) throws(YAMLError) -> YAMLNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw YAMLError(mark: event.mark, reason: "more than \(Self.depthLimit) lists and maps lie in each other")
        }
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequence: content = .sequence(try sequence())
        case .mapping: content = .mapping(try mapping())
        case .alias(let name):
            guard let meant = anchors[name] else {
                throw YAMLError(mark: event.mark, reason: "*\(name) stands for nothing: no &\(name) ends before it")
            }
            return meant
        case .streamEnd, .end, .other:
            throw YAMLError(mark: event.mark, reason: "a value is missing")
        }
        let node = YAMLNode(content: content, mark: event.mark)
        if let anchor = event.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func sequence() throws(YAMLError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        while true {
            let event = try next()
            if event.kind == .end { return nodes }
            nodes.append(try node(event))
        }
    }

    private mutating func mapping() throws(YAMLError) -> [YAMLNode.Member] {
        var members: [YAMLNode.Member] = []
        var names: Set<String> = []
        while true {
            let event = try next()
            if event.kind == .end { return members }
            let key = try node(event)
            if let name = key.string, !names.insert(name).inserted {
                throw YAMLError(mark: key.mark, reason: "the key \"\(name)\" stands there twice")
            }
            members.append(YAMLNode.Member(key: key, value: try node(try next())))
        }
    }

    /// What libyaml finds next.
    private struct Event {
        enum Kind: Equatable {
            case scalar(String, isPlain: Bool)
            case sequence, mapping, end
            case alias(String)
            case streamEnd, other
        }

        var kind: Kind
        var anchor: String?
        var mark: YAMLNode.Mark
    }

    private func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault }
        defer { yaml_event_delete(&event) }
        let mark = Self.mark(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit != 0
            return Event(kind: .scalar(text, isPlain: isPlain), anchor: Self.text(scalar.anchor), mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            return Event(kind: .sequence, anchor: Self.text(event.data.sequence_start.anchor), mark: mark)
        case YAML_MAPPING_START_EVENT:
            return Event(kind: .mapping, anchor: Self.text(event.data.mapping_start.anchor), mark: mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Event(kind: .end, mark: mark)
        case YAML_ALIAS_EVENT: return Event(kind: .alias(Self.text(event.data.alias.anchor) ?? ""), mark: mark)
        case YAML_STREAM_END_EVENT: return Event(kind: .streamEnd, mark: mark)
        default: return Event(kind: .other, mark: mark)
        }
    }

    private var fault: YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read"
        return YAMLError(mark: Self.mark(parser.pointee.problem_mark), reason: problem)
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func mark(_ mark: yaml_mark_t) -> YAMLNode.Mark {
        YAMLNode.Mark(line: mark.line + 1, column: mark.column + 1)
    }
}
