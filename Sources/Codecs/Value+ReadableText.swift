extension Value {
    /// The value's text as a recording has it: a piece of JSON. Where the value is too deep or too long for that, a
    /// sentence part that says so.
    package func readableText(format: any PayloadFormat, limits: DecodingLimits = DecodingLimits()) -> String {
        var output = ByteWriter()
        do throws(PayloadError) {
            try format.writeText(of: self, limits: limits, into: &output)
        } catch {
            return "(\(error.reason))"
        }
        return output.string
    }
}
