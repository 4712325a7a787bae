import Codecs

/// A message that says something else in one place.
struct Mutant {
    /// What was changed.
    var what: String
    /// Where the difference must be found …
    var path: String
    /// … or, where which of several alike elements it is cannot be told, what its path must begin with.
    var isBeginning = false
    var tree: NotationTree

    /// What a payload can say besides JSON.
    struct Kinds {
        var hasBytes: Bool
        var hasTuples: Bool

        /// Of a payload by its name.
        init(payload: String) {
            hasBytes = payload == "pickle" || payload == "msgpack"
            hasTuples = payload == "pickle"
        }
    }

    /// Every message that differs from a tree in one place: each scalar in several ways, each key, element and container.
    static func all(of tree: NotationTree, payload: String) -> [Mutant] {
        mutants(of: tree, path: "$", kinds: Kinds(payload: payload))
    }

    private static func mutants(of tree: NotationTree, path: String, kinds: Kinds) -> [Mutant] {
        switch tree {
        case .null: return [Mutant(what: "null is 0", path: path, tree: .number("0"))]
        case .bool(let bool):
            return [
                Mutant(what: "the boolean is the other one", path: path, tree: .bool(!bool)),
                Mutant(what: "the boolean is a number", path: path, tree: .number(bool ? "1" : "0")),
            ]
        case .number(let text):
            return numbers(text).map { Mutant(what: $0.what, path: path, tree: .number($0.text)) }
                + [Mutant(what: "the number is text", path: path, tree: .string(text))]
        case .string(let string): return strings(string, path, kinds)
        case .list(let elements): return lists(elements, path, kinds)
        case .map(let entries):
            if let tag = entries.first?.key, tag.hasPrefix("$") { return tagged(tag, entries, path, kinds) }
            return maps(entries, path, kinds)
        }
    }

    private static func numbers(_ text: String) -> [(what: String, text: String)] {
        guard let number = Int(text) else {
            // A float.
            return [("the float is another", "1" + text.drop { $0 == "-" }), ("the float is an integer", "7")]
        }
        return [
            ("one more", String(number + 1)), ("one less", String(number - 1)),
            ("the sign is changed", String(-number)),
            ("ten times", String(number * 10)), ("the integer is a float", text + ".0"),
        ].filter { $0.1 != text && $0.1 != "-0" }
    }

    private static func strings(_ string: String, _ path: String, _ kinds: Kinds) -> [Mutant] {
        var changed: [(what: String, text: String)] = [("a character more", string + "x")]
        if !string.isEmpty { changed.append(("a character less", String(string.dropLast()))) }
        for (index, character) in string.enumerated() where character.isASCII && character.isNumber {
            let digit = (character.wholeNumberValue.map { $0 + 1 } ?? 0) % 10
            changed.append(
                ("the digit \(character) is another", string.prefix(index) + "\(digit)" + string.dropFirst(index + 1)))
        }
        for word in Set(string.split { !$0.isLetter }) {
            let other = word == word.uppercased() ? word.lowercased() : word.uppercased()
            changed.append(("\(word) is written otherwise", string.replacing(word, with: other)))
            changed.append(("\(word) is another word", string.replacing(word, with: word + word)))
        }
        changed.append(("words in another order", string.split(separator: " ").reversed().joined(separator: " ")))
        var mutants = changed.filter { $0.text != string }.map {
            Mutant(what: $0.what, path: path, tree: .string($0.text))
        }
        mutants.append(Mutant(what: "the text is null", path: path, tree: .null))
        if kinds.hasBytes {
            mutants.append(
                Mutant(
                    what: "the text is bytes", path: path,
                    tree: .map([.init(key: "$b64", value: .string(base64(string)))])))
        }
        return mutants
    }

    private static func lists(_ elements: [NotationTree], _ path: String, _ kinds: Kinds) -> [Mutant] {
        var result: [Mutant] = []
        for (index, element) in elements.enumerated() {
            result += mutants(of: element, path: "\(path)[\(index)]", kinds: kinds).map { mutant in
                var (whole, mutant) = (elements, mutant)
                whole[index] = mutant.tree
                mutant.tree = .list(whole)
                // Another element may be like it now.
                mutant.path = path + "["
                mutant.isBeginning = true
                return mutant
            }
            var (fewer, more) = (elements, elements)
            fewer.remove(at: index)
            more.insert(element, at: index)
            result.append(
                Mutant(what: "element \(index) is missing", path: path + "[", isBeginning: true, tree: .list(fewer)))
            result.append(
                Mutant(what: "element \(index) is doubled", path: path + "[", isBeginning: true, tree: .list(more)))
            if index > 0, elements[index - 1] != element {
                var swapped = elements
                swapped.swapAt(index - 1, index)
                result.append(
                    Mutant(
                        what: "element \(index) stands earlier", path: path + "[", isBeginning: true,
                        tree: .list(swapped)))
            }
        }
        if kinds.hasTuples {
            result.append(
                Mutant(
                    what: "the list is a tuple", path: path, tree: .map([.init(key: "$tuple", value: .list(elements))]))
            )
        }
        result.append(Mutant(what: "the list is null", path: path, tree: .null))
        return result
    }

    private static func maps(_ entries: [NotationTree.Entry], _ path: String, _ kinds: Kinds) -> [Mutant] {
        func inside(_ key: String) -> String {
            let isPlain = key.allSatisfy { $0.isLetter || $0 == "_" || $0.isNumber } && key.first?.isNumber == false
            return isPlain
                ? "\(path).\(key)" : "\(path)[\(String(decoding: NotationTree.string(key).text, as: UTF8.self))]"
        }
        var result: [Mutant] = []
        for (index, entry) in entries.enumerated() {
            result += mutants(of: entry.value, path: inside(entry.key), kinds: kinds).map { mutant in
                var (whole, mutant) = (entries, mutant)
                whole[index].value = mutant.tree
                mutant.tree = .map(whole)
                return mutant
            }
            var (fewer, renamed) = (entries, entries)
            fewer.remove(at: index)
            renamed[index].key += "x"
            result.append(Mutant(what: "the key \(entry.key) is missing", path: inside(entry.key), tree: .map(fewer)))
            result.append(Mutant(what: "the key \(entry.key) is renamed", path: inside(entry.key), tree: .map(renamed)))
        }
        result.append(
            Mutant(what: "a key more", path: "\(path).zzz", tree: .map(entries + [.init(key: "zzz", value: .null)])))
        result.append(Mutant(what: "the map is a list", path: path, tree: .list(entries.map(\.value))))
        return result
    }

    /// What the notation writes as an object with a tag: tuples are changed inside, all others as wholes.
    private static func tagged(
        _ tag: String, _ entries: [NotationTree.Entry], _ path: String, _ kinds: Kinds
    ) -> [Mutant] {
        var result = [Mutant(what: "\(tag) is null", path: path, tree: .null)]
        guard entries.count == 1, let value = entries.first?.value else { return result }
        switch (tag, value) {
        case ("$tuple", .list(let elements)):
            result += lists(elements, path, kinds).filter { $0.what != "the list is null" }.map { mutant in
                var mutant = mutant
                if case .list = mutant.tree { mutant.tree = .map([.init(key: tag, value: mutant.tree)]) }
                return mutant
            }
            result = result.filter { $0.what != "the list is a tuple" }
            result.append(Mutant(what: "the tuple is a list", path: path, tree: .list(elements)))
        case ("$bytes", .string(let string)):
            result.append(
                Mutant(what: "a byte more", path: path, tree: .map([.init(key: tag, value: .string(string + "x"))])))
            result.append(Mutant(what: "the bytes are text", path: path, tree: .string(string)))
        case ("$set", .list(let elements)) where !elements.isEmpty:
            result.append(
                Mutant(
                    what: "an element is missing", path: path + "[", isBeginning: true,
                    tree: .map([.init(key: tag, value: .list(Array(elements.dropLast())))])))
        default: break
        }
        return result
    }

    private static func base64(_ string: String) -> String {
        var output = ByteWriter()
        Array(string.utf8).withUnsafeBytes { Base64.encode($0, into: &output) }
        return output.string
    }
}
