import ArgumentParser
import NIOCore
import Recorder

/// Where a capture's packets come from.
enum CaptureSource: String, ExpressibleByArgument, CaseIterable {
    /// From the kernel, through libpcap.
    case packets
    /// Made from what passes through the server's sockets.
    case sockets
}

/// Packets beside what a server does: `--capture` and what belongs to it.
struct CaptureOptions: ParsableArguments {
    @Option(
        name: .customLong("capture"),
        help: ArgumentHelp(
            "Write the ports' packets to this new file, as pcapng where its name ends so, else as pcap.",
            valueName: "file.pcapng"))
    var path: String?

    @Option(
        name: .customLong("capture-from"),
        help: ArgumentHelp(
            "Where they come from: packets (the network's own, which needs a right; default), or sockets (made from the bytes that pass, TLS decrypted; needs none).",
            valueName: "source"))
    var source: CaptureSource?

    @Option(
        name: .customLong("capture-interface"),
        help: ArgumentHelp(
            "Take packets on this interface (default: lo if only loopback addresses are listened on, else any).",
            valueName: "name"))
    var interface: String?

    func validate() throws {
        if path == nil {
            if source != nil { throw ValidationError("--capture-from goes with --capture FILE") }
            if interface != nil { throw ValidationError("--capture-interface goes with --capture FILE") }
        }
        if source == .sockets, interface != nil {
            throw ValidationError("--capture-interface goes with --capture-from packets; sockets have no interface")
        }
        if path?.isEmpty == true { throw ValidationError("--capture needs the name of a file") }
        if interface?.isEmpty == true { throw ValidationError("--capture-interface needs a name") }
    }

    /// Starts the capture that is asked for, if any.
    ///
    /// - Parameters:
    ///   - addresses: where the server listens.
    ///   - awaitsSecrets: the capture will be given the secrets of TLS connections.
    ///   - onFailure: called when it ends by itself.
    func start(
        addresses: [SocketAddress], awaitsSecrets: Bool, onFailure: @escaping @Sendable (CaptureError) -> Void
    ) throws(CaptureError) -> (any PacketCapture)? {
        guard let path else { return nil }
        switch source ?? .packets {
        case .packets:
            return try LiveCapture(
                path: path, addresses: addresses.map { ($0.ipAddress ?? "", $0.port ?? 0) }, interface: interface,
                application: ToolVersion.text, awaitsSecrets: awaitsSecrets, onFailure: onFailure)
        case .sockets:
            return try CaptureWriter(
                path: path, interface: CaptureInterface(name: "sockets", linkType: .raw), application: ToolVersion.text,
                onFailure: onFailure)
        }
    }
}
