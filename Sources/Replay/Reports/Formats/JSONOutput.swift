internal import Codecs

/// Writes JSON piece by piece, commas with it.
struct JSONOutput: ~Copyable {
    private var bytes = ByteWriter(capacity: 64 << 10)
    /// Whether a comma is due before what comes next.
    private var isBehindValue = false

    /// All that was written.
    consuming func text() -> String { bytes.string }

    mutating func object(_ members: (inout JSONOutput) -> Void) { enclosed("{", "}", members) }

    mutating func list<Elements: Sequence>(
        _ elements: Elements, inLines: Bool = false, _ element: (Elements.Element, inout JSONOutput) -> Void
    ) {
        enclosed("[", "]") { output in
            for each in elements {
                if inLines { output.breakLine() }
                element(each, &output)
            }
        }
    }

    mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(name)
        bytes.append("\":" as StaticString)
        isBehindValue = false
    }

    mutating func string(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &bytes) }
        isBehindValue = true
    }

    mutating func integer(_ number: Int) {
        separate()
        bytes.append(decimal: Int64(number))
        isBehindValue = true
    }

    mutating func bool(_ flag: Bool) {
        separate()
        bytes.append(flag ? "true" as StaticString : "false")
        isBehindValue = true
    }

    /// Seconds with six decimals.
    mutating func seconds(_ microseconds: Int64) {
        separate()
        bytes.append(ReportTime.seconds(microseconds, decimals: 6))
        isBehindValue = true
    }

    // MARK: Members

    mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    mutating func member(_ name: StaticString, _ number: Int) {
        key(name)
        integer(number)
    }

    mutating func member(_ name: StaticString, seconds microseconds: Int64?) {
        guard let microseconds else { return }
        key(name)
        seconds(microseconds)
    }

    mutating func breakLine() {
        separate()
        bytes.append(UInt8(ascii: "\n"))
        isBehindValue = false
    }

    private mutating func enclosed(_ open: StaticString, _ close: StaticString, _ inside: (inout JSONOutput) -> Void) {
        separate()
        bytes.append(open)
        isBehindValue = false
        inside(&self)
        bytes.append(close)
        isBehindValue = true
    }

    private mutating func separate() { if isBehindValue { bytes.append(UInt8(ascii: ",")) } }
}
