internal import Codecs

/// Makes a recording of the packets of a capture: the connections to some ports, put together, cut into messages and read.
///
/// ```
/// file > CaptureReader > PacketDecoder > ConnectionTable > ConnectionHandover
///        packets         segments        bytes in order    batches of them
///
///                                      > ImportedRecording > ImportedStream > SessionRecorder > RecordingWriter
///                                        another thread      messages         lines             a third one
/// ```
package final class CaptureImporter {
    private let path: String
    private let output: String
    private let settings: ImportSettings
    private var survey: CaptureSurvey?
    private var codecs: [Int: Codec] = [:]
    private var guesses: [(port: Int, codec: String, reason: String)] = []
    private var isInterrupted = false

    /// After so many packets it is seen whether the import goes on.
    private static let packetsAtOnce = 2_048

    /// - `path`: the capture; `-` is stdin.
    /// - `output`: the recording that is made.
    package init(path: String, output: String, settings: ImportSettings) {
        self.path = path
        self.output = output
        self.settings = settings
    }

    /// Does it. A task that is cancelled ends the recording where it stands.
    package func run() throws -> ImportSummary {
        if settings.needsSurvey { try look() }
        let reader = try CaptureReader(path: path)
        let recording = ImportedRecording(
            output, settings, survey, CaptureKeys(path, settings), codecs: codecs)
        let handover = try startThread { recording.take($0) }
        reader.beforeWaiting = { [unowned handover] in handover.handOver() }
        var reading = CaptureReading(reader, settings, handover)
        do {
            defer { handover.finish() }
            try read(&reading, handover)
            reading.table.finish(isInterrupted ? "the import was interrupted here" : "the capture ends here")
        } catch {
            recording.discard()
            throw recording.failure ?? error
        }
        if let failure = recording.failure {
            recording.discard()
            throw failure
        }
        try recording.end(at: handover.lastTime)
        return summary(of: recording, &reading)
    }

    private func startThread(_ take: @escaping (ConnectionBatch) -> Bool) throws -> ConnectionHandover {
        do throws(QuietThread.Failure) {
            return try ConnectionHandover(take)
        } catch {
            throw CaptureError(
                .cannotRead, path, "no thread can be started to make its recording: \(systemMessage(error.number))")
        }
    }

    private func read(_ reading: inout CaptureReading<ConnectionHandover>, _ handover: ConnectionHandover) throws {
        while !handover.isRefused {
            for _ in 0..<Self.packetsAtOnce {
                guard try reading.step({ handover.follow($0) }) else {
                    isInterrupted = reading.reader.isInterrupted
                    return
                }
            }
            if Task.isCancelled {
                isInterrupted = true
                return
            }
        }
    }

    private func summary(
        of recording: ImportedRecording, _ reading: inout CaptureReading<ConnectionHandover>
    ) -> ImportSummary {
        var summary = recording.summary
        summary.guesses = guesses
        summary.isInterrupted = isInterrupted
        summary.ending = reading.reader.ending
        summary.counts = reading.counts()
        summary.otherPorts = reading.otherPorts
        summary.forgottenHandshakes = reading.table.forgottenHandshakes
        return summary
    }

    /// Finds what is spoken on ports whose codec is not given.
    private func look() throws {
        guard !CapturePath.isReadOnce(path) else {
            throw CaptureError(
                .cannotRead, path == "-" ? "stdin" : path,
                "name each port and its codec: to find them a capture is read twice, which this cannot be")
        }
        let survey = try CaptureSurvey.survey(path, settings)
        guard survey.ports.count < CaptureSurvey.maximumPorts else {
            throw CaptureError(
                .cannotRead, path, "there are \(CaptureSurvey.maximumPorts) servers' ports and more: choose with --port"
            )
        }
        for (number, port) in survey.ports.sorted(by: { $0.key < $1.key }) {
            guard settings.ports.first(where: { $0.number == number })?.codec == nil,
                settings.otherCodec == nil || !settings.ports.isEmpty
            else { continue }
            let guess = port.guess
            codecs[number] = guess.codec
            guesses.append((number, guess.codec.name, guess.reason))
        }
        self.survey = survey
    }
}

@available(*, unavailable)
extension CaptureImporter: Sendable {}
