/// One way of writing a report.
///
/// To add one, write a type in a file of its own and put it into ``ReportFormats/all``.
package protocol ReportFormat: Sendable {
    /// What `--report` calls it.
    static var name: String { get }
    /// What it is for, in a line of help.
    static var purpose: String { get }
    /// It shows conversations, which have to be kept for it.
    static var showsConversations: Bool { get }
    /// Where it may be written if no file is named.
    static var standardOutput: StandardOutputUse { get }
    /// What a file of it begins with, by which an earlier one is known that may be written over.
    static var opening: String { get }

    /// The whole report.
    static func text(of report: Report) -> String
    /// What is added to a file that a variable of the environment names, if it is set.
    static func appendix(to report: Report) -> (variable: String, text: String)?
}

extension ReportFormat {
    package static var showsConversations: Bool { false }
    package static var standardOutput: StandardOutputUse { .alone }
    package static func appendix(to report: Report) -> (variable: String, text: String)? { nil }
}

/// How a report may use stdout.
package enum StandardOutputUse: Sendable {
    /// Nothing else may stand there.
    case alone
    /// Its lines stand behind the others.
    case shared
    /// It is not written there unless that is said with `-`.
    case whenAsked
}

/// The formats that there are.
package enum ReportFormats {
    package static let all: [any ReportFormat.Type] = [
        JUnitReport.self, TAPReport.self, JSONReport.self, HTMLReport.self, GitHubReport.self,
    ]

    /// The format of that name.
    package static func named(_ name: String) -> (any ReportFormat.Type)? { all.first { $0.name == name } }
}
