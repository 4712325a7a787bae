internal import CPcre2

/// A regular expression (PCRE2), made so that neither a hostile pattern nor a hostile text can hang the program or use up
/// its memory.
///
/// Texts are UTF-8; bytes that are none match nothing, and what is around them is still searched. `^` and `$` are the text's
/// own ends, also behind a line break; `(?m)` makes them those of lines, `(?i)` lets case go, `(?s)` lets `.` match line
/// breaks.
///
/// How long a pattern may work is counted in an ``Allowance``. PCRE2's own limit counts anew from each place where a match
/// could begin, so that it bounds no search of a long text; it is there for memory. Just-in-time code would keep neither.
package final class Pattern: Sendable {
    /// The longest pattern, in bytes.
    package static let maximumBytes = 4_096
    private static let maximumHeapKibibytes: UInt32 = 16 << 10
    private static let maximumSteps: UInt32 = 10_000_000

    /// The pattern as it was written.
    package let text: String
    // PCRE2 never changes a compiled pattern, and lets threads share it.
    nonisolated(unsafe) private let code: OpaquePointer
    /// The same for texts that are not UTF-8: it checks each text again for every search.
    nonisolated(unsafe) private let lenientCode: OpaquePointer

    /// Compiles a pattern.
    package init(_ text: String) throws(PatternError) {
        self.text = text
        let options = UInt32(PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT)
        code = try Self.compile(text, options)
        do throws(PatternError) {
            lenientCode = try Self.compile(text, options | UInt32(PCRE2_MATCH_INVALID_UTF))
        } catch {
            pcre2_code_free_8(code)
            throw error
        }
    }

    deinit {
        pcre2_code_free_8(code)
        pcre2_code_free_8(lenientCode)
    }

    private static func compile(_ text: String, _ options: UInt32) throws(PatternError) -> OpaquePointer {
        let bytes = Array(text.utf8)
        guard bytes.count <= maximumBytes else {
            throw PatternError(
                .malformed, at: maximumBytes, "the pattern has \(bytes.count) bytes, at most \(maximumBytes) are taken")
        }
        var number: Int32 = 0
        var offset = 0
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &number, &offset, nil) else {
            throw PatternError(.malformed, at: offset, message(number))
        }
        return code
    }

    /// Whether it matches anywhere in the text.
    package func matches(_ text: RawSpan, within allowance: inout Allowance) throws(PatternError) -> Bool {
        try text.withUnsafeBytes { (text) throws(PatternError) in
            try search(text, options: 0, within: &allowance) { _, _ in false }
        }
    }

    /// Where it matches, from left to right and without overlap. What is empty is no match.
    package func ranges(in text: RawSpan, within allowance: inout Allowance) throws(PatternError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        try text.withUnsafeBytes { (text) throws(PatternError) in
            _ = try search(text, options: UInt32(PCRE2_NOTEMPTY), within: &allowance) { found, _ in
                ranges.append(found)
                return true
            }
        }
        return ranges
    }

    /// Where the first group stands in each match, from left to right; where the pattern has none, or the match does without
    /// it, the whole match.
    package func groups(
        in text: UnsafeRawBufferPointer, within allowance: inout Allowance
    ) throws(PatternError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        _ = try search(text, options: UInt32(PCRE2_NOTEMPTY), within: &allowance) { found, group in
            let range = group ?? found
            if !range.isEmpty { ranges.append(range) }
            return true
        }
        return ranges
    }

    /// Searches match after match, as long as `take` asks for more; whether there was one.
    private func search(
        _ text: UnsafeRawBufferPointer, options: UInt32, within allowance: inout Allowance,
        _ take: (_ match: Range<Int>, _ group: Range<Int>?) -> Bool
    ) throws(PatternError) -> Bool {
        guard let matching = Matching(PatternClock(&allowance, bytes: text.count)) else {
            throw PatternError(.overLimit, at: 0, "there is no memory for a search")
        }
        defer { allowance.nanoseconds = matching.clock.left }
        var empty: UInt8 = 0
        return try withUnsafePointer(to: &empty) { (nothing) throws(PatternError) in
            let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing
            let isText = text.isValidUTF8
            let flags = options | (isText ? UInt32(PCRE2_NO_UTF_CHECK) : 0)
            var offset = 0
            var hasFound = false
            while offset <= text.count {
                let result = matching.match(isText ? code : lenientCode, start, text.count, from: offset, flags)
                if result == PCRE2_ERROR_NOMATCH { break }
                guard result >= 0, let found = matching.range else { throw Self.failure(result, matching.clock) }
                hasFound = true
                // \K can set a match's start behind its end, or its end where the search began.
                guard take(found, matching.group(result)), found.upperBound > offset else { break }
                offset = found.upperBound
            }
            return hasFound
        }
    }

    private static func failure(_ result: Int32, _ clock: PatternClock) -> PatternError {
        switch result {
        case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_CALLOUT: PatternError(.overLimit, at: 0, "the pattern takes too long")
        case PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_NOMEMORY:
            PatternError(.overLimit, at: 0, "the pattern takes too much memory")
        default: PatternError(.overLimit, at: 0, message(result))
        }
    }

    private static func message(_ number: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(number, &text, text.count)
        return count > 0 ? String(decoding: text.prefix(Int(count)), as: UTF8.self) : "error \(number)"
    }

    /// What PCRE2 needs for the searches of one text.
    private final class Matching {
        let clock: PatternClock
        private let data: OpaquePointer
        private let context: OpaquePointer

        init?(_ clock: PatternClock) {
            guard let data = pcre2_match_data_create_8(2, nil) else { return nil }
            guard let context = pcre2_match_context_create_8(nil) else {
                pcre2_match_data_free_8(data)
                return nil
            }
            self.clock = clock
            self.data = data
            self.context = context
            pcre2_set_heap_limit_8(context, Pattern.maximumHeapKibibytes)
            pcre2_set_match_limit_8(context, Pattern.maximumSteps)
            pcre2_set_callout_8(
                context,
                { _, clock in
                    guard let clock else { return 0 }
                    let isInTime = Unmanaged<PatternClock>.fromOpaque(clock).takeUnretainedValue().tick()
                    // A number above 0 would only say that there is no match at this place.
                    return isInTime ? 0 : PCRE2_ERROR_CALLOUT
                }, Unmanaged.passUnretained(clock).toOpaque())
        }

        deinit {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }

        func match(
            _ code: OpaquePointer, _ text: UnsafePointer<UInt8>, _ count: Int, from offset: Int, _ flags: UInt32
        ) -> Int32 {
            guard clock.tick() else { return PCRE2_ERROR_CALLOUT }
            return pcre2_match_8(code, text, count, offset, flags, data, context)
        }

        /// Where the first group was in the last match, whose result that is; nil where it took no part.
        func group(_ result: Int32) -> Range<Int>? {
            // 0: there are more groups than are kept.
            guard result == 0 || result >= 2, let ends = pcre2_get_ovector_pointer_8(data), ends[2] <= ends[3],
                ends[3] != .max
            else { return nil }
            return ends[2]..<ends[3]
        }

        /// Where the last match was.
        var range: Range<Int>? {
            guard let ends = pcre2_get_ovector_pointer_8(data), ends[0] <= ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }
}

extension Pattern: Hashable {
    package static func == (left: Pattern, right: Pattern) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension UnsafeRawBufferPointer {
    fileprivate var isValidUTF8: Bool {
        // A pass over eight bytes at a time finds out most of what there is.
        var offset = 0
        while offset + 8 <= count, loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
            offset += 8
        }
        return String(validating: self[offset...], as: UTF8.self) != nil
    }
}
