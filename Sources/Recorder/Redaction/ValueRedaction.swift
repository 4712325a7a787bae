internal import Codecs

/// Finds the secrets of one message, and what is to stand in their places.
struct ValueRedaction: ValueVisitor {
    /// What is known of a place.
    struct State: Hashable {
        var manner = Manner.plain
        var follow: PathFollower.State
        /// The path of the outermost value that is secret; of no weight for what is done.
        var owner = ValuePaths.root

        static func == (left: State, right: State) -> Bool {
            left.manner == right.manner && left.follow == right.follow
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(manner)
            hasher.combine(follow)
        }
    }

    /// What stands at a place.
    enum Manner: Hashable {
        case plain
        case secret
        /// A secret that may be the text of cookies.
        case cookies
    }

    private let redaction: Redaction
    private let format: any PayloadFormat
    private let known: RedactedPlaces
    /// The values are those of a recording's line, not of a message.
    private let isLine: Bool
    /// Where secrets were found.
    private(set) var places: [String] = []
    private var listed: Set<String> = []
    private var placeBytes = 0
    private var owners: Set<Int> = []
    private var names = PlaceNames()
    var paths = ValuePaths()
    private(set) var edits: [ValueEdit] = []

    init(_ redaction: Redaction, format: any PayloadFormat, known: RedactedPlaces, isLine: Bool = false) {
        self.redaction = redaction
        self.format = format
        self.known = known
        self.isLine = isLine
    }

    /// What is known where no path leads to: those of rules begin at a message.
    static let noPlace = State(follow: .nowhere)

    /// What is known of the root.
    var start: State {
        var state = State(follow: redaction.follower.root)
        if state.follow.isEnd { begin(.secret, at: ValuePaths.root, &state) }
        return state
    }

    // MARK: The walk

    mutating func state(of place: ValueWalk.Place, in outer: Value, key: Value?, _ state: State) -> State {
        var state = state
        if outer.kind == .global {
            // The name of a class is no secret for standing under a secret's key, but it may have one in it.
            state.manner = .plain
            state.follow = .nowhere
            return state
        }
        guard state.manner == .plain else {
            // The name of an encoding, as pickle's older protocols have it beside bytes.
            if place.element == 1, outer.kind == .tuple, place.value.isText("latin1") { state.manner = .plain }
            return state
        }
        if let key {
            state.follow = redaction.follower.inside(state.follow, key: key)
            if let manner = manner(under: key) { begin(manner, at: place.path, &state) }
        } else {
            state.follow = redaction.follower.inside(state.follow, element: place.element, of: outer.childCount)
            // ("password", "…"), as headers are often listed.
            if place.element == 1, outer.childCount == 2, outer.kind == .list || outer.kind == .tuple,
                let first = outer.children.first(where: { _ in true }), let manner = manner(under: first)
            {
                begin(manner, at: place.path, &state)
            }
        }
        if state.follow.isEnd, state.manner == .plain { begin(.secret, at: place.path, &state) }
        return state
    }

    private func begin(_ manner: Manner, at path: Int, _ state: inout State) {
        state.manner = manner
        state.owner = path
        // Nothing more is looked for inside.
        state.follow = .nowhere
    }

    private func manner(under key: Value) -> Manner? {
        guard !redaction.names.isEmpty else { return nil }
        // ("user", "password") names a secret as well; the first parts of a long one are looked at.
        if key.kind == .tuple { return key.children.prefix(Self.mostParts).lazy.compactMap(namedManner).first }
        return namedManner(key)
    }

    /// Parts of a tuple that are looked at for the name of a secret, where it is a key.
    private static let mostParts = 16

    private func namedManner(_ key: Value) -> Manner? {
        guard let text = key.kind.isText ? key : key.encodedText else { return nil }
        return text.withText { name in
            guard redaction.names.contains(name) else { return nil }
            return SecretValue.isCookie(name) ? .cookies : .secret
        }
    }

    mutating func leaf(_ place: ValueWalk.Place, _ state: State) {
        let value = place.value
        if place.isKey {
            guard value.kind.isText else { return }
            let isNamed = state.manner == .plain || value.withText(Self.isName)
            return replaceText(place, state, isSecret: !isNamed)
        }
        let isSecret = state.manner != .plain
        switch value.kind {
        case .string, .bytes, .byteArray, .legacyString, .typedBytes: replaceText(place, state, isSecret: isSecret)
        case .true: if isSecret, known.isEmpty || !known.covers(path(place)) { replace(place, state, .falsehood) }
        case .int, .bigInt, .number, .float: replaceNumber(place, state, isSecret: isSecret)
        default: break
        }
    }

    /// Whether a key below a secret one is the name of a part: letters, `-` and `_`. Any other may be what is secret.
    private static func isName(_ key: UnsafeRawBufferPointer) -> Bool {
        key.count <= 32
            && key.allSatisfy { ($0 | 32) &- 97 < 26 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    // MARK: Replacing

    private mutating func replaceText(_ place: ValueWalk.Place, _ state: State, isSecret: Bool) {
        let isText = place.value.kind == .string
        let isCookie = state.manner == .cookies && !place.isKey
        let redaction = redaction
        let nature: KeyedText.Nature = isText || place.value.kind == .legacyString ? .string : .stream
        let (count, ranges, text) = place.value.withText { text -> (Int, [Range<Int>], [UInt8]) in
            var ranges =
                isSecret
                ? SecretValue.parts(of: text, isCookie: isCookie)
                : redaction.ranges(in: text, nature)
            if !ranges.isEmpty, !known.isEmpty {
                let path = self.path(place)
                ranges = known.covers(path) ? [] : known.remaining(of: ranges, at: path)
            }
            return (text.count, ranges, ranges.isEmpty ? [] : redaction.replacing(ranges, of: text, isText: isText))
        }
        guard !ranges.isEmpty else { return }
        if place.isKey { names.rename(place.value, to: text) }
        note(place, isSecret && !place.isKey ? state.owner : place.path, ranges, of: count)
        guard let source = place.value.sourceRange else { return append(place, .bytes(text)) }
        if place.value.node.has(ValueNode.hasEscapes) {
            var token = ByteWriter(capacity: text.count + 2)
            text.withUnsafeBytes { JSONString.write($0, into: &token) }
            edits.append(ValueEdit(site: .source(source, with: token.array)))
            return
        }
        for range in ranges {
            let start = source.lowerBound + 1
            edits.append(
                ValueEdit(
                    site: .source(start + range.lowerBound..<start + range.upperBound, with: Array(text[range]))))
        }
    }

    private mutating func replaceNumber(_ place: ValueWalk.Place, _ state: State, isSecret: Bool) {
        if !isSecret, redaction.patterns.isEmpty { return }
        if !known.isEmpty, known.covers(path(place)) { return }
        let value = place.value
        if value.kind == .bigInt {
            guard isSecret else { return }
            return replace(place, state, .bytes(redaction.pseudonyms.pseudonym(ofInteger: value.content)))
        }
        let text: [UInt8] =
            switch value.kind {
            case .int: Array(String(value.int ?? 0).utf8)
            case .float: Array(String(value.double ?? 0).utf8)
            default: Array(value.content)
            }
        if !isSecret, text.withUnsafeBytes({ redaction.ranges(in: $0, .string, names: false) }).isEmpty { return }
        let other = redaction.pseudonyms.pseudonym(ofNumber: text)
        guard other != text else { return }
        let digits = String(decoding: other, as: UTF8.self)
        switch value.kind {
        case .int: if let number = Int64(digits) { replace(place, state, .int(number)) }
        case .float:
            let isSingle = value.node.has(ValueNode.isSingle)
            if let number = isSingle ? Float(digits).map(Double.init) : Double(digits) {
                replace(place, state, .float(number))
            }
        default: replace(place, state, .bytes(other))
        }
    }

    private mutating func replace(_ place: ValueWalk.Place, _ state: State, _ content: ValueEdit.Content) {
        note(place, state.manner == .plain ? place.path : state.owner, [0..<1], of: 1)
        guard let source = place.value.sourceRange else { return append(place, content) }
        let text: [UInt8] =
            switch content {
            case .bytes(let bytes): bytes
            case .falsehood: Array("false".utf8)
            case .int, .float: []
            }
        edits.append(ValueEdit(site: .source(source, with: text)))
    }

    private mutating func append(_ place: ValueWalk.Place, _ content: ValueEdit.Content) {
        edits.append(ValueEdit(site: .node(place.value.index, edge: place.edge, content)))
    }

    // MARK: Places

    private mutating func note(
        _ place: ValueWalk.Place, _ path: Int, _ ranges: [Range<Int>], of count: Int
    ) {
        guard placeBytes <= RedactedPlaces.maximumBytes else { return }
        let isWhole = ranges == [0..<count]
        if isWhole, !place.isKey {
            if owners.insert(path).inserted { add(text(path)) }
            return
        }
        let text = self.path(place)
        if isWhole { return add(text) }
        for range in ranges { add(RedactedPlaces.text(text, range)) }
    }

    private mutating func add(_ place: String) {
        // A key may stand in a map twice.
        guard placeBytes <= RedactedPlaces.maximumBytes, listed.insert(place).inserted else { return }
        placeBytes += place.utf8.count
        let isTooMuch = placeBytes > RedactedPlaces.maximumBytes || places.count + 1 == RedactedPlaces.maximumCount
        if isTooMuch { placeBytes = .max }
        places.append(isTooMuch ? RedactedPlaces.more : place)
    }

    private func path(_ place: ValueWalk.Place) -> String {
        text(place.path) + (place.isKey ? "~" : "")
    }

    private func text(_ path: Int) -> String {
        let text = names.text(path, of: paths, format: format)
        return isLine ? LineRemainder.place(text) : text
    }
}

extension ValueKind {
    /// Whether it is text, or bytes that a program may have meant as text.
    var isText: Bool { self == .string || self == .legacyString || self == .bytes || self == .byteArray }
}

extension Value {
    /// The text of bytes as pickle's protocols 0 to 2 have them, `_codecs.encode(text, "latin1")`; nil of any other value.
    var encodedText: Value? {
        guard kind == .call else { return nil }
        let parts = Array(children.prefix(2))
        guard parts.count == 2, parts[0].kind == .global, parts[1].kind == .tuple, parts[1].childCount == 2,
            parts[0].children.map(\.string) == ["_codecs", "encode"],
            let text = parts[1].children.first(where: { _ in true }), text.kind.isText
        else { return nil }
        return text
    }

    /// Gives the bytes of a text without its escapes, or those of bytes.
    func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard kind == .string, node.has(ValueNode.hasEscapes) else { return body(content) }
        return (text ?? []).withUnsafeBytes { body($0) }
    }
}
