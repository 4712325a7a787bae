#!/usr/bin/env bash
# tapedeck at work: a server, real Python clients, the recording of them, and replays of recordings.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
export PYTHONDONTWRITEBYTECODE=1

heading() { printf '\n=== %s\n' "$1"; }
# Shows a command as one would type it, then runs it.
run() {
    printf '\n$ %s\n' "${*/#"$tapedeck"/tapedeck}"
    "$@"
}

heading 'What is needed'
Scripts/install-needed.sh
echo 'Swift, libpcap and python3 are here.'

heading 'Building (a few minutes the first time)'
# The debug build: it is there three times as soon, and `make test` uses it too.
"$swift" build --product tapedeck
tapedeck=.build/debug/tapedeck

scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
tape=demo-$(date +%H%M%S)-$$.tape.jsonl

heading 'A server that speaks pickle, and two Python clients at once'
# Port 0 is any free one; --port-file says which.
printf '\n$ tapedeck serve --listen 0:pickle --reply ack --record %s &\n' "$tape"
"$tapedeck" serve --listen 0:pickle --reply ack --record "$tape" --port-file "$scratch/port" --quiet \
    2>"$scratch/log" &
server=$!
for ((tries = 0; tries < 200; tries++)); do
    [ -s "$scratch/port" ] && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
done
[ -s "$scratch/port" ] || { cat "$scratch/log" >&2; exit 2; }
port=$(sed 's/.*://' "$scratch/port")
printf '$ python3 Examples/lab_client.py %s & python3 Examples/lab_client.py %s\n' "$port" "$port"
python3 Examples/lab_client.py "$port" >"$scratch/other" &
other=$!
python3 Examples/lab_client.py "$port"
wait "$other"
kill -TERM "$server"
wait "$server"
server=

heading 'What was said'
run "$tapedeck" show "$tape"

heading 'The recordings in captures/, played to the servers that they were made with'
run "$tapedeck" replay captures/

heading 'The same clients, and a server with a mistake'
status=0
run "$tapedeck" replay Examples/failing || status=$?
[ "$status" = 1 ] || { echo "this was to end with status 1, and ended with $status" >&2; exit 1; }
echo '(status 1, as it should be: one value differs)'

heading 'Done'
cat <<END
The recording is $tape. What to try next:

  $tapedeck show $tape
  $tapedeck replay $tape --start 'python3 Examples/lab_server.py {port}'
  $tapedeck record --listen 12010:pickle --to 127.0.0.1:12000      before a server of your own
  make install                                                     puts tapedeck into /usr/local/bin
END
