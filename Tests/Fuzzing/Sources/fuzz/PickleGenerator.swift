/// Makes pickles that mostly read: opcodes are chosen by what stands on the stack.
struct PickleGenerator {
    /// What a stack entry may be used for.
    private enum Kind { case mark, plain, text, list, map, set, tuple, object, name }

    private var bytes: [UInt8] = []
    private var stack: [Kind] = []
    private var memo: [(index: Int, kind: Kind)] = []
    private var memoized = 0

    static func make(using random: inout SeededGenerator) -> [UInt8] {
        var generator = PickleGenerator()
        if !random.once(in: 4) { generator.bytes += [0x80, UInt8(random.below(6))] }
        for _ in 0..<(2 + random.below(random.once(in: 20) ? 400 : 50)) { generator.step(using: &random) }
        generator.finish(using: &random)
        return generator.bytes
    }

    private mutating func finish(using random: inout SeededGenerator) {
        while let mark = stack.lastIndex(of: .mark) {
            let count = stack.count - mark - 1
            if mark > 0, stack[mark - 1] == .list {
                emit(0x65, takingMark: mark, keeping: 0)
            } else if count == 0 {
                emit(0x30, takingMark: mark, keeping: 0)
            } else {
                emit(random.once(in: 2) ? 0x74 : 0x6C, takingMark: mark, keeping: 0)
                stack.append(.tuple)
            }
        }
        if stack.isEmpty { bytes.append(0x4E) }
        bytes.append(0x2E)
    }

    private mutating func emit(_ code: UInt8, takingMark mark: Int, keeping kept: Int) {
        bytes.append(code)
        stack.removeSubrange((mark - kept)...)
    }

    private mutating func step(using random: inout SeededGenerator) {
        switch random.below(10) {
        case 0...2: scalar(using: &random)
        case 3: container(using: &random)
        case 4, 5: remember(using: &random)
        case 6: closeMark(using: &random)
        case 7: put(using: &random)
        case 8: object(using: &random)
        default: shuffle(using: &random)
        }
    }

    private mutating func push(_ code: [UInt8], _ kind: Kind) {
        bytes += code
        stack.append(kind)
    }

    private mutating func scalar(using random: inout SeededGenerator) {
        let byte = random.byte()
        let letters = Array("abcd$efgh".utf8.prefix(random.below(10)))
        let length = UInt8(letters.count)
        switch random.below(22) {
        case 0: push([0x4E], .plain)
        case 1: push([0x88], .plain)
        case 2: push([0x4B, byte], .plain)
        case 3: push([0x4D, byte, random.byte()], .plain)
        case 4: push([0x4A, byte, random.byte(), random.byte(), random.byte()], .plain)
        case 5: push([0x8A, UInt8(random.below(3)) * 4] + [], .plain); fill(Int(bytes.last ?? 0), using: &random)
        case 6: push([0x47], .plain); fill(8, using: &random)
        case 7: push([0x8C, length] + letters, .text)
        case 8: push([0x58, length, 0, 0, 0] + letters, .text)
        case 9: push([0x8D, length, 0, 0, 0, 0, 0, 0, 0] + letters, .text)
        case 10: push([0x55, length] + letters, .plain)
        case 11: push([0x43, length] + letters, .plain)
        case 12: push([0x42, 2, 0, 0, 0, byte, 0xFF], .plain)
        case 13: push([0x96, length, 0, 0, 0, 0, 0, 0, 0] + letters, .plain)
        case 14: push(Array("S'a\\x41'\n".utf8), .plain)
        case 15: push(Array("Vx\\u20ac\n".utf8), .text)
        case 16: push(Array("I\(byte)\n".utf8), .plain)
        case 17: push(Array("L-\(random.next())\(random.next())L\n".utf8), .plain)
        case 18: push(Array("F\(Double(byte) / 7)\n".utf8), .plain)
        case 19: push([0x82, max(byte, 1)], .name)
        case 20: push([0x97], .plain)
        default: push([0x58, 130, 0, 0, 0] + Array(repeating: 97, count: 130), .text)
        }
    }

    private mutating func fill(_ count: Int, using random: inout SeededGenerator) {
        for _ in 0..<count { bytes.append(random.byte()) }
    }

    private mutating func container(using random: inout SeededGenerator) {
        switch random.below(6) {
        case 0, 1: push([0x5D], .list)
        case 2: push([0x7D], .map)
        case 3: push([0x8F], .set)
        case 4: push([0x29], .tuple)
        default: push([0x28], .mark)
        }
        if !random.once(in: 3), stack.last != .mark { push([0x28], .mark) }
    }

    private mutating func remember(using random: inout SeededGenerator) {
        if random.once(in: 2), !memo.isEmpty {
            let entry = random.pick(memo)
            let index = UInt8(truncatingIfNeeded: entry.index)
            if entry.index < 256 {
                push([0x68, index], entry.kind)
            } else {
                push([0x6A, index, UInt8(truncatingIfNeeded: entry.index >> 8), 0, 0], entry.kind)
            }
            return
        }
        guard let top = stack.last, top != .mark else { return }
        if random.once(in: 3) {
            let index = random.below(random.once(in: 6) ? 2000 : 12)
            if index < 256 { bytes += [0x71, UInt8(index)] } else { bytes += Array("p\(index)\n".utf8) }
            if !memo.contains(where: { $0.index == index }) { memoized += 1 }
            memo.removeAll { $0.index == index }
            memo.append((index, top))
        } else {
            bytes.append(0x94)
            memo.removeAll { $0.index == memoized }
            memo.append((memoized, top))
            memoized = memo.count
        }
    }

    private mutating func closeMark(using random: inout SeededGenerator) {
        guard let mark = stack.lastIndex(of: .mark) else { return push([0x28], .mark) }
        let count = stack.count - mark - 1
        if mark > 0, !random.once(in: 3) {
            switch stack[mark - 1] {
            case .list: return emit(0x65, takingMark: mark, keeping: 0)
            case .map where count % 2 == 0: return emit(0x75, takingMark: mark, keeping: 0)
            case .set: return emit(0x90, takingMark: mark, keeping: 0)
            case .object: return emit(random.once(in: 2) ? 0x65 : 0x90, takingMark: mark, keeping: 0)
            default: break
            }
        }
        switch random.below(6) {
        case 0, 1: emit(0x74, takingMark: mark, keeping: 0); stack.append(.tuple)
        case 2: emit(0x6C, takingMark: mark, keeping: 0); stack.append(.list)
        case 3 where count % 2 == 0: emit(0x64, takingMark: mark, keeping: 0); stack.append(.map)
        case 4: emit(0x91, takingMark: mark, keeping: 0); stack.append(.tuple)
        default: emit(0x31, takingMark: mark, keeping: 0)
        }
    }

    /// How many entries stand above the topmost mark.
    private var height: Int { stack.count - 1 - (stack.lastIndex(of: .mark) ?? -1) }

    private mutating func put(using random: inout SeededGenerator) {
        guard height > 1 else { return scalar(using: &random) }
        switch stack[stack.count - 2] {
        case .list: bytes.append(0x61); stack.removeLast()
        case .object: bytes.append(random.once(in: 2) ? 0x61 : 0x62); stack.removeLast()
        case .map: scalar(using: &random); bytes.append(0x73); stack.removeLast(2)
        default:
            let count = min(height, 1 + random.below(3))
            bytes.append(0x84 + UInt8(count))
            stack.removeLast(count)
            stack.append(.tuple)
        }
    }

    private mutating func object(using random: inout SeededGenerator) {
        if height > 1, stack[stack.count - 1] == .tuple, [.name, .object].contains(stack[stack.count - 2]) {
            bytes.append(random.once(in: 2) ? 0x52 : 0x81)
            stack.removeLast(2)
            return stack.append(.object)
        }
        if height > 2, stack[stack.count - 1] == .map, stack[stack.count - 2] == .tuple, stack[stack.count - 3] == .name
        {
            bytes.append(0x92)
            stack.removeLast(3)
            return stack.append(.object)
        }
        if height > 1, stack[stack.count - 1] == .text, stack[stack.count - 2] == .text {
            bytes.append(0x93)
            stack.removeLast(2)
            return stack.append(.name)
        }
        if height > 0, stack[stack.count - 1] != .mark, random.once(in: 4) {
            bytes.append(0x51)
            stack[stack.count - 1] = .object
            return
        }
        switch random.below(4) {
        case 0:
            if let mark = stack.lastIndex(of: .mark) {
                bytes += Array("im\nC\n".utf8)
                stack.removeSubrange(mark...)
                stack.append(.object)
            }
        case 1:
            push([0x28], .mark)
            push(Array("cm\nC\n".utf8), .name)
            scalar(using: &random)
            bytes.append(0x6F)
            stack.removeLast(3)
            stack.append(.object)
        default: push(Array("cm\nf\n".utf8), .name)
        }
    }

    private mutating func shuffle(using random: inout SeededGenerator) {
        guard height > 0, let top = stack.last else { return container(using: &random) }
        if random.once(in: 3) {
            bytes.append(0x30)
            stack.removeLast()
        } else {
            push([0x32], top)
        }
    }
}
