import Foundation
import TestSupport
import Testing

@testable import Replay

@Suite("The example of the guide to adding a report")
struct GuideTests {
    @Test("is what the guide shows")
    func shown() throws {
        try GuideExample.expect("ReplayTests/Guides/CSVReport.swift", in: "Replay/Replay.docc/AddingAReport.md")
    }

    @Test("has a line a recording")
    func rows() {
        #expect(
            CSVReport.text(of: SampleReport.report(["x"])).components(separatedBy: "\r\n").prefix(3) == [
                "recording,status,seconds,what", #""a/ok.tape.jsonl",passed,0.0,"""#,
                #""a/x.tape.jsonl",failed,0.0424,"session 1, line 6: the server's answer differs at $.a "#
                    + #"and 1 more place (and 11 more differences)""#,
            ])
    }

    @Test("a hostile text begins no line, no field and no formula")
    func hostile() {
        let text = CSVReport.text(of: SampleReport.report(SampleReport.hostile + ["\"=1+1"]))
        let rows = text.components(separatedBy: "\r\n")
        #expect(rows.count == 8 && rows.last == "")
        for row in rows.dropLast() { #expect(!row.contains("\n") && !row.contains("\r") && !row.contains("\u{1B}")) }
    }
}
