/// What cannot differ from one recording of a run to the next: of several project files the first that says it counts.
struct RunSettings {
    let jobs: JobCount?
    let retries: Int?
    let failsOnFlaky: Bool
    let maximumFailures: Int?
    let reports: [ReportChoice]

    init(_ projects: [ProjectFile?]) {
        func first<Setting>(_ setting: @escaping (ProjectFile.Replay) -> Setting?) -> Setting? {
            projects.lazy.compactMap { $0.flatMap { setting($0.replay) } }.first
        }
        jobs = first(\.jobs)
        retries = first(\.retries)
        failsOnFlaky = first(\.failsOnFlaky) ?? false
        maximumFailures = first(\.maximumFailures)
        reports = first { $0.reports.isEmpty ? nil : $0.reports } ?? []
    }
}
