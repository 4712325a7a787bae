#!/usr/bin/env bash
# A conversation with redis: recorded between redis-cli and redis-server, shown, and replayed to a fresh server.
#
# Run it:  Examples/redis.sh [FILE]        (needs redis-server and redis-cli)
set -euo pipefail
tapedeck=${TAPEDECK:-tapedeck}
folder=$(mktemp -d)
recording=${1:-$folder/redis.tape.jsonl}
start="exec redis-server --port {port} --save '' --daemonize no --dir '$folder'"
recorder=
trap '[ -z "$recorder" ] || kill "$recorder" 2>/dev/null || true; rm -rf "$folder"' EXIT

# Redis's answers are lines and counted bytes in turn, which no framing of tapedeck's has: chunks are what each read brought, and a replay
# compares what one side said until the other spoke.
"$tapedeck" record --listen 0:raw/chunks --start "$start" -o "$recording" --port-file "$folder/port" --quiet &
recorder=$!
for ((tries = 0; tries < 200; tries++)); do
    [ -s "$folder/port" ] && break
    kill -0 "$recorder" || exit 2
    sleep 0.05
done
port=$(sed 's/.*://' "$folder/port")
# A session each. (Told its commands on stdin, redis-cli would first ask for all documentation, which comes in another order each time.)
ask() { redis-cli -2 -p "$port" "$@"; }
ask SET greeting 'hello, world'
ask GET greeting
ask RPUSH queue one two three
ask LRANGE queue 0 -1
ask INCR visits
ask GET nothing
ask HSET user:1 name Ada city London
ask HGETALL user:1
ask NOSUCHCOMMAND
kill -TERM "$recorder"
wait "$recorder"
recorder=

"$tapedeck" show "$recording"
"$tapedeck" replay "$recording" --start "$start"
