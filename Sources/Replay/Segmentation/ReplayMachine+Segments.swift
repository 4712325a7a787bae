internal import Codecs
// For its queues' own members.
internal import NIOCore
internal import Recorder

// Sending the same bytes in other pieces.
extension ReplayMachine {
    /// Events that are looked through for a message to be sent together with the present one.
    private static let maximumLookahead = 64
    /// Messages of one piece, and their bytes.
    private static let maximumJoined = 64
    private static let maximumJoinedBytes = 1 << 20

    /// Sends a message in pieces, together with those behind it that the plan joins to it.
    mutating func sendSegmented(_ event: TranscriptEvent, _ first: [UInt8]) throws {
        guard var plan = segments else { return }
        let number = event.session
        var pieces: [[UInt8]] = []
        append(first, subject(event), joined: false, &plan, to: &pieces)
        var total = first.count
        for next in try followers(of: event) {
            guard total < Self.maximumJoinedBytes, case .message(let message) = next.kind,
                plan.joins(SegmentPlan.Subject(session: number, message: sentMessages(number) + 1, line: next.line))
            else { break }
            let bytes = try wire(next, message)
            append(bytes, subject(next), joined: true, &plan, to: &pieces)
            total += bytes.count
            sentAhead.insert(next.line)
        }
        segments = plan
        sending.insert(number)
        countUnsent(number, total)
        actions.append(.sendPieces(session: number, pieces))
    }

    /// Client messages of the session that may go out together with this one: those that stand right behind it, or else the
    /// next one behind the server's messages in between. Nothing of another session lies between, nor an end.
    private mutating func followers(of event: TranscriptEvent) throws -> [TranscriptEvent] {
        switch segments?.way {
        case .coalesce, .random, .only: break
        default: return []
        }
        var found: [TranscriptEvent] = []
        for distance in 0..<Self.maximumLookahead where found.count < Self.maximumJoined {
            guard let next = try upcoming(distance, of: event.session), next.session == event.session,
                case .message(let message) = next.kind
            else { break }
            if message.from == .client {
                guard mayGoAhead(next) else { break }
                found.append(next)
                // One that went ahead of an answer is the last.
                if distance >= found.count { break }
            } else if !found.isEmpty {
                break
            }
        }
        return found
    }

    private mutating func upcoming(_ distance: Int, of session: Int) throws -> TranscriptEvent? {
        guard options.isIndependent else { return try event(ahead: distance) }
        guard let events = lanes[session]?.events, distance < events.count else { return nil }
        return events[offset: distance]
    }

    /// The message that is being sent, counted.
    private mutating func subject(_ event: TranscriptEvent) -> SegmentPlan.Subject {
        sessions[event.session]?.sentMessages += 1
        return SegmentPlan.Subject(
            session: event.session, message: sentMessages(event.session), line: event.line)
    }

    private func sentMessages(_ session: Int) -> Int { sessions[session]?.sentMessages ?? 0 }

    private func append(
        _ bytes: [UInt8], _ subject: SegmentPlan.Subject, joined: Bool, _ plan: inout SegmentPlan,
        to pieces: inout [[UInt8]]
    ) {
        var start = 0
        for end in plan.cuts(subject, of: bytes.count) + [bytes.count] {
            if start == 0, joined, let last = pieces.indices.last {
                pieces[last] += bytes[..<end]
            } else {
                pieces.append(Array(bytes[start..<end]))
            }
            start = end
        }
    }

    /// Whether a message was sent together with an earlier one.
    func wasSentAhead(_ event: TranscriptEvent) -> Bool { !sentAhead.isEmpty && sentAhead.contains(event.line) }

    /// Whether all pieces of the lane's clients are out. Until then nothing else is done, or it could arrive before them.
    mutating func hasSentPieces(before event: TranscriptEvent, lane: Int) -> Bool {
        for number in options.isIndependent ? [lane] : sending.sorted() where sending.contains(number) {
            guard let session = sessions[number], session.unsentBytes > 0 else {
                sending.remove(number)
                continue
            }
            guard givesUpSending(number, before: event) else { return false }
        }
        return true
    }
}
