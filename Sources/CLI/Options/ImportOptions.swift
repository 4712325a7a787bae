import ArgumentParser
import Codecs
internal import Glibc
import Recorder

/// Which packets of a capture are read, and as what.
struct ImportOptions: ParsableArguments {
    @Option(
        name: .customLong("filter"),
        help: ArgumentHelp(
            "Read these packets only, in libpcap's language, such as 'host 10.0.0.7'.", valueName: "expression"))
    var filter: String?

    @Option(
        name: .customLong("tls-keylog"),
        help: ArgumentHelp(
            "Keys that open TLS, as SSLKEYLOGFILE has them; those in a pcapng file are used without. tshark decrypts with them.",
            valueName: "file"),
        completion: .file())
    var keyLog: String?

    @Flag(
        name: .customLong("drop-bad-checksums"),
        help: "Leave out TCP segments with a wrong checksum, as their receiver did unless its hardware counts.")
    var dropsWrongChecksums = false

    func validate() throws {
        if let keyLog, access(keyLog, R_OK) != 0 {
            throw ValidationError("--tls-keylog \(keyLog): \(systemMessage(errno))")
        }
        if let filter, let fault = PacketFilter.fault(in: filter) {
            throw ValidationError("--filter '\(filter)': \(fault)")
        }
    }

    /// The first of these options that was given.
    var given: String? {
        if filter != nil { return "--filter" }
        if keyLog != nil { return "--tls-keylog" }
        return dropsWrongChecksums ? "--drop-bad-checksums" : nil
    }

    /// What is meant; `other` is the codec of ports that name none, nil where it has to be found.
    func settings(ports: [ImportPortOption], other: Codec?, limits: DecodingLimits) -> ImportSettings {
        var settings = ImportSettings(tool: ToolVersion.text)
        settings.ports = ports.map { port in
            let codec = port.codec ?? (port.isGuessed ? nil : other)
            return ImportedPort(number: port.port, codec: codec, protocolVersion: port.protocolVersion)
        }
        settings.otherCodec = other
        settings.filter = filter
        settings.keyLog = keyLog
        settings.dropsWrongChecksums = dropsWrongChecksums
        settings.limits = limits
        return settings
    }
}
