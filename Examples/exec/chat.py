#!/usr/bin/env python3
"""A chat with names, a list of who is there, private messages and a room, as tapedeck's child.

tapedeck speaks to the clients (sockets, pickles, many at once, the recording); this program only decides what is said:
an event a line on stdin, an answer a line on stdout.

Run it:  tapedeck serve --listen 12000:pickle --reply 'exec:python3 Examples/exec/chat.py' --record chat.tape.jsonl
A client sends pickled dicts:  {'do': 'join', 'name': 'Ada'}, {'do': 'users'}, {'do': 'say', 'text': 'hello'},
                               {'do': 'tell', 'to': 'Ben', 'text': 'only you'}, {'do': 'leave'}
"""
import json
import sys

names = {}  # session -> name of who has joined


def send(session, **message):
    print(json.dumps({'session': session, 'value': message}), flush=True)


def to_all(but=None, **message):
    for session in names:
        if session != but:
            send(session, **message)


def leave(session):
    if name := names.pop(session, None):
        to_all(event='left', name=name)


def answer(session, request):
    do = request.get('do') if isinstance(request, dict) else None
    if do == 'join':
        name = request.get('name')
        if not isinstance(name, str) or name in names.values():
            return send(session, error=f'this name cannot be had: {name!r}')
        names[session] = name
        to_all(but=session, event='joined', name=name)
        send(session, welcome=name, users=sorted(names.values()))
    elif session not in names:
        send(session, error='join first')
    elif do == 'users':
        send(session, users=sorted(names.values()))
    elif do == 'say':
        to_all(but=session, sender=names[session], text=request.get('text'))
        send(session, delivered=len(names) - 1)
    elif do == 'tell':
        found = [other for other, name in names.items() if name == request.get('to')]
        for other in found:
            send(other, sender=names[session], private=True, text=request.get('text'))
        send(session, delivered=len(found))
    elif do == 'leave':
        leave(session)
        print(json.dumps({'session': session, 'value': {'bye': True}, 'close': True}), flush=True)
    else:
        send(session, error=f'there are join, users, say, tell and leave, not {do!r}')


for line in sys.stdin:
    event = json.loads(line)
    if event['event'] == 'message':
        answer(event['session'], event['value'])
    elif event['event'] == 'close':
        leave(event['session'])
