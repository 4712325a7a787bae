import ArgumentParser
internal import Glibc
import Recorder

/// Where a conversation is shown, and what is wrong with it told: stdout and stderr, or a pager once it fills more than the
/// screen. What was shown stays before what is wrong after it.
final class ShowOutput {
    /// Something was damaged, or is missing.
    var isFlawed = false
    /// What stands above what is shown of a file, where there are several.
    var makesHeading: ((_ path: String) -> String)?
    private enum Way {
        case direct
        /// All may fit on the screen: nothing is written yet.
        case held([Piece], ScreenRoom, pager: String)
        case paged(Pager)
    }
    private enum Piece {
        case text([UInt8])
        case complaint(String)
    }

    private var way: Way
    private var buffer: [UInt8] = []
    private var path: String?
    private var headedPath: String?
    private static let mostBuffered = 32 << 10

    /// - Parameter pager: the command that shows more than a screen; nil for none.
    init(pager: String?) {
        way = pager.map { .held([], ScreenRoom(of: STDOUT_FILENO), pager: $0) } ?? .direct
    }

    /// From now on, what is shown is of that file.
    func turn(to path: String) { self.path = path }

    /// Shows text. Ends the command where nobody reads any more.
    func write(_ text: String) throws(ExitCode) {
        try writeHeading()
        buffer.append(contentsOf: text.utf8)
        if buffer.count > Self.mostBuffered { try flush() }
    }

    /// Shows bytes as they are.
    func write(bytes: [UInt8]) throws(ExitCode) {
        try writeHeading()
        buffer.append(contentsOf: bytes)
        if buffer.count > Self.mostBuffered { try flush() }
    }

    private func writeHeading() throws(ExitCode) {
        guard let makesHeading, let path, path != headedPath else { return }
        let isFirst = headedPath == nil
        headedPath = path
        let heading = makesHeading(path)
        buffer.append(contentsOf: (isFirst ? heading.drop { $0 == "\n" } : heading[...]).utf8)
    }

    /// Says what is wrong, on stderr; in a pager, since that has the screen.
    func complain(_ text: String) throws(ExitCode) {
        try flush()
        switch way {
        case .direct: Terminal.log(text)
        case .held(var pieces, var room, let pager):
            pieces.append(.complaint(text))
            room.take(Array(text.utf8) + [10])
            way = .held(pieces, room, pager: pager)
            if !room.isLeft { try startPager() }
        case .paged(let pager):
            if isatty(STDERR_FILENO) == 1 {
                try write(Array((TerminalText.escapedLines(Array(text.utf8)) + "\n").utf8), to: pager)
            } else {
                Terminal.log(text)
            }
        }
    }

    /// Hands over what was shown so far.
    func flush() throws(ExitCode) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        switch way {
        case .direct: try writeOut(bytes)
        case .held(var pieces, var room, let pager):
            pieces.append(.text(bytes))
            room.take(bytes)
            way = .held(pieces, room, pager: pager)
            if !room.isLeft { try startPager() }
        case .paged(let pager): try write(bytes, to: pager)
        }
    }

    /// All is shown: waits for the pager, if there is one.
    func finish() throws(ExitCode) {
        defer { endPager() }
        try flush()
        if case .held(let pieces, _, _) = way {
            way = .direct
            for piece in pieces {
                switch piece {
                case .text(let bytes): try writeOut(bytes)
                case .complaint(let text): Terminal.log(text)
                }
            }
        }
    }

    /// Waits until the pager is left.
    private func endPager() {
        if case .paged(let pager) = way { pager.finish() }
        way = .direct
    }

    /// Whether nobody can read what is written to stdout any more.
    static var isUnread: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR | POLLHUP) != 0
    }

    private func startPager() throws(ExitCode) {
        guard case .held(let pieces, _, let command) = way else { return }
        guard let pager = Pager(command) else { return try finish() }
        way = .paged(pager)
        for piece in pieces {
            switch piece {
            case .text(let bytes): try write(bytes, to: pager)
            case .complaint(let text): try complain(text)
            }
        }
    }

    private func write(_ bytes: [UInt8], to pager: Pager) throws(ExitCode) {
        // Whoever leaves the pager has seen enough.
        if !pager.write(bytes) { throw ExitCode.success }
    }

    private func writeOut(_ bytes: [UInt8]) throws(ExitCode) {
        do throws(StreamError) {
            if try !StandardStreams.write(bytes.span.bytes) { throw StreamError(description: "") }
        } catch {
            if error.description.isEmpty { throw ExitCode.success }
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }
}

/// How much of a screen is left for text.
struct ScreenRoom {
    private let columns: Int
    private var rows: Int
    private var column = 0
    private var isEscape = false

    init(of descriptor: Int32) {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        self.init(
            rows: isKnown && size.ws_row > 0 ? Int(size.ws_row) : 24,
            columns: isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80)
    }

    /// A row is left for the prompt.
    init(rows: Int, columns: Int) {
        self.columns = columns
        self.rows = rows - 1
    }

    var isLeft: Bool { rows >= 0 }

    /// Takes text in, with its colours. Wide characters are counted as narrow ones: less (-F) looks again.
    mutating func take(_ text: [UInt8]) {
        for byte in text where isLeft {
            if isEscape {
                isEscape = byte != UInt8(ascii: "m")
            } else if byte == 0x1B {
                isEscape = true
            } else if byte == 10 {
                rows -= 1
                column = 0
            } else if byte & 0xC0 != 0x80 {
                if column == columns {
                    rows -= 1
                    column = 0
                }
                column += 1
            }
        }
    }
}
