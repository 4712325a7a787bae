/// One thing that `PickleScanner` tells of a pickle: a name that it would import, what it would do with it, or why it cannot be
/// followed.
package struct ScanFinding: Sendable, Hashable {
    /// What the pickle does.
    package enum Action: String, Sendable, CaseIterable {
        /// The module is imported and the name is looked up in it.
        case importing = "import"
        case call
        /// `cls.__new__(cls, …)`.
        case newObject = "new object"
        /// A state is given: `__setstate__` is called, or attributes are set.
        case build
        /// Elements or items are put into something that is no plain container.
        case change
        /// The unpickler's `persistent_load` is asked for an object.
        case persistentID = "persistent id"
        /// A name that stands in the process's extension registry.
        case extensionCode = "extension code"
        /// Here the scan, and perhaps the unpickler, cannot follow.
        case problem
    }

    /// Bytes from the start of what was scanned to the opcode. For a pickle inside an escaped or Latin-1 text it is that text's.
    package var offset: Int
    /// The opcode, as `pickletools` names it.
    package var opcode: String
    package var action: Action
    /// The module as the pickle writes it; empty where there is no name.
    package var module = ""
    /// The qualified name as the pickle writes it, or what stands for one.
    package var name = ""
    /// What CPython 3 makes of a name of Python 2: `builtins:eval`.
    package var mapped: String?
    package var verdict: NameVerdict
    /// A few words.
    package var reason: String
    /// In how many constants the pickle stands that it was found in: 0 is the outermost one.
    package var nesting = 0
    /// How often this was found in the same pickle; `offset` is the first place.
    package var count = 1

    /// `module:name`, or what stands for it.
    package var fullName: String { module.isEmpty ? name : module + ":" + name }
}
