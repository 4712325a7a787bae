import Codecs

/// Every fuzzer. Payload formats and framings come from the registry: a new one is fuzzed without a line here.
enum FuzzerList {
    static let all: [Fuzzer] =
        payloads + notations + [pickleEnd, pickleScan, base64, recording, captureFile, packets] + streams

    static func named(_ name: String) -> Fuzzer? { all.first { $0.name == name } }

    private static let payloads = CodecRegistry.payloads.map { payload in
        let format = payload.format
        let dialect: Fuzzer.Dialect =
            switch format.name {
            case "pickle": .pickle
            case "json": .json
            default: .bytes
            }
        return Fuzzer(
            name: "payload.\(format.name)", weight: format.name == "pickle" ? 8 : 3, dialect: dialect,
            seeds: { library in
                switch format.name {
                case "pickle": library.pickles()
                case "json": library.jsonTexts()
                case _ where format is any NotationFormat: library.payloads(of: format)
                default: RecordingSamples.plainBytes + library.jsonTexts() + library.pickles()
                }
            },
            check: { bytes throws(PropertyFailure) in try PayloadProperties.check(format, bytes) })
    }

    private static let pickleEnd = Fuzzer(
        name: "pickle.end", weight: 3, dialect: .pickle, seeds: { $0.pickles() },
        check: { bytes throws(PropertyFailure) in try PickleEndProperties.check(bytes) })

    private static let pickleScan = Fuzzer(
        name: "scan.pickle", weight: 4, dialect: .pickle, seeds: { $0.pickles() + HostilePickle.all.map(\.bytes) },
        check: { bytes throws(PropertyFailure) in try ScanProperties.check(bytes) })

    private static let notations = CodecRegistry.payloads.compactMap { $0.format as? any NotationFormat }.map {
        format in
        Fuzzer(
            name: "notation.\(format.name)", weight: 4, dialect: .notation, seeds: { $0.notations() },
            check: { bytes throws(PropertyFailure) in try NotationProperties.check(format, bytes) })
    }

    private static let base64 = Fuzzer(
        name: "base64", weight: 1, dialect: .bytes,
        seeds: { _ in
            ["", "AA==", "AAE=", "AAEC", "//4AAQ==", "eyJhIjogMS4wfSANCg==", "AA", "A===", "QR=="].map {
                Array($0.utf8)
            }
        },
        check: { bytes throws(PropertyFailure) in try Base64Properties.check(bytes) })

    private static let recording = Fuzzer(
        name: "recording", weight: 4, dialect: .bytes, seeds: { $0.recordings() },
        check: { bytes throws(PropertyFailure) in try RecordingProperties.check(bytes) })

    private static let captureFile = Fuzzer(
        name: "capture.file", weight: 4, dialect: .bytes, seeds: { $0.captures() },
        check: { bytes throws(PropertyFailure) in try CaptureProperties.checkFile(bytes) })

    private static let packets = Fuzzer(
        name: "capture.packets", weight: 6, dialect: .bytes,
        seeds: { $0.captures().compactMap(CaptureProperties.packets) },
        check: { bytes throws(PropertyFailure) in try CaptureProperties.checkPackets(bytes) })

    /// A fuzzer for every framing; length prefixes once, with plain bytes behind them.
    private static let streams: [Fuzzer] = {
        let plain = Set(CodecRegistry.all.filter { $0.payload.name == "raw" }.map(\.framing.name))
        var codecs = CodecRegistry.all.filter { codec in
            codec.payload.name == "raw" || !plain.contains(codec.framing.name)
                || codec.framing.counting(more: 4) == nil
        }
        for name in ["json/u32be+4", "raw/u16le+2", "raw/u8+1"] {
            if let codec = try? CodecRegistry.codec(named: name) { codecs.append(codec) }
        }
        return codecs.map { codec in
            Fuzzer(
                name: "stream.\(codec.payload.name).\(codec.framing.name)", weight: 1,
                dialect: codec.framing is PickleStreamFraming ? .pickle : .bytes,
                seeds: { $0.streams(of: codec) },
                check: { bytes throws(PropertyFailure) in try StreamProperties.check(codec, bytes) })
        }
    }()
}
