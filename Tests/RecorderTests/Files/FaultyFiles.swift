import Glibc
import Synchronization

@testable import Recorder

/// The system's files, of whose operations the n-th fails: the one that makes, writes, syncs, cuts, closes, moves, links or
/// removes.
///
/// A write takes 64 bytes at most, so that there are several.
final class FaultyFiles: Sendable {
    /// An operation, and whether it was the one to fail.
    enum Operation: String { case make, write, sync, syncFolder, cut, close, move, link, remove }

    private struct State {
        var count = 0
        var failed: [Operation] = []
    }

    private let state = Mutex(State())
    private let failing: Int
    private let failsForEver: Bool

    init(failing: Int, forEver: Bool) {
        self.failing = failing
        failsForEver = forEver
    }

    var failed: [Operation] { state.withLock { $0.failed } }

    private func fails(_ operation: Operation) -> Bool {
        state.withLock { state in
            defer { state.count += 1 }
            guard failsForEver ? state.count >= failing : state.count == failing else { return false }
            state.failed.append(operation)
            return true
        }
    }

    var operations: FileOperations {
        let system = FileOperations.system
        var faulty = system
        faulty.make = { [self] in fails(.make) ? -EACCES : system.make($0) }
        faulty.write = { [self] in fails(.write) ? Int(-ENOSPC) : system.write($0, .init(rebasing: $1.prefix(64))) }
        faulty.sync = { [self] in fails(.sync) ? -EIO : system.sync($0) }
        faulty.syncFolder = { [self] in fails(.syncFolder) ? -EIO : system.syncFolder($0) }
        faulty.cut = { [self] in fails(.cut) ? -EIO : system.cut($0, $1) }
        faulty.close = { [self] descriptor in
            let fails = fails(.close)
            let number = system.close(descriptor)
            return fails ? -EIO : number
        }
        faulty.move = { [self] in fails(.move) ? -EIO : system.move($0, $1, $2) }
        faulty.link = { [self] in fails(.link) ? -EPERM : system.link($0, $1) }
        faulty.remove = { [self] in fails(.remove) ? -EIO : system.remove($0) }
        return faulty
    }
}
