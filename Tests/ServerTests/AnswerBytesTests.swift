import NIOCore
import Testing

@testable import Server

@Suite("Answers that have not left") struct AnswerBytesTests {
    private let read = Array("one two three four".utf8)

    private func text(_ buffer: ByteBuffer?) -> String? { buffer.map { String(buffer: $0) } }

    /// Lets `body` answer while the text is being read; the text is overwritten behind that.
    private func reading(
        _ answers: inout AnswerBytes, _ body: (inout AnswerBytes, _ whole: UnsafeRawBufferPointer) -> Void
    ) {
        var memory = read
        memory.withUnsafeMutableBytes { bytes in
            let whole = UnsafeRawBufferPointer(bytes)
            answers.beginRead(whole)
            body(&answers, whole)
            answers.endRead()
            for place in bytes.indices { bytes[place] = 0 }
        }
    }

    @Test("keep their bytes when what was read has gone, and their order among others")
    func order() {
        var answers = AnswerBytes()
        answers.append(Array("<".utf8))
        reading(&answers) { answers, whole in
            answers.append(whole, 0..<4)
            answers.append(whole, 4..<8)
            #expect(answers.count == 9)
            answers.append(Array("|".utf8))
            answers.append(whole, 8..<14)
            answers.append(whole, 0..<3)
        }
        answers.append(Array(">".utf8))
        #expect(answers.count == 20)
        #expect(text(answers.take()) == "<one two |three one>")
        #expect(answers.count == 0)
        #expect(text(answers.take()) == "")
    }

    @Test("are taken in the middle of a read as well, all or the first ones")
    func taking() {
        var answers = AnswerBytes()
        reading(&answers) { answers, whole in
            answers.append(whole, 0..<4)
            #expect(text(answers.take()) == "one ")
            answers.append(whole, 4..<8)
            answers.append(whole, 8..<14)
            #expect(text(answers.take(first: 4)) == "two ")
            #expect(text(answers.take(first: 100)) == nil)
            answers.append(whole, 14..<18)
        }
        #expect(text(answers.take()) == "three four")
    }

    @Test("may be the whole of what was read, or nothing")
    func ends() {
        var answers = AnswerBytes()
        reading(&answers) { answers, whole in
            answers.append(whole, 0..<0)
            answers.append(whole, 0..<18)
            answers.append(whole, 18..<18)
        }
        #expect(text(answers.take()) == "one two three four")
        reading(&answers) { _, _ in }
        #expect(answers.count == 0)
    }
}

extension AnswerBytes {
    fileprivate mutating func append(_ whole: UnsafeRawBufferPointer, _ part: Range<Int>) {
        append(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: whole[part])))
    }
}
