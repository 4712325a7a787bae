#!/usr/bin/env python3
"""Two clients of the rooms: one opens a room, the other joins it by its path, both leave by their tickets.

Run it:  python3 Examples/rooms_client.py 12002 [pickle]
"""
import json
import pickle
import socket
import sys


class Client:
    def __init__(self, port, speech):
        self.speech = speech
        self.connection = socket.create_connection(('127.0.0.1', port))
        self.stream = self.connection.makefile('rb')

    def ask(self, **request):
        pickled = self.speech == 'pickle'
        self.connection.sendall(pickle.dumps(request) if pickled else json.dumps(request).encode() + b'\n')
        answer = pickle.load(self.stream) if pickled else json.loads(self.stream.readline())
        print(answer)
        return answer

    def close(self):
        self.stream.close()
        self.connection.close()


def main():
    speech = sys.argv[2] if len(sys.argv) > 2 else 'json'
    ada, ben = (Client(int(sys.argv[1]), speech) for _ in range(2))
    token = ada.ask(do='login', name='Ada')['token']
    room = ada.ask(do='open', token=token, seats=3)
    path = f'/rooms/{room["room"]}/join'
    first = ada.ask(do='join', path=path, key=room['key'])
    second = ben.ask(do='join', path=path, key=room['key'])
    ben.ask(do='join', path=path, key=room['key'][::-1])
    ben.ask(do='leave', ticket=second['ticket'])
    ada.ask(do='leave', ticket=first['ticket'])
    ada.close()
    ben.close()


if __name__ == '__main__':
    main()
