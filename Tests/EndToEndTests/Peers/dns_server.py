"""A DNS server over TCP that knows one name: every question for example.test, A, is answered with 192.0.2.1."""
import socket, struct, threading

ANSWER = bytes.fromhex('c00c 0001 0001 0000003c 0004 c0000201')  # the name asked for; A, IN, 60 s, four bytes
NAME = b'\x07example\x04test\x00'


def serve(connection):
    with connection, connection.makefile('rwb') as stream:
        while len(prefix := stream.read(2)) == 2:
            query = stream.read(struct.unpack('!H', prefix)[0])
            end = query.index(b'\x00', 12) + 5
            question = query[12:end]
            found = question.lower() == NAME + b'\x00\x01\x00\x01'
            # RFC 1035, 4.1.1: an answer, authoritative; recursion desired as asked; NXDOMAIN is 3.
            flags = 0x8400 | query[2] << 8 & 0x0100 | (0 if found else 3)
            answer = query[:2] + struct.pack('!HHHHH', flags, 1, found, 0, 0) + question + (ANSWER if found else b'')
            stream.write(struct.pack('!H', len(answer)) + answer)
            stream.flush()


listener = socket.create_server(('127.0.0.1', 0))
print('listening on port', listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
