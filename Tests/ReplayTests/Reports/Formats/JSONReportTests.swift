import Codecs
import Foundation
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("The report as JSON")
struct JSONReportTests {
    @Test("is read back as it was, whatever texts it has")
    func roundTrip() throws {
        var report = SampleReport.report()
        report.shards = [Shard(2, of: 3)].compactMap(\.self)
        #expect(try JSONReportReader.report(Array(JSONReport.text(of: report).utf8)) == report)
        report.isInterrupted = true
        report.recordings = []
        #expect(try JSONReportReader.report(Array(JSONReport.text(of: report).utf8)) == report)
    }

    @Test("is what another reader of JSON reads, and fits its schema", .enabled(if: PythonProgram.has("jsonschema")))
    func schema() throws {
        let folder = try ScratchFolder()
        var report = SampleReport.report()
        report.shards = [Shard(2, of: 3)].compactMap(\.self)
        let message = RecordedMessage(from: .server, form: .value, text: [])
        for kind: Difference.Kind in [
            .undecodable(reason: "x", actual: message), .refused(reason: "x"), .session("only A has it"),
        ] {
            report.recordings[1].attempts[1].differences.append(
                ReportedDifference(kind: kind.name, what: kind.sentence))
        }
        let path = try folder.write(JSONReport.text(of: report), to: "report.json")
        let program = """
            import json, jsonschema, sys
            schema = json.load(open(sys.argv[1]))
            report = json.load(open(sys.argv[2], encoding='utf-8'))
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
            for broken in ({'tapedeckReport': 2}, {'status': 'x'}, {'more': 1}, {'shards': ['x']}):
                try: jsonschema.validate(report | broken, schema, cls=jsonschema.Draft202012Validator)
                except jsonschema.ValidationError: continue
                raise SystemExit(f'{broken} fits')
            print(report['status'], report['counts'], report['recordings'][1]['attempts'][1]['duration'])
            """
        let run = try ShortProgram.run(
            "python3", ["-c", program, PythonProgram.root + "/Documentation/report.schema.json", path])
        let printed = String(decoding: run.output, as: UTF8.self)
        #expect(run.status == 0, "\(printed)")
        #expect(printed.hasPrefix("impossible {'passed': 1, 'failed': 1, 'flaky': 1, 'impossible': 1,"), "\(printed)")
        #expect(printed.hasSuffix("} 0.0424\n"), "\(printed)")
    }

    @Test("tells what is wrong with a text that is none, and never traps")
    func foreign() throws {
        func reason(_ text: String) -> String {
            do throws(JSONReportReader.Fault) {
                _ = try JSONReportReader.report(Array(text.utf8))
                return ""
            } catch {
                return error.description
            }
        }
        #expect(reason("").hasPrefix("is no JSON"))
        #expect(reason("[]").contains("lacks \"tapedeckReport\""))
        #expect(reason(#"{"tapedeckReport":2}"#).contains("report format 2; this build reads 1"))
        #expect(reason(#"{"tapedeckReport":1}"#) == "the report: \"tool\" is missing or wrong")
        let text = JSONReport.text(of: SampleReport.report(["x"]))
        #expect(reason(text).isEmpty)
        #expect(
            reason(text.replacingOccurrences(of: #""difference":0"#, with: #""difference":9"#))
                == "the report, recordings 2, attempts 2, conversation 3: \"difference\" is missing or wrong")
        #expect(!reason(text.replacingOccurrences(of: "0.042400", with: "1e99")).isEmpty)
        #expect(!reason(text.replacingOccurrences(of: #""sent":3"#, with: #""sent":-3"#)).isEmpty)
        for count in stride(from: 0, to: text.utf8.count, by: 97) {
            #expect(!reason(String(decoding: text.utf8.prefix(count), as: UTF8.self)).isEmpty)
        }
    }
}
