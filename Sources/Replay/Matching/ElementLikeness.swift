internal import Codecs

/// How much the elements of two lists are alike: the share of their members, elements or words that both have.
struct ElementLikeness {
    /// Features of an element that are looked at.
    private static let maximumFeatures = 64
    /// Bytes of a text that are looked at.
    private static let maximumBytes = 256

    private let left: [Value]
    private let right: [Value]
    private var leftFeatures: [Int: [Int]] = [:]
    private var rightFeatures: [Int: [Int]] = [:]

    init(_ left: [Value], _ right: [Value]) {
        self.left = left
        self.right = right
    }

    /// From 0, nothing in common, to 1.
    mutating func similarity(_ i: Int, _ j: Int) -> Double {
        guard left[i].kind == right[j].kind else { return 0 }
        let ours = Self.remembered(&leftFeatures, i) { left[i] }
        let theirs = Self.remembered(&rightFeatures, j) { right[j] }
        guard !ours.isEmpty, !theirs.isEmpty else { return 0 }
        var shared = 0
        var (a, b) = (0, 0)
        while a < ours.count, b < theirs.count {
            if ours[a] == theirs[b] {
                shared += 1
                (a, b) = (a + 1, b + 1)
            } else if ours[a] < theirs[b] {
                a += 1
            } else {
                b += 1
            }
        }
        return Double(2 * shared) / Double(ours.count + theirs.count)
    }

    /// A number for each element, the same for those that are written the same way.
    static func identities(_ values: [Value], format: any PayloadFormat) -> [Int] {
        values.map { $0.readableText(format: format).hashValue }
    }

    private static func remembered(_ known: inout [Int: [Int]], _ index: Int, _ value: () -> Value) -> [Int] {
        if let found = known[index] { return found }
        let found = features(of: value())
        known[index] = found
        return found
    }

    private static func features(of value: Value) -> [Int] {
        switch value.kind {
        case .map:
            return value.entries.prefix(maximumFeatures).map { feature($0.value, under: feature($0.key, under: 0)) }
                .sorted()
        case .string:
            return value.content.split(maxSplits: maximumFeatures) { !isWordByte($0) }.prefix(maximumFeatures).map {
                var hasher = Hasher()
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0))
                return hasher.finalize()
            }.sorted()
        default: return value.children.prefix(maximumFeatures).map { feature($0, under: 0) }.sorted()
        }
    }

    private static func feature(_ value: Value, under key: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(key)
        hasher.combine(value.kind)
        if value.childCount > 0 {
            hasher.combine(value.childCount)
        } else if let text = value.text {
            hasher.combine(text.prefix(maximumBytes))
        } else if [.number, .bigInt, .bytes, .byteArray, .legacyString, .typedBytes].contains(value.kind) {
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: value.content.prefix(maximumBytes)))
        } else if [.int, .float].contains(value.kind) {
            hasher.combine(value.node.payload)
        }
        return hasher.finalize()
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte > 127
    }
}
