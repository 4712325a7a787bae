internal import NIOCore

/// The child of a port, as the event loops that serve the port know it.
struct ExecPort: Sendable {
    private let eventLoop: any EventLoop
    private let child: NIOLoopBound<ChildKeeper>

    /// To be made on the child's event loop.
    init(_ child: ChildKeeper) {
        eventLoop = child.eventLoop
        self.child = NIOLoopBound(child, eventLoop: child.eventLoop)
    }

    /// Runs `body` on the child's event loop, behind what this thread asked for before.
    func execute(_ body: @escaping @Sendable (ChildKeeper) -> Void) {
        eventLoop.execute { body(child.value) }
    }
}

/// An event loop that serves the port, as the child's event loop knows it.
struct ExecPlace: Sendable {
    private let eventLoop: any EventLoop
    private let responder: NIOLoopBound<ExecResponder>

    /// To be made on the responder's event loop.
    init(_ responder: ExecResponder, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.responder = NIOLoopBound(responder, eventLoop: eventLoop)
    }

    /// Runs `body` on the responder's event loop, behind what this thread asked for before.
    func execute(_ body: @escaping @Sendable (ExecResponder) -> Void) {
        eventLoop.execute { body(responder.value) }
    }
}
