import ArgumentParser

/// How much is printed, and in which colours.
struct OutputOptions: ParsableArguments {
    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print problems only.")
    var isQuiet = false

    @OptionGroup var colours: ColourOptions

    var colour: ColourChoice { colours.colour }
}

/// In which colours something is printed.
struct ColourOptions: ParsableArguments {
    @Option(
        name: .customLong("color"), help: "Use colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
    var colour = ColourChoice.auto
}
