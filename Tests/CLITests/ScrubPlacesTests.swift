import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("The places of scrubbed recordings")
struct ScrubPlacesTests {
    @Test("are in the folder that is named, be it the root")
    func root() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("x", to: "a.tape.jsonl")
        for (output, place) in [("/", "/a.tape.jsonl"), ("/tmp", "/tmp/a.tape.jsonl"), ("new/", "new/a.tape.jsonl")] {
            #expect(try ScrubPlaces([path], output: output).places.map(\.output) == [place])
        }
        #expect(try ScrubPlaces([path], output: "/").folders == [])
        #expect(try ScrubPlaces([path], output: "new/").folders == ["new"])
    }

    @Test("are no standard output")
    func dash() throws {
        let fault = #expect(throws: UsageFault.self) { try ScrubPlaces(["a.tape.jsonl"], output: "-") }
        #expect(fault?.description.contains("-o - is no file") == true)
    }
}
