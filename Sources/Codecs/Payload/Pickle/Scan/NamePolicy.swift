/// Judges the names that a pickle imports: an exact list of plain data types is allowed, what is known to execute is dangerous,
/// everything else is suspicious.
package struct NamePolicy: Sendable {
    /// What a name is, and why.
    package struct Judgement: Sendable, Hashable {
        package var verdict: NameVerdict
        package var reason: String
        /// What CPython 3 reads a name of Python 2 as.
        package var mapped: String?
    }

    /// Names that the user allows, as `module:name` or `module.name`.
    private let extra: Set<String>

    /// A policy that allows these names (`module:name` or `module.name`) too, whatever they are.
    package init(allowing extra: [String] = []) { self.extra = Set(extra) }

    /// Judges a name as the pickle writes it. `protocolVersion` is what the pickle says before it; from 3 on, names of Python 2
    /// are not mapped.
    package func judge(module: String, name: String, protocolVersion: Int) -> Judgement {
        var judgement = Self.judge(module, name)
        var isExtra = isAllowed(module, name)
        if let mapped = PythonTwoNames.mapped(module: module, name: name) {
            let other = Self.judge(mapped.module, mapped.name)
            judgement.mapped = mapped.module + ":" + mapped.name
            isExtra = isExtra || isAllowed(mapped.module, mapped.name)
            let isMapped = protocolVersion < 3
            if other.verdict == .dangerous
                || (isMapped && (other.verdict == .allowed || judgement.verdict != .dangerous))
            {
                judgement.verdict = other.verdict
                judgement.reason = other.reason
            }
        }
        if isExtra {
            judgement.verdict = .allowed
            judgement.reason = "allowed by the user"
        }
        return judgement
    }

    private func isAllowed(_ module: String, _ name: String) -> Bool {
        !extra.isEmpty && (extra.contains(module + ":" + name) || extra.contains(module + "." + name))
    }

    private static func judge(_ module: String, _ name: String) -> Judgement {
        if plainTypes[module]?.contains(name) == true {
            return Judgement(verdict: .allowed, reason: "plain data type")
        }
        if let reason = danger(module, name) { return Judgement(verdict: .dangerous, reason: reason) }
        guard (module + name).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return Judgement(verdict: .suspicious, reason: "name with letters that are not ASCII")
        }
        if name.contains(".") {
            return Judgement(verdict: .suspicious, reason: "reaches into something by a dotted name")
        }
        if module.isEmpty || name.isEmpty { return Judgement(verdict: .suspicious, reason: "empty name") }
        return Judgement(verdict: .suspicious, reason: "not a plain data type of the standard library")
    }

    /// Why a name is dangerous; nil where it is not known to be.
    private static func danger(_ module: String, _ name: String) -> String? {
        let modules = module.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let names = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var prefix = ""
        for part in modules {
            prefix += prefix.isEmpty ? part : "." + part
            // A name may have thousands of dots.
            if prefix.utf8.count > longestDangerousModule { break }
            if let reason = dangerousModules[prefix] { return reason }
        }
        // Modules are attributes of modules that import them: `uuid` has an `os`. And there are copies: `six.moves.builtins`.
        for part in modules.dropFirst() + names {
            if !isBuiltins(part), reachableModules.contains(part), let reason = dangerousModules[part] {
                return "\(reason) (through \(part))"
            }
        }
        let isBuiltin = modules.contains(where: isBuiltins) || names.contains(where: isBuiltins)
        for part in names {
            if let reason = dangerousNames[part] { return reason }
            if isBuiltin, let reason = dangerousBuiltins[part] { return reason }
            if innerNames.contains(part) { return "reaches inside an object" }
        }
        if names.contains(where: isBuiltins) { return "reaches the built-in functions" }
        if let last = names.last, loaderModules.contains(modules.first ?? ""), loaderNames.contains(last) {
            return "loads pickles or code"
        }
        return nil
    }

    private static let longestDangerousModule = dangerousModules.keys.reduce(0) { max($0, $1.utf8.count) }

    private static func isBuiltins(_ name: String) -> Bool {
        name == "builtins" || name == "__builtin__" || name == "__builtins__"
    }
}
