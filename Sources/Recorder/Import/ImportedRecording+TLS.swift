/// Sessions that speak TLS: what is inside, where keys and tshark are there.
extension ImportedRecording {
    /// TLS has begun in a session.
    func beginTLS(_ session: ImportedSession, _ start: TLSStart) {
        if start == .client, let decryption = decryption(for: session) {
            decryption.follow(session.opening.client, session.opening.server)
            session.encrypted = ImportedSession.Encrypted(decryption)
            session.client.restart()
            return
        }
        let why: String
        switch start {
        case .client:
            remark(session, "from here on it is TLS, whose bytes are recorded as they are")
            why = "belongs to TLS, which began here"
        case .server:
            remark(session, "is TLS whose client's hello is not in the capture; its bytes are recorded as they are")
            why = "belongs to TLS whose client's hello is not in the capture"
        case .earlier:
            remark(
                session,
                "is TLS that began before the capture: without its beginning no key opens it; its bytes are recorded as they are"
            )
            why = "belongs to TLS that began before the capture"
        }
        session.client.leave(why, session.recorder)
        session.server.leave(why, session.recorder)
    }

    /// What decrypts a session; started with the first one that there is a key for.
    private func decryption(for session: ImportedSession) -> TLSDecryption? {
        // TLS inside of TLS is nothing that is known here.
        guard session.encrypted == nil, keys.areThere else { return nil }
        let ports = settings.ports.isEmpty ? survey?.ports.keys.sorted() ?? [] : settings.ports.map(\.number)
        return keys.decryption(ports: ports) {
            remark(session, "is TLS, and tshark, which decrypts it with the keys, cannot be started: install tshark")
        }
    }

    /// Encrypted bytes have come: takes what they complete.
    func takeDecrypted(_ session: ImportedSession, from side: Side) {
        guard let encrypted = session.encrypted else { return }
        let (client, server) = (session.opening.client, session.opening.server)
        let (source, destination) = side == .client ? (client, server) : (server, client)
        let piece = encrypted.decryption.take(from: source, to: destination, upTo: packet)
        guard !piece.isEmpty else { return }
        session.encrypted?.decrypted += piece.bytes.count + piece.dropped
        piece.bytes.withUnsafeBytes { pass($0, from: side, in: session) }
        guard piece.dropped > 0 else { return }
        lose(piece.dropped, of: side, in: session, "decrypted long before the packets that complete it")
    }

    /// The session has ended: tells what could not be decrypted.
    func endTLS(_ session: ImportedSession) {
        guard let encrypted = session.encrypted else { return }
        encrypted.decryption.leave(session.opening.client, session.opening.server)
        guard encrypted.decrypted == 0 else { return }
        remark(session, "is TLS that no key opens; its bytes are not recorded")
        for (side, count) in [(Side.client, encrypted.client), (.server, encrypted.server)] where count > 0 {
            session.recorder.gap(RecordingGap(from: side, bytes: count, reason: "TLS that no key opens"))
        }
    }

    /// Keys that were given and that nothing asked for: says so.
    func tellUnusedKeys() {
        guard let file = settings.keyLog, !keys.areUsed else { return }
        remark("the keys of \(file) were not used: no session's client begins with TLS")
    }
}
