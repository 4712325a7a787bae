import Foundation
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("The report as HTML")
struct HTMLReportTests {
    /// Reads it with Python's parser: tags must match, ids be unique, and links and labels lead somewhere.
    private static let reader = """
        import base64, hashlib, html.parser, re, sys
        void = {'meta', 'input', 'link', 'br', 'img', 'wbr'}
        class Reader(html.parser.HTMLParser):
            stack, ids, refs, tags, styles, attributes, text = [], [], [], [], [], set(), []
            def handle_starttag(self, tag, attributes):
                self.tags.append(tag)
                self.attributes |= {name for name, _ in attributes}
                values = dict(attributes)
                if 'id' in values: self.ids.append(values['id'])
                if values.get('href', '').startswith('#'): self.refs.append(values['href'][1:])
                elif 'href' in values: raise SystemExit('a link leads out: ' + values['href'])
                if 'aria-labelledby' in values: self.refs.append(values['aria-labelledby'])
                if values.get('http-equiv') == 'Content-Security-Policy': self.policy = values['content']
                if tag not in void: self.stack.append(tag)
            def handle_endtag(self, tag):
                assert self.stack and self.stack.pop() == tag, tag
            def handle_data(self, data):
                if self.stack and self.stack[-1] in ('style', 'script'): self.styles.append((self.stack[-1], data))
                else: self.text.append(data)
        reader = Reader()
        reader.feed(open(sys.argv[1], encoding='utf-8').read())
        reader.close()
        assert not reader.stack, reader.stack
        assert len(set(reader.ids)) == len(reader.ids), 'an id stands twice'
        assert set(reader.refs) <= set(reader.ids), set(reader.refs) - set(reader.ids)
        assert not any(name.startswith('on') or name in ('style', 'src', 'srcset') for name in reader.attributes)
        assert "default-src 'none'" in reader.policy and 'unsafe' not in reader.policy
        for tag, text in reader.styles:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in reader.policy, tag
        for landmark in ('header', 'main', 'footer', 'h1', 'h2', 'h3', 'h4'): assert landmark in reader.tags, landmark
        print(reader.tags.count('script'), reader.tags.count('style'), reader.tags.count('article'), len(reader.styles))
        print(sorted(set(reader.tags)))
        print(''.join(reader.text))
        """

    private func read(_ text: String) throws -> String {
        let folder = try ScratchFolder()
        let path = try folder.write(text, to: "report.html")
        let run = try ShortProgram.run("python3", ["-c", Self.reader, path])
        let printed = String(decoding: run.output, as: UTF8.self)
        #expect(run.status == 0, "\(printed)")
        return printed
    }

    @Test(
        "is one whole file: nothing from outside, a policy that names its style and script alone, links that lead somewhere"
    )
    func form() throws {
        let printed = try read(HTMLReport.text(of: SampleReport.report(["x"])))
        #expect(printed.hasPrefix("1 1 0 2\n"), "\(printed.prefix(200))")
    }

    @Test("a hostile text is text")
    func hostile() throws {
        let plain = try read(HTMLReport.text(of: SampleReport.report(["x"]))).split(separator: "\n")
        let text = HTMLReport.text(of: SampleReport.report())
        let printed = try read(text).split(separator: "\n")
        #expect(printed.prefix(2) == plain.prefix(2), "the same tags, as many scripts")
        #expect(!text.contains("<script>document") && !text.contains("<img"))
        #expect(printed.joined(separator: "\n").contains("<script>document.title='x'</script> \"><img src=x onerror"))
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n"
                || scalar.value >= 32 && !(0x7F...0x9F).contains(scalar.value)
                    && !(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value)
        }
        #expect(isClean)
    }

    @Test("what failed comes first and is open, what passed is folded")
    func order() throws {
        let text = HTMLReport.text(of: SampleReport.report(["x"]))
        let ids = text.matches(of: /<details class="recording (\w+)" id="(r\d)"( open)?>/).map {
            "\($0.1) \($0.2)\($0.3 ?? "")"
        }
        #expect(
            ids == [
                "failed r1 open", "impossible r3 open", "flaky r2", "updated r4", "notRun r5", "passed r0",
            ])
    }

    @Test("marks the words that differ, and links each difference from the conversation")
    func marks() {
        var report = SampleReport.report(["x"])
        report.recordings[1].attempts[1].differences[0].values = [
            ValueDifference(path: "$.a", expected: "\"one blue <b> door\"", actual: "\"one red <b> door\"")
        ]
        let text = HTMLReport.text(of: report)
        #expect(text.contains("&quot;one <mark>blue</mark> &lt;b&gt; door&quot;"))
        #expect(text.contains("&quot;one <mark>red</mark> &lt;b&gt; door&quot;"))
        #expect(text.contains("<a href=\"#a1d0\">differs</a>") && text.contains("<li id=\"a1d0\">"))
    }

    @Test("leaves conversations out where it would become too large, and says so")
    func large() {
        var report = SampleReport.report(["x"])
        var entry = ConversationEntry(kind: .message, text: String(repeating: "y", count: 1 << 20))
        entry.from = .server
        report.recordings[1].attempts[1].conversation = Array(repeating: entry, count: 8)
        report.recordings = Array(repeating: report.recordings[1], count: 40)
        let text = HTMLReport.text(of: report)
        #expect(text.utf8.count < 64 << 20)
        #expect(text.contains("The conversation is left out"))
    }
}
