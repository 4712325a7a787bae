"""What the benchmarks write into a Markdown file."""

import os
import pathlib
import platform


def machine():
    """The machine that measured, in a few words."""
    processor = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    return "%d cores of %s, Linux" % (os.cpu_count(), processor)


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
