package import Codecs

/// The texts of places in a message, without what was taken out of it.
package struct PlaceNames {
    /// What keys were replaced by, by their nodes.
    private var renamed: [UInt32: [UInt8]] = [:]

    package init() {}

    /// A key is another now.
    mutating func rename(_ key: Value, to text: [UInt8]) { renamed[key.index] = text }

    /// A place as a person writes it: `$.users[2].name`, `$["odd key"]`. A key that is a list or the like is written as `[*]`.
    package func text(_ place: Int, of paths: ValuePaths, format: any PayloadFormat) -> String {
        paths.text(place) { key in
            guard key.kind.isText else { return key.childCount > 0 ? "[*]" : "[\(key.readableText(format: format))]" }
            let bytes = renamed[key.index] ?? key.withText { Array($0) }
            if let plain = ValuePaths.plain(String(decoding: bytes, as: UTF8.self)) { return plain }
            var quoted = ByteWriter()
            bytes.withUnsafeBytes { JSONString.write($0, into: &quoted) }
            return "[\(quoted.string)]"
        }
    }
}
