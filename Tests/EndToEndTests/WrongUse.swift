import TestSupport

/// The ways to use it wrongly, by what is wrong.
enum WrongUse {
    typealias Case = WrongUseTests.Case

    static let tables: [WrongUseTests.Table] = [
        .init(testDescription: "commands and options", cases: commands), .init(testDescription: "ports", cases: ports),
        .init(testDescription: "numbers, sizes and times", cases: numbers),
        .init(testDescription: "files", cases: files),
        .init(testDescription: "recordings", cases: recordings), .init(testDescription: "servers", cases: servers),
        .init(testDescription: "rules and settings", cases: rules), .init(testDescription: "streams", cases: streams),
    ]

    private static let commands = [
        Case("replya", 64, "there is no command 'replya': did you mean 'replay'?", "see: tapedeck help"),
        Case("sohw x.tape.jsonl", 64, "did you mean 'show'?"), Case("help replya", 64, "did you mean 'replay'?"),
        Case("dance", 64, "there is no command 'dance'", "serve, record, "),
        Case("''", 64, "no command ''"),
        Case("good.tape.jsonl", 64, "'good.tape.jsonl' is a file, no command: tapedeck show reads it"),
        Case("--verison", 64, "unknown option --verison: did you mean --version?"), Case("-x", 64, "unknown option -x"),
        Case("show good.tape.jsonl --fromat json", 64, "unknown option --fromat: did you mean --format?"),
        Case("replay good.tape.jsonl --taget x", 64, "did you mean --target?", "see: tapedeck help replay"),
        Case("serve --listen 0:json --tls-cert a.pem", 64, "unknown option --tls-cert: did you mean --tls?"),
        // The unknown one is told of first, not what lacks without it.
        Case("serve --listen 0:json --tls-cert a.pem --tls-key a.key", 64, "unknown option --tls-cert"),
        Case("serve --listn 0:json", 64, "unknown option --listn: did you mean --listen?"),
        Case("codecs now", 64, "nothing is expected where 'now' stands"),
        Case("serve --listen 0:json --quiet=yes", 64, "--quiet takes no value, and 'yes' is given"),
        Case("show good.tape.jsonl --session", 64, "--session lacks its <numbers>"),
        Case("show", 64, "<paths> ... is missing: Recordings"), Case("import", 64, "<capture> is missing"),
        Case("export good.tape.jsonl", 64, "--output <file.pcapng> is missing"),
        Case("show good.tape.jsonl --hex --raw", 64, "--hex and --raw are two ways to show: give one"),
        Case("serve --listen 0:json -o a.tape.jsonl --force --append", 64, "--append and --force exclude each other"),
        Case("replay good.tape.jsonl --start x --target 127.0.0.1:9", 64, "--target and --start exclude each other"),
        Case("record --listen 0:json --start x --to 127.0.0.1:9", 64, "--to and --start exclude each other"),
        Case("show good.tape.jsonl --from sever", 64, "did you mean 'server'? There are: client, server"),
        Case("serve --listen 0:json --color mauve", 64, "--color 'mauve': there are: auto, always, never"),
        Case("show $(printf 'a\\033[31m') --frm x", 64, "unknown option --frm"),
        Case("show --session \"$(printf '\\033[31m')\" x", 64, "\\u001b[31m"),
    ]

    private static let ports =
        [
            Case(
                "serve --listen TAKEN:json", 2,
                "cannot listen on 127.0.0.1:TAKEN: another program listens there already"),
            Case("serve --listen 0:json --metrics TAKEN", 2, "127.0.0.1:TAKEN: another program", "choose another port"),
            Case("serve", 64, "give --listen [HOST:]PORT:CODEC, such as --listen 12000:pickle"),
            Case("serve --listen 0:jsn", 64, "unknown payload \"jsn\": did you mean \"json\"?"),
            Case("serve --listen 0:json/linse", 64, "unknown framing \"linse\" of json: did you mean \"lines\"?"),
            Case("serve --listen 0:json/frob", 64, "unknown framing \"frob\" of json. There are: lines, concat"),
            Case("serve --listen 12000", 64, "--listen: \"12000\" lacks a codec", "such as 12000:pickle"),
            Case("serve --listen ''", 64, "\"\" lacks a codec"),
            Case("serve --listen :json", 64, "\":json\" lacks a port"),
            Case("serve --listen 99999:json", 64, "\"99999\" is no port, a number up to 65535"),
            Case("serve --listen -1:json", 64, "one that begins with - is written --listen=-1:json"),
            Case("serve --listen nohost.invalid:0:json", 2, "no address is known for nohost.invalid", "misspelt"),
            Case("serve --listen 203.0.113.7:0:json", 2, "this machine has no such address; use 127.0.0.1"),
            Case("serve --listen 12000:json --listen 12000:raw", 64, "--listen names port 12000 twice"),
            Case("serve --listen 12000:json --listen 0.0.0.0:12000:raw", 64, "--listen names port 12000 twice"),
            Case("serve --listen 0:json,rely=echo", 64, "\"rely=echo\" of a port: did you mean \"reply=\"?"),
            Case("serve --listen 0:json,reply=ehco", 64, "did you mean \"echo\"? There are echo, ack, none"),
            Case("serve --listen 0:json,reply", 64, "the setting \"reply\" of a port lacks its value: reply=…"),
            Case("record --listen 0:json", 64, "give --to HOST:PORT, or --start COMMAND"),
            Case("record --listen FREE:json --to 127.0.0.1:FREE", 64, "of this very tapedeck", "its own port"),
            Case("record --listen 0.0.0.0:FREE:json,to=localhost:FREE", 64, "of this very tapedeck"),
            Case("record --listen 0:json --to 127.0.0.1", 64, "--to: \"127.0.0.1\" is no port", "such as 12000"),
            Case("record --listen 0:json --to 127.0.0.1:0", 64, "a port to connect to is from 1 to 65535"),
            Case("serve --listen 0:json --greet '{bad'", 64, "neither clientid, none nor JSON: at byte 1"),
            Case("serve --listen 0:json --tls no.pem --tls-key no.key", 2, "cannot read no.pem: No such file"),
            Case(
                "serve --listen 0:json --tls text.txt --tls-key text.txt", 2,
                "text.txt holds no certificate: it is not PEM"),
            Case("serve --listen 0:json --tls-key server.key", 64, "tls-key goes with tls=CERT.pem"),
        ]
        + (TestCertificates.canBeMade
            ? [
                Case(
                    "serve --listen 0:json --tls server.pem --tls-key other.key", 2,
                    "other.key is not that of the first"),
                Case("serve --listen 0:json --tls server.der", 2, "server.der holds no certificate", "openssl x509"),
            ] : [])

    private static let numbers = [
        Case("serve --listen 0:json --max-frame 64KiX", 64, "--max-frame '64KiX' is no size", "64KiB"),
        Case("serve --listen 0:json --max-frame 0", 64, "--max-frame is from 1 to 2147483647 bytes"),
        Case("serve --listen 0:json --max-frame -1", 64, "--max-frame lacks its <size>", "--max-frame=-1"),
        Case("serve --listen 0:json --max-frame=-1", 64, "--max-frame '-1' is no size"),
        Case("serve --listen 0:json --max-connections 99999999999999999999", 64, "is no whole number"),
        Case("serve --listen 0:json --idle-timeout 2parsecs", 64, "'2parsecs' is no time", "500ms or 2s"),
        Case("serve --listen 0:json -o a.tape.jsonl --rotate 10", 64, "--rotate '10' is no size of 1KiB or more"),
        Case("replay good.tape.jsonl --timeout ''", 64, "--timeout '' is no time"),
        Case("replay good.tape.jsonl --timeout 5min", 64, "--timeout '5min' is no time"),
        Case("replay good.tape.jsonl --shard 3/2", 64, "\"3/2\" is no shard: it is I/N, such as 2/4"),
        Case("replay good.tape.jsonl --speed fast", 64, "\"fast\" is no speed: it is a number above 0"),
        Case("replay good.tape.jsonl --speed=-1", 64, "\"-1\" is no speed"),
        Case("replay good.tape.jsonl --retries -1", 64, "is written --retries=-1"),
        Case("replay good.tape.jsonl -j 0", 64, "\"0\" is no number of jobs: it is from 1 to 256"),
        Case("encode --codec pickle --protocol 9", 64, "--protocol is a number from 0 to 5"),
        Case("show good.tape.jsonl --session 7-3", 64, "\"7-3\" names no sessions", "3-7"),
        Case("show good.tape.jsonl --port abc", 64, "\"abc\": write PORT:CODEC"),
    ]

    private static let files = [
        Case("show none.tape.jsonl", 2, "none.tape.jsonl: cannot open: No such file or directory"),
        Case("show ''", 2, "\"\": cannot open"),
        Case("show empty", 2, "empty: no recording (*.tape.jsonl) is in there"),
        Case("replay empty --target 127.0.0.1:FREE", 2, "no recording (*.tape.jsonl) in empty"),
        Case("replay notes --target 127.0.0.1:FREE", 2, "no recording (*.tape.jsonl) in notes"),
        Case("scan empty", 2, "empty: is a folder, not a file"),
        Case("show pipe", 2, "pipe: is a pipe (fifo), not a file"),
        Case("import empty -o new.tape.jsonl", 2, "empty: is a folder, not a file"),
        Case("serve --listen 0:json -o good.tape.jsonl", 2, "nothing is overwritten: --append adds to it, --force"),
        Case("serve --listen 0:json -o nodir/new.tape.jsonl", 2, "nodir/new.tape.jsonl: cannot make this file"),
        Case("serve --listen 0:json -o /dev/full", 2, "/dev/full: is a device, not a file"),
        Case("serve --listen 0:json -o ''", 2, "\"\": the name of the file is empty"),
        Case("serve --listen 0:json -o text.txt --append", 2, "text.txt:1: is no recording"),
        Case("serve --listen 0:json,reply=recording:none.tape.jsonl", 2, "none.tape.jsonl: cannot open"),
        Case("export good.tape.jsonl -o good.tape.jsonl", 64, "is the recording, and would be lost: name another"),
        Case("export good.tape.jsonl -o nodir/new.pcap", 2, "nodir/new.pcap: cannot make this file"),
        Case("scrub good.tape.jsonl --redact defaults", 64, "give either -o, a new file or a folder, or --in-place"),
        Case("scrub good.tape.jsonl --redact defaults -o good.tape.jsonl", 2, "name another file, or give --force"),
        Case("import text.txt -o new.tape.jsonl", 2, "text.txt: is no capture"),
        Case("import cut.pcap -o new.tape.jsonl", 2, "cut.pcap: is cut off inside its header"),
        Case(
            "import good.pcap --port 1:json -o new.tape.jsonl", 2, "no TCP connection to port 1 is in it", "port 12000"),
        Case("import good.tape.jsonl -o new.tape.jsonl", 2, "a recording is read by tapedeck show"),
        Case("merge-reports text.txt", 2, "text.txt: is no report of tapedeck replay --report json=FILE"),
        Case("show \"$(printf 'a\\377b')\"", 64, "is not UTF-8; a file of such a name is reached through a link"),
    ]

    private static let recordings = [
        Case(
            "show newer.tape.jsonl", 2, "newer.tape.jsonl:1: has format 99; this build reads up to 1: update tapedeck"),
        Case("replay newer.tape.jsonl --target 127.0.0.1:FREE", 2, "has format 99"),
        Case("show empty.tape.jsonl", 2, "empty.tape.jsonl: is empty: no recording was ever begun here"),
        Case("show bytes.bin", 2, "bytes.bin:1: is no recording: its first line is not {\"tapedeck\":1,…}"),
        Case("show text.txt", 2, "text.txt:1: is no recording"),
        Case("show image.png", 2, "image.png: is an image, not a recording (*.tape.jsonl)"),
        Case("show packed.gz", 2, "packed.gz: is compressed with gzip: unpack it first (gunzip)"),
        Case("show value.pkl", 2, "value.pkl: is a pickle", "tapedeck decode --codec pickle"),
        Case("replay good.pcap --target 127.0.0.1:FREE", 2, "is a packet capture", "tapedeck import makes one of it"),
        Case("replay image.png --target 127.0.0.1:FREE", 2, "image.png  is an image"),
        Case("show damaged.tape.jsonl", 2, "damaged.tape.jsonl:4: damaged at byte 5 of the line"),
        Case("show torn.tape.jsonl", 0, "torn: this line was never finished; all before it is shown"),
        Case("show crlf.tape.jsonl", 0), Case("check crlf.tape.jsonl", 1),
        Case("show good.tape.jsonl -g '('", 64, "\"(\" is no regular expression: at byte 1: missing closing"),
        Case("show good.tape.jsonl --codec jsn", 64, "did you mean \"json\"?"),
    ]

    private static let servers = [
        Case("replay good.tape.jsonl", 2, "no server to replay against: give --target HOST:PORT or --start COMMAND"),
        Case("learn good.tape.jsonl", 2, "give --target HOST:PORT or --start COMMAND"),
        Case("replay good.tape.jsonl --target 127.0.0.1:FREE", 2, "Connection refused: nothing listens there; is the"),
        Case(
            "replay good.tape.jsonl --target nohost.invalid:9", 2, "the host \"nohost.invalid\" is not known",
            "misspelt"),
        Case("replay good.tape.jsonl --target 127.0.0.1", 64, "\"127.0.0.1\" is no port", "127.0.0.1:12000"),
        Case("replay good.tape.jsonl --target 12001=127.0.0.1:FREE", 2, "no target for port 41325", "41325=HOST:PORT"),
        Case(
            "replay good.tape.jsonl --start 'nothing-of-that-name {port}'", 2, "status 127",
            "a command that is not found"),
        Case("replay good.tape.jsonl --start 'exit 3'", 2, "exited with status 3 before it listened"),
        Case("replay good.tape.jsonl --start 'sleep 100' --ready-timeout 0.2", 2, "did not listen", "has no {port}"),
        Case("replay good.tape.jsonl --start ' '", 64, "--start lacks the command, such as"),
        Case("replay good.tape.jsonl -g nothing-like-it --target 127.0.0.1:FREE", 2, "matches the path of none"),
        Case("replay good.tape.jsonl -g '(' --target 127.0.0.1:FREE", 64, "-g: \"(\" is no regular expression"),
        Case("replay good.tape.jsonl --report junti=x", 64, "did you mean \"junit\"? There are console, junit"),
        Case("replay good.tape.jsonl --segment byts", 64, "\"byts\" is no way to cut: there are whole"),
        Case(
            "replay good.tape.jsonl --target 127.0.0.1:FREE --report junit=empty", 2, "empty: is a folder, not a file"),
    ]

    private static let rules = [
        Case("replay good.tape.jsonl --rules none.yaml --target 127.0.0.1:FREE", 2, "none.yaml: cannot open"),
        Case("replay good.tape.jsonl --rules kind.yaml --target 127.0.0.1:FREE", 2, "kind.yaml:3: ", "\"ignore\"?"),
        Case("replay good.tape.jsonl --rules path.yaml --target 127.0.0.1:FREE", 2, "path.yaml:2: ", "lacks its \"]\""),
        Case("replay good.tape.jsonl --rule '$.time ignroe' --target 127.0.0.1:FREE", 64, "did you mean \"ignore\"?"),
        Case("replay good.tape.jsonl --rule '' --target 127.0.0.1:FREE", 64, "a rule is PATH KIND", "this is empty"),
        Case("serve --listen 0:json --config none.yaml", 2, "none.yaml: cannot open"),
        Case(
            "serve --listen 0:json --config key.yaml", 2, "key.yaml:2:3: unknown key \"strat\": did you mean \"start\"?"
        ),
        Case("serve --listen 0:json --config bad.yaml", 2, "bad.yaml:3:3: is no YAML"),
        Case("serve --listen 0:json -o new.tape.jsonl --redact defualts", 64, "did you mean \"defaults\"?"),
        Case("serve --listen 0:json --durability kernl", 64, "did you mean 'kernel'? There are: none, kernel, disk"),
        Case("serve --listen 0:json --log-format jsn", 64, "did you mean 'json'?"),
        Case("scrub good.tape.jsonl", 64, "nothing to take out: give --redact RULE"),
    ]

    private static let streams = [
        Case("decode --codec json </dev/null", 2, "byte 0: there is no message: the input is empty"),
        Case("decode --codec json <image.png", 2, "byte 0: found byte 0x89, expected a JSON value"),
        Case("encode --codec json <text.txt", 2, "byte 0: found \"o\", expected a JSON value"),
        Case("decode --codec json <&-", 2, "byte 0: there is no message: the input is empty"),
        Case("decode --codec jsn", 64, "did you mean \"json\"?"), Case("decode", 64, "--codec <codec> is missing"),
        Case("encode --codec json --protocol 2", 64, "--protocol is the pickle protocol; json/lines has none"),
        Case("show good.tape.jsonl >/dev/full", 2, "cannot write to stdout: No space left on device"),
        Case("codecs >/dev/full", 2, "cannot write to stdout: No space left on device"),
        Case("show good.tape.jsonl >&-", 0), Case("show none.tape.jsonl >&- <&-", 2, "none.tape.jsonl: cannot open"),
        // A pager that is left, or `| head`, is no error.
        Case("show good.tape.jsonl | true", 0), Case("codecs | head -1", 0),
    ]
}
