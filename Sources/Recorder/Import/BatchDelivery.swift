internal import Codecs

/// Tells an observer what happened, batch by batch, as a table of connections would have told it at once.
struct BatchDelivery<Observer: ConnectionObserver> {
    /// The open connections by their places.
    private var sessions: [Observer.Session?] = []

    /// - Parameter follow: called before each event; false: nobody is told of it and the others.
    @inline(__always)
    mutating func deliver(
        _ batch: ConnectionBatch, to observer: Observer, _ follow: (ConnectionBatch.Event) -> Bool
    ) {
        var openings = batch.openings.makeIterator()
        var closings = batch.closings.makeIterator()
        var offset = 0
        batch.bytes.withUnsafeBytes { bytes in
            for event in batch.events {
                guard follow(event) else { return }
                if event.kind == .passed {
                    let end = offset &+ event.count
                    let passed = UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
                    offset = end
                    if let session = sessions[event.place] { observer.passed(passed, from: event.side, in: session) }
                } else if event.kind == .opened, let opening = openings.next() {
                    if event.place == sessions.count { sessions.append(nil) }
                    sessions[event.place] = observer.opened(opening)
                } else {
                    deliver(event, &closings, to: observer)
                }
            }
        }
    }

    private mutating func deliver(
        _ event: ConnectionBatch.Event, _ closings: inout IndexingIterator<[SessionClosing]>, to observer: Observer
    ) {
        let closing = event.kind == .closed ? closings.next() : nil
        guard let session = sessions[event.place] else { return }
        switch event.kind {
        case .opened, .passed: break
        case .missing: observer.missing(Int64(event.count), from: event.side, event.reason, in: session)
        case .conflict: observer.conflict(event.count, from: event.side, in: session)
        case .ended: observer.ended(event.side, in: session)
        case .closed:
            sessions[event.place] = nil
            if let closing { observer.closed(closing, in: session) }
        }
    }
}
