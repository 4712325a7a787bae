/// Makes a value smaller: members and elements are taken out, texts and numbers lessened, as long as something holds.
enum ValueShrinking {
    /// Shorter texts are taken out as a whole or not at all.
    static let shortText = 16
    /// Of a longer text than this no single characters are taken out.
    private static let longText = 64
    private static let pieceOfLongText = 8

    typealias Question = (ShrinkableValue) async throws -> Bool

    /// The smallest value that is found. The value itself holds.
    static func shrink(_ value: ShrinkableValue, holds: Question) async throws -> ShrinkableValue {
        switch value {
        case .list(let elements):
            var kept = try await Minimizing.minimize(elements) { try await holds(.list($0)) }
            for index in kept.indices {
                kept[index] = try await shrink(kept[index]) { smaller in
                    try await holds(.list(kept.replacing(index, with: smaller)))
                }
            }
            return .list(kept)
        case .map(let members):
            var kept = try await Minimizing.minimize(members) { try await holds(.map($0)) }
            for index in kept.indices {
                kept[index].value = try await shrink(kept[index].value) { smaller in
                    let member = ShrinkableValue.Member(key: kept[index].key, value: smaller)
                    return try await holds(.map(kept.replacing(index, with: member)))
                }
            }
            return .map(kept)
        case .string(let text): return .string(try await shrink(text: text) { try await holds(.string($0)) })
        case .number(let text): return .number(try await shrink(number: text) { try await holds(.number($0)) })
        case .word: return value
        }
    }

    /// A shorter text that is cut between characters.
    static func shrink(text: [UInt8], holds: ([UInt8]) async throws -> Bool) async throws -> [UInt8] {
        let characters = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        // A lone surrogate is no character of a text.
        guard !text.isEmpty, bytes(characters) == text else { return text }
        guard characters.count >= shortText else { return try await holds([]) ? [] : text }
        var kept = try await Minimizing.minimize(characters, smallestChunk: pieceOfLongText) {
            try await holds(bytes($0))
        }
        if kept.count <= longText {
            kept = try await Minimizing.minimize(kept) { try await holds(bytes($0)) }
        }
        return bytes(kept)
    }

    private static func bytes(_ characters: [Unicode.Scalar]) -> [UInt8] {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: characters)
        return Array(String(text).utf8)
    }

    /// A number with fewer digits: 0, or without some of its last ones.
    static func shrink(number: [UInt8], holds: ([UInt8]) async throws -> Bool) async throws -> [UInt8] {
        let zero = number.contains(UInt8(ascii: ".")) ? Array("0.0".utf8) : Array("0".utf8)
        guard number.count > 1, number != zero else { return number }
        if try await holds(zero) { return zero }
        var kept = number
        while kept.count > 1, kept.last.map(isDigit) == true, isDigit(kept[kept.count - 2]),
            try await holds(Array(kept.dropLast()))
        {
            kept.removeLast()
        }
        return kept
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension Array {
    fileprivate func replacing(_ index: Int, with element: Element) -> [Element] {
        var changed = self
        changed[index] = element
        return changed
    }
}
