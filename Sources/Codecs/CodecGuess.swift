/// Which codec streams speak, found by really reading their first bytes with each one that they could be.
///
/// An automatic choice may fall back, and says so in its reason; a codec that somebody named is never guessed away.
package struct CodecGuess: Sendable {
    /// The first bytes of one direction of a connection.
    package struct Start: Sendable {
        package var bytes: [UInt8]
        /// Whether the stream has no more bytes than these.
        package var isWhole: Bool

        package init(bytes: [UInt8], isWhole: Bool) {
            self.bytes = bytes
            self.isWhole = isWhole
        }
    }

    package let codec: Codec
    /// A sentence part: why this one.
    package let reason: String
    /// Whether nothing fits, so that the bytes are shown as they came.
    package let isFallback: Bool

    /// How many bytes of a stream are worth looking at.
    package static let usefulBytes = 64 << 10

    /// Guesses from the starts of streams that speak the same, in either direction; empty ones say nothing.
    package init(starts: [Start]) {
        let starts = starts.filter { !$0.bytes.isEmpty }
        let chunks = Codec(payload: RawFormat(), framing: ChunksFraming())
        guard !starts.isEmpty else {
            self.init(chunks, "no bytes passed", isFallback: true)
            return
        }
        for start in starts {
            guard let guess = ProtocolGuess(firstBytes: start.bytes.span.bytes), guess.isForeign else { continue }
            self.init(chunks, "this looks like \(guess.what), for which there is no codec", isFallback: true)
            return
        }
        for candidate in Candidate.all {
            guard let count = candidate.messages(in: starts) else { continue }
            let name = candidate.codec.name
            let reason =
                switch count {
                case 0: "the first bytes begin a message of \(name)"
                case 1: "the first bytes read as 1 message of \(name)"
                default: "the first bytes read as \(count) messages of \(name)"
                }
            self.init(candidate.codec, reason, isFallback: false)
            return
        }
        self.init(chunks, "the first bytes read as no codec that is known", isFallback: true)
    }

    private init(_ codec: Codec, _ reason: String, isFallback: Bool) {
        self.codec = codec
        self.reason = reason
        self.isFallback = isFallback
    }
}

extension CodecGuess {
    /// A codec that is tried, and what its messages must be to count.
    fileprivate struct Candidate {
        enum Demand {
            case anything
            /// At least one message is a list or a map: lines of numbers may be anything.
            case containers
            /// A list or map in text begins, so long that the bytes do not hold its end.
            case begun
            /// Every message is a list or map as programs write them, and one is not empty: almost any bytes read as
            /// MessagePack.
            case records
            /// All payloads are text, at least two of them or one that is the whole stream.
            case text
        }

        var codec: Codec
        var demand: Demand

        /// In the order in which they are tried: what is hardest to read by accident comes first.
        static let all: [Candidate] = {
            let prefixes = [
                "u32be", "u32le", "u64be", "u64le", "u16be", "u16le", "varint", "u8", "u32be+4", "u32le+4", "u16be+2",
            ]
            var names: [(String, Demand)] = [
                ("json/content-length", .anything), ("pickle/stream", .anything), ("json/rs", .anything),
                ("json/lines", .containers), ("json/nul", .containers), ("json/netstring", .anything),
                ("json/concat", .containers),
            ]
            names += prefixes.map { ("pickle/" + $0, .anything) } + [("pickle/mp", .anything)]
            names += prefixes.map { ("json/" + $0, .anything) }
            names += [("json/lines", .begun), ("json/concat", .begun)]
            names += ["msgpack/stream", "msgpack/u64be", "msgpack/u32be", "msgpack/u64le", "msgpack/u32le"].map {
                ($0, .records)
            }
            names += [("raw/netstring", .anything), ("raw/content-length", .anything)]
            // The wider ones first: half of a wide length reads as an empty message.
            names += ["u64be", "u64le", "u32be", "u32le", "u16be", "u16le", "u32be+4", "u32le+4", "u16be+2"].map {
                ("raw/" + $0, .text)
            }
            names += [("raw/lines", .text), ("raw/nul", .text)]
            return names.compactMap { name, demand in
                (try? CodecRegistry.codec(named: name)).map { Candidate(codec: $0, demand: demand) }
            }
        }()

        /// How many messages all streams read as; nil where one does not.
        func messages(in starts: [Start]) -> Int? {
            var total = 0
            var hasContainer = false
            for start in starts {
                guard let (count, found) = messages(in: start) else { return nil }
                total += count
                hasContainer = hasContainer || found
            }
            if demand == .begun { return starts.contains(where: Self.beginsContainer) ? total : nil }
            let needsContainer = demand == .containers || demand == .records
            guard total > 0, !needsContainer || hasContainer else { return nil }
            return total
        }

        private func messages(in start: Start) -> (count: Int, hasContainer: Bool)? {
            var reader = MessageReader(codec: codec, limits: DecodingLimits(), tellsLook: false)
            let tree = ValueTree()
            var count = 0
            var hasContainer = false
            var offset = 0
            while true {
                let unread = start.bytes[offset...]
                let rest = unread.span.bytes
                do throws(MessageError) {
                    var frame = try reader.nextMessage(in: rest, into: tree)
                    if frame == nil, start.isWhole { frame = try reader.finish(in: rest, into: tree) }
                    guard let frame else {
                        // A whole stream ends between two messages; of a longer one the last message is cut off.
                        guard !start.isWhole || reader.endsCleanly(with: rest) else { return nil }
                        return count > 0 || !start.isWhole ? (count, hasContainer) : nil
                    }
                    offset += frame.frameBytes
                } catch {
                    return nil
                }
                if demand == .text, !JSONString.isPrintable(tree.payload) { return nil }
                if demand == .records, !Self.isRecord(tree.root) { return nil }
                if tree.root.kind == .map || tree.root.kind == .list {
                    // A single byte is an empty one of MessagePack.
                    hasContainer = hasContainer || demand != .records || tree.root.childCount > 0
                }
                count += 1
            }
        }
    }
}

extension CodecGuess.Candidate {
    /// Fewer bytes than these may begin like JSON by accident.
    private static let fewestBegun = 1_000

    /// Whether a stream begins with a list or map of JSON, and goes on as text.
    fileprivate static func beginsContainer(_ start: CodecGuess.Start) -> Bool {
        guard !start.isWhole, start.bytes.count >= fewestBegun else { return false }
        guard let first = start.bytes.first(where: { ![9, 10, 13, 32].contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return false }
        // The last character may be cut.
        return start.bytes.withUnsafeBytes { bytes in
            (0...3).contains { JSONString.isPrintable(UnsafeRawBufferPointer(rebasing: bytes.dropLast($0))) }
        }
    }

    /// Whether a value is a list or map of which all texts are UTF-8 and all keys are texts or integers, all distinct.
    fileprivate static func isRecord(_ root: Value) -> Bool {
        guard root.kind == .list || root.kind == .map else { return false }
        for index in 0..<root.tree.nodeCount {
            let value = Value(tree: root.tree, index: UInt32(truncatingIfNeeded: index))
            if value.kind == .legacyString { return false }
            guard value.kind == .map else { continue }
            var keys: Set<[UInt8]> = []
            for (key, _) in value.entries {
                switch key.kind {
                case .string: guard keys.insert(Array(key.content)).inserted else { return false }
                case .int: guard keys.insert(Array("\(key.int ?? 0)".utf8) + [0xFF]).inserted else { return false }
                default: return false
                }
            }
        }
        return true
    }
}
