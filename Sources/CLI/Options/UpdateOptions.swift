import ArgumentParser

/// Whether recordings take the new answers.
struct UpdateOptions: ParsableArguments {
    @Flag(
        name: [.customShort("u"), .customLong("update")],
        help: "Write the new answers into recordings that differ; nothing else in them changes.")
    var isOn = false

    @Flag(name: .customLong("yes"), help: "Do not ask before --update writes.")
    var isConfirmed = false

    func validate() throws {
        if isConfirmed, !isOn { throw ValidationError("--yes is about --update") }
    }
}
