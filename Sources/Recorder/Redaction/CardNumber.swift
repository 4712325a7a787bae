/// Tells the numbers of payment cards: their first digits as issuers have them, and the check digit of ISO/IEC 7812-1 (Luhn).
enum CardNumber {
    /// What a finding calls one.
    static let name = "card number"

    /// Where card numbers stand in a text: 15 or 16 digits, together or in groups with spaces or dashes.
    static func ranges(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard text.count >= 15 else { return [] }
        var found: [Range<Int>] = []
        var position = 0
        while position < text.count {
            guard isDigit(text[position]) else {
                position += 1
                continue
            }
            let start = position
            var digits: [UInt8] = []
            var end = start
            while position < text.count, digits.count <= 19 {
                if isDigit(text[position]) {
                    digits.append(text[position] - 48)
                    end = position + 1
                } else if text[position] != UInt8(ascii: " ") && text[position] != UInt8(ascii: "-")
                    || position + 1 == text.count || !isDigit(text[position + 1]) || digits.count < 4
                {
                    break
                }
                position += 1
            }
            position = max(position, end)
            let isApart = (start == 0 || !isWord(text[start - 1])) && (end == text.count || !isWord(text[end]))
            if isApart, isCard(digits) { found.append(start..<end) }
        }
        return found
    }

    private static func isCard(_ digits: [UInt8]) -> Bool {
        guard digits.count == 15 || digits.count == 16, Set(digits).count > 1 else { return false }
        let two = Int(digits[0]) * 10 + Int(digits[1])
        let four = two * 100 + Int(digits[2]) * 10 + Int(digits[3])
        let isIssued =
            digits.count == 15
            ? two == 34 || two == 37
            : digits[0] == 4 || (51...55).contains(two) || (2221...2720).contains(four) || four == 6011 || two == 65
                || (3528...3589).contains(four)
        return isIssued && luhn(digits)
    }

    private static func luhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = Int(digit) * (place % 2 == 1 ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }
}
