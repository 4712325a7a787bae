internal import Recorder

/// How many clients the process has descriptors for.
///
/// Some are kept back: for the next file of a recording, a child that is started again, certificates that are read again, and for
/// Swift's runtime, which ends the process where it cannot read of its own threads. Clients would take the last one.
struct DescriptorRoom: Sendable, Equatable {
    /// So many can be connected at a time.
    let clients: Int
    /// So many descriptors are kept back.
    let reserve: Int

    /// - Parameters:
    ///   - limit: descriptors that the process may have.
    ///   - open: those that it has.
    ///   - expected: those that it will have beside its clients'.
    init(limit: Int, open: Int, expected: Int, perClient: Int) {
        reserve = min(max(limit / 8, 4), 64)
        clients = max((limit - open - expected - reserve) / perClient, 1)
    }

    /// That of this process.
    ///
    /// - Parameter hasSessionFiles: each session is recorded to a file of its own.
    static func ofThisProcess(for ports: [PortConfiguration], hasSessionFiles: Bool) -> DescriptorRoom {
        let figures = ProcessFigures.current()
        let limit = figures.maximumDescriptors ?? .max
        let connects = ports.contains { if case .relay = $0.role { true } else { $0.fallback != nil } }
        let children = ports.count { if case .answer(.exec, _) = $0.role { true } else { false } }
        let files = hasSessionFiles ? limit / RecordingSettings.folderShare : 0
        // Of a child: its three pipes, their other ends as long as it is started, and the watch over it.
        return DescriptorRoom(
            limit: limit, open: figures.openDescriptors ?? 0, expected: files + 8 * children,
            perClient: connects ? 2 : 1)
    }

    /// How many clients one turn of an event loop may accept on one of so many ports: what is kept back must not be gone before somebody
    /// looks.
    func acceptsInATurn(ports: Int) -> Int { min(max(reserve / (2 * max(ports, 1)), 1), 64) }
}
