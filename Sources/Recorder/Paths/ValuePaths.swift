package import Codecs

/// Where values stand in their message: each place knows the one around it, so that deep values share their beginnings and
/// cost no quadratic memory.
package struct ValuePaths {
    /// What leads from a value into one in it.
    package enum Step {
        case element(Int)
        /// The value under a key of a map.
        case member(Value)
    }

    /// The message's own place.
    package static let root = -1
    private var steps: [(outer: Int, step: Step)] = []

    package init() {}

    /// The place inside another.
    package mutating func inside(_ outer: Int, _ step: Step) -> Int {
        steps.append((outer, step))
        return steps.count - 1
    }

    /// The key of the innermost map that a place is in; nil where there is none.
    package func member(_ place: Int) -> Value? {
        var rest = place
        while rest != Self.root {
            if case .member(let key) = steps[rest].step { return key }
            rest = steps[rest].outer
        }
        return nil
    }

    /// A place as a person writes it: `$.users[2].name`, `$["odd key"]`.
    package func text(_ place: Int, format: any PayloadFormat) -> String {
        text(place) { $0.string.flatMap(Self.plain) ?? "[\($0.readableText(format: format))]" }
    }

    /// The same with each key as `name` writes it: `.name`, `["odd key"]`.
    func text(_ place: Int, naming name: (Value) -> String) -> String {
        var found: [Step] = []
        var rest = place
        while rest != Self.root {
            found.append(steps[rest].step)
            rest = steps[rest].outer
        }
        return found.reversed().reduce(into: "$") { text, step in
            switch step {
            case .element(let index): text += "[\(index)]"
            case .member(let key): text += name(key)
            }
        }
    }

    /// `.name`, where the name needs no quotes.
    static func plain(_ name: String) -> String? { isPlain(name) ? ".\(name)" : nil }

    private static func isPlain(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, !isDigit(first) else { return false }
        return name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || isDigit($0) }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
