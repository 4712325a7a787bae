"""Many connections at once, for the scripts that look at what they cost a server."""

import os
import resource
import select
import socket
import struct
import time

FRAME = struct.pack(">I", 100) + b"x" * 100


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exact(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError(f"closed after {len(data)} of {count} bytes")
        data += part
    return data


def echo(connection):
    """Seconds that an answer takes."""
    start = time.monotonic()
    connection.sendall(FRAME)
    if exact(connection, len(FRAME)) != FRAME:
        raise SystemExit("a wrong answer")
    return time.monotonic() - start


def resident(process):
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def allow_descriptors(count):
    """Whether this process, and those that it starts from now on, may have so many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + 200:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    return True


def fill(port, process, count):
    """Opens connections with a message on each; gives them, and the memory that each costs the server."""
    with connect(port) as first:
        echo(first)
    before = resident(process)
    clients = []
    for _ in range(count):
        clients.append(connect(port))
        echo(clients[-1])
    return clients, (resident(process) - before) / count


def storm(port, count, limit=60):
    """Lets clients connect all at once and send a message each.

    Gives the clients, how many were answered, the seconds until the last was, and those that each answer took that a client
    from before got meanwhile.
    """
    witness = connect(port)
    echo(witness)
    delays = []
    poller = select.epoll()
    start = time.monotonic()
    clients = {}
    for number in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        clients[client.fileno()] = client
        poller.register(client, select.EPOLLOUT)
        if number % 500 == 0:
            delays.append(echo(witness))
    answered = 0
    while answered < count and time.monotonic() - start < limit:
        for descriptor, event in poller.poll(1):
            client = clients[descriptor]
            if event & select.EPOLLIN:
                answered += client.recv(200) == FRAME
                poller.unregister(client)
            else:
                client.send(FRAME)
                poller.modify(client, select.EPOLLIN)
        if len(delays) < 200:
            delays.append(echo(witness))
    return [witness, *clients.values()], answered, time.monotonic() - start, delays


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def threads(process):
    return len(os.listdir(f"/proc/{process}/task"))
