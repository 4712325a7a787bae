import ArgumentParser

/// Where the settings come from that are not given as options.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Take what is not said here from this file instead of the nearest tapedeck.yaml (upwards from this folder, within the repository).",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(
        name: .customLong("check-config"),
        help: "Print what would be in force and where each setting comes from, and end.")
    var checksConfiguration = false
}
