internal import NIOCore

/// An event loop of the server with what its connections share, as other threads know it.
struct ServingLoop: Sendable {
    private let eventLoop: any EventLoop
    private let context: NIOLoopBound<LoopContext>

    /// To be made on the event loop.
    init(_ context: LoopContext) {
        eventLoop = context.eventLoop
        self.context = NIOLoopBound(context, eventLoop: context.eventLoop)
    }

    /// What the connections share; on the event loop only.
    var shared: LoopContext { context.value }

    /// Runs `body` on the event loop.
    func execute(_ body: @escaping @Sendable (LoopContext) -> Void) {
        eventLoop.execute { body(context.value) }
    }

    /// Runs `body` on the event loop, and returns when that is done, or never will be since the loop has ended.
    func run(_ body: @escaping @Sendable (LoopContext) -> Void) async {
        try? await eventLoop.submit { body(context.value) }.get()
    }
}
