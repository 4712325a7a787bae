import ArgumentParser
import Codecs

/// The codec of a name on the command line; a name that there is not is wrong usage.
enum CodecArgument {
    static func codec(_ name: String) throws -> Codec {
        do { return try CodecRegistry.codec(named: name) } catch { throw ValidationError(error.description) }
    }
}
