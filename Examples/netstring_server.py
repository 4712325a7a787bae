#!/usr/bin/env python3
"""A store of texts behind netstrings (`5:hello,`): `set NAME VALUE` and `get NAME`.

Run it:  python3 Examples/netstring_server.py 12005          (tapedeck speaks it as raw/netstring)
"""
import socket
import sys
import threading


def read_message(stream):
    """The next message; None at the end."""
    digits = b''
    while (byte := stream.read(1)) != b':':
        if not byte:
            return None
        digits += byte
    message = stream.read(int(digits))
    assert stream.read(1) == b',', 'a comma ends a netstring'
    return message


def write_message(stream, message):
    stream.write(b'%d:%b,' % (len(message), message))
    stream.flush()


def serve(connection):
    store = {}
    with connection, connection.makefile('rwb') as stream:
        while (message := read_message(stream)) is not None:
            command, _, rest = message.partition(b' ')
            name, _, value = rest.partition(b' ')
            if command == b'set':
                store[name] = value
                write_message(stream, b'stored')
            else:
                write_message(stream, store.get(name, b''))


def main():
    with socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=10) as listener:
        print(f'listening on port {listener.getsockname()[1]}', flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
