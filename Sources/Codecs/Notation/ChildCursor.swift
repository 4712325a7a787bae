/// Where a walk stands among the children of a node that has edges: four words without references, for explicit stacks.
struct ChildCursor: BitwiseCopyable {
    /// Children that are still to come.
    private(set) var left: UInt32
    private var position: UInt32 = 0
    private var leftInRun: UInt32 = 0
    private var nextRun: UInt32

    /// Before the first child; a node whose children follow it directly (a JSON reader's) has none here.
    @inline(__always)
    init(of node: ValueNode) {
        left = node.has(ValueNode.isInline) ? 0 : node.count
        nextRun = left == 0 ? 0 : node.low
    }

    /// Among no children.
    init() {
        left = 0
        nextRun = 0
    }

    /// Among the next children only, as many as that.
    func first(_ count: UInt32) -> ChildCursor {
        var cursor = self
        cursor.left = min(left, count)
        return cursor
    }

    /// The next child; `left` must not be 0.
    @inline(__always)
    mutating func next(in edges: UnsafeMutablePointer<UInt32>, count: Int) -> UInt32 {
        while leftInRun == 0 {
            precondition(nextRun != 0 && Int(nextRun) &+ 1 < count)
            leftInRun = edges[Int(nextRun) &+ 1]
            position = nextRun &+ 2
            nextRun = edges[Int(nextRun)]
        }
        precondition(Int(position) < count)
        let child = edges[Int(position)]
        position &+= 1
        leftInRun &-= 1
        left &-= 1
        return child
    }
}
