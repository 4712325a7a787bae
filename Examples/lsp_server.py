#!/usr/bin/env python3
"""A small language server: JSON-RPC behind Content-Length headers, as editors speak it, here over TCP.

Run it:  python3 Examples/lsp_server.py 12004          (tapedeck speaks it as json/content-length)
"""
import json
import socket
import sys
import threading


def read_message(stream):
    """The next message; None at the end."""
    length = None
    while (line := stream.readline().strip()) or length is None:
        if not line:
            return None
        name, _, value = line.partition(b':')
        if name.lower() == b'content-length':
            length = int(value)
    return json.loads(stream.read(length))


def write_message(stream, message):
    text = json.dumps(message, ensure_ascii=False).encode()
    stream.write(b'Content-Length: %d\r\n\r\n' % len(text) + text)
    stream.flush()


def serve(connection):
    documents = {}

    def answer(method, parameters):
        if method == 'initialize':
            return {'capabilities': {'hoverProvider': True, 'textDocumentSync': 1}}
        if method == 'textDocument/hover':
            line = documents[parameters['textDocument']['uri']].split('\n')[parameters['position']['line']]
            return {'contents': f'{len(line)} characters: {line}'}
        return None

    with connection, connection.makefile('rwb') as stream:
        while (message := read_message(stream)) is not None:
            if message['method'] == 'exit':
                continue  # The client is to hang up: if both might, no replay could say who was first.
            if message['method'] == 'textDocument/didOpen':
                document = message['params']['textDocument']
                documents[document['uri']] = document['text']
                report = {'uri': document['uri'], 'diagnostics': []}
                write_message(
                    stream, {'jsonrpc': '2.0', 'method': 'textDocument/publishDiagnostics', 'params': report})
            if 'id' in message:
                result = answer(message['method'], message.get('params'))
                write_message(stream, {'jsonrpc': '2.0', 'id': message['id'], 'result': result})


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
