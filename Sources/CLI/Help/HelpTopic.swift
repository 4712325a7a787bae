import Codecs
import Replay

/// What `tapedeck help TOPIC` tells of that belongs to no command alone.
enum HelpTopic: String, CaseIterable {
    case codecs
    case formats
    case rules
    case exitStatus = "exit-status"

    /// What it is about, in a few words.
    var summary: String {
        switch self {
        case .codecs: "what a port can speak, and how to say it"
        case .formats: "recordings, captures and reports"
        case .rules: "what an answer may be that need not be as recorded"
        case .exitStatus: "what a command ends with"
        }
    }

    /// The whole text, in lines of at most 79 columns.
    var text: String {
        switch self {
        case .codecs: Self.codecsText
        case .formats: Self.formatsText
        case .rules: Self.rulesText
        case .exitStatus: Self.exitStatusText
        }
    }

    /// A line each, for the help of the whole program.
    static var list: String {
        let width = allCases.map(\.rawValue.count).max() ?? 0
        return allCases.map { topic in
            "  tapedeck help \(topic.rawValue.padded(to: width))  \(topic.summary)"
        }.joined(separator: "\n")
    }

    private static let codecsText = """
        A codec is what a port speaks: PAYLOAD, or PAYLOAD/FRAMING. The payload says
        how a message is read, the framing where it ends. The first framing of a
        payload is its default: json is json/lines.

          tapedeck serve --listen 12000:pickle
          tapedeck record --listen 12010:json/content-length --to 127.0.0.1:12000
          tapedeck record --listen 12010:raw/u32be+4 --to 127.0.0.1:12000
          tapedeck decode --codec msgpack < values.msgpack

        Behind a length, +N says that it counts N bytes more than the payload, such as
        those of the length itself: u32be+4.

        Which one? Take raw/chunks, which reads anything, and look:
          tapedeck show out.tape.jsonl --codec auto
        reads the recorded bytes with the codec that fits them, and names it. Where
        what comes to a port does not read, the log says what it looks like.

        """ + "\n" + CodecList.text

    private static var formatsText: String {
        var text = """
            Recordings (*.tape.jsonl, or *.tape.jsonl.zst): an object a line, in the
            order of what happened. A message stands under value (JSON as it was sent, a
            pickle in JSON's clothes), text or base64; raw keeps the bytes where these
            forms would not give them back.

              {"tapedeck":1,"created":"…","ports":[{"listen":"…","codec":"json/lines"}]}
              {"t":0.191260,"s":1,"open":{"port":34925,"peer":"127.0.0.1:50056"}}
              {"t":0.191594,"s":1,"from":"client","value":{"order": 1}}
              {"t":0.191869,"s":1,"from":"server","value":{"total": 3.75}}
              {"t":0.193538,"s":1,"eof":"client"}
              {"t":0.197687,"s":1,"close":"clean"}
              {"t":0.208151,"end":{"sessions":1,"messages":2}}

            To change what is sent, change a value and delete the raw beside it.

              tapedeck show out.tape.jsonl                     as text
              tapedeck show out.tape.jsonl --format json       an object a message
              tapedeck check out.tape.jsonl                    is it whole?

            Captures (pcap, pcapng): packets, to and from Wireshark.

              tapedeck import failure.pcapng -o failure.tape.jsonl
              tapedeck export out.tape.jsonl -o out.pcapng

            Reports of tapedeck replay and merge-reports (--report FORMAT=FILE):

              console  what is printed

            """
        for format in ReportFormats.all {
            text += "  \(format.name.padded(to: 7))  \(format.purpose)\n"
        }
        return text
    }

    private static let rulesText = """
        A rule says what an answer may be at a path; what is as recorded passes in any
        case. As options, in files (--rules FILE) and in tapedeck.yaml:

          tapedeck replay --rule '$.time ignore' --rule '$..etag regex ^[0-9a-f]{8}$'

          rules:
            - path: $.time
              ignore: true
            - path: $.message
              mask: \\d\\d:\\d\\d
              port: 12000

        Paths:
          $                        the message
          .name  ["odd key"]       what stands under a key
          [3]  [-1]                an element, from 0; the last one
          .*  [*]                  everything directly inside
          ..name  ..[*]            the same at any depth
          bytes[4:12]              these bytes of a raw message (with ignore)

        Kinds:
          ignore                   anything, also nothing
          type                     any value of the same kind
          regex PATTERN            a text in which the pattern (PCRE2) is found
          mask PATTERN             what matches is set aside; the rest is compared
          tolerance 0.5 | 10%      a number that is so near
          numeric                  the same number: 1, 1.0 and 10e-1 are one
          unordered                a list's elements in any order
          capture as NAME          what the server makes up: the same from then on

        Options go before files, files before tapedeck.yaml, that before the
        recording's header, and the first that fits decides. Rules that fit nothing
        are told of. To have them proposed:

          tapedeck learn captures/ --start 'python3 server.py {port}' \\
                         --write rules.yaml

        """

    private static let exitStatusText = """
        0     all is well
        1     there is something to look at: replay found differences, check something
              wrong, scan a dangerous name, learn what it could not learn
        2     it could not be done: no recording, nothing selected, server not
              reachable, file exists, port taken, disk full
        64    wrong usage: the message says which argument, and what there is
        130   replay, learn, shrink or load was interrupted by Ctrl-C; what was done so
              far is told
        143   the same by SIGTERM

        Results go to stdout, everything else to stderr. A reader that goes away, such
        as head, is no error. serve and record end with 0 after Ctrl-C or SIGTERM once
        open connections have ended.

          tapedeck replay captures/ --start 'python3 server.py {port}' || exit $?
          tapedeck check captures/ --quiet || tapedeck check captures/ --repair

        """
}

extension String {
    /// With spaces behind it up to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
