import Foundation
import TestSupport
import Testing

@testable import Replay

@Suite("The report as JUnit XML")
struct JUnitReportTests {
    /// Reads it with Python's parser, and holds it against what the schema of Jenkins' xUnit plug-in (junit-10.xsd) allows.
    private static let reader = """
        import sys, xml.etree.ElementTree as tree
        report = tree.parse(sys.argv[1]).getroot()
        children = {'testsuites': {'testsuite'}, 'testsuite': {'testcase'},
            'testcase': {'skipped', 'error', 'failure', 'rerunFailure', 'rerunError', 'flakyFailure', 'flakyError',
                         'system-out', 'system-err'},
            'rerunFailure': {'stackTrace'}, 'rerunError': {'stackTrace'}, 'flakyFailure': {'stackTrace'},
            'flakyError': {'stackTrace'}}
        attributes = {'testsuites': {'name', 'time', 'tests', 'failures', 'errors'},
            'testsuite': {'name', 'tests', 'failures', 'errors', 'time', 'skipped', 'timestamp'},
            'testcase': {'name', 'classname', 'time'}, 'skipped': {'message'}}
        def check(node):
            assert {child.tag for child in node} <= children.get(node.tag, set()), node.tag
            assert set(node.attrib) <= attributes.get(node.tag, {'message', 'type'}), node.tag
            for child in node: check(child)
        check(report)
        for suite in report:
            cases = list(suite)
            assert int(suite.get('tests')) == len(cases)
            for kind, tag in (('failures', 'failure'), ('errors', 'error'), ('skipped', 'skipped')):
                assert int(suite.get(kind)) == sum(case.find(tag) is not None for case in cases), kind
            for case in cases: print(suite.get('name')[:3], case.get('name')[-12:], [child.tag for child in case])
        print({key: report.get(key) for key in ('tests', 'failures', 'errors', 'time')})
        print([case.find('failure').text.count('\\n') for case in report.iter('testcase') if case.find('failure') is not None])
        """

    private func read(_ report: Report) throws -> String {
        let folder = try ScratchFolder()
        let path = try folder.write(JUnitReport.text(of: report), to: "junit.xml")
        let run = try ShortProgram.run("python3", ["-c", Self.reader, path])
        let printed = String(decoding: run.output, as: UTF8.self)
        #expect(run.status == 0, "\(printed)\n\(JUnitReport.text(of: report))")
        return printed
    }

    @Test("reads as XML of the usual form whatever texts it has, and counts what there is")
    func hostile() throws {
        let printed = try read(SampleReport.report())
        #expect(printed.contains("{'tests': '6', 'failures': '1', 'errors': '1', 'time': '3.000'}"))
        #expect(printed.contains("b flaky.tape.jsonl (run 2)".suffix(12) + " ['flakyFailure']"), "\(printed)")
        #expect(printed.contains("['failure', 'rerunError', 'system-out']"), "\(printed)")
        #expect(printed.contains("['error']") && printed.contains("['skipped']"), "\(printed)")
        // The failure's lines are kept.
        #expect(printed.hasSuffix("[3]\n"), "\(printed)")
    }

    @Test("shows what XML forbids and what hides text as escapes")
    func forbidden() {
        let text = JUnitReport.text(of: SampleReport.report())
        #expect(text.contains(#"\u0000\u001b[2J\u0007\u0085"#))
        #expect(text.contains(#"\u202egnp.exe"#))
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar.value >= 32 && ![0x7F, 0x85, 0x202E, 0xFFFE, 0xFFFF].contains(scalar.value)
        }
        #expect(isClean)
        #expect(!text.contains("<script") && !text.contains("<img"))
    }

    @Test("without any recording is still one")
    func empty() throws {
        let printed = try read(Report(tool: "", started: ""))
        #expect(printed.hasPrefix("{'tests': '0'"))
    }
}
