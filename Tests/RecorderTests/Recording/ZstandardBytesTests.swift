import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("A compressed recording", .enabled(if: ZstandardTool.isInstalled, "the zstd tool is not installed"))
struct ZstandardBytesTests {
    private static let text = RecordingSamples.everyKind

    @Test(
        "reads as the plain one, however it was compressed",
        arguments: [
            ["-1"], ["-19"], ["--ultra", "-22"], ["--no-check"], ["--fast=7"], ["--long=27"],
            ["--single-thread", "-B1024"],
        ])
    func levels(_ arguments: [String]) throws {
        // Long enough for several blocks, which look back at one another.
        let lines = (0..<6_000).map { #"{"t":\#($0).25,"s":1,"from":"client","value":{"id":\#($0 * 7919 % 10_007)}}"# }
        let text = ([RecordingSamples.header, RecordingSamples.open] + lines).map { $0 + "\n" }.joined()
        let folder = try ScratchFolder()
        let plain = try folder.write(text, to: "a.tape.jsonl")
        let packed = try ShortProgram.run("zstd", ["-q", "-c"] + arguments + [plain])
        #expect(packed.status == 0)
        let read = try PackedRecording.read(packed.output)
        #expect(read.damaged == [])
        #expect(read.tornLine == nil)
        #expect(read.events == (try ReadRecording(text.utf8)).events)
        #expect(read.events.count == 6_001)
    }

    @Test("reads frame after frame, skippable ones too, whatever its name is")
    func frames() throws {
        let frames = try PackedRecording.framePerLine(Self.text)
        let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        let whole = try ReadRecording(Self.text.utf8)
        #expect(try PackedRecording.read(frames.joined()).events == whole.events)
        let bytes = skippable + frames.map { $0 + skippable }.joined()
        #expect(try PackedRecording.read(bytes).events == whole.events)
        #expect(try ReadRecording(bytes).events == whole.events, "under the name of a plain recording")
        #expect(
            try PackedRecording.read(Self.text.utf8).events == whole.events, "plain, under that of a compressed one")
    }

    @Test("reads every frame before a cut at any byte, and says that it is torn")
    func everyCut() throws {
        let frames = try PackedRecording.framePerLine(Self.text)
        let bytes = frames.flatMap { $0 }
        let whole = try ReadRecording(Self.text.utf8)
        var ends: [Int] = []
        for frame in frames { ends.append((ends.last ?? 0) + frame.count) }
        for count in 1..<bytes.count {
            let lines = ends.count { $0 <= count }
            guard lines > 0 else {
                do throws(any Error) {
                    let read = try PackedRecording.read(bytes.prefix(count))
                    #expect(read.events.isEmpty && read.tornLine == 2, "cut at \(count)")
                } catch let error as RecordingError {
                    #expect(error.code == .unbegun)
                }
                continue
            }
            let read = try PackedRecording.read(bytes.prefix(count))
            // All of a line's text may be there before the last bytes of its frame are.
            #expect(read.events.count >= lines - 1, "cut at \(count)")
            #expect(read.events == Array(whole.events.prefix(read.events.count)), "cut at \(count)")
            #expect(read.damaged == [])
            #expect((read.tornLine == nil) == ends.contains(count), "cut at \(count)")
        }
    }

    @Test("reads what one frame holds before a cut, as far as it can be unpacked")
    func cutInOneFrame() throws {
        let lines = (0..<20_000).map {
            #"{"t":\#($0).0,"s":1,"from":"client","value":\#(UInt64($0) &* 0x9E37_79B9_7F4A_7C15)}"#
        }
        let text = ([RecordingSamples.header, RecordingSamples.open] + lines).map { $0 + "\n" }.joined()
        let frame = try PackedRecording.frame(text.utf8)
        let whole = try ReadRecording(text.utf8)
        for part in 1..<8 {
            let read = try PackedRecording.read(frame.prefix(frame.count * part / 8))
            #expect(read.events == Array(whole.events.prefix(read.events.count)))
            #expect(read.tornLine == read.events.count + 2)
            // A block is 128 KiB of text.
            #expect(read.events.count >= (part - 1) * 20_000 / 8 - 4_000, "\(part): \(read.events.count)")
        }
    }

    @Test("loses no line of another frame to one flipped bit, wherever it is")
    func everyFlip() throws {
        let frames = try PackedRecording.framePerLine(Self.text)
        let whole = try ReadRecording(Self.text.utf8)
        var start = 0
        for (index, frame) in frames.enumerated() {
            // The line of the frame, less the header; the header's own flips leave the events behind it.
            let others = whole.events.filter { $0.line != index + 1 }.map(\.kind)
            for offset in 0..<frame.count {
                for bit in [0, 3, 7] {
                    var bytes = frames.flatMap { $0 }
                    bytes[start + offset] ^= 1 << bit
                    let place: Comment = "bit \(bit) of byte \(offset) of frame \(index + 1)"
                    do {
                        let read = try PackedRecording.read(bytes)
                        let kinds = read.events.map(\.kind)
                        let found = others.filter { kind in kinds.contains { $0 == kind } }
                        #expect(found.count == others.count, place)
                        if read.damaged.isEmpty, read.tornLine == nil {
                            #expect(kinds == whole.events.map(\.kind), place)
                        }
                    } catch let error as RecordingError where index == 0 && error.code != .cannotRead {
                        // What the header unpacks to names another version, or is two lines.
                        #expect(error.code == .foreign || error.code == .unbegun || error.code == .newerVersion, place)
                    } catch let error as RecordingError {
                        // A window or a dictionary that the flipped header asks for ends it, with a reason.
                        #expect(error.code == .cannotRead, "\(place): \(error)")
                        #expect(error.reason.contains("zstd -d"), "\(place): \(error)")
                    }
                }
            }
            start += frame.count
        }
    }

    @Test("names the byte of a damaged frame, and the line")
    func damaged() throws {
        let frames = try PackedRecording.framePerLine(Self.text)
        let start = frames[0].count + frames[1].count
        var bytes = frames.flatMap { $0 }
        bytes[start + frames[2].count - 1] ^= 0xFF
        let read = try PackedRecording.read(bytes)
        let reason = read.damaged.first?.description ?? ""
        #expect(reason.contains("frame at byte \(start) is damaged"), "\(reason)")
        #expect(reason.contains("what follows from byte \(start + frames[2].count) may be whole"), "\(reason)")
    }

    @Test("refuses a window larger than 128 MiB, and a dictionary, and says how to unpack them")
    func refused() throws {
        let first = try PackedRecording.framePerLine(Self.text)[0]
        // RFC 8878, 3.1.1.1: no checksum; a window of 2^28 bytes; a raw block of no bytes, the last.
        let wide: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x90, 1, 0, 0]
        let widest: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x88, 1, 0, 0]
        let dictionary: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x58, 7, 1, 0, 0]
        #expect(try PackedRecording.read(first + widest).damaged == [])
        for (bytes, words) in [(wide, "--long=31"), (dictionary, "-D DICTIONARY")] {
            for front in [[], first] {
                let error = #expect(throws: RecordingError.self) { try PackedRecording.read(front + bytes) }
                #expect(error?.code == .cannotRead)
                #expect(error?.reason.contains("frame at byte \(front.count)") == true, "\(String(describing: error))")
                #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
            }
        }
    }

    @Test("takes no more memory for a line than for any other, however much it unpacks to")
    func bomb() throws {
        let folder = try ScratchFolder()
        try folder.write(RecordingSamples.header + "\n", to: "a")
        let zeros = try ShortProgram.run(
            "sh",
            [
                "-c",
                "{ cat \(folder.path("a")); head -c 200000000 /dev/zero; echo; cat \(folder.path("a")); } | zstd -q -c",
            ])
        #expect(zeros.output.count < 50_000)
        let read = try PackedRecording.read(zeros.output, maximumLineBytes: 1 << 20)
        #expect(read.damaged.map(\.line) == [2])
        #expect(read.events.map(\.line) == [3])
        try Data(zeros.output).write(to: URL(filePath: folder.path("b.zst")))
        let bytes = try RecordingFile.bytes(of: folder.path("b.zst"))
        #expect(bytes.maximumLineBytes(atMost: 1 << 30) == 384 << 20)
        #expect(bytes.maximumElements(atMost: 1 << 26) == 1 << 24)
    }

    @Test("is not searched for ever where every four bytes begin a frame")
    func manyStarts() throws {
        let first = try PackedRecording.framePerLine(Self.text)[0]
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        let read = try PackedRecording.read(first + Array(repeating: magic, count: 50_000).joined())
        #expect(!read.damaged.isEmpty)
        #expect(read.damaged.count <= 50_000)
    }
}
