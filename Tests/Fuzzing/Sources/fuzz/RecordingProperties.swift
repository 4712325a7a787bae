import CMemory
import Codecs
import Glibc
import Recorder

/// What must hold for any file that is taken for a recording.
enum RecordingProperties {
    /// A file without a name, which every case is written to.
    nonisolated(unsafe) private static var descriptor: Int32 = -1

    static func check(_ bytes: CaseBytes) throws(PropertyFailure) {
        if descriptor < 0 { descriptor = anonymous_file() }
        ftruncate(descriptor, 0)
        bytes.array.withUnsafeBytes { _ = pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        let path = "/proc/self/fd/\(descriptor)"
        let reader: RecordingReader
        do throws(RecordingError) { reader = try RecordingReader(path: path) } catch { return }
        _ = try? RecordingCheck(path).run { _ in }
        let codecs = reader.header.ports.compactMap { try? CodecRegistry.codec(named: $0.codec) }
        let settings = reader.header.ports.first?.settings ?? WritingSettings()
        let text = ConversationText(usesColour: false, ports: reader.header.ports)
        let lines = bytes.array.count { $0 == 10 }
        var turns = 0
        while true {
            turns += 1
            try require(turns <= lines + 2, "a reader gives more events than there are lines")
            let event: TranscriptEvent
            do throws(RecordingError) {
                guard let found = try reader.next() else { break }
                event = found
            } catch {
                if error.code == .damagedLine || error.code == .newerVersion { continue }
                break
            }
            let line = text.line(event)
            try require(
                line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) },
                "a shown line holds control characters", line)
            guard case .message(let message) = event.kind else { continue }
            for codec in codecs {
                _ = try? message.wire(codec: codec, settings: settings, limits: DecodingLimits())
                var edited = message
                edited.raw = nil
                _ = try? edited.wire(codec: codec, settings: settings, limits: DecodingLimits())
            }
        }
    }
}
