/// How a recording is written: how sure it is to be kept, and what happens where it cannot be.
package struct RecordingSettings: Sendable {
    /// What holds the lines up to a request before its answer leaves.
    package enum Durability: String, Sendable, CaseIterable {
        /// Nothing but this process: a thread writes them soon.
        case none
        /// The kernel: killing the process loses nothing that was answered.
        case kernel
        /// The disk: nor does cutting the power.
        case disk
    }

    /// What happens while the thread of `none` cannot follow.
    package enum FullPolicy: String, Sendable, CaseIterable {
        /// Connections wait: the event loops stand still until there is room.
        case wait
        /// Lines are left out, and counted in a `gap`.
        case drop
    }

    /// What happens once the recording cannot be written any more.
    package enum FailurePolicy: String, Sendable, CaseIterable {
        /// `commit` throws, and no answer leaves that is not recorded.
        case stop
        /// `commit` throws nothing; what comes is counted, and `end` tells of it.
        case `continue`
    }

    /// What happens where the file is there already.
    package enum Existing: Sendable {
        /// It is left alone, and is an error.
        case refuse
        /// The recording goes on in it, with a header of its own.
        case append
        /// A new file takes its place.
        case replace
    }

    /// When a recording goes on in another file.
    package enum Rotation: Sendable, Hashable {
        /// Once the file has so many bytes.
        case bytes(Int)
        /// Once so many microseconds have passed since its header.
        case microseconds(Int64)
    }

    package var existing = Existing.refuse
    package var rotation: Rotation?
    /// The path is that of a folder, which gets one file for each session.
    package var isFolder = false
    /// Of all descriptors that the process may have, one in so many is for the open files of a folder.
    package static let folderShare = 4
    package var durability = Durability.kernel
    package var onFull = FullPolicy.wait
    package var onFailure = FailurePolicy.stop
    /// Bytes of lines that may wait for the thread that writes them (with `none` and `disk`). As many may be in its hands.
    package var queueBytes = 8 << 20
    /// What writes; a test may have it fail.
    package var operations = FileOperations.system

    package init() {}
}
