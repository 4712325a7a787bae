"""Connections for tests of relays: plain ones, and TLS ones that can end one half, which `ssl.SSLSocket` cannot."""
import socket, ssl, struct

PLAIN, TLS = 'plain', 'TLS'


class Plain:
    def __init__(self, connection, folder, server):
        self.connection = connection

    def sendall(self, data):
        self.connection.sendall(data)

    def recv(self, count):
        return self.connection.recv(count)

    def finish(self):
        """Says that no more comes, and goes on reading."""
        self.connection.shutdown(socket.SHUT_WR)

    def cut(self):
        """Ends the connection with a FIN, without close_notify."""
        self.connection.close()

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.connection.close()

    def rest(self):
        """How many bytes come until the end, and how that comes: `end`, `cut` or `reset`."""
        count = 0
        try:
            while data := self.recv(1 << 16):
                count += len(data)
            return count, 'end'
        except ssl.SSLEOFError:
            return count, 'cut'
        except ConnectionResetError:
            return count, 'reset'


class OverTLS(Plain):
    def __init__(self, connection, folder, server):
        # What is sent right before a reset must not wait for the acknowledgement of what was sent before that.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection, self.incoming, self.outgoing = connection, ssl.MemoryBIO(), ssl.MemoryBIO()
        if server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f'{folder}/server.pem', f'{folder}/server.key')
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        else:
            context = ssl.create_default_context(cafile=f'{folder}/ca.pem')
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname='localhost')
        self.perform(self.tls.do_handshake)

    def flush(self):
        if data := self.outgoing.read():
            self.connection.sendall(data)

    def perform(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                if data := self.connection.recv(1 << 16):
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def sendall(self, data):
        for start in range(0, len(data), 1 << 14):
            self.perform(self.tls.write, data[start:start + (1 << 14)])

    def recv(self, count):
        try:
            return self.perform(self.tls.read, count)
        except ssl.SSLZeroReturnError:
            return b''

    def finish(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()


def wrapped(connection, kind, folder, server):
    connection.settimeout(60)
    return (OverTLS if kind == TLS else Plain)(connection, folder, server)
