/// Counts the clients that are refused, so that a storm of them makes few lines in a log.
struct RefusedClients {
    private var isTold = false
    private var untold = 0

    /// Another one is refused. True where that is to be told of now; then `take` is to be called after a while.
    mutating func count() -> Bool {
        if isTold {
            untold += 1
            return false
        }
        isTold = true
        return true
    }

    /// The time is up: how many more were refused meanwhile, if any.
    mutating func take() -> Int? {
        defer { self = RefusedClients() }
        return untold > 0 ? untold : nil
    }
}
