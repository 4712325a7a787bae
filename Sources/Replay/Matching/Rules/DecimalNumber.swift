/// A number as decimal text has it, by its value: `1`, `1.0` and `10e-1` are one. No digit is lost, however many there are.
struct DecimalNumber: Equatable {
    private var isNegative = false
    /// Without zeros at either end.
    private var digits: [UInt8] = []
    /// The power of ten that the digits are multiplied by.
    private var exponent = 0

    /// Reads digits with or without sign, point and exponent; nil where it is something else, or where the exponent is beyond
    /// reason.
    init?(_ text: some Sequence<UInt8>) {
        var rest = Array(text)[...]
        if rest.first == UInt8(ascii: "-") {
            isNegative = true
            rest = rest.dropFirst()
        }
        let mantissa = rest.prefix { $0 | 32 != UInt8(ascii: "e") }
        if mantissa.count < rest.count {
            guard let number = Int(String(decoding: rest.dropFirst(mantissa.count + 1), as: UTF8.self)),
                number.magnitude < 1 << 40
            else { return nil }
            exponent = number
        }
        if let point = mantissa.firstIndex(of: UInt8(ascii: ".")) { exponent -= mantissa.endIndex - point - 1 }
        let all = mantissa.filter { $0 != UInt8(ascii: ".") }
        guard !all.isEmpty, all.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        let zeros = all.reversed().prefix { $0 == 48 }.count
        digits = Array(all.dropLast(zeros).drop { $0 == 48 })
        exponent = digits.isEmpty ? 0 : exponent + zeros
        if digits.isEmpty { isNegative = false }
    }
}
