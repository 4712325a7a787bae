/// Seeds that no fixture holds.
enum RecordingSamples {
    /// A recording with every kind of line.
    static let everything = #"""
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":[{"listen":"127.0.0.1:12000","codec":"pickle/stream","protocol":2},{"listen":"[::1]:12001","codec":"json/lines"},{"listen":"127.0.0.1:12002","codec":"raw/u32be"}]}
        {"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}
        {"t":0.000213,"s":1,"from":"server","value":{"clientid":53412}}
        {"t":1.204471,"s":1,"from":"client","value":{"message":"hi","id":{"$tuple":[3,{"$bytes":"x"}]}},"strings":"distinct"}
        {"t":1.204690,"s":1,"from":"server","value":{"$def":1,"v":[{"$ref":1}]},"protocol":0,"raw":"KGxwMApnMAphLg=="}
        {"t":2.0,"s":2,"open":{"port":12001,"peer":"[::1]:53413","to":"127.0.0.1:6379","via":"127.0.0.1:53999"}}
        {"t":2.1,"s":2,"from":"client","value":{"a": 1.0},"raw":"eyJhIjogMS4wfSANCg=="}
        {"t":2.2,"s":2,"from":"client","base64":"eyJhIjo=","error":"byte 5: found the end"}
        {"t":2.3,"s":3,"open":{"port":12002,"peer":"127.0.0.1:1","continued":true}}
        {"t":2.4,"s":3,"from":"client","text":"hello\n"}
        {"t":2.5,"s":3,"from":"server","base64":"//4AAQ==","partial":true}
        {"t":2.6,"gap":{"from":"client","bytes":700,"why":"snaplen"}}
        {"t":2.7,"gap":{"events":12}}
        {"t":3.000120,"s":1,"eof":"client"}
        {"t":3.000154,"s":1,"close":"clean"}
        {"t":3.1,"s":2,"close":"reset","by":"client","reason":"RST"}
        {"t":3.2,"s":3,"future":{"x":[1]}}
        {"tapedeck":1,"created":"2026-11-22T11:00:00.000000Z","tool":"tapedeck 0.1.0","ports":[]}
        {"t":9.000000,"end":{"sessions":3,"messages":7}}

        """#

    /// Payloads for framings that carry anything.
    static let plainBytes: [[UInt8]] = [
        [], [0], [0x0A], [0x0D, 0x0A], Array("hello".utf8), Array("GET / HTTP/1.1\r\n".utf8), Array(0...255),
        Array(repeating: 0x2C, count: 300), Array(repeating: 0x7F, count: 127), Array(repeating: 0x80, count: 128),
        Array("Content-Length: 3\r\n\r\nabc".utf8), Array("3:abc,".utf8), [0xFF, 0xFF, 0xFF, 0xFF],
    ]
}
