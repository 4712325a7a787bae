#!/usr/bin/env python3
"""Two people in the chat at once: what one says, the other hears.

Run it:  python3 Examples/chat_client.py 12000
"""
import pickle
import socket
import sys


class Person:
    def __init__(self, name, port):
        self.name = name
        self.stream = socket.create_connection(('127.0.0.1', port)).makefile('rwb')
        print(f'{name} is client', self.hear()['clientid'])

    def say(self, text):
        pickle.dump({'text': text}, self.stream)
        self.stream.flush()

    def hear(self):
        return pickle.load(self.stream)


def main():
    ada, ben = Person('Ada', int(sys.argv[1])), Person('Ben', int(sys.argv[1]))
    for speaker, listener, text in [
        (ada, ben, 'hello, who is there?'),
        (ben, ada, 'Ben. And you?'),
        (ada, ben, 'Ada. Bye!'),
    ]:
        speaker.say(text)
        print(f'{listener.name} heard', listener.hear())
        print(f'{speaker.name} was told', speaker.hear())
    ada.stream.close()
    ben.stream.close()


if __name__ == '__main__':
    main()
