import ArgumentParser
internal import Glibc
import Replay

/// How much is printed, and in which colours.
struct OutputOptions: ParsableArguments {
    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print problems only.")
    var isQuiet = false

    @OptionGroup var colours: ColourOptions

    var colour: ColourChoice { colours.colour }

    /// What writes reports on stdout, as wide and as colourful as that is.
    func report(isFull: Bool) -> TextReport {
        TextReport(
            usesColour: Terminal.usesColour(colour, descriptor: STDOUT_FILENO),
            columns: Terminal.columns(of: STDOUT_FILENO), isFull: isFull)
    }
}

/// In which colours something is printed.
struct ColourOptions: ParsableArguments {
    @Option(
        name: .customLong("color"), help: "Use colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
    var colour = ColourChoice.auto
}
