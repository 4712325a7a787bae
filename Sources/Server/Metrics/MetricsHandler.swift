internal import NIOCore
internal import NIOHTTP1

/// Answers one request, and closes.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private struct Answer {
        var status: HTTPResponseStatus
        var text: String
        var type = "text/plain; charset=utf-8"
        var allowed: String?
    }

    private let pages: MetricsServer.Pages
    private var request: HTTPRequestHead?
    private var hasAnswered = false

    init(_ pages: MetricsServer.Pages) {
        self.pages = pages
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): if request == nil { request = head }
        case .body: break
        // Only now: closing with bytes unread would reset the connection and destroy the answer.
        case .end: if let request { answer(request, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard !hasAnswered else { return }
        hasAnswered = true
        let answer = answer(to: head)
        var headers = HTTPHeaders([
            ("Content-Type", answer.type), ("Content-Length", String(answer.text.utf8.count)), ("Connection", "close"),
            ("Cache-Control", "no-store"),
        ])
        if let allowed = answer.allowed { headers.add(name: "Allow", value: allowed) }
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))),
            promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.text)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func answer(to head: HTTPRequestHead) -> Answer {
        let path = head.uri.prefix { $0 != "?" }
        guard ["/metrics", "/healthz", "/readyz"].contains(path) else {
            return Answer(status: .notFound, text: "There are /metrics, /healthz and /readyz.\n")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return Answer(status: .methodNotAllowed, text: "There are GET and HEAD.\n", allowed: "GET, HEAD")
        }
        switch path {
        case "/metrics":
            return Answer(status: .ok, text: pages.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case "/healthz": return health(pages.illness())
        default: return health(pages.unreadiness())
        }
    }

    private func health(_ trouble: String?) -> Answer {
        guard let trouble else { return Answer(status: .ok, text: "ok\n") }
        return Answer(status: .serviceUnavailable, text: trouble + "\n")
    }
}

@available(*, unavailable)
extension MetricsHandler: Sendable {}
