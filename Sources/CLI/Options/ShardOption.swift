internal import Glibc
import Recorder
import Replay

/// One of several parts of the recordings: `2/4`.
enum ShardOption {
    static func parse(_ text: String) throws(UsageFault) -> Shard {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], let shard = Shard(number, of: count) else {
            throw UsageFault(
                "\"\(text)\" is no shard: it is I/N, such as 2/4 for the second of four; there are at most "
                    + "\(Shard.maximumCount)")
        }
        return shard
    }

    /// What says where a recording belongs: its path from the working folder, so that checkouts of the same project agree
    /// wherever they lie, and how long it lasts.
    static func item(_ path: String) -> Shard.Item {
        let (own, working) = (LastRun.resolved(path), LastRun.resolved("."))
        let folder = working.hasSuffix("/") ? working : working + "/"
        return Shard.Item(
            name: own.hasPrefix(folder) ? String(own.dropFirst(folder.count)) : own,
            duration: RecordingDuration.microseconds(ofRecordingAt: path) ?? 0)
    }
}
