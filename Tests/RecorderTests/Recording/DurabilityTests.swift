import Foundation
import Glibc
import Synchronization
import Testing

@testable import Codecs
@testable import Recorder

@Suite("The durability of a recording") struct DurabilityTests {
    private static let header = RecordingHeader(created: "2026-11-22T10:00:00.000000Z", tool: "t", ports: [])

    private static func writer(
        _ disk: FaultyDisk, _ durability: RecordingSettings.Durability,
        onFull: RecordingSettings.FullPolicy = .wait, onFailure: RecordingSettings.FailurePolicy = .stop,
        queueBytes: Int = 8 << 20, clock: @escaping @Sendable () -> Int64 = { 0 }
    ) throws(RecordingError) -> RecordingWriter {
        var settings = RecordingSettings()
        settings.durability = durability
        settings.onFull = onFull
        settings.onFailure = onFailure
        settings.queueBytes = queueBytes
        settings.operations = disk.operations
        return try RecordingWriter(path: "/nowhere/a", header: header, settings: settings, clock: clock)
    }

    private static func append(
        _ writer: RecordingWriter, _ text: String, session: Int = 1, _ kind: RecordingWriter.LineKind = .message
    ) {
        var line = ByteWriter()
        line.append(text)
        writer.append(line, session: session, kind)
    }

    private static func message(_ number: Int) -> String {
        #""s":1,"from":"client","text":"message \#(number)"}"#
    }

    /// Commits as an event loop does; true where the answer may leave.
    private static func commit(_ writer: RecordingWriter) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<RecordingError?>(nil)
        writer.commit { error in
            failure.withLock { $0 = error }
            done.signal()
        }
        done.wait()
        return failure.withLock { $0 } == nil
    }

    // MARK: Every operation fails once

    struct Fault: Sendable, CustomTestStringConvertible {
        var durability: RecordingSettings.Durability
        var forEver: Bool
        var onFailure: RecordingSettings.FailurePolicy

        var testDescription: String {
            "\(durability), \(forEver ? "for ever" : "once"), \(onFailure)"
        }
    }

    private static let faults = [RecordingSettings.Durability.none, .kernel, .disk].flatMap { durability in
        [false, true].flatMap { forEver in
            RecordingSettings.FailurePolicy.allCases.map {
                Fault(durability: durability, forEver: forEver, onFailure: $0)
            }
        }
    }

    @Test(
        "holds, whichever operation fails: what was answered is there, lines are whole, the failure is told",
        arguments: faults)
    func everyOperation(_ fault: Fault) throws {
        var failing = 0
        while true {
            let disk = FaultyDisk(failing: failing, forEver: fault.forEver)
            let told = Mutex(0)
            var answered: [Int] = []
            var failure: RecordingError?
            do throws(RecordingError) {
                let writer = try Self.writer(disk, fault.durability, onFailure: fault.onFailure)
                writer.whenFailed { _ in told.withLock { $0 += 1 } }
                for number in 0..<5 {
                    Self.append(writer, Self.message(number))
                    if Self.commit(writer), fault.onFailure == .stop { answered.append(number) }
                }
                try writer.end()
                #expect(told.withLock { $0 } == 0)
            } catch {
                failure = error
            }
            let state = disk.now
            guard state.operations > failing else {
                // Nothing failed any more: all operations had their turn.
                #expect(failure == nil)
                #expect(failing > 30)
                return
            }
            // Some closings cannot be told from success; all else is told of.
            #expect(failure != nil, "operation \(failing) failed and nobody was told")
            Self.check(state.bytes, holds: answered, mayBeTorn: state.failedToCut, "operation \(failing)")
            if fault.durability == .disk {
                // The power is cut now.
                Self.check(state.safe, holds: answered, mayBeTorn: true, "operation \(failing), power cut")
            }
            failing += 1
        }
    }

    private static func check(_ bytes: [UInt8], holds answered: [Int], mayBeTorn: Bool, _ what: String) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let torn = lines.popLast() ?? []
        if !mayBeTorn { #expect(torn.isEmpty, "\(what): the last line is torn") }
        let numbers = lines.compactMap { line in
            let text = String(decoding: line, as: UTF8.self)
            return text.range(of: "message ").flatMap { Int(text[$0.upperBound...].dropLast(2)) }
        }
        let lost = Set(answered).subtracting(numbers)
        #expect(lost.isEmpty, "\(what): lost \(lost.sorted())")
        #expect(numbers == Array(0..<numbers.count), "\(what)")
    }

    @Test("counts, when serving goes on, the events that no file has")
    func countsLost() throws {
        // The header takes two writes; the first message's turn is the one that fails.
        for durability in [RecordingSettings.Durability.kernel, .disk] {
            let disk = FaultyDisk(failing: 200, forEver: true, largestWrite: 4_000)
            let writer = try Self.writer(disk, durability, onFailure: .continue)
            var number = 0
            while disk.now.operations < 200 {
                Self.append(writer, Self.message(number))
                #expect(Self.commit(writer))
                number += 1
            }
            for _ in 0..<10 {
                Self.append(writer, Self.message(number))
                #expect(Self.commit(writer))
                number += 1
            }
            let error = #expect(throws: RecordingError.self) { try writer.end() }
            let text = String(decoding: disk.now.bytes, as: UTF8.self)
            let kept = text.split(separator: "\n").count - 1
            #expect(text.hasSuffix("\n"))
            #expect(
                error?.reason
                    == "cannot write: No space left on device; the recording ends here, without "
                    + "\(number - kept) events that came later")
        }
    }

    // MARK: The thread

    @Test("on the disk costs many commits one sync, when they come while another one runs")
    func groupCommit() throws {
        let isSyncing = DispatchSemaphore(value: 0)
        let mayGoOn = DispatchSemaphore(value: 0)
        let isHeld = Mutex(false)
        let disk = FaultyDisk(largestWrite: 1 << 20) {
            guard isHeld.withLock({ $0 }) else { return }
            isSyncing.signal()
            mayGoOn.wait()
        }
        let writer = try Self.writer(disk, .disk)
        isHeld.withLock { $0 = true }
        let done = DispatchSemaphore(value: 0)
        let before = disk.now
        Self.append(writer, Self.message(0))
        writer.commit { _ in done.signal() }
        isSyncing.wait()
        isHeld.withLock { $0 = false }
        for number in 1...20 {
            Self.append(writer, Self.message(number))
            writer.commit { _ in done.signal() }
        }
        #expect(disk.now.syncs == before.syncs)
        mayGoOn.signal()
        for _ in 0...20 { done.wait() }
        #expect(disk.now.syncs == before.syncs + 2)
        #expect(disk.now.safe == disk.now.bytes)
        try writer.end()
    }

    @Test(
        "lets lines wait for a slow disk only up to a limit, and loses none",
        arguments: [RecordingSettings.Durability.none, .disk])
    func backPressure(durability: RecordingSettings.Durability) throws {
        let most = Mutex(0)
        let disk = FaultyDisk(largestWrite: 512)
        var operations = disk.operations
        let write = operations.write
        operations.write = { descriptor, bytes in
            most.withLock { $0 = max($0, bytes.count) }
            return write(descriptor, bytes)
        }
        var settings = RecordingSettings()
        settings.durability = durability
        settings.queueBytes = 16 << 10
        settings.operations = operations
        let writer = try RecordingWriter(path: "/nowhere/a", header: Self.header, settings: settings)
        for number in 0..<20_000 {
            Self.append(writer, Self.message(number))
            try writer.commit()
        }
        try writer.end()
        #expect(most.withLock { $0 } <= 16 << 10 + 200)
        Self.check(disk.now.bytes, holds: Array(0..<20_000), mayBeTorn: false, "\(durability)")
        #expect(writer.counts.messages == 20_000)
    }

    @Test("of none leaves out what a slow disk has no room for, if that is wanted, and counts it in a gap")
    func drop() throws {
        let mayGoOn = DispatchSemaphore(value: 0)
        let isHeld = Mutex(false)
        let isWriting = DispatchSemaphore(value: 0)
        let disk = FaultyDisk(largestWrite: 1 << 20) {
            guard isHeld.withLock({ $0 }) else { return }
            isWriting.signal()
            mayGoOn.wait()
        }
        let writer = try Self.writer(disk, .none, onFull: .drop, queueBytes: 4 << 10)
        isHeld.withLock { $0 = true }
        Self.append(writer, Self.message(0))
        try writer.commit()
        isWriting.wait()
        isHeld.withLock { $0 = false }
        for number in 1...1_000 {
            Self.append(writer, Self.message(number))
            try writer.commit()
        }
        // Openings have some more room, but not without limit.
        for session in 2...200 {
            Self.append(writer, #""s":\#(session),"open":{"port":1,"peer":"p"}}"#, session: session, .opening)
        }
        Self.append(writer, #""s":200,"close":"clean"}"#, session: 200, .closing)
        mayGoOn.signal()
        while disk.now.writes < 3 { sched_yield() }
        Self.append(writer, #""s":199,"from":"client","text":"goes on"}"#, session: 199)
        Self.append(writer, #""s":2,"from":"client","text":"goes on"}"#, session: 2)
        try writer.end()
        let lines = String(decoding: disk.now.bytes, as: UTF8.self).split(separator: "\n").map { line in
            "{" + line.drop { $0 != "," }.dropFirst()
        }
        let counts = writer.counts
        #expect(counts.leftOut > 500)
        let gaps = lines.indices.filter { lines[$0].contains("\"gap\"") }
        // The first one before the openings, for which there was room still.
        #expect(gaps.count == 2)
        let last = try #require(gaps.last)
        let count = Int(lines[last].drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
        #expect(lines[last] == #"{"gap":{"events":\#(count),"why":"the disk was slower than the events came"}}"#)
        let openings = lines.count { $0.contains("\"open\"") }
        #expect(
            lines[(last + 1)...].elementsEqual([
                #"{"s":199,"open":{"port":1,"peer":"p","continued":true}}"#,
                #"{"s":199,"from":"client","text":"goes on"}"#,
                #"{"s":2,"from":"client","text":"goes on"}"#,
                #"{"end":{"sessions":\#(openings),"messages":\#(counts.messages)}}"#,
            ]), "\(lines[last...])")
        // The header and the gaps are no events; all openings, messages and the closing are.
        let written = lines[..<last].count - 1 - 1
        #expect(written + counts.leftOut == 1 + 1_000 + 199 + 1)
    }

    @Test("of none has everything in the file at the end")
    func noneEnds() throws {
        let disk = FaultyDisk(largestWrite: 1 << 20)
        let writer = try Self.writer(disk, .none)
        for number in 0..<100 { Self.append(writer, Self.message(number)) }
        try writer.end()
        Self.check(disk.now.bytes, holds: Array(0..<100), mayBeTorn: false, "none")
        #expect(disk.now.syncs == 0)
        // Nothing hangs that comes afterwards.
        #expect(Self.commit(writer))
    }

    // MARK: From outside

    @Test("sees within a second of its recording that the file was deleted or changed, and fails")
    func tamperedWith() throws {
        for change in ["deleted", "changed"] {
            let folder = try TemporaryFolder()
            let time = Mutex<Int64>(0)
            let writer = try RecordingWriter(path: folder / "a", header: Self.header) { time.withLock { $0 } }
            Self.append(writer, Self.message(0))
            try writer.commit()
            if change == "deleted" { unlink(folder / "a") } else { truncate(folder / "a", 3) }
            time.withLock { $0 = 1_000_000 }
            Self.append(writer, Self.message(1))
            let error = #expect(throws: RecordingError.self) { try writer.commit() }
            #expect(error?.reason.contains("\(change) this file while it was written") == true, "\(change)")
            #expect(throws: RecordingError.self) { try writer.end() }
        }
    }

    @Test("sees at its end at the latest that the file was deleted")
    func deletedBeforeTheEnd() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header) { 0 }
        unlink(folder / "a")
        let error = #expect(throws: RecordingError.self) { try writer.end() }
        #expect(error?.reason == "somebody deleted this file while it was written; the recording ends here")
    }
}
