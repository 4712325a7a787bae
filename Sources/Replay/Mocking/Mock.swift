internal import Codecs
package import Recorder
internal import Synchronization

/// Is the server of recordings: answers as it did, with the values of those who ask.
///
/// All sessions share what was asked and what clients made up, so one lock guards all of it. A message holds it for the time
/// of a look-up, or of some comparisons where it is not as recorded.
package final class Mock: @unchecked Sendable {
    private let lock = Mutex(())
    /// Guarded by `lock`.
    private let machine: MockMachine
    /// Messages of the recordings that did not decode: those of servers are not sent, nothing is like those of clients.
    package let leftOut: (answers: Int, requests: Int)

    /// Reads recordings, to answer on these ports.
    package init(recordings: [String], ports: [MockPortSettings], options: MockOptions = MockOptions()) throws {
        let script = try MockScript(recordings, ports: ports, options: options)
        leftOut = (script.leftOutAnswers, script.leftOutRequests)
        machine = MockMachine(script, options)
    }

    /// What answers on a port; in the order in which they were given.
    package func source(ofPort port: Int) -> any AnswerSource { Source(mock: self, port: port) }

    /// What came of it so far.
    package var report: MockReport { lock.withLock { _ in machine.finalReport() } }

    /// One port of it.
    private final class Source: AnswerSource {
        private let mock: Mock
        private let port: Int

        init(mock: Mock, port: Int) {
            self.mock = mock
            self.port = port
        }

        func opened(_ session: Int, peer: String) -> RecordedAnswer {
            mock.lock.withLock { _ in mock.machine.opened(session, port: port, peer: peer) }
        }

        func answer(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, in session: Int) -> AnswerVerdict {
            let received = mock.received(frame, payload, tree, port)
            return mock.lock.withLock { _ in mock.machine.answer(to: received, in: session) }
        }

        func wasAnswered(in session: Int) { mock.lock.withLock { _ in mock.machine.wasAnswered(in: session) } }

        func wasNotAnswered(in session: Int) -> String {
            mock.lock.withLock { _ in mock.machine.wasNotAnswered(in: session) }
        }

        func inputEnded(_ session: Int) -> RecordedAnswer {
            mock.lock.withLock { _ in mock.machine.inputEnded(session) }
        }

        func closed(_ session: Int) { mock.lock.withLock { _ in mock.machine.closed(session) } }
    }

    /// A message as a recording would keep it. Nothing of it needs the lock.
    private func received(
        _ frame: RawSpan, _ payload: Range<Int>, _ tree: ValueTree, _ port: Int
    ) -> MockMachine.Received {
        let settings = machine.settings(ofPort: port)
        let bytes = frame.extracting(payload)
        let message = ActualMessage(
            payload: bytes.withUnsafeBytes { Array($0) }, wire: frame.withUnsafeBytes { Array($0) })
        var text = ByteWriter()
        do throws(PayloadError) {
            let form = try settings.codec.payload.writeReadable(tree, limits: settings.limits, into: &text)
            return MockMachine.Received(form: form.key, text: text.array, message: message)
        } catch {
            text.removeAll()
            text.append(UInt8(ascii: "\""))
            bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
            text.append(UInt8(ascii: "\""))
            return MockMachine.Received(form: .base64, text: text.array, message: message)
        }
    }
}
