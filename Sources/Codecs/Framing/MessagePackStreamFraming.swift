/// The framing of MessagePack values that follow each other: a frame is one value, and ends behind its last byte.
package struct MessagePackStreamFraming: Framing {
    package let name = "stream"
    package let summary = "MessagePack values one after another: each ends by itself"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = Int(Int32.max)
        var scanner = makeScanner(limits: limits)
        let frame: FrameExtent?
        do throws(FramingError) {
            frame = try scanner.nextFrame(in: payload)
        } catch {
            throw FramingError(
                .cannotCarry, at: error.offset, "this framing carries whole values only: \(error.reason)")
        }
        guard frame?.frameBytes == payload.byteCount else {
            throw FramingError(.cannotCarry, at: 0, "the payload is not exactly one MessagePack value")
        }
        output.append(payload)
    }

    /// Steps from value to value, and needs no stack: it is enough to know how many values are still to come.
    ///
    /// Each of them takes one byte at least, so that a count or a length which cannot fit the limit is an error as soon
    /// as it is read.
    package struct Scanner: FrameScanner {
        private let maximumFrameBytes: Int
        /// Where the next value begins; it may lie behind the bytes that are there.
        private var position = 0
        /// Values that the frame still lacks.
        private var left = 1

        init(limits: DecodingLimits) { maximumFrameBytes = limits.maximumFrameBytes }

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            try bytes.withUnsafeBytes { buffer throws(FramingError) in try scan(buffer) }
        }

        private mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(FramingError) -> FrameExtent? {
            guard let base = bytes.baseAddress, maximumFrameBytes > 0 else { return try nothing(bytes.count) }
            let table = MessagePackHeader.table
            var position = position
            var left = left
            defer {
                self.position = position
                self.left = left
            }
            while left > 0 {
                guard position < bytes.count else { return nil }
                let start = base + position
                let entry = table[Int(start.load(as: UInt8.self))]
                let header = 1 &+ MessagePackHeader.width(of: entry)
                // At most 2^31 - 1 here, so that nothing overflows.
                let room = maximumFrameBytes &- position &- header &- left &+ 1
                guard room >= 0 else { throw tooLong(at: position) }
                guard bytes.count &- position >= header else { return nil }
                let number = MessagePackHeader.number(of: entry, behind: start)
                switch MessagePackHeader.shape(of: entry) {
                case MessagePackHeader.Shape.body:
                    guard number <= UInt64(room) else { throw tooLong(at: position) }
                    position &+= header &+ Int(number)
                    left &-= 1
                case MessagePackHeader.Shape.never:
                    throw FramingError(.malformed, at: position, "no MessagePack value begins with the byte C1")
                case let shape:
                    let children = shape == MessagePackHeader.Shape.map ? number &* 2 : number
                    guard children <= UInt64(room) else { throw tooLong(at: position) }
                    position &+= header
                    left = left &- 1 &+ Int(children)
                }
            }
            guard position <= bytes.count else { return nil }
            let frame = FrameExtent(payload: 0..<position, frameBytes: position)
            position = 0
            left = 1
            return frame
        }

        /// Without a byte there is nothing to say; with a limit of 0 no value fits.
        private func nothing(_ count: Int) throws(FramingError) -> FrameExtent? {
            if count > 0 { throw tooLong(at: 0) }
            return nil
        }

        private func tooLong(at position: Int) -> FramingError {
            FramingError(
                .tooLong, at: position,
                "the value claims more than the limit of \(maximumFrameBytes) bytes per message")
        }
    }
}
