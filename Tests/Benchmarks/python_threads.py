"""The server that most people write first: a thread for each client, which reads a message and writes it back.

python_threads.py PORT-FILE pickle|json
"""

import json
import pickle
import socket
import socketserver
import sys


class Pickles(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while True:
                self.request.sendall(pickle.dumps(pickle.load(self.rfile), protocol=4))
        except (EOFError, ConnectionError):
            pass


class JSONLines(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            for line in self.rfile:
                self.request.sendall(json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\n")
        except ConnectionError:
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), {"pickle": Pickles, "json": JSONLines}[sys.argv[2]])
    with open(sys.argv[1], "w") as file:
        file.write("127.0.0.1:%d\n" % server.server_address[1])
    server.serve_forever()
