/// A variable of a process's environment, as it is given: `NAME=VALUE`.
struct EnvironmentVariable: Equatable {
    let name: String
    let value: String

    static func parse(_ text: String) throws(UsageFault) -> EnvironmentVariable {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw UsageFault("\"\(text)\" is no variable: it is NAME=VALUE") }
        return try EnvironmentVariable(name: parts[0], value: parts[1])
    }

    init(name: String, value: String) throws(UsageFault) {
        guard !name.isEmpty, !name.contains("="), !(name + value).utf8.contains(0) else {
            throw UsageFault("\"\(name)\" is no name of a variable")
        }
        self.name = name
        self.value = value
    }
}
