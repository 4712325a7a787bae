"""What the benchmarks say, and write into a Markdown file."""

import datetime
import os
import pathlib
import platform

import rounds

# Ten times the work takes so much for each piece of it where it grows in proportion.
LEAST_LINEAR, MOST_LINEAR = 0.9, 1.1


def machine():
    """The machine that measured, in a few words."""
    processor = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    return "%d cores of %s, Linux" % (os.cpu_count(), processor)


def duration(seconds):
    """
    >>> duration(72e-9), duration(0.0123), duration(1.5)
    ('72 ns', '12.30 ms', '1.50 s')
    """
    for unit, size, digits in (("ns", 1e-9, 0), ("µs", 1e-6, 1), ("ms", 1e-3, 2)):
        if seconds < 1_000 * size:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds:.2f} s"


def verdict(ratio):
    """What it says that a piece of ten times the work took so much of what one of it takes.

    >>> verdict(1.05), verdict(0.5), verdict(1.11), verdict(float("nan"))
    ('linear', 'less than linear', 'more than linear', 'too short to say')
    """
    if ratio < LEAST_LINEAR:
        return "less than linear"
    if ratio > MOST_LINEAR:
        return "more than linear"
    return "linear" if ratio == ratio else "too short to say"


def medians(count):
    """
    >>> medians(5), medians(1)
    ('medians of 5 rounds', 'one round')
    """
    return f"medians of {count} rounds" if count > 1 else "one round"


def brackets(count, beside, more=""):
    """How a table is to be read whose ratios are those of one round.

    >>> brackets(5, "the first row")
    'medians of 5 rounds; in brackets: to the first row of the same round, the median and the range.'
    """
    return f"{medians(count)}{more}; in brackets: to {beside} of the same round, the median and the range."


class Page:
    """A section: each line is printed as soon as it is known, and all are written at the end."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        self.missed = 0

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def table(self, *titles):
        self.say("| " + " | ".join(titles) + " |")
        self.say("|---" * len(titles) + "|")

    def row(self, *cells):
        self.say("| " + " | ".join(cells) + " |")

    def check(self, holds, text):
        self.missed += not holds
        self.say(f"- {'holds' if holds else 'MISSED'}: {text}")

    def judge(self, what, found, bound, at_most=False, form=".2f"):
        """Says whether the median of these rounds is what it is to be."""
        holds = found.median <= bound if at_most else found.median >= bound
        extent = f"; {found.least:{form}} to {found.most:{form}}" if found.count > 1 else ""
        self.check(holds, f"{what} = {found.median:{form}} ({'≤' if at_most else '≥'} {bound:g}{extent})")

    def growth(self, what, few, many, found, show):
        """A table of what a piece takes where there are few, and ten times as many; `found`: the figures of both."""
        self.table(f"growth: {what}", few, many, "ratio")
        for name, (less, more) in found.items():
            ratio = rounds.ratio(more, less)
            self.row(
                name, show(rounds.spread(less).median), show(rounds.spread(more).median),
                f"{ratio:.2f}: {verdict(round(ratio.median, 2))}")
        self.say()

    def check_memory(self, name, few, many):
        """What a program holds of a file is not to grow with it: half as much again, and 16 MB, are for what varies."""
        few, many = rounds.spread(few).median, rounds.spread(many).median
        self.check(many <= 1.5 * few + 16, f"memory of {name} with ten times as much: {many:.0f} MB ({few:.0f} MB)")

    def write(self, path, text):
        """Puts it into the file, under the date, the machine, and how it was measured."""
        head = f"Measured {datetime.date.today().isoformat()} on {machine()}; {text}"
        write_section(path, self.name, [head, "", *self.lines])


def write_section(path, name, lines):
    """Puts lines between <!-- NAME --> and <!-- /NAME -->, or with these at the end of the file."""
    path = pathlib.Path(path)
    section = "\n".join([f"<!-- {name} -->", *lines]).rstrip() + f"\n<!-- /{name} -->\n"
    text = path.read_text() if path.exists() else "# Benchmarks\n\n"
    before, found, rest = text.partition(f"<!-- {name} -->\n")
    if found:
        _, _, after = rest.partition(f"<!-- /{name} -->\n")
        text = before + section + after
    else:
        text = text.rstrip() + "\n\n" + section
    path.write_text(text)
