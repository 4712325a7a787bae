/// What the transport gave differently this time: the port that a recorded client had, and the one that it has now.
///
/// Servers hand a client's port back (as an id, in a greeting, in a menu), and clients send it again. It is known exactly,
/// so it is replaced in what is sent and in what is expected: an answer must hold the right one.
struct TransportBindings: Sendable {
    /// Bindings that are kept for the report.
    private static let maximumUsed = 1_000

    /// By the recorded port; a port that was used again stands for its last client.
    private var ports: [Int: ReplayBinding] = [:]
    private(set) var used: Set<ReplayBinding> = []

    /// A session's client has another port now.
    mutating func bind(session: Int, recordedPort: Int, actualPort: Int) {
        guard (1...65_535).contains(recordedPort) else { return }
        ports[recordedPort] = ReplayBinding(
            recorded: String(recordedPort), actual: String(actualPort), session: session)
    }

    /// The JSON text with every recorded port in it replaced; nil where none stands in it. A port is a run of digits that
    /// is a word of its own: neither part of a longer number, nor a negative one, nor inside a name.
    mutating func replaced(in text: [UInt8]) -> [UInt8]? {
        guard !ports.isEmpty else { return nil }
        var result: [UInt8]?
        var copied = 0
        var offset = 0
        // What stands before, with an escape as a space: the "n" of "\\n" is no part of a word.
        var before: UInt8 = 32
        var beforeThat: UInt8 = 32
        while offset < text.count {
            let byte = text[offset]
            guard Self.isDigit(byte) else {
                beforeThat = before
                before = byte
                offset += 1
                if byte == UInt8(ascii: "\\") {
                    offset = min(
                        offset + (offset < text.count && text[offset] == UInt8(ascii: "u") ? 5 : 1), text.count)
                    before = 32
                }
                continue
            }
            let start = offset
            var number = 0
            while offset < text.count, Self.isDigit(text[offset]) {
                number = min(number * 10 + Int(text[offset] - 48), 100_000)
                offset += 1
            }
            let isWord = Self.isWord(text, start..<offset, before, beforeThat)
            beforeThat = 48
            before = 48
            guard isWord, text[start] != 48, let use = ports[number] else { continue }
            if used.count < Self.maximumUsed { used.insert(use) }
            var replaced = result ?? []
            replaced.append(contentsOf: text[copied..<start])
            replaced.append(contentsOf: use.actual.utf8)
            result = replaced
            copied = offset
        }
        result?.append(contentsOf: text[copied...])
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private static func isWord(_ text: [UInt8], _ run: Range<Int>, _ before: UInt8, _ beforeThat: UInt8) -> Bool {
        func byte(at offset: Int) -> UInt8 { text.indices.contains(offset) ? text[offset] : 32 }
        let after = byte(at: run.upperBound)
        if isNameByte(before) || isNameByte(after) { return false }
        if before == UInt8(ascii: "."), isDigit(beforeThat) { return false }
        if after == UInt8(ascii: "."), isDigit(byte(at: run.upperBound + 1)) { return false }
        // A sign, unless it joins two words.
        if before == UInt8(ascii: "-"), !isNameByte(beforeThat) { return false }
        return true
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte > 127
    }
}
