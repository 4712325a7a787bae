internal import Codecs
internal import Glibc

/// Where the lines of a recording go: one file, several one after the other, or a folder with one for each session.
/// Confined to the lock of its writer.
struct RecordingFiles {
    /// How it came to its first file.
    enum Beginning {
        case made
        /// The file had so many bytes before.
        case appended(bytes: Int)
        /// It stands beside another one until its header is written.
        case replacing
    }

    private let path: String
    /// The file that it began with: with `append`, the last one of the series.
    private let firstPath: String
    private let settings: RecordingSettings
    /// The present file; nil where there is a folder.
    private(set) var file: WrittenFile?
    private var folder: SessionFolder?
    private var number = 1
    private(set) var count = 1
    private(set) var beginning = Beginning.made
    private(set) var continued = ContinuedRecording()
    /// Whether the first file was made anew since somebody moved it away.
    private var hasMoved = false
    /// The file before the present one, which is closed; nil where there is none.
    private var before: WrittenFile?
    /// Whether the present file was made, or is to be, since the one before was full.
    private var isRotated = false
    /// The file to go on in, once what is pending is written.
    var next: WrittenFile?
    /// Lines that the files have, and those that they had when the present one began.
    var events = 0
    private var eventsBefore = 0

    init(_ path: String, _ settings: RecordingSettings) throws(RecordingError) {
        self.path = path
        self.settings = settings
        if settings.isFolder {
            firstPath = path
            folder = try SessionFolder(path, settings.operations)
            return
        }
        let last = settings.rotation == nil ? (path, 1) : RecordingName.last(of: path)
        switch settings.existing {
        case .append where access(last.0, F_OK) == 0 || FileRefusal.kind(last.0) != nil:
            number = last.1
            firstPath = last.0
            let (file, continued) = try WrittenFile.appending(to: last.0, settings.operations)
            self.file = file
            self.continued = continued
            beginning = .appended(bytes: file.length)
        case .replace where FileRefusal.kind(path) != nil || access(path, F_OK) == 0:
            firstPath = path
            file = try WrittenFile(PrivateFile(besides: path, .anything, settings.operations))
            beginning = .replacing
        case .refuse, .append, .replace:
            firstPath = path
            file = try WrittenFile(making: path, settings.operations)
        }
    }

    /// Puts a replacing file at its place, once its header is written.
    mutating func takePlace() throws(RecordingError) {
        if case .replacing = beginning {
            try file?.file.takePlace()
            beginning = .made
        }
        if settings.durability == .disk { try file?.syncName() }
    }

    /// Takes the beginning back, as if there had been none.
    mutating func discard() {
        folder?.discard()
        switch beginning {
        case .made, .replacing: file?.file.remove()
        case .appended(let bytes): try? file?.cut(to: bytes)
        }
        file = nil
    }

    private var isToDisk: Bool { settings.durability == .disk }

    mutating func write(
        _ text: borrowing ByteWriter, _ pieces: [PendingLines.Piece], at time: Int64?
    ) throws(RecordingError) {
        if let folder { return try folder.write(text, pieces, toDisk: isToDisk, at: time ?? 0) }
        guard let file else { return }
        // A file that is left may have been taken away on purpose.
        if let time { try file.checkFromOutside(at: time) }
        let failure = text.withUnsafeBytes { bytes in
            RecordingError.caught { () throws(RecordingError) in try file.write(bytes, toDisk: isToDisk) }
        }
        if let failure { throw failure }
    }

    /// Whether the present file is to be followed by another one; never by one without an event in it.
    ///
    /// - Parameter microseconds: since its header.
    func isFull(after microseconds: Int64) -> Bool {
        guard let rotation = settings.rotation, let file, events > eventsBefore else { return false }
        switch rotation {
        case .bytes(let most): return file.length >= most
        case .microseconds(let most): return microseconds >= most
        }
    }

    /// Makes the next file of the series; what has such a name already is passed over.
    mutating func makeNext() throws(RecordingError) {
        while true {
            number += 1
            let name = RecordingName.numbered(path, number)
            do throws(RecordingError) {
                next = try WrittenFile(making: name, settings.operations)
                isRotated = true
                return
            } catch {
                var status = stat()
                guard lstat(name, &status) == 0 else { throw error }
            }
        }
    }

    /// Makes a file where the present one was made, if that does not stand there any more. False where it does.
    mutating func makeSuccessor() throws(RecordingError) -> Bool {
        guard let file, !file.file.standsAtItsPath else { return false }
        next = try WrittenFile.takingEmpty(file.path, settings.operations)
        if file.path == firstPath { hasMoved = true }
        isRotated = false
        return true
    }

    /// Closes the present file, which has its end, and goes on in the next one.
    mutating func turnOver() throws(RecordingError) {
        guard let next else { return }
        try file?.close(toDisk: isToDisk)
        before = file
        file = next
        self.next = nil
        count += 1
        eventsBefore = events
        if isToDisk { try next.syncName() }
    }

    /// The names under which the lines stand that were written, as far as that is known.
    var names: RecordingWriter.FileNames {
        guard let file else { return .init(first: path, last: path) }
        let isClosed = file.file.descriptor < 0
        let last = (isClosed ? access(file.path, F_OK) == 0 : file.file.standsAtItsPath) ? file.path : nil
        if count == 1 { return .init(first: last, last: last) }
        return .init(first: !hasMoved && access(firstPath, F_OK) == 0 ? firstPath : nil, last: last)
    }

    /// Closes the file, having seen that it is still there. The last of a series, if nothing happened since it began, goes away:
    /// the one before it has its end. So does one that was not begun.
    mutating func close() throws(RecordingError) {
        if isRotated { next?.file.remove() }
        next = nil
        try file?.checkFromOutside(at: nil)
        try file?.close(toDisk: isToDisk)
        guard isRotated, let before, events == eventsBefore else { return }
        file?.file.remove()
        file = before
        count -= 1
    }
}

@available(*, unavailable)
extension RecordingFiles: Sendable {}
