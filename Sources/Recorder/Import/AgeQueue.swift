/// Things in the order in which they came, with the oldest to be taken first. Those that are of no interest any more may stay in it
/// for a while.
struct AgeQueue<Element> {
    private var elements: [Element] = []
    private var head = 0
    /// How many were of interest when the others were forgotten last.
    private var tidied = 0

    /// How many it holds, with those that are of no interest any more.
    var count: Int { elements.count - head }

    /// All of them, the oldest first.
    var all: ArraySlice<Element> { elements[head...] }

    mutating func append(_ element: Element) { elements.append(element) }

    /// The oldest of interest.
    mutating func takeOldest(where isOfInterest: (Element) -> Bool) -> Element? {
        while head < elements.count {
            let element = elements[head]
            head += 1
            if head > 1_024, head > elements.count / 2 {
                elements.removeFirst(head)
                head = 0
            }
            if isOfInterest(element) { return element }
        }
        return nil
    }

    /// Forgets what is of no interest any more, when that may be as much as half of it. Where nearly all of it is of interest, it looks
    /// again only once there are twice as many: each thing that is added costs a few looks, however many wait.
    mutating func tidy(_ limit: Int, _ isOfInterest: (Element) -> Bool) {
        guard count > 2 * max(limit, tidied) + 64 else { return }
        elements = elements[head...].filter(isOfInterest)
        head = 0
        tidied = elements.count
    }
}
