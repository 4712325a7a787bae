#!/usr/bin/env python3
"""Rooms with a key: what the server makes up (ids, keys, tokens, UUIDs) comes back from its clients.

Each run makes up other ones; a replay follows them.

Run it:  python3 Examples/rooms_server.py 12002            JSON, a line a message
         python3 Examples/rooms_server.py 12002 pickle     pickles
"""
import json
import pickle
import random
import secrets
import socket
import sys
import threading
import uuid


class Rooms:
    def __init__(self):
        self.lock = threading.Lock()
        self.rooms = {}
        self.tickets = {}

    def answer(self, request, session):
        with self.lock:
            return getattr(self, 'do_' + request['do'])(request, session)

    def do_login(self, request, session):
        session['token'] = secrets.token_urlsafe(24)
        return {'hello': request['name'], 'token': session['token'], 'port': session['port']}

    def do_open(self, request, session):
        if request['token'] != session['token']:
            return {'error': 'wrong token'}
        number = random.randint(10_000, 99_999)
        key = str(uuid.uuid4())
        self.rooms[number] = {'key': key, 'seats': request['seats'], 'members': []}
        return {'room': number, 'key': key, 'menu': f'1) /rooms/{number}/join  2) leave room {number}',
                'seats': {str(number): request['seats']}}

    def do_join(self, request, session):
        number = int(request['path'].split('/')[2])
        room = self.rooms.get(number)
        if room is None or room['key'] != request['key']:
            return {'error': f'no room {number} with this key'}
        room['members'].append(session['port'])
        ticket = f'{random.randint(1_000_000_000, 1_999_999_999)}-{len(room["members"])}'
        self.tickets[ticket] = number
        return {'ticket': ticket, 'members': room['members'], 'free': room['seats'] - len(room['members'])}

    def do_leave(self, request, session):
        number = self.tickets.pop(request['ticket'], None)
        if number is None:
            return {'error': f'unknown ticket {request["ticket"]}'}
        self.rooms[number]['members'].remove(session['port'])
        return f'port {session["port"]} has left room {number}: {len(self.rooms[number]["members"])} stay'


def messages(connection, speech):
    with connection.makefile('rb') as stream:
        try:
            while True:
                if speech == 'pickle':
                    yield pickle.load(stream)
                elif line := stream.readline():
                    yield json.loads(line)
                else:
                    return
        except EOFError:
            return


def serve(rooms, connection, speech):
    with connection:
        session = {'port': connection.getpeername()[1]}
        for request in messages(connection, speech):
            reply = rooms.answer(request, session)
            connection.sendall(pickle.dumps(reply) if speech == 'pickle' else json.dumps(reply).encode() + b'\n')


def main():
    speech = sys.argv[2] if len(sys.argv) > 2 else 'json'
    rooms = Rooms()
    with socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=10) as listener:
        print(f'listening on port {listener.getsockname()[1]}', flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(rooms, connection, speech), daemon=True).start()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
