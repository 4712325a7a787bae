import ArgumentParser
internal import Glibc
import Recorder

/// When colours are used.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never
}

/// The two streams of a terminal program: results on stdout, everything else on stderr.
enum Terminal {
    /// Whether a stream gets colours: on a terminal, unless `NO_COLOR` is set (no-color.org).
    static func usesColour(_ choice: ColourChoice, descriptor: Int32) -> Bool {
        switch choice {
        case .always: return true
        case .never: return false
        case .auto:
            let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
            return !noColour && isatty(descriptor) == 1
        }
    }

    /// How wide a line may be: as wide as the terminal, or as `COLUMNS` says; where there is neither, what a log shows.
    static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return getenv("COLUMNS").flatMap { Int(String(cString: $0)) }.flatMap { $0 > 0 ? $0 : nil } ?? 120
    }

    /// How wide the terminal is that a stream leads to; nil where it leads elsewhere, so that lines stay as they are.
    static func foldingColumns(of descriptor: Int32) -> Int? {
        isatty(descriptor) == 1 ? columns(of: descriptor) : nil
    }

    /// Writes to stdout. False when nobody reads it any more, which is no error; a full disk is one, and told of.
    @discardableResult
    static func write(_ text: String) throws(ExitCode) -> Bool {
        do throws(StreamError) {
            return try StandardStreams.write(text.utf8Span.span.bytes)
        } catch {
            complain(error)
            throw ExitStatus.impossible
        }
    }

    /// Writes to stdout what is of no use once nobody reads it: then the command ends, without an error.
    static func print(_ text: String) throws(ExitCode) {
        if try !write(text) { throw ExitCode.success }
    }

    /// Writes lines to stderr, fit for a terminal, whatever names of files may stand in them.
    static func log(_ text: String) { write(line: TerminalText.escapedLines(Array(text.utf8))) }

    private static func write(line text: String) {
        var line = text + "\n"
        // Where even this cannot be written, nobody can be told.
        _ = line.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }

    /// Writes a line of the log to stderr, as `LogSetting` says.
    static func log(_ line: LogLine) {
        switch LogSetting.format {
        case .text: log(line.plain)
        case .json: write(line: line.json)
        }
    }

    /// Writes a line of the log that tells something of the server as a whole.
    static func log(_ event: LogEvent, _ text: String, _ level: LogLevel = .info) {
        log(LogLine(level: level, event: event, text: text))
    }

    /// Writes what another program printed.
    static func log(output: [UInt8]) {
        let text = TerminalText.escapedLines(output)
        switch LogSetting.format {
        case .text: write(line: text)
        case .json: log(.server, text)
        }
    }

    /// Says on stderr why it cannot be done.
    static func complain(_ error: any Error) { log(.failure, "\(error)", .error) }
}
