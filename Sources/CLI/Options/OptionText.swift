import ArgumentParser

/// The texts of options.
enum OptionText {
    /// What an option's text means, with what is wrong with it said in our words.
    static func valid<Value>(
        _ parse: @escaping @Sendable (String) throws(UsageFault) -> Value
    ) -> @Sendable (String) throws -> Value {
        { text in
            do throws(UsageFault) {
                return try parse(text)
            } catch {
                throw ValidationError(error.description)
            }
        }
    }
}
