internal import Codecs

/// Compares numbers whose kinds may differ.
enum NumberComparison {
    /// Whether two values are the same number: an integer, a float and a decimal text by what they stand for. A bool is no
    /// number.
    static func areEqual(_ left: Value, _ right: Value) -> Bool {
        switch (left.kind, right.kind) {
        case (.float, .float):
            let (first, second) = (Double(bitPattern: left.node.payload), Double(bitPattern: right.node.payload))
            return first == second || first.isNaN && second.isNaN
        case (.number, .number):
            guard let first = DecimalNumber(left.content), let second = DecimalNumber(right.content) else {
                return left.content.elementsEqual(right.content)
            }
            return first == second
        case (.int, .float): return isEqual(left, right)
        case (.float, .int): return isEqual(right, left)
        case (.bigInt, .float): return isEqualBig(left, right)
        case (.float, .bigInt): return isEqualBig(right, left)
        default: return left.kind == right.kind && ValueDiff.areEqualScalars(left, right)
        }
    }

    /// Whether a number is as near to the recorded one as it has to be. Both are of one kind, or kinds do not matter.
    static func areNear(_ recorded: Value, _ actual: Value, _ tolerance: MatchRule.Tolerance) -> Bool {
        if areEqual(recorded, actual) { return true }
        guard let left = double(recorded), let right = double(actual) else { return false }
        let allowed: Double
        switch tolerance {
        case .absolute(let most): allowed = most
        case .relative(let part): allowed = abs(left) * part
        }
        if let first = recorded.int, let second = actual.int {
            // The last digits of large integers count as well.
            let (distance, overflow) = first.subtractingReportingOverflow(second)
            return !overflow && Double(distance.magnitude) <= allowed
        }
        // Written in decimal 1.1 is 0.1 away from 1; in binary it is a little more.
        return abs(left - right) <= allowed + max(abs(left), abs(right)).ulp
    }

    private static func double(_ value: Value) -> Double? {
        guard value.kind == .bigInt else { return value.double }
        // Least significant byte first.
        let bytes = Array(value.content)
        let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
        let magnitude = bytes.reversed().reduce(0.0) { $0 * 256 + Double(isNegative ? ~$1 : $1) }
        return isNegative ? -magnitude - 1 : magnitude
    }

    private static func isEqual(_ integer: Value, _ float: Value) -> Bool {
        Int64(exactly: Double(bitPattern: float.node.payload)) == Int64(bitPattern: integer.node.payload)
    }

    /// A large integer and a float: the float's bytes as an integer are as many as an exponent can ask for, 129.
    private static func isEqualBig(_ integer: Value, _ float: Value) -> Bool {
        let double = Double(bitPattern: float.node.payload)
        guard double.isFinite, double.exponent >= 52 else { return false }
        let significand = double.significandBitPattern | 1 << 52
        let shift = Int(double.exponent) - 52
        var bytes = [UInt8](repeating: 0, count: shift / 8)
        var carried: UInt8 = 0
        for index in 0..<8 {
            let byte = UInt8(truncatingIfNeeded: significand >> (8 * index))
            bytes.append(byte << (shift % 8) | carried)
            carried = UInt8(truncatingIfNeeded: (UInt16(byte) << (shift % 8)) >> 8)
        }
        bytes += [carried, 0]
        if double < 0 {
            var borrow = true
            for index in bytes.indices {
                bytes[index] = ~bytes[index] &+ (borrow ? 1 : 0)
                borrow = borrow && bytes[index] == 0
            }
        }
        return trimmed(bytes) == trimmed(Array(integer.content))
    }

    /// Two's complement without bytes that only repeat the sign.
    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        while bytes.count > 1, let last = bytes.last, let before = bytes.dropLast().last,
            last == 0 && before < 0x80 || last == 0xFF && before >= 0x80
        {
            bytes.removeLast()
        }
        return bytes
    }
}
