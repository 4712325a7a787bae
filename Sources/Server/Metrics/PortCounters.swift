internal import Recorder
internal import Synchronization

/// A number that one thread counts up and any may read. It costs that thread what a plain variable does.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    @inline(__always)
    func add(_ added: Int = 1) { count.store(count.load(ordering: .relaxed) &+ added, ordering: .relaxed) }
}

/// What happened at one port on one event loop; written there, read anywhere.
final class PortCounters: Sendable {
    /// Messages and bytes of one direction.
    struct Traffic: Sendable {
        let messages = Counter()
        let bytes = Counter()
    }

    let opened = Counter()
    let closed = SessionClosing.Manner.allCases.map { _ in Counter() }
    let fromClient = Traffic()
    let fromServer = Traffic()
    private let errors = ErrorKind.allCases.map { _ in Counter() }
    private let limits = LimitKind.allCases.map { _ in Counter() }

    func traffic(from side: Side) -> Traffic {
        switch side {
        case .client: fromClient
        case .server: fromServer
        }
    }

    /// A session has ended.
    func ended(_ manner: SessionClosing.Manner) { Self.counter(of: manner, in: closed)?.add() }

    /// Something went wrong with a client.
    func count(_ error: ErrorKind) { Self.counter(of: error, in: errors)?.add() }

    /// A client met a limit.
    func count(_ limit: LimitKind) { Self.counter(of: limit, in: limits)?.add() }

    func number(of manner: SessionClosing.Manner) -> Int { Self.counter(of: manner, in: closed)?.value ?? 0 }

    func number(of error: ErrorKind) -> Int { Self.counter(of: error, in: errors)?.value ?? 0 }

    func number(of limit: LimitKind) -> Int { Self.counter(of: limit, in: limits)?.value ?? 0 }

    private static func counter<Kind: CaseIterable & Equatable>(of kind: Kind, in counters: [Counter]) -> Counter? {
        var place = 0
        for candidate in Kind.allCases {
            if candidate == kind { return counters[place] }
            place += 1
        }
        return nil
    }
}
