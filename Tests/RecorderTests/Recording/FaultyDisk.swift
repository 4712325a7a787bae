import Dispatch
import Glibc
import Synchronization

@testable import Recorder

/// A disk with one file, whose n-th operation fails; and what the file holds, to the kernel and after a power cut.
///
/// A write takes 16 bytes at most, so that a commit takes several.
final class FaultyDisk: Sendable {
    struct State {
        /// What a reader of the file sees.
        var bytes: [UInt8] = []
        /// What is there after a power cut.
        var safe: [UInt8] = []
        var hasName = true
        var operations = 0
        var syncs = 0
        var writes = 0
        /// The failing operation, from 0; nil: none fails.
        var failing: Int?
        var failsForEver = false
        /// Whether what failed was to cut the file.
        var failedToCut = false
    }

    private let state: Mutex<State>
    /// Called before each write and each sync, on the thread that does it.
    private let before: @Sendable () -> Void
    private let largestWrite: Int

    init(
        failing: Int? = nil, forEver: Bool = false, largestWrite: Int = 16, before: @escaping @Sendable () -> Void = {}
    ) {
        state = Mutex(State(failing: failing, failsForEver: forEver))
        self.largestWrite = largestWrite
        self.before = before
    }

    var now: State { state.withLock { $0 } }

    /// Whether this operation fails.
    private static func fails(_ state: inout State) -> Bool {
        defer { state.operations += 1 }
        guard let failing = state.failing else { return false }
        return state.failsForEver ? state.operations >= failing : state.operations == failing
    }

    /// As the writer asks for them.
    var operations: FileOperations {
        FileOperations(
            make: { [self] _ in state.withLock { Self.fails(&$0) ? -EACCES : 1_000_000 } },
            write: { [self] _, bytes in
                before()
                return state.withLock { state in
                    state.writes += 1
                    // Even so, a part may have been written: by the call before.
                    if Self.fails(&state) { return Int(-ENOSPC) }
                    let taken = bytes.prefix(largestWrite)
                    state.bytes += taken
                    return taken.count
                }
            },
            sync: { [self] _ in
                before()
                return state.withLock { state in
                    state.syncs += 1
                    if Self.fails(&state) { return -EIO }
                    state.safe = state.bytes
                    return 0
                }
            },
            syncFolder: { [self] _ in state.withLock { Self.fails(&$0) ? -EIO : 0 } },
            cut: { [self] _, length in
                state.withLock { state in
                    if Self.fails(&state) {
                        state.failedToCut = true
                        return -EIO
                    }
                    state.bytes.removeLast(max(state.bytes.count - length, 0))
                    return 0
                }
            },
            look: { [self] _ in state.withLock { .init(names: $0.hasName ? 1 : 0, bytes: $0.bytes.count) } },
            close: { [self] _ in state.withLock { Self.fails(&$0) ? -EIO : 0 } },
            move: { [self] _, _, _ in state.withLock { Self.fails(&$0) ? -EIO : 0 } },
            link: { [self] _, _ in state.withLock { Self.fails(&$0) ? -EIO : 0 } },
            remove: { [self] _ in state.withLock { Self.fails(&$0) ? -EIO : 0 } })
    }
}
