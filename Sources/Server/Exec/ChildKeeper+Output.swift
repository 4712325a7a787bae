internal import Codecs
internal import NIOCore
internal import Recorder

// MARK: What the child says

extension ChildKeeper {
    func take(output bytes: ByteBuffer, of child: Child) {
        bytes.withUnsafeReadableBytes { bytes in child.cutter.cut(bytes) { take($0, of: child) } }
        handOut()
    }

    func take(_ line: LineCutter.Line, of child: Child) {
        child.line += 1
        switch line {
        case .tooLong(let count):
            complain("line \(child.line) of its output has \(count) bytes; a line has at most \(Self.maximumLineBytes)")
        case .whole(let bytes):
            guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { return }
            do throws(ChildLineFault) {
                route(try reader.read(bytes))
            } catch {
                refuse(bytes, error, child)
            }
        }
    }

    func route(_ answer: ChildAnswer) {
        guard let place = routes.place(answering: answer.session, at: .now()) else { return lateAnswers += 1 }
        outgoing[place, default: []].append(answer)
    }

    func refuse(_ line: UnsafeRawBufferPointer, _ fault: ChildLineFault, _ child: Child) {
        let text = showsLines ? ": " + TerminalText.escaped(line.prefix(800), limit: 100) : ""
        complain("line \(child.line) of its output \(fault.reason)\(text)")
        // Its client would wait for ever.
        guard let session = fault.session, let place = routes.place(answering: session, at: .now()) else { return }
        handOut()
        let reason = "the child's answer cannot be sent: line \(child.line) of its output \(fault.reason)"
        places[place]?.execute { $0.fail([session], reason) }
    }

    /// Hands the answers out to the event loops.
    func handOut() {
        for (place, answers) in outgoing {
            let count = answers.reduce(0) { $0 + ($1.frame?.count ?? 0) + 64 }
            undelivered += count
            places[place]?.execute { $0.deliver(answers, bytes: count) }
        }
        outgoing.removeAll(keepingCapacity: true)
        if !mayRead { setReading() }
    }

    func take(errors bytes: ByteBuffer, of child: Child) {
        bytes.withUnsafeReadableBytes { bytes in child.errors.cut(bytes) { show($0, of: child) } }
    }

    func show(_ line: LineCutter.Line, of child: Child) {
        let text =
            switch line {
            case .whole(let bytes): TerminalText.escaped(bytes.prefix(4_000), limit: 500)
            case .tooLong(let count): "(a line of \(count) bytes)"
            }
        child.lastErrors.append(text)
        if child.lastErrors.count > Self.reportedLines { child.lastErrors.removeFirst() }
        guard budget.take(at: .now()) else { return }
        tellLeftOut()
        observer.childSaid(text, port: number)
    }

    /// Tells of something that is wrong with the child, which may happen often.
    func complain(_ text: String) {
        guard budget.take(at: .now()) else { return }
        tellLeftOut()
        report(text)
    }

    func tellLeftOut() {
        let count = budget.takeLeftOut()
        if count > 0 { report("\(count.counting("more line")) of it, not shown") }
    }

    func report(_ text: String) { observer.serverProblem("the child of port \(number): \(text)") }
}
