import Foundation
import TestSupport
import Testing

@testable import Replay

@Suite("A load's result as JSON")
struct LoadJSONTests {
    /// A load in which all went wrong that can.
    private static func report(rate: Double?) -> LoadReport {
        var tally = LoadTally(measuredFrom: 0)
        for number in 0..<200 as Range<Int64> {
            tally.send(10, due: number * 1_000, at: number * 1_000 + 30, isFree: true)
            tally.answer(due: number * 1_000, sent: number * 1_000 + 30, at: number * 1_000 + 700)
            tally.receive(20, at: number * 1_000 + 700)
        }
        for kind in LoadFailure.Kind.allCases { tally.fail(LoadFailure(kind: kind, text: "\u{1B}[2J\"\u{202E}é")) }
        (tally.done, tally.cut, tally.unsent, tally.unanswered) = (3, 4, 5, 6)
        var settings = LoadSettings()
        settings.rate = rate
        var report = LoadReport(settings, tally, measured: 2_000_000)
        (report.paths, report.targets) = (["a\nb.tape.jsonl"], ["127.0.0.1:1"])
        (report.processors, report.busiest, report.leftOut) = (1.25, 0.5, 7)
        return report
    }

    @Test("fits its schema, which knows no key and no kind besides", .enabled(if: PythonProgram.has("jsonschema")))
    func schema() throws {
        let folder = try ScratchFolder()
        let paths = try [
            ("rate", Self.report(rate: 100.5)), ("closed", Self.report(rate: nil)),
            ("empty", LoadReport(LoadSettings(), LoadTally(measuredFrom: 0), measured: 0)),
        ].map { try folder.write(LoadJSON.text($1, tool: "tapedeck 0.1.0"), to: $0) }
        let program = """
            import json, jsonschema, sys
            schema = json.load(open(sys.argv[1]))
            reports = [json.load(open(path, encoding='utf-8')) for path in sys.argv[2:]]
            jsonschema.Draft202012Validator.check_schema(schema)
            def fits(report):
                try: jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
                except jsonschema.ValidationError: return False
                return True
            print([fits(report) for report in reports])
            whole = reports[0]
            broken = ({'tapedeckLoad': 2}, {'check': 'x'}, {'more': 1}, {'rate': 0}, {'measured': -1}, {'errors': [{}]})
            print([fits(whole | change) for change in broken], fits({k: v for k, v in whole.items() if k != 'bytes'}))
            def unused(form, value, path=''):
                form = schema['$defs'][form['$ref'].split('/')[-1]] if '$ref' in form else form
                if 'items' in form: return [name for one in value for name in unused(form['items'], one, path)]
                if 'properties' not in form: return []
                return [path + key for key in form['properties'] if key not in value] + [
                    name for key in value for name in unused(form['properties'][key], value[key], path + key + '.')]
            print(unused(schema, whole))
            kinds = schema['properties']['errors']['items']['properties']['kind']['enum']
            print(kinds == [error['kind'] for error in whole['errors']])
            print(whole['latency']['corrected']['p50'], whole['requests']['answersPerSecond'], whole['tapedeck']['possibleRate'])
            """
        let run = try ShortProgram.run(
            "python3", ["-c", program, PythonProgram.root + "/Documentation/load.schema.json"] + paths)
        let printed = String(decoding: run.output, as: UTF8.self)
        #expect(
            printed == """
                [True, True, True]
                [False, False, False, False, False, False] False
                []
                True
                0.0007 100.0 200.0

                """, "\(printed)")
    }
}
