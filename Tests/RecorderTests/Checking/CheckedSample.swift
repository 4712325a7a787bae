import Foundation
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

/// A recording in a file of its own, to be checked and repaired.
struct CheckedSample {
    private let folder: ScratchFolder
    let path: String

    init(_ bytes: some Sequence<UInt8>, name: String = "a.tape.jsonl") throws {
        folder = try ScratchFolder()
        path = folder.path(name)
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// A file of these lines behind a header.
    init(lines: [String], header: String = CheckedSample.header) throws {
        try self.init(([header] + lines).map { $0 + "\n" }.joined().utf8)
    }

    var bytes: [UInt8] { FileManager.default.contents(atPath: path).map { Array($0) } ?? [] }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    /// The names in its folder.
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

    func check() throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        _ = try RecordingCheck(path).run { findings.append($0) }
        return findings
    }

    @discardableResult
    func repair(to output: String? = nil, force: Bool = false) throws -> RecordingRepair.Outcome {
        try RecordingRepair.repair(path, to: output, force: force) { _ in }
    }

    static let header = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":\
        [{"listen":"127.0.0.1:12000","codec":"json/lines"},{"listen":"127.0.0.1:12001","codec":"pickle/stream","protocol":4},\
        {"listen":"127.0.0.1:12002","codec":"raw/u32be"}]}
        """
    static let open = #"{"t":0.100000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}"#
    static let message = #"{"t":1.204471,"s":1,"from":"client","value":{"message":"hi","id":3}}"#
    static let close = #"{"t":3.000154,"s":1,"close":"clean"}"#
    static let end = #"{"t":9.000000,"end":{"sessions":1,"messages":1}}"#
    static let whole = [open, message, close, end]

    /// A recording with two sessions, every form of message and two parts.
    static let twoParts = [
        header, #"{"t":0.100000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}"#,
        #"{"t":0.200000,"s":1,"from":"server","value":{"clientid":53412}}"#,
        #"{"t":0.300000,"s":2,"open":{"port":12001,"peer":"127.0.0.1:53413","to":"127.0.0.1:1","via":"127.0.0.1:2"}}"#,
        #"{"t":0.400000,"s":1,"from":"client","value":{"a": 1},"raw":"eyJhIjogMX0NCg=="}"#,
        #"{"t":0.500000,"s":2,"from":"client","value":{"$tuple":[1,"two"]},"protocol":2}"#,
        #"{"t":0.600000,"s":1,"from":"client","base64":"e2JhZAo=","error":"byte 33: found b"}"#,
        #"{"t":0.700000,"s":1,"eof":"client"}"#, #"{"t":0.800000,"s":2,"close":"reset","by":"client"}"#,
        #"{"t":0.900000,"s":1,"close":"clean"}"#, #"{"t":1.000000,"end":{"sessions":2,"messages":4}}"#,
        #"{"tapedeck":1,"created":"2026-11-22T11:00:00.000000Z","tool":"tapedeck 0.1.0","#
            + #""ports":[{"listen":"127.0.0.1:12002","codec":"raw/u32be"}]}"#,
        #"{"t":0.000000,"s":3,"open":{"port":12002,"peer":"127.0.0.1:53414"}}"#,
        #"{"t":0.100000,"s":3,"from":"client","text":"hello"}"#,
        #"{"t":0.200000,"s":3,"from":"client","base64":"AAD/","partial":true}"#,
        #"{"t":0.300000,"s":3,"close":"clean"}"#, #"{"t":0.400000,"end":{"sessions":1,"messages":2}}"#,
    ].map { $0 + "\n" }.joined()
}
