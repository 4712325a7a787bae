/// Under which names the clients of a recording sent numbers of their own, which the server gave back under the same name:
/// the `id` of JSON-RPC, a sequence number.
///
/// Every answered request with a number of that name has to have got it back, and the numbers have to look made up: they
/// count up by one from message to message of a session, or are of four digits or more. What is asked for by number (`{"user":
/// 5}`) is given back as well, but does neither.
struct EchoedNames {
    /// Names that are looked at, at most.
    private static let maximumNames = 1_000

    private struct Name {
        var isEchoed = true
        var counts = true
        /// Any session begins with 0 or 1, or has two numbers.
        var isSeenCounting = false
        var areLong = true
        var uses = 0
        var last: (session: Int, number: Int)?
    }

    private var names: [[UInt8]: Name] = [:]

    /// Takes an exchange: the numbers of its request and those of its answers.
    mutating func take(_ request: [NamedNumber], answers: [NamedNumber], isAnswered: Bool, session: Int) {
        for number in request {
            guard names[number.name] != nil || names.count < Self.maximumNames else { continue }
            var name = names[number.name] ?? Name()
            name.uses += 1
            if isAnswered, !answers.contains(where: { $0.name == number.name && $0.text == number.text }) {
                name.isEchoed = false
            }
            if number.text.count < 4 || number.text.first == UInt8(ascii: "-") { name.areLong = false }
            let value = Int(String(decoding: number.text, as: UTF8.self)) ?? .min
            if let last = name.last, last.session == session {
                if value == .min || value - 1 != last.number { name.counts = false } else { name.isSeenCounting = true }
            } else if value == 0 || value == 1 {
                name.isSeenCounting = true
            }
            name.last = (session, value)
            names[number.name] = name
        }
    }

    /// Those that are.
    var found: Set<[UInt8]> {
        Set(names.filter { $0.value.isEchoed && ($0.value.counts && $0.value.isSeenCounting || $0.value.areLong) }.keys)
    }
}
