package import Codecs

/// Takes secrets out of messages before they are written, and puts pseudonyms in their places.
///
/// It is shared by all event loops and changes nothing: of a message that holds a secret it makes another.
package final class Redaction: Sendable {
    package let rules: [RedactionRule]
    let names: SecretNames
    let patterns: [Pattern]
    /// Whether what looks like a secret is one.
    let usesShapes: Bool
    let follower: PathFollower
    let pseudonyms: Pseudonyms
    /// Whether a secret has the same pseudonym in other recordings, too.
    package var hasLastingPseudonyms: Bool { pseudonyms.areLasting }
    private let byteRanges: [RulePath.ByteRange]

    /// How long patterns may work on one text; what they cannot decide about is taken out as a whole.
    private static let allowance = 0.05

    package init(rules: [RedactionRule], pseudonyms: Pseudonyms = Pseudonyms()) {
        self.rules = rules
        self.pseudonyms = pseudonyms
        usesShapes = rules.contains(.defaults)
        var names = SecretNames(usesShapes ? SecretNames.defaults : [])
        var patterns: [Pattern] = []
        var paths: [RulePath] = []
        var byteRanges: [RulePath.ByteRange] = []
        for rule in rules {
            switch rule {
            case .defaults: break
            case .key(let name): names.insert(name)
            case .regex(let pattern): patterns.append(pattern)
            case .path(let path):
                if let range = path.bytes { byteRanges.append(range) } else { paths.append(path) }
            }
        }
        self.names = names
        self.patterns = patterns
        self.byteRanges = byteRanges
        follower = PathFollower(paths)
    }

    // MARK: Messages

    /// The message that `tree` holds without its secrets; nil where it holds none.
    package func message(_ tree: ValueTree, codec: Codec, limits: DecodingLimits) -> RedactedMessage? {
        message(tree, codec: codec, limits: limits, known: RedactedPlaces(), isOwn: false)
    }

    /// - Parameters:
    ///   - known: what was taken out before.
    ///   - isOwn: the tree may be changed.
    func message(
        _ tree: ValueTree, codec: Codec, limits: DecodingLimits, known: RedactedPlaces, isOwn: Bool
    ) -> RedactedMessage? {
        guard codec.payload.isStructured else { return plainMessage(tree, codec, limits, known) }
        var search = ValueRedaction(self, format: codec.payload, known: known)
        ValueWalk.walk(tree.root, search.start, &search)
        guard !search.edits.isEmpty else { return nil }
        let places = search.places
        var changed = tree
        do throws(PayloadError) {
            if tree.isSourceText {
                changed = ValueTree()
                let payload = ValueEdit.splice(search.edits, into: tree.payload)
                try codec.payload.decode(payload.span.bytes, into: changed, limits: limits)
            } else {
                if !isOwn {
                    changed = ValueTree()
                    // The same payload gives the same nodes.
                    try codec.payload.decode(RawSpan(_unsafeBytes: tree.payload), into: changed, limits: limits)
                }
                ValueEdit.apply(search.edits, to: changed)
            }
            return try written(changed, codec, limits, places)
        } catch {
            // It could not be written without them, so it is not written.
            return RedactedMessage(form: .base64, text: Array("\"\"".utf8), places: ["$"])
        }
    }

    private func plainMessage(
        _ tree: ValueTree, _ codec: Codec, _ limits: DecodingLimits, _ known: RedactedPlaces
    ) -> RedactedMessage? {
        let payload = tree.payload
        guard !known.covers("bytes") else { return nil }
        var ranges = self.ranges(in: payload, .stream)
        if follower.root.isEnd, !payload.isEmpty { ranges = [0..<payload.count] }
        ranges += byteRanges.map { $0.resolved(in: payload.count) }.filter { !$0.isEmpty }
        ranges = known.remaining(of: TextRanges.merged(ranges), at: "bytes")
        guard !ranges.isEmpty else { return nil }
        let bytes = replacing(ranges, of: payload, isText: false)
        let changed = ValueTree()
        do throws(PayloadError) {
            try codec.payload.decode(bytes.span.bytes, into: changed, limits: limits)
            return try written(changed, codec, limits, ranges.map { RedactedPlaces.text("bytes", $0) })
        } catch {
            return RedactedMessage(form: .base64, text: Array("\"\"".utf8), places: ["bytes"])
        }
    }

    private func written(
        _ tree: ValueTree, _ codec: Codec, _ limits: DecodingLimits, _ places: [String]
    ) throws(PayloadError) -> RedactedMessage {
        var text = ByteWriter()
        do throws(PayloadError) {
            let form = try codec.payload.writeReadable(tree, limits: limits, into: &text)
            return RedactedMessage(form: form.key, text: text.array, settings: form.settings, places: places)
        } catch {
            // Too deep or too long to be read.
            text.removeAll()
            var payload = ByteWriter()
            if tree.isSourceText {
                payload.append(tree.payload)
            } else {
                try codec.payload.encode(tree.root, settings: tree.settings, into: &payload)
            }
            text.append(UInt8(ascii: "\""))
            payload.withUnsafeBytes { Base64.encode($0, into: &text) }
            text.append(UInt8(ascii: "\""))
            return RedactedMessage(form: .base64, text: text.array, settings: tree.settings, places: places)
        }
    }

    // MARK: Bytes

    /// Bytes that are no message of their codec without their secrets; nil where they hold none. Where it takes values to know
    /// what is secret, none of them are given.
    package func bytes(_ bytes: RawSpan, codec: Codec) -> RedactedBytes? {
        bytes.withUnsafeBytes { self.bytes($0, codec: codec, known: RedactedPlaces()) }
    }

    func bytes(_ bytes: UnsafeRawBufferPointer, codec: Codec?, known: RedactedPlaces) -> RedactedBytes? {
        guard !bytes.isEmpty else { return nil }
        if needsValues(of: codec) { return RedactedBytes(bytes: [], places: ["bytes"], withheld: bytes.count) }
        let ranges = known.remaining(of: self.ranges(in: bytes, .stream), at: "bytes")
        guard !ranges.isEmpty else { return nil }
        return RedactedBytes(
            bytes: replacing(ranges, of: bytes, isText: false),
            places: ranges.map { RedactedPlaces.text("bytes", $0) })
    }

    /// Whether bytes of a codec that do not decode may hold secrets that only values would show: those at paths, and those
    /// under keys of a binary format.
    private func needsValues(of codec: Codec?) -> Bool {
        if !follower.isEmpty || !byteRanges.isEmpty { return true }
        return !names.isEmpty && (codec.map { $0.payload is any NotationFormat } ?? true)
    }

    /// Whether a frame of a message without secrets may hold some outside of the value: in what stands around the payload, or in
    /// what a binary payload holds and its value does not (a pickle can drop what it read). There the name of a secret is enough.
    package func holdsSecret(_ frame: RawSpan, around payload: Range<Int>, codec: Codec) -> Bool {
        frame.withUnsafeBytes { holdsSecret($0, around: payload, codec: codec) }
    }

    func holdsSecret(_ frame: UnsafeRawBufferPointer, around payload: Range<Int>, codec: Codec) -> Bool {
        let before = UnsafeRawBufferPointer(rebasing: frame[..<payload.lowerBound])
        let behind = UnsafeRawBufferPointer(rebasing: frame[payload.upperBound...])
        if !ranges(in: before, .stream).isEmpty || !ranges(in: behind, .stream).isEmpty { return true }
        guard codec.payload is any NotationFormat else { return false }
        if names.appear(in: UnsafeRawBufferPointer(rebasing: frame[payload])) { return true }
        return !ranges(in: UnsafeRawBufferPointer(rebasing: frame[payload]), .string, names: false).isEmpty
    }

    // MARK: Texts

    /// Where secrets stand in a text, sorted and apart.
    func ranges(
        in text: UnsafeRawBufferPointer, _ nature: KeyedText.Nature, names usesNames: Bool = true
    ) -> [Range<Int>] {
        guard !text.isEmpty else { return [] }
        var ranges: [Range<Int>] = []
        var allowance = Pattern.Allowance(seconds: Self.allowance)
        do throws(PatternError) {
            for pattern in patterns { ranges += try pattern.groups(in: text, within: &allowance) }
            if usesShapes { ranges += try SecretShape.find(in: text, within: &allowance).map(\.range) }
        } catch {
            return [0..<text.count]
        }
        if usesNames { ranges += KeyedText.values(in: text, nature, names).map(\.value) }
        return TextRanges.merged(ranges)
    }

    func replacing(_ ranges: [Range<Int>], of text: UnsafeRawBufferPointer, isText: Bool) -> [UInt8] {
        TextRanges.replacing(ranges, of: text) { pseudonyms.pseudonym(of: $0, isText: isText) }
    }
}

/// A message whose secrets were taken out.
package struct RedactedMessage: Sendable, Hashable {
    /// Which readable form it has.
    package var form: ReadableForm.Key
    /// The form's JSON text.
    package var text: [UInt8]
    /// How the payload was written.
    package var settings = WritingSettings()
    /// Where secrets stood.
    package var places: [String]
}

/// Bytes whose secrets were taken out.
package struct RedactedBytes: Sendable, Hashable {
    package var bytes: [UInt8]
    /// Where secrets stood.
    package var places: [String]
    /// How many bytes there were, where none of them are given.
    package var withheld: Int?
}
