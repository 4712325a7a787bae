import ArgumentParser
import Codecs
import Recorder

/// `PORT[:CODEC][,protocol=N]`: a server's port whose connections are imported.
struct ImportPortOption: Sendable, Equatable {
    let port: Int
    /// Nil: what `--codec` says.
    let codec: Codec?
    let isGuessed: Bool
    let protocolVersion: Int?

    static func == (left: ImportPortOption, right: ImportPortOption) -> Bool {
        left.port == right.port && left.codec?.name == right.codec?.name && left.isGuessed == right.isGuessed
            && left.protocolVersion == right.protocolVersion
    }

    /// Reads the argument of an option.
    static func argument(_ text: String) throws -> ImportPortOption {
        do { return try parse(text) } catch { throw ValidationError(error.description) }
    }

    /// Reads the text; the error says which part is wrong.
    static func parse(_ text: String) throws(UsageFault) -> ImportPortOption {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var version: Int?
        for part in parts.dropFirst() {
            guard part.hasPrefix("protocol="), let number = Int(part.dropFirst(9)), (0...5).contains(number) else {
                throw UsageFault(
                    "\"\(part)\": behind a port's codec may stand protocol=N, a pickle protocol from 0 to 5")
            }
            version = number
        }
        let main = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let port = Int(main[0]), main[0].utf8.allSatisfy({ $0 &- 48 < 10 }), (1...65_535).contains(port) else {
            throw UsageFault(
                "\"\(text)\": write PORT:CODEC, such as 12000:pickle; a port is a number from 1 to 65535")
        }
        guard main.count > 1, main[1] != CodecChoice.auto else {
            return ImportPortOption(port: port, codec: nil, isGuessed: main.count > 1, protocolVersion: version)
        }
        let codec: Codec
        do throws(CodecNameError) {
            codec = try CodecRegistry.codec(named: main[1])
        } catch {
            throw UsageFault(error.description)
        }
        guard version == nil || codec.payload.defaultSettings.protocolVersion != nil else {
            throw UsageFault("\"\(text)\": \(codec.payload.name) has no protocols; only pickle has")
        }
        return ImportPortOption(port: port, codec: codec, isGuessed: false, protocolVersion: version)
    }
}
