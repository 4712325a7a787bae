extension PickleScanner {
    /// The worst name among those that a message would import, and how bad it is; nil where there is none. For a warning beside
    /// a message that was read anyway: it costs a walk over the nodes, and nothing where there are no objects.
    package static func worstName(in tree: ValueTree, policy: NamePolicy) -> (name: String, verdict: NameVerdict)? {
        guard tree.hasObjects else { return nil }
        // Without PROTO names are those of Python 2, whatever opcodes follow.
        let version = tree.payload.first == PickleOpcode.proto ? tree.settings.protocolVersion ?? 0 : 0
        var worst: (name: String, verdict: NameVerdict)?
        for index in 0..<tree.nodeCount where tree.nodes[index].kind == .global {
            var parts: [String] = []
            for child in Value(tree: tree, index: UInt32(truncatingIfNeeded: index)).children.prefix(2) {
                parts.append(child.string ?? "(computed)")
            }
            guard parts.count == 2 else { continue }
            let isComputed = parts.contains("(computed)")
            let verdict =
                isComputed
                ? .dangerous : policy.judge(module: parts[0], name: parts[1], protocolVersion: version).verdict
            guard verdict > worst?.verdict ?? .allowed || worst == nil else { continue }
            worst = (parts[0] + ":" + parts[1], verdict)
            if verdict == .dangerous { break }
        }
        return worst
    }
}
