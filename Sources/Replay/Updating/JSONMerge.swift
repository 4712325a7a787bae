internal import Codecs
internal import Recorder

/// The edits that turn one JSON text into another, each of which can be left out.
///
/// What both texts have alike stays byte for byte as the old text has it, and so do the spaces around what changes.
struct JSONMerge {
    /// What stands in the place of a value of the old text.
    private indirect enum Plan {
        case kept(Range<Int>)
        case replaced(edit: Int, old: Range<Int>, new: Range<Int>)
        case container(items: [Item], opening: Range<Int>, closing: Range<Int>)
    }

    /// A member or an element.
    private enum Item {
        /// `separator` is what stands before it, `front` its key with the colon.
        case kept(separator: Range<Int>, front: Range<Int>, Plan)
        case removed(edit: Int, separator: Range<Int>, Range<Int>)
        case added(edit: Int, new: Range<Int>)
    }

    private let old: [UInt8]
    private let new: [UInt8]
    private var plan = Plan.kept(0..<0)
    /// Where in the old text the value stands.
    private var root = 0..<0
    /// How many edits there are.
    private(set) var count = 0

    /// Nil where either text is no JSON, or too deep for one.
    init?(old: [UInt8], new: [UInt8]) {
        self.old = old
        self.new = new
        var limits = DecodingLimits()
        limits.maximumDepth = limits.maximumReadableDepth + 8
        let (left, right) = (ValueTree(), ValueTree())
        do throws(PayloadError) {
            try JSONFormat().decode(old.span.bytes, into: left, limits: .recordedText(within: limits))
            try JSONFormat().decode(new.span.bytes, into: right, limits: .recordedText(within: limits))
        } catch {
            return nil
        }
        guard let plan = plan(left.root, right.root), let root = left.root.sourceRange else { return nil }
        (self.plan, self.root) = (plan, root)
    }

    /// The old text with all edits but some.
    func text(without leftOut: Set<Int> = []) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(max(old.count, new.count))
        output += old[..<root.lowerBound]
        write(plan, leftOut, &output)
        return output + old[root.upperBound...]
    }

    // MARK: Finding the edits

    private mutating func nextEdit() -> Int {
        defer { count += 1 }
        return count
    }

    private mutating func plan(_ left: Value, _ right: Value) -> Plan? {
        guard let old = left.sourceRange, let new = right.sourceRange else { return nil }
        if self.old[old] == self.new[new] { return .kept(old) }
        switch (left.kind, right.kind) {
        case (.map, .map): if let plan = members(left, right, old) { return plan }
        case (.list, .list): return elements(left, right, old)
        default: break
        }
        return .replaced(edit: nextEdit(), old: old, new: new)
    }

    private typealias Member = (key: [UInt8], range: Range<Int>, value: Value, start: Int)

    /// The members of a map; nil where a key stands there twice.
    private static func members(_ map: Value) -> [Member]? {
        var members: [Member] = []
        var keys: Set<[UInt8]> = []
        for (key, value) in map.entries {
            guard let text = key.text, let front = key.sourceRange, let range = value.sourceRange,
                keys.insert(text).inserted
            else { return nil }
            members.append((text, front.lowerBound..<range.upperBound, value, range.lowerBound))
        }
        return members
    }

    private mutating func members(_ left: Value, _ right: Value, _ range: Range<Int>) -> Plan? {
        guard let ours = Self.members(left), let theirs = Self.members(right) else { return nil }
        let places = Dictionary(uniqueKeysWithValues: theirs.enumerated().map { ($1.key, $0) })
        var items: [Item] = []
        var end = range.lowerBound
        var isTaken = Set<Int>()
        for member in ours {
            let separator = end..<member.range.lowerBound
            end = member.range.upperBound
            if let place = places[member.key] {
                guard let plan = plan(member.value, theirs[place].value) else { return nil }
                isTaken.insert(place)
                items.append(.kept(separator: separator, front: member.range.lowerBound..<member.start, plan))
            } else {
                items.append(.removed(edit: nextEdit(), separator: separator, member.range))
            }
        }
        for (place, member) in theirs.enumerated() where !isTaken.contains(place) {
            items.append(.added(edit: nextEdit(), new: member.range))
        }
        return container(items, range, firstItem: ours.first?.range.lowerBound, end: end)
    }

    private mutating func elements(_ left: Value, _ right: Value, _ range: Range<Int>) -> Plan? {
        let (ours, theirs) = (Array(left.children), Array(right.children))
        var likeness = ElementLikeness(ours, theirs)
        let (old, new) = (old, new)
        let pairs = ListAlignment.pairs(expected: ours.count, actual: theirs.count) {
            nil
        } similarity: {
            likeness.similarity($0, $1)
        } areEqual: {
            guard let left = ours[$0].sourceRange, let right = theirs[$1].sourceRange else { return false }
            return old[left] == new[right]
        }
        var items: [Item] = []
        var end = range.lowerBound
        for pair in pairs {
            guard let place = pair.expected else {
                guard let range = pair.actual.flatMap({ theirs[$0].sourceRange }) else { return nil }
                items.append(.added(edit: nextEdit(), new: range))
                continue
            }
            guard let own = ours[place].sourceRange else { return nil }
            let separator = end..<own.lowerBound
            end = own.upperBound
            if let other = pair.actual {
                guard let plan = plan(ours[place], theirs[other]) else { return nil }
                items.append(.kept(separator: separator, front: own.lowerBound..<own.lowerBound, plan))
            } else {
                items.append(.removed(edit: nextEdit(), separator: separator, own))
            }
        }
        return container(items, range, firstItem: ours.first?.sourceRange?.lowerBound, end: end)
    }

    private func container(_ items: [Item], _ range: Range<Int>, firstItem: Int?, end: Int) -> Plan {
        // Of an empty one only the bracket opens it, and all else closes it.
        guard let firstItem else {
            return .container(
                items: items, opening: range.lowerBound..<range.lowerBound + 1,
                closing: range.lowerBound + 1..<range.upperBound)
        }
        return .container(items: items, opening: range.lowerBound..<firstItem, closing: end..<range.upperBound)
    }

    // MARK: Writing

    private func write(_ plan: Plan, _ leftOut: Set<Int>, _ output: inout [UInt8]) {
        switch plan {
        case .kept(let range): output += old[range]
        case .replaced(let edit, let before, let after):
            if leftOut.contains(edit) { output += old[before] } else { output += new[after] }
        case .container(let items, let opening, let closing):
            output += old[opening]
            write(items, opening, leftOut, &output)
            output += old[closing]
        }
    }

    private func write(_ items: [Item], _ opening: Range<Int>, _ leftOut: Set<Int>, _ output: inout [UInt8]) {
        let usual = usualSeparator(items, opening)
        var isFirst = true
        func separate(_ own: Range<Int>?) {
            defer { isFirst = false }
            guard !isFirst else { return }
            if let own, own != opening { output += old[own] } else { output += usual }
        }
        for item in items {
            switch item {
            case .kept(let separator, let front, let plan):
                separate(separator)
                output += old[front]
                write(plan, leftOut, &output)
            case .removed(let edit, let separator, let range):
                guard leftOut.contains(edit) else { continue }
                separate(separator)
                output += old[range]
            case .added(let edit, let range):
                guard !leftOut.contains(edit) else { continue }
                separate(nil)
                output += new[range]
            }
        }
    }

    /// What stands between two items of a container, as far as it has two.
    private func usualSeparator(_ items: [Item], _ opening: Range<Int>) -> [UInt8] {
        for item in items {
            switch item {
            case .kept(let separator, _, _), .removed(_, let separator, _):
                if separator != opening { return Array(old[separator]) }
            case .added: break
            }
        }
        return Array((old.contains { $0 == 32 } ? ", " : ",").utf8)
    }
}
