"""Runs a command to its end, for the scripts that measure what that takes."""

import os
import subprocess
import time


def run(command):
    """Seconds of wall and of processor time, and what was resident at most, in MB."""
    start = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"bench: {' '.join(map(str, command))}: {complaint[:2000].decode(errors='replace')}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
