/// What became of a file that is read while it grows.
package enum RecordingFate: Sendable, Hashable {
    /// It stands where it was opened.
    case stands
    /// Another file stands there.
    case replaced
    /// Nothing stands there.
    case gone
    /// It is shorter than what was read of it.
    case cut
    /// It begins with something else than it did.
    case rewritten
}
