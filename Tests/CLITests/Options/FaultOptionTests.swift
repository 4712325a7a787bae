import Recorder
import Server
import Testing

@testable import CLI

@Suite("A fault as an option")
struct FaultOptionTests {
    @Test(
        "is an action, and maybe when",
        arguments: [
            ("drop", .drop, .always), ("duplicate@3", .duplicate, .number(3)),
            ("corrupt@10%", .corrupt, .chance(millionths: 100_000)),
            ("drop@0.5%", .drop, .chance(millionths: 5_000)), ("truncate:1KiB", .truncate(bytes: 1_024), .always),
            ("delay:50ms", .delay(least: .milliseconds(50), most: .milliseconds(50)), .always),
            ("delay:10ms-2s@1%", .delay(least: .milliseconds(10), most: .seconds(2)), .chance(millionths: 10_000)),
            ("close@\"good bye, @all\"", .close, .text("good bye, @all")), ("reset", .reset, .always),
        ] as [(String, FaultRule.Action, FaultRule.Condition)])
    func reads(text: String, action: FaultRule.Action, condition: FaultRule.Condition) throws {
        #expect(try FaultOption.parse(text) == FaultRule(action: action, condition: condition, text: text))
    }

    @Test("can name what stands at a path")
    func paths() throws {
        let path = try RulePath("$.items[0].name")
        #expect(try FaultOption.parse("drop@$.items[0].name=a=b").condition == .value(path, "a=b"))
    }

    @Test(
        "that is none is refused with what there is",
        arguments: [
            ("", "there are drop"), ("dorp", "there are drop"), ("drop:10%", "there are drop"), ("delay", "there are"),
            ("delay:soon", "a delay is a time"), ("delay:5s-1s", "the shorter first"), ("delay:1s-2s-3s", "a delay is"),
            ("truncate:-1", "is no number of bytes"), ("drop@", "behind @ stands"), ("drop@0", "behind @ stands"),
            ("drop@101%", "behind @ stands"), ("drop@$.a", "behind @ stands"), ("drop@\"\"", "behind @ stands"),
            ("drop@$..a=1", "it has no .. and no *"), ("drop@$.a[*]=1", "it has no .. and no *"),
            ("drop@$.a b=1", "goes on with"),
        ])
    func refuses(text: String, reason: String) {
        let fault = #expect(throws: UsageFault.self) { try FaultOption.parse(text) }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test("may hold commas behind a port")
    func commas() throws {
        let port = try PortOption.parse("12000:json,fault=drop@\"a,b\",delay=5ms,reply=exec:tr a,b c,fault=close@2")
        #expect(port.settings.map(\.value) == ["drop@\"a,b\"", "5ms", "exec:tr a,b c", "close@2"])
    }
}
