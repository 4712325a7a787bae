/// What is wrong with a project file or a file of rules, and where.
struct ProjectFileError: Error, Equatable, CustomStringConvertible {
    var path: String
    /// 0 where it is the file as a whole.
    var line: Int
    /// 0 where it is the line as a whole.
    var column: Int
    var reason: String

    var description: String {
        guard line > 0 else { return "\(path): \(reason)" }
        return "\(path):\(line):\(column > 0 ? "\(column):" : "") \(reason)"
    }

    /// Names the file in whatever goes wrong while its text is read.
    static func named<Result>(_ path: String, _ read: () throws -> Result) throws(ProjectFileError) -> Result {
        do {
            return try read()
        } catch let error as ProjectFileError {
            throw error
        } catch let error as YAMLError {
            throw ProjectFileError(error, path: path)
        } catch {
            throw ProjectFileError(path: path, line: 0, reason: "\(error)")
        }
    }

    private init(_ error: YAMLError, path: String) {
        let advice = "A text with brackets, quotes, colons or a # goes into single quotes: '$.a[*]'"
        self.init(
            path: path, line: error.mark.line, column: error.mark.column,
            reason: "is no YAML: \(error.reason). \(advice)")
    }

    init(path: String, line: Int, column: Int = 0, reason: String) {
        self.path = path
        self.line = line
        self.column = column
        self.reason = reason
    }
}
