package import Codecs

/// A port that a mock answers on.
package struct MockPortSettings: Sendable {
    /// The port that was recorded; nil: every one with that codec which no other port of the mock stands for.
    package var recorded: Int?
    package var codec: Codec
    package var limits: DecodingLimits
    /// Another server is asked what was not recorded.
    package var refersUnmatched: Bool

    package init(
        recorded: Int? = nil, codec: Codec, limits: DecodingLimits = DecodingLimits(), refersUnmatched: Bool = false
    ) {
        self.recorded = recorded
        self.codec = codec
        self.limits = limits
        self.refersUnmatched = refersUnmatched
    }
}

/// How a mock goes about its work.
package struct MockOptions: Sendable {
    /// The most bytes of requests and answers that are kept.
    package static let maximumBytes = 256 << 20

    /// Within a session, requests are known in the recorded order only.
    package var isStrict = false
    /// What requests may be, where they need not be as recorded.
    package var rules: [MatchRule] = []
    /// The rules of the recordings' headers do not count.
    package var ignoresHeaderRules = false
    /// The most bytes of requests and answers that are kept.
    package var maximumBytes = MockOptions.maximumBytes

    package init() {}
}
