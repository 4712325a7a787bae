internal import Recorder

/// The report as one HTML file that needs no network: the recordings with what came of them, and of each what differs first
/// and then the conversation.
///
/// It reads without a script; a short one filters the list. A policy in the file itself forbids whatever is not its own style
/// and script, so that a text that got through as markup would still do nothing.
package enum HTMLReport: ReportFormat {
    package static let name = "html"
    package static let purpose = "one file for a browser, with the conversations"
    package static let showsConversations = true
    package static let standardOutput = StandardOutputUse.whenAsked
    package static let opening = "<!DOCTYPE html>\n<html lang=\"en\" data-tapedeck=\"report\">"

    /// Bytes beyond which conversations are left out.
    private static let maximumBytes = 32 << 20

    package static func text(of report: Report) -> String {
        var output = head(report)
        output += header(report)
        output += "<main>\n"
        output += list(report)
        output += "<section aria-labelledby=\"details\">\n<h2 id=\"details\">Recordings in detail</h2>\n"
        for (index, result) in ordered(report) {
            let showsConversations = output.utf8.count < maximumBytes
            output += HTMLRecording(result, index, showsConversations: showsConversations).text
        }
        output += "</section>\n"
        output += rules(report)
        output +=
            "</main>\n<footer><p>\(HTMLText.escaped(report.tool)), \(HTMLText.escaped(report.started))</p></footer>\n"
        return output + "<script>\(HTMLScript.text)</script>\n</body>\n</html>\n"
    }

    private static func head(_ report: Report) -> String {
        """
        \(opening)
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '\(HTMLStyle.hash)'; \
        script-src '\(HTMLScript.hash)'; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>\(report.status.title): tapedeck replay</title>
        <style>\(HTMLStyle.text)</style>
        </head>
        <body>
        <a class="skip" href="#list">Skip to the recordings</a>

        """
    }

    private static func header(_ report: Report) -> String {
        var facts = ["\(report.recordings.count.counting("recording"))", "\(ReportTime.seconds(report.duration)) s"]
        if !report.shards.isEmpty {
            facts.append("shard " + report.shards.map(\.description).joined(separator: ", "))
        }
        var counts = ""
        for status in RecordingResult.Status.shown where report.count(status) > 0 {
            counts += "<li class=\"\(status.rawValue)\"><b>\(report.count(status))</b> \(status.title)</li>"
        }
        return """
            <header>
            <h1>tapedeck replay: <span class="verdict \(report.status.rawValue)">\(report.status.title)</span></h1>
            <p>\(HTMLText.escaped(facts.joined(separator: " · ")))</p>
            <ul class="counts">\(counts)</ul>
            </header>

            """
    }

    /// The recordings with their places: what failed first.
    private static func ordered(_ report: Report) -> [(Int, RecordingResult)] {
        let ranks = RecordingResult.Status.shown
        func rank(_ result: RecordingResult) -> Int { ranks.firstIndex(of: result.status) ?? ranks.count }
        return report.recordings.enumerated().sorted { left, right in
            (rank(left.element), left.offset) < (rank(right.element), right.offset)
        }.map { ($0.offset, $0.element) }
    }

    private static func list(_ report: Report) -> String {
        var rows = ""
        for (index, result) in ordered(report) {
            let attempt = result.attempts.last
            let differences = result.attempts.map(\.differenceCount).max() ?? 0
            rows += """
                <tr class="\(result.status.rawValue)" data-status="\(result.status.rawValue)">\
                <td><span class="badge">\(result.status.title)</span></td>\
                <th scope="row"><a href="#r\(index)">\(HTMLText.path(result.title))</a></th>\
                <td class="number">\(attempt?.matched ?? 0)</td><td class="number">\(differences)</td>\
                <td class="number">\(ReportTime.seconds(result.duration)) s</td></tr>

                """
        }
        let options = RecordingResult.Status.shown.filter { report.count($0) > 0 }
            .map { "<option value=\"\($0.rawValue)\">\($0.title)</option>" }.joined()
        return """
            <section aria-labelledby="list">
            <h2 id="list" tabindex="-1">Recordings</h2>
            <div class="filter" role="search" hidden>
            <label>Path <input id="path" type="search" autocomplete="off" spellcheck="false"></label>
            <label>Status <select id="status"><option value="">all</option>\(options)</select></label>
            <output id="shown" aria-live="polite"></output>
            </div>
            <div class="scroll" role="region" aria-labelledby="list" tabindex="0">
            <table class="list">
            <thead><tr><th scope="col">Status</th><th scope="col">Recording</th>\
            <th scope="col" class="number">Answers</th><th scope="col" class="number">Differences</th>\
            <th scope="col" class="number">Time</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>
            </div>
            </section>

            """
    }

    private static func rules(_ report: Report) -> String {
        let unused = report.unusedRules
        guard !unused.isEmpty else { return "" }
        let items = unused.map {
            "<li><code>\(HTMLText.escaped($0.text))</code> (\(HTMLText.escaped($0.origin)))</li>"
        }
        return "<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules that fit nothing</h2>\n"
            + "<ul>\(items.joined())</ul>\n</section>\n"
    }
}

extension Report.Status {
    fileprivate var title: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .impossible: "could not be done"
        case .interrupted: "interrupted"
        }
    }
}

extension RecordingResult.Status {
    /// In the order in which a reader wants them.
    static let shown: [RecordingResult.Status] = [.failed, .impossible, .flaky, .updated, .notRun, .passed]

    var title: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .flaky: "flaky"
        case .impossible: "could not be done"
        case .updated: "updated"
        case .notRun: "not run"
        }
    }
}
