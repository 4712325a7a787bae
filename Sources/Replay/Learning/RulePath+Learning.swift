internal import Codecs
internal import Recorder

// Paths made of the places where runs differ.
extension RulePath {
    /// The path of these steps.
    init(steps: [Step]) {
        self.init(steps: steps, bytes: nil, text: steps.reduce(into: "$") { $0 += Self.text($1) })
    }

    private static func text(_ step: Step) -> String {
        switch step.selector {
        case .any: return "[*]"
        case .index(let index): return "[\(index)]"
        case .member(let name):
            let isPlain =
                name.first.map { $0 &- 48 >= 10 } == true
                && name.allSatisfy { $0 == UInt8(ascii: "_") || $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 }
            if isPlain { return "." + String(decoding: name, as: UTF8.self) }
            var quoted = ByteWriter()
            name.withUnsafeBytes { JSONString.write($0, into: &quoted) }
            return "[" + quoted.string + "]"
        }
    }

    /// The same with every element's number left open.
    var generalised: RulePath {
        RulePath(
            steps: steps.map { step in
                if case .index = step.selector { Step(selector: .any, descends: step.descends) } else { step }
            })
    }

    /// The path of the value around.
    var outer: RulePath { RulePath(steps: Array(steps.dropLast())) }

    /// Whether the last step goes to an element of a list.
    var endsInElement: Bool {
        switch steps.last?.selector {
        case .index?, .any?: true
        default: false
        }
    }

    /// Whether this place stands inside another, at any of its elements.
    func isInside(_ other: RulePath) -> Bool {
        steps.count > other.steps.count
            && zip(steps, other.steps).allSatisfy { $0 == $1 || $1.selector == .any || $0.selector == .any }
    }

    /// The value there; nil where there is none. Steps that leave it open lead nowhere.
    func value(in root: Value) -> Value? {
        steps.reduce(root) { value, step in
            guard let value else { return nil }
            switch step.selector {
            case .any: return nil
            case .member(let name): return value.kind == .map ? value.entries.first { $0.key.text == name }?.value : nil
            case .index(let index):
                return value.kind == .list || value.kind == .tuple
                    ? value.children.dropFirst(index).first(where: { _ in true }) : nil
            }
        }
    }
}
