package import Codecs

/// The text of a recording's lines, as RecordingFormat describes them.
package enum RecordingLine {
    /// Appends the header and its LF.
    package static func writeHeader(_ header: RecordingHeader, into output: inout ByteWriter) {
        output.append("{\"tapedeck\":")
        output.append(decimal: Int64(header.version))
        output.append(",\"created\":")
        writeString(header.created, into: &output)
        output.append(",\"tool\":")
        writeString(header.tool, into: &output)
        output.append(",\"ports\":[")
        for (index, port) in header.ports.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append("{\"listen\":")
            writeString(port.listen, into: &output)
            output.append(",\"codec\":")
            writeString(port.codec, into: &output)
            if let version = port.settings.protocolVersion {
                output.append(",\"protocol\":")
                output.append(decimal: Int64(version))
            }
            if port.usesTLS { output.append(",\"tls\":true") }
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "]"))
        writeRules(header.rules, into: &output)
        output.append("}\n")
    }

    /// Appends `,"rules":[…]`, unless there are none.
    private static func writeRules(_ rules: [RuleItem], into output: inout ByteWriter) {
        guard !rules.isEmpty else { return }
        output.append(",\"rules\":[")
        for (index, rule) in rules.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "{"))
            for (index, member) in rule.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                writeString(member.key, into: &output)
                output.append(UInt8(ascii: ":"))
                switch member.value {
                case .text(let text): writeString(text, into: &output)
                case .number(let text): output.append(text)
                case .flag(let flag): output.append(String(flag))
                case .other: output.append("null")
                }
            }
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Appends `{"t":1.204471,`.
    package static func writeTime(_ microseconds: Int64, into output: inout ByteWriter) {
        output.append("{\"t\":")
        let time = UInt64(max(microseconds, 0))
        output.append(decimal: time / 1_000_000)
        output.append(UInt8(ascii: "."))
        let fraction = UInt32(truncatingIfNeeded: time % 1_000_000)
        output.appendLittleEndian(twoDigits(fraction / 10_000))
        output.appendLittleEndian(twoDigits(fraction / 100 % 100))
        output.appendLittleEndian(twoDigits(fraction % 100))
        output.append(UInt8(ascii: ","))
    }

    /// The digits of a number below 100, the first in the low byte.
    @inline(__always)
    private static func twoDigits(_ number: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: 0x3030 &+ number / 10 &+ (number % 10) &<< 8)
    }

    /// Appends `"s":1,`.
    package static func writeSession(_ number: Int, into output: inout ByteWriter) {
        output.append("\"s\":")
        output.append(decimal: Int64(number))
        output.append(UInt8(ascii: ","))
    }

    /// Appends `"open":{…}}`.
    package static func writeOpening(_ opening: SessionOpening, into output: inout ByteWriter) {
        output.append("\"open\":{\"port\":")
        output.append(decimal: Int64(opening.port))
        writeMember("peer", opening.peer, into: &output)
        writeMember("to", opening.upstream, into: &output)
        writeMember("via", opening.via, into: &output)
        if opening.isContinued { output.append(",\"continued\":true") }
        output.append("}}")
    }

    /// Appends `"from":"client"`, which a message's form follows.
    @inline(__always)
    package static func writeFrom(_ side: Side, into output: inout ByteWriter) {
        switch side {
        case .client: output.append("\"from\":\"client\"")
        case .server: output.append("\"from\":\"server\"")
        }
    }

    /// Makes the server's message out of the client's whose `writeFrom` began at an offset, and which a form follows.
    @inline(__always)
    static func turnIntoServer(at start: Int, in line: inout ByteWriter) {
        // server",
        line.replaceLittleEndian(at: start + 8, with: 0x2C22_7265_7672_6573 as UInt64)
    }

    /// Appends the message that `tree` holds as its line has it, under `value`, `text` or `base64`; one that is too deep or too
    /// long to be read is there as the bytes of its payload. Gives how it was written.
    package static func writeMessage(
        _ tree: ValueTree, payload: RawSpan, codec: Codec, limits: DecodingLimits, into output: inout ByteWriter
    ) -> WritingSettings {
        let start = output.count
        do throws(PayloadError) {
            return try codec.writeMember(tree, limits: limits, into: &output).settings
        } catch {
            output.truncate(to: start)
            writeBytes("base64", payload, into: &output)
            return tree.settings
        }
    }

    /// Appends `,"value":…`, the key and the JSON text of a readable form.
    static func writeForm(_ key: ReadableForm.Key, _ text: [UInt8], into output: inout ByteWriter) {
        output.append(key.member)
        output.append(text)
    }

    /// Appends `,"protocol":2` and `,"strings":"keys"` where they are not what the port's header says.
    @inline(__always)
    package static func writeSettings(
        _ settings: WritingSettings, defaults: WritingSettings, into output: inout ByteWriter
    ) {
        if let version = settings.protocolVersion, version != defaults.protocolVersion {
            output.append(",\"protocol\":")
            output.append(decimal: Int64(version))
        }
        switch settings.strings {
        case .shared: break
        case .keys: output.append(",\"strings\":\"keys\"")
        case .distinct: output.append(",\"strings\":\"distinct\"")
        }
    }

    /// Appends `,"withheld":137`: so many bytes are not told of.
    static func writeWithheld(_ count: Int, into output: inout ByteWriter) {
        output.append(",\"withheld\":")
        output.append(decimal: Int64(count))
    }

    /// Appends `"eof":"client"}`.
    package static func writeEndOfStream(_ side: Side, into output: inout ByteWriter) {
        output.append("\"eof\":\"")
        output.append(side.rawValue)
        output.append("\"}")
    }

    /// Appends `"close":"reset","by":"client","reason":"…"}`.
    package static func writeClosing(_ closing: SessionClosing, into output: inout ByteWriter) {
        output.append("\"close\":\"")
        output.append(closing.manner.rawValue)
        output.append(UInt8(ascii: "\""))
        writeMember("by", closing.by?.rawValue, into: &output)
        writeMember("reason", closing.reason, into: &output)
        RedactedPlaces.write(closing.redacted, into: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Appends an opening that `writeOpening` made, with `"continued":true`, and its LF.
    package static func writeContinuedOpening(_ opening: [UInt8], into output: inout ByteWriter) {
        output.append(opening)
        let mark: StaticString = ",\"continued\":true}}"
        if !opening.suffix(mark.utf8CodeUnitCount).elementsEqual(
            UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
        {
            output.truncate(to: output.count - 2)
            output.append(mark)
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends `"gap":{"from":"client","bytes":700,"why":"…"}}`.
    package static func writeGap(_ gap: RecordingGap, into output: inout ByteWriter) {
        output.append("\"gap\":{")
        var isFirst = true
        func separate(_ output: inout ByteWriter) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
        }
        if let from = gap.from {
            separate(&output)
            writeFrom(from, into: &output)
        }
        for (key, count) in [("\"bytes\":", gap.bytes), ("\"events\":", gap.events)] {
            guard let count else { continue }
            separate(&output)
            output.append(key)
            output.append(decimal: Int64(count))
        }
        if let reason = gap.reason {
            separate(&output)
            output.append("\"why\":")
            writeString(reason, into: &output)
        }
        output.append(UInt8(ascii: "}"))
        RedactedPlaces.write(gap.redacted, into: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Appends `"end":{"sessions":1,"messages":3}}` and its LF.
    package static func writeEnd(sessions: Int, messages: Int, into output: inout ByteWriter) {
        output.append("\"end\":{\"sessions\":")
        output.append(decimal: Int64(sessions))
        output.append(",\"messages\":")
        output.append(decimal: Int64(messages))
        output.append("}}\n")
    }

    /// Appends `,"base64":"…"`.
    package static func writeBytes(_ key: StaticString, _ bytes: RawSpan, into output: inout ByteWriter) {
        output.append(",\"")
        output.append(key)
        output.append("\":\"")
        bytes.withUnsafeBytes { Base64.encode($0, into: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `,"key":"text"`, unless there is no text.
    package static func writeMember(_ key: StaticString, _ text: String?, into output: inout ByteWriter) {
        guard let text else { return }
        output.append(",\"")
        output.append(key)
        output.append("\":")
        writeString(text, into: &output)
    }

    private static func writeString(_ text: String, into output: inout ByteWriter) {
        var text = text
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
    }
}
