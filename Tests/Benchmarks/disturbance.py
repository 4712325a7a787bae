"""How much of the processors other programs take while something is measured."""

import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
# Above this share of the cores a round is disturbed. Saturated cores show up to 0.07 of it where nothing else runs.
LIMIT = 0.1
# The kernel counts in hundredths of a second: less than this cannot be judged.
SHORTEST = 0.3


def busy(cores):
    """Seconds that these cores have not been idle since the machine started."""
    ticks = 0
    with open("/proc/stat") as file:
        for line in file:
            name, *fields = line.split()
            if name.startswith("cpu") and name != "cpu" and int(name[3:]) in cores:
                # User, nice, system, then idle and waiting for a disk, then interrupts and what a host stole.
                ticks += sum(map(int, fields[:3])) + sum(map(int, fields[5:8]))
    return ticks / TICKS


def ours():
    """Seconds that this process and all that it started have taken, and the kernel's threads, which write our files."""
    parents, ticks, here = {}, {}, {os.getpid()}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                words, fields = file.read().rsplit(")", 1)
        except OSError:
            continue
        if words.endswith("(kthreadd"):
            here.add(int(name))
        fields = fields.split()
        # The time of children that have ended is with their parent's.
        parents[int(name)], ticks[int(name)] = int(fields[1]), sum(map(int, fields[11:15]))

    def is_ours(process):
        while process > 0 and process not in here:
            process = parents.get(process, 0)
        return process in here

    return sum(taken for process, taken in ticks.items() if is_ours(process)) / TICKS


class Watch:
    """Looks at what others take: `with Watch() as watch: …`, then `watch.is_disturbed`."""

    def __init__(self, cores=None):
        self.cores = set(cores or os.sched_getaffinity(0))
        self.share = 0.0

    def __enter__(self):
        self.start, self.busy, self.ours = time.monotonic(), busy(self.cores), ours()
        return self

    def __exit__(self, *_):
        taken = busy(self.cores) - self.busy - (ours() - self.ours)
        seconds = time.monotonic() - self.start
        if seconds >= SHORTEST:
            self.share = max(0.0, taken / seconds / len(self.cores))

    @property
    def is_disturbed(self):
        return self.share > LIMIT
