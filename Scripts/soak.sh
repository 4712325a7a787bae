#!/usr/bin/env bash
# What is too long for every change: a server that is left running and one that is treated badly, a gigabyte of random bytes each way
# through a relay, recordings of many messages, pathological captures beside tshark and tcpflow, the tests and the replay of
# captures/ many times over, a right server replayed a thousand times, and the tests under the thread and address sanitizers.
# SECONDS_UP=120 says how long the server runs, ROUNDS=20 how often the tests run, BYTES=1073741824 how many bytes, MESSAGES=200000 how
# many messages, CAPTURES=300 how many captures, REPEATS=42 how often each way of the server, SANITIZERS="thread address" which of
# them (SANITIZERS=none: neither).
# The first failure ends it, with its output in .build/soak.log.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
rounds=${ROUNDS:-20}
log=.build/soak.log
# TAPEDECK_KILLS: how often a recorder is killed in the midst of its work, four kinds each time.
export PYTHONDONTWRITEBYTECODE=1 TAPEDECK_KILLS=${KILLS:-50}

Scripts/install-needed.sh tcpdump zstd openssl redis-server dig postgresql tshark tcpflow python3-scapy
"$swift" build --build-tests
python3 Tests/Benchmarks/soak_server.py --binary .build/debug/tapedeck --seconds "${SECONDS_UP:-120}"
python3 Tests/Benchmarks/endurance.py --binary .build/debug/tapedeck
python3 Tests/Benchmarks/replay_memory.py --binary .build/debug/tapedeck --messages "${MESSAGES:-200000}"
python3 Tests/Benchmarks/record_memory.py --binary .build/debug/tapedeck --messages "${MESSAGES:-200000}"
/usr/bin/python3 Tests/Fuzzing/reassembly.py .build/debug/tapedeck "${CAPTURES:-300}"
bytes=${BYTES:-$((1 << 30))}
for codec in raw/chunks raw/u32be; do
    echo "$bytes bytes in both directions at once, recorded as $codec"
    timeout 3600 python3 Tests/EndToEndTests/Peers/relay_bytes.py .build/debug/tapedeck "$codec" "$bytes"
done
for ((round = 1; round <= rounds; round++)); do
    started=$SECONDS
    if ! { SWIFT="$swift" timeout 1200 Scripts/swift-test.sh && timeout 300 .build/debug/tapedeck replay captures/; } \
        >"$log" 2>&1 </dev/null; then
        grep -E '✘|FAIL|ERROR|error:' "$log" || tail -n 40 "$log"
        echo "round $round of $rounds failed; all of its output: $log"
        exit 1
    fi
    echo "round $round of $rounds passed in $((SECONDS - started)) s"
done

# A server that is right must pass, however it writes, however quick it is, and wherever its clients' bytes are cut.
repeats=${REPEATS:-42}
for ((run = 0; run < repeats; run++)); do
    for way in right slow dripping glued spaced 'other order'; do
        for segment in whole bytes coalesce "random:$run"; do
            timeout 60 .build/debug/tapedeck replay Tests/ReplayTests/Fixtures/room.tape.jsonl --segment "$segment" \
                --start "exec python3 Tests/ReplayTests/room_server.py {port} '$way'" >"$log" 2>&1 </dev/null || {
                cat "$log"
                echo "the right server failed: $way, --segment $segment"
                exit 1
            }
        done
    done
done
echo "the right server passed $((repeats * 24)) times of $((repeats * 24))"

[ "${SANITIZERS:-}" = none ] || Scripts/sanitize.sh
