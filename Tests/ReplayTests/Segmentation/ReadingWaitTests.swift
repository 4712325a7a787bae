import Testing

@testable import Replay

@Suite("The wait until a server has read")
struct ReadingWaitTests {
    private func queues(_ unread: Int, _ onTheirWay: Int = 0) -> ReadingWait.Queues {
        ReadingWait.Queues(unread: unread, unacknowledged: onTheirWay)
    }

    @Test("ends when its queue is empty and nothing is on its way to it")
    func empty() {
        var wait = ReadingWait()
        var answer: ReadingWait.Answer
        wait.begin(at: 100)
        answer = wait.ask(queues(5), at: 100)
        #expect(answer == .again(after: 50))
        answer = wait.ask(queues(5), at: 150)
        #expect(answer == .again(after: 100))
        answer = wait.ask(queues(0), at: 250)
        #expect(answer == .isRead)
    }

    @Test("an empty queue with bytes on their way must stay empty for a moment")
    func onTheirWay() {
        var wait = ReadingWait()
        var answer: ReadingWait.Answer
        wait.begin(at: 0)
        answer = wait.ask(queues(0, 5), at: 0)
        #expect(answer == .again(after: 200))
        answer = wait.ask(queues(5, 5), at: 200)
        #expect(answer == .again(after: 50))
        answer = wait.ask(queues(0, 5), at: 250)
        #expect(answer == .again(after: 200))
        answer = wait.ask(queues(0, 5), at: 449)
        #expect(answer == .again(after: 1))
        answer = wait.ask(queues(0, 5), at: 450)
        #expect(answer == .isRead)
    }

    @Test("where nothing is known it is a short pause")
    func unknown() {
        var wait = ReadingWait()
        var answer: ReadingWait.Answer
        wait.begin(at: 1_000)
        answer = wait.ask(nil, at: 1_500)
        #expect(answer == .again(after: 1_500))
        answer = wait.ask(nil, at: 3_000)
        #expect(answer == .isRead)
    }

    @Test("a server that does not read is not waited for for ever, and all its pieces have one budget")
    func gaveUp() {
        var wait = ReadingWait()
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<8 {
            wait.begin(at: now)
            let began = now
            while case .again(let time) = wait.ask(queues(1), at: now) { now += time }
            waits.append(now - began)
        }
        #expect(waits.prefix(4).allSatisfy { (1_000_000..<1_010_000).contains($0) })
        #expect(waits.last == 0)
        #expect(now < 5_100_000)
    }
}
