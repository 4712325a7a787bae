#!/usr/bin/env python3
"""What an editor says to a language server: opens a document, asks what stands under the cursor, and leaves.

Run it:  python3 Examples/lsp_client.py 12004
"""
import itertools
import socket
import sys

from lsp_server import read_message, write_message

URI = 'file:///poem.txt'
TEXT = 'Über allen Gipfeln\nist Ruh,\n'


def main():
    numbers = itertools.count(1)
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rwb') as stream:

            def notify(method, parameters):
                write_message(stream, {'jsonrpc': '2.0', 'method': method, 'params': parameters})

            def request(method, parameters):
                number = next(numbers)
                write_message(stream, {'jsonrpc': '2.0', 'id': number, 'method': method, 'params': parameters})
                # Notifications of the server may stand before the answer.
                while (message := read_message(stream)).get('id') != number:
                    print('told', message['method'])
                print(method, '->', message.get('result'))

            request('initialize', {'processId': None, 'rootUri': None, 'capabilities': {}})
            notify('textDocument/didOpen', {'textDocument': {'uri': URI, 'languageId': 'text', 'text': TEXT}})
            for line in range(2):
                request('textDocument/hover', {'textDocument': {'uri': URI}, 'position': {'line': line, 'character': 0}})
            request('shutdown', None)
            notify('exit', None)


if __name__ == '__main__':
    main()
