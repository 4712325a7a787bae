"""Runs a command to its end, for the scripts that measure what that takes."""

import os
import subprocess
import time


def run(command, core=None, tells=False):
    """Seconds of wall and of processor time, and what was resident at most, in MB; that is no less than what the script
    itself holds, some 15 MB. What the command prints is thrown away, or, where it `tells` why it fails, kept for that.
    """
    command = ["taskset", "-c", str(core)] * (core is not None) + list(map(str, command))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if tells else {
        "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    start = time.monotonic()
    process = subprocess.Popen(command, **streams)
    told = (process.stdout or process.stderr).read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"bench: {' '.join(command)}: {told[:2000].decode(errors='replace')}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
