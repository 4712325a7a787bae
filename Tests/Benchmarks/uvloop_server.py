"""The fastest server that one writes in Python: uvloop, a protocol object, orjson.

uvloop_server.py PORT-FILE json|raw
"""

import asyncio
import sys

import orjson
import uvloop


class JSONLines(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        if lines:
            lines = [orjson.dumps(orjson.loads(line)) for line in lines]
            self.transport.write(b"\n".join(lines) + b"\n")


class Raw(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        data = self.rest + data
        offset = 0
        while len(data) - offset >= 4:
            end = offset + 4 + int.from_bytes(data[offset : offset + 4], "big")
            if end > len(data):
                break
            offset = end
        self.rest = data[offset:]
        if offset:
            self.transport.write(data[:offset])


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server({"json": JSONLines, "raw": Raw}[sys.argv[2]], "127.0.0.1", 0, backlog=512)
    with open(sys.argv[1], "w") as file:
        file.write("127.0.0.1:%d\n" % server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
