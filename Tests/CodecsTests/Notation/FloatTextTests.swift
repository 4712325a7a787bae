import Foundation
import Testing

@testable import Codecs

@Suite("The text of a float")
struct FloatTextTests {
    @Test("is CPython's repr, for numbers of every size, of every count of digits and of few bits")
    func repr() throws {
        let script = """
            import math, random, struct
            chance = random.Random(4)
            def out(number):
                if math.isfinite(number): print(struct.pack('>d', number).hex(), repr(number))
            for digits in range(0, 18):
                for _ in range(700):
                    text = '%d' % chance.randrange(10 ** chance.randrange(1, 18))
                    number = float(text + 'e-%d' % digits)
                    for other in (number, -number, math.nextafter(number, math.inf), math.nextafter(number, 0)): out(other)
            for edge in (1e-4, 1e-5, 1e15, 1e16, 9e9, 9e15, 2.0 ** 53, 1e12, 1e6, 1e-6, 999999999999999.9, 123456789.123456, 0.1 + 0.2):
                for _ in range(300):
                    edge = math.nextafter(edge, 0)
                    out(edge)
                for _ in range(600):
                    edge = math.nextafter(edge, math.inf)
                    out(edge)
            for _ in range(20_000):
                out(struct.unpack('>d', struct.pack('>Q', chance.getrandbits(64)))[0])
                out(round(chance.uniform(-9.1e9, 9.1e9), chance.randrange(8)))
                out(chance.uniform(0, 10) * 10 ** chance.randrange(-6, 17))
                out(chance.getrandbits(chance.choice((6, 12, 30, 53))) * 2.0 ** -chance.randrange(64))
            for number in (0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.5, 0.05, 0.25, 1e22, 100.0, 1234567.0): out(number)
            """
        let lines = try PickleExamples.python(script).split(separator: 10)
        #expect(lines.count > 100_000)
        var different: [String] = []
        for line in lines {
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
            let bits = try #require(UInt64(fields[0], radix: 16))
            var output = ByteWriter()
            FloatText.append(Double(bitPattern: bits), into: &output)
            if output.string != fields[1] { different.append("\(fields[1]), not \(output.string)") }
        }
        #expect(different.isEmpty, "\(different.prefix(10))")
    }
}
