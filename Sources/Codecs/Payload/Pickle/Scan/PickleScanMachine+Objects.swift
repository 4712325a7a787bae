/// Names, calls and what is done to their results.
extension PickleScanMachine {
    mutating func stepObjects(_ code: UInt8, _ at: Int) -> Bool {
        switch code {
        case PickleOpcode.global: _ = loadNames(at)
        case PickleOpcode.instance: loadInstance(at)
        case PickleOpcode.stackGlobal: loadStackGlobal(at)
        case PickleOpcode.extension1: return fixed(1).map { loadExtension($0, at) } != nil
        case PickleOpcode.extension2: return fixed(2).map { loadExtension($0, at) } != nil
        case PickleOpcode.extension4: return fixed(4).map { loadExtension($0, at) } != nil
        case PickleOpcode.persistentID: return loadPersistentLine(at)
        case PickleOpcode.binPersistentID: loadPersistent(at)
        case PickleOpcode.reduce: call(.call, at, extra: 0)
        case PickleOpcode.newObject: call(.newObject, at, extra: 0)
        case PickleOpcode.newObjectWithKeywords: call(.newObject, at, extra: 1)
        case PickleOpcode.object: loadObject(at)
        case PickleOpcode.build: build(at)
        case PickleOpcode.append: change(1, at)
        case PickleOpcode.setItem: change(2, at)
        case PickleOpcode.appends, PickleOpcode.setItems, PickleOpcode.addItems:
            stack.removeLast(takeMark(at))
            change(0, at)
        default: note(at, "is not known here")
        }
        return true
    }

    // MARK: Names

    /// Two lines; pushes the name that they are. At the end of the bytes the Python unpickler takes what is missing as empty.
    private mutating func loadNames(_ at: Int) -> Int {
        let module = line() ?? end..<end
        let name = line() ?? end..<end
        return importName(module: string(module), name: string(name), at)
    }

    @discardableResult
    private mutating func importName(module: String, name: String, _ at: Int) -> Int {
        let index = log.index(module: module, name: name, protocolVersion: protocolVersion)
        add(.importing, index, at)
        push(ScanValue(kind: .global, offset: index))
        return index
    }

    private mutating func loadInstance(_ at: Int) {
        let index = loadNames(at)
        stack.removeLast()
        stack.removeLast(min(takeMark(at), stack.count))
        addCall(.call, index, hasLatin1Arguments: false, at)
        push(ScanValue(kind: .made, offset: index))
    }

    private mutating func loadStackGlobal(_ at: Int) {
        let name = pop(at)
        let module = pop(at)
        if module.isText, name.isText {
            // What is called afterwards is named by the last reading.
            let height = stack.count
            for module in readings(of: module) {
                for name in readings(of: name) {
                    if stack.count > height { stack.removeLast() }
                    importName(module: module, name: name, at)
                }
            }
            return
        }
        push(.unknown)
        guard module.isText || module.mayBeText, name.isText || name.mayBeText else {
            return note(at, "has something else than texts for its names")
        }
        let names = (known(module), known(name))
        log.add(
            ScanFinding(
                offset: at, opcode: "STACK_GLOBAL", action: .importing, module: names.0, name: names.1,
                verdict: .dangerous, reason: "the name is computed when the pickle is loaded"))
    }

    private func known(_ value: ScanValue) -> String {
        value.isText ? String(decoding: text(of: value), as: UTF8.self) : "(computed)"
    }

    private mutating func loadExtension(_ code: Int, _ at: Int) {
        addOther(.extensionCode, "code \(code)", "a name that only the process's extension registry knows", at)
        push(.unknown)
    }

    private mutating func loadPersistentLine(_ at: Int) -> Bool {
        guard let range = line() else { return false }
        addOther(.persistentID, string(range), "asks the program for an object", at)
        push(.unknown)
        return true
    }

    private mutating func loadPersistent(_ at: Int) {
        let id = pop(at)
        let name = id.isText ? String(decoding: text(of: id), as: UTF8.self) : "(a value)"
        addOther(.persistentID, name, "asks the program for an object", at)
        push(.unknown)
    }

    // MARK: Calls

    /// REDUCE, NEWOBJ, NEWOBJ_EX: `extra` values lie above the arguments.
    private mutating func call(_ action: ScanFinding.Action, _ at: Int, extra: Int) {
        for _ in 0..<extra { _ = pop(at) }
        let arguments = pop(at)
        let callee = pop(at)
        addCall(of: callee, action, hasLatin1Arguments: arguments.kind == .latin1Arguments && extra == 0, at)
    }

    private mutating func loadObject(_ at: Int) {
        let count = takeMark(at)
        let callee = count > 0 ? stack[stack.count - count] : ScanValue.plain
        stack.removeLast(count)
        addCall(of: callee, .call, hasLatin1Arguments: false, at)
    }

    private mutating func addCall(
        of callee: ScanValue, _ action: ScanFinding.Action, hasLatin1Arguments: Bool, _ at: Int
    ) {
        switch callee.kind {
        case .global:
            let index = Int(callee.offset)
            addCall(action, index, hasLatin1Arguments: hasLatin1Arguments, at)
            push(ScanValue(kind: .made, offset: index))
        case .made:
            addOther(action, "(result of \(fullName(Int(callee.offset))))", "calls what a call gives", at)
            push(.unknown)
        case .unknown:
            addOther(action, "(unknown)", "calls something that is not known", at)
            push(.unknown)
        default:
            note(at, "calls something that is no name")
            push(.unknown)
        }
    }

    private mutating func addCall(_ action: ScanFinding.Action, _ index: Int, hasLatin1Arguments: Bool, _ at: Int) {
        let name = log.names[index]
        if name.module == "_codecs", name.name == "encode", name.judgement.reason == "plain data type",
            !hasLatin1Arguments
        {
            return addOther(action, fullName(index), "encodes with something else than Latin-1", at)
        }
        add(action, index, at)
    }

    private mutating func build(_ at: Int) {
        _ = pop(at)
        let target = top(at)
        switch target.kind {
        case .made: add(.build, Int(target.offset), at)
        case .global:
            addOther(.build, fullName(Int(target.offset)), "sets attributes of a class, function or module", at)
        case .unknown: addOther(.build, "(unknown)", "gives a state to something that is not known", at)
        default: break
        }
        if let stateKey {
            addOther(.build, stateKey, "the state may set \(stateKey)", at)
        }
    }

    /// APPEND, SETITEM and the like: `count` values go into what lies below them.
    private mutating func change(_ count: Int, _ at: Int) {
        for _ in 0..<count { _ = pop(at) }
        let target = top(at)
        switch target.kind {
        case .global:
            addOther(.change, fullName(Int(target.offset)), "puts something into what was imported", at)
        case .made where log.names[Int(target.offset)].judgement.verdict > .allowed:
            add(.change, Int(target.offset), at)
        case .unknown: addOther(.change, "(unknown)", "puts something into what is not known", at)
        default: break
        }
    }

    // MARK: Findings

    private func fullName(_ index: Int) -> String { log.names[index].module + ":" + log.names[index].name }

    private mutating func add(_ action: ScanFinding.Action, _ index: Int, _ at: Int) {
        let name = log.names[index]
        log.add(
            ScanFinding(
                offset: at, opcode: PickleOpcode.name(of: bytes[at]), action: action, module: name.module,
                name: name.name, mapped: name.judgement.mapped, verdict: name.judgement.verdict,
                reason: name.judgement.reason))
    }

    private mutating func addOther(_ action: ScanFinding.Action, _ name: String, _ reason: String, _ at: Int) {
        log.add(
            ScanFinding(
                offset: at, opcode: PickleOpcode.name(of: bytes[at]), action: action, name: name,
                verdict: .suspicious, reason: reason))
    }
}
