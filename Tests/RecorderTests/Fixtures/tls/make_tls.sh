#!/bin/sh
# Makes tls.pcapng (with its secrets inside), tls.pcap and tls.keys: a client of TLS 1.2 and one of TLS 1.3. Needs openssl, python3,
# the right to capture, and tapedeck as $1. Run it in this folder.
set -eu
work=$(mktemp -d)
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
for file in tls.pcapng tls.pcap; do
    rm -f "$file" tls.keys
    "$1" serve --listen 0:json --greet none --tls "$work/cert.pem" --tls-key "$work/key.pem" --capture "$file" \
        --tls-keylog tls.keys --port-file "$work/port" --quiet 2>/dev/null &
    server=$!
    until [ -s "$work/port" ]; do sleep 0.1; done
    python3 - "$(sed 's/.*://' "$work/port")" <<'PYTHON'
import socket, ssl, sys
for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    connection = context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
    reader = connection.makefile('rb')
    for message in b'{"version":"%s"}\n' % version.name.encode(), b'{"long":"%s"}\n' % (b'x' * 300), b'[1]\n[2]\n':
        connection.sendall(message)
        for _ in range(message.count(b'\n')): reader.readline()
    connection.unwrap()
PYTHON
    kill -TERM $server
    wait $server || true
    sed 's/.*://' "$work/port" > "$file.port"
    rm "$work/port"
done
rm -r "$work"
