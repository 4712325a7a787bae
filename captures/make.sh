#!/usr/bin/env bash
# Makes the recordings of this folder again: the clients of Examples/ talk to the servers of Examples/, and tapedeck
# stands between them.
#
# Run it:  captures/make.sh          (after `swift build`; TAPEDECK=… names another binary)
set -euo pipefail
cd "$(dirname "$0")/.."
tapedeck=$(realpath "${TAPEDECK:-.build/debug/tapedeck}")
scratch=$(mktemp -d)
recorder=
trap '[ -z "$recorder" ] || kill "$recorder" 2>/dev/null || true; rm -rf "$scratch"' EXIT
export PYTHONDONTWRITEBYTECODE=1

# make FILE CODEC SERVER CLIENT…: all clients run at the same time.
make() {
    local file=$1 codec=$2 server=$3 waited=0 port client clients=()
    shift 3
    rm -f "$scratch/port" "$file"
    "$tapedeck" record --quiet --listen "0:$codec" --start "python3 ${server%%.py*}.py {port}${server#*.py}" --record "$file" \
        --port-file "$scratch/port" --redact key=token 2>"$scratch/log" &
    recorder=$!
    until [ -s "$scratch/port" ]; do
        if ! kill -0 "$recorder" 2>/dev/null || [ $((waited += 1)) -gt 200 ]; then
            cat "$scratch/log" >&2
            exit 2
        fi
        sleep 0.05
    done
    port=$(sed 's/.*://' "$scratch/port")
    for client in "$@"; do
        # The server's own arguments, if it has any, are its clients' too.
        # shellcheck disable=SC2086
        python3 "$client" "$port" ${server#*.py} >/dev/null &
        clients+=($!)
    done
    for client in "${clients[@]}"; do wait "$client"; done
    kill -TERM "$recorder"
    wait "$recorder"
    recorder=
    # Recordings are private files; these are here to be read.
    chmod 644 "$file"
    echo "$file: $(wc -l <"$file") lines"
}

make captures/pickle/lab.tape.jsonl pickle Examples/lab_server.py Examples/lab_client.py
make captures/pickle/two-clients.tape.jsonl pickle Examples/lab_server.py Examples/lab_client.py Examples/lab_client.py
make captures/pickle/chat/chat.tape.jsonl pickle Examples/chat_server.py Examples/chat_client.py
make captures/json/lines.tape.jsonl json Examples/json_server.py Examples/json_client.py
make captures/json/rooms/rooms.tape.jsonl json Examples/rooms_server.py Examples/rooms_client.py
make captures/pickle/rooms/rooms.tape.jsonl pickle 'Examples/rooms_server.py pickle' Examples/rooms_client.py
make captures/raw/framed.tape.jsonl raw Examples/framed_server.py Examples/framed_client.py
make Examples/failing/shop.tape.jsonl json Examples/json_server.py Examples/json_client.py
