/// Sessions that speak TLS: what is inside, where keys and tshark are there.
extension CaptureImporter {
    /// The client of a session has begun with TLS.
    func beginTLS(_ session: ImportedSession) {
        if let decryption = decryption(for: session) {
            session.encrypted = ImportedSession.Encrypted(decryption)
            session.client.restart()
            return
        }
        remark(session, "from here on it is TLS, whose bytes are recorded as they are")
        let why = "belongs to TLS, which began here"
        session.client.leave(why, session.recorder)
        session.server.leave(why, session.recorder)
    }

    /// What decrypts a session; started with the first one that there is a key for.
    private func decryption(for session: ImportedSession) -> TLSDecryption? {
        // TLS inside of TLS is nothing that is known here.
        guard session.encrypted == nil, path != "-", settings.keyLog != nil || !(reader?.secrets.isEmpty ?? true) else {
            return nil
        }
        if !hasTriedDecryption {
            hasTriedDecryption = true
            let ports = settings.ports.isEmpty ? survey?.ports.keys.sorted() ?? [] : settings.ports.map(\.number)
            decryption = TLSDecryption(capture: path, keyLog: settings.keyLog, ports: ports)
            if decryption == nil {
                remark(
                    session, "is TLS, and tshark, which decrypts it with the keys, cannot be started: install tshark")
            }
        }
        return decryption
    }

    /// Encrypted bytes have come: takes what they complete.
    func takeDecrypted(_ session: ImportedSession, from side: Side) {
        guard let encrypted = session.encrypted else { return }
        let (client, server) = (session.opening.client, session.opening.server)
        let way =
            side == .client
            ? TLSDecryption.Way(source: client, destination: server)
            : TLSDecryption.Way(source: server, destination: client)
        let bytes = encrypted.decryption.take(way, upTo: packet)
        guard !bytes.isEmpty else { return }
        session.encrypted?.decrypted += bytes.count
        bytes.withUnsafeBytes { pass($0, from: side, in: session) }
    }

    /// The session has ended: tells what could not be decrypted.
    func endTLS(_ session: ImportedSession) {
        guard let encrypted = session.encrypted, encrypted.decrypted == 0 else { return }
        remark(session, "is TLS that no key opens; its bytes are not recorded")
        for (side, count) in [(Side.client, encrypted.client), (.server, encrypted.server)] where count > 0 {
            session.recorder.gap(RecordingGap(from: side, bytes: count, reason: "TLS that no key opens"))
        }
    }
}
