import Foundation
import Replay
import TestSupport
import Testing

@testable import CLI

@Suite("A project file")
struct ProjectFileTests {
    @Test("reports and tries are read, and what is wrong with them is told of with its line")
    func reports() throws {
        let file = try ProjectFile.parse(
            "replay:\n  retries: 2\n  fail-on-flaky: true\n  max-failures: 3\n  report: [junit=out/j.xml, github, tap=/t]\n",
            path: "/project/tapedeck.yaml")
        #expect(file.replay.retries == 2 && file.replay.failsOnFlaky == true && file.replay.maximumFailures == 3)
        #expect(file.replay.reports.map(\.name) == ["junit", "github", "tap"])
        #expect(file.replay.reports.map(\.file) == ["/project/out/j.xml", nil, "/t"])
        for (text, reason) in [
            ("retries: x", "no number of retries"), ("report: xml", "no format of a report"),
            ("report: [junit=]", "lacks the file"), ("max-failures: 0", "from 1 to"), ("report: html", "needs a file"),
        ] {
            let error = #expect(throws: ProjectFileError.self) {
                try ProjectFile.parse("replay:\n  \(text)\n", path: "p")
            }
            #expect(error?.line == 2 && error?.reason.contains(reason) == true, "\(text)")
        }
    }

    @Test("holds the options of replay")
    func reads() throws {
        let file = try ProjectFile.parse(
            """
            replay:
              start: python3 server.py {port}
              timeout: 2s
              settle: 50ms
              pause: 0
              independent: true
              speed: 2.5
              jobs: 3
              segment: random:9
            """, path: "/a/tapedeck.yaml")
        #expect(file.folder == "/a")
        #expect(file.replay.start == "python3 server.py {port}")
        #expect(file.replay.timeout?.duration == .seconds(2))
        #expect(file.replay.settle?.duration == .milliseconds(50))
        #expect(file.replay.pause?.duration == .zero)
        #expect(file.replay.isIndependent == true)
        #expect(file.replay.speed?.factor == 2.5)
        #expect(file.replay.jobs?.count == 3)
        #expect(file.replay.segment?.ways == [.random(seed: 9)])
    }

    @Test("names one target or several")
    func targets() throws {
        let one = try ProjectFile.parse("replay:\n  target: 127.0.0.1:1\n", path: "tapedeck.yaml")
        #expect(one.replay.target == ["127.0.0.1:1"])
        let two = try ProjectFile.parse("replay:\n  target: [1=a:2, 3=b:4]\n", path: "tapedeck.yaml")
        #expect(two.replay.target == ["1=a:2", "3=b:4"])
    }

    @Test("may be empty")
    func empty() throws {
        #expect(try ProjectFile.parse("", path: "x").replay == ProjectFile.Replay())
        #expect(try ProjectFile.parse("# nothing yet\n", path: "x").replay == ProjectFile.Replay())
    }

    @Test(
        "is refused with the line that is wrong",
        arguments: [
            ("replay:\n  strat: x\n", "2:3: unknown key \"strat\""),
            ("\nreply:\n", "2:1: unknown key \"reply\""),
            ("replay:\n  timeout: soon\n", "2:3: "),
            ("replay:\n  independent: 3\n", "2:3: \"independent\" must be true or false"),
            ("replay:\n  speed: 0\n", "2:3: \"speed\": \"0\" is no speed"),
            ("replay:\n  start: x\n  jobs: many\n", "3:3: \"jobs\": \"many\" is no number of jobs"),
            ("replay:\n  segment: finely\n", "2:3: \"segment\": \"finely\" is no way to cut"),
            ("replay: yes\n", "1:9: replay must hold keys and values"),
            ("- a\n", "1:1: the file must hold keys and values"),
            ("replay:\n  start: [a]\n", "2:3: \"start\" must be a text"),
        ])
    func refuses(text: String, reason: String) throws {
        let error = #expect(throws: ProjectFileError.self) { try ProjectFile.parse(text, path: "tapedeck.yaml") }
        #expect(error?.description.contains("tapedeck.yaml:" + reason) == true, "\(error?.description ?? "")")
    }

    @Test("that is no YAML is refused by name")
    func noYAML() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("a: [", to: "tapedeck.yaml")
        let error = #expect(throws: ProjectFileError.self) { try ProjectFile.read(path) }
        #expect(error?.description.contains("tapedeck.yaml") == true)
    }

    @Test("is the nearest one upwards, as far as the repository's root")
    func nearest() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "outside/tapedeck.yaml")
        try folder.write("", to: "outside/repository/.git/HEAD")
        try folder.write("", to: "outside/repository/a/b/one.tape.jsonl")
        let inside = folder.path("outside/repository/a")
        let recordings = folder.path("outside/repository/a/b")
        #expect(try ProjectFile.nearest(from: recordings, workingFolder: inside) == nil)
        let above = try folder.write("", to: "outside/repository/tapedeck.yaml")
        #expect(try ProjectFile.nearest(from: recordings, workingFolder: inside)?.path == above)
        let beside = try folder.write("", to: "outside/repository/a/b/tapedeck.yaml")
        #expect(try ProjectFile.nearest(from: recordings, workingFolder: inside)?.path == beside)
        #expect(try ProjectFile.nearest(from: folder.path("no/such/folder"), workingFolder: inside) == nil)
    }

    @Test("is not looked for beside a recording from elsewhere, nor above the working folder without a repository")
    func trustsOnlyTheProject() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "downloads/tapedeck.yaml")
        try folder.write("", to: "tapedeck.yaml")
        try folder.write("", to: "project/tapes/one.tape.jsonl")
        let project = folder.path("project")
        #expect(try ProjectFile.nearest(from: folder.path("downloads"), workingFolder: project) == nil)
        #expect(try ProjectFile.nearest(from: folder.path("project/tapes"), workingFolder: project) == nil)
        let own = try folder.write("", to: "project/tapedeck.yaml")
        #expect(try ProjectFile.nearest(from: folder.path("downloads"), workingFolder: project)?.path == own)
        #expect(try ProjectFile.nearest(from: folder.path("project/tapes"), workingFolder: project)?.path == own)
    }
}
