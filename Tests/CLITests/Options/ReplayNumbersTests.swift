import Testing

@testable import CLI

@Suite("The numbers that replay is given")
struct ReplayNumbersTests {
    @Test("a speed is a number above 0", arguments: [("1", 1.0), ("0.5", 0.5), ("2e3", 2_000)])
    func speeds(text: String, expected: Double) throws {
        #expect(try SpeedFactor.parse(text).factor == expected)
    }

    @Test("nothing else is a speed", arguments: ["0", "-1", "-0", "nan", "inf", "1e999", "", "fast", "1x"])
    func noSpeeds(text: String) {
        let error = #expect(throws: UsageFault.self) { try SpeedFactor.parse(text) }
        #expect(error?.description.hasPrefix("\"\(text)\" is no speed: it is a number above 0") == true)
    }

    @Test("so many jobs as there are processors, or a number of them")
    func jobs() throws {
        #expect(try JobCount.parse("7").count == 7)
        #expect(try JobCount.parse("auto").count >= 1)
        for text in ["0", "-1", "257", "two", "1.5", ""] {
            #expect(throws: UsageFault.self) { try JobCount.parse(text) }
        }
    }
}
