#!/usr/bin/env python3
"""Checks that what the Dockerfile copies is a whole package: an image cannot be built everywhere, but this can be seen.

    python3 Scripts/check-docker.py
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "Packaging" / "docker" / "Dockerfile"


def main():
    copied = re.findall(r"^COPY (?!--from)(\S+) ", FILE.read_text(), re.MULTILINE)
    let_in = re.findall(r"^!(\S+)$", FILE.with_suffix(".dockerignore").read_text(), re.MULTILINE)
    missing = set(copied) - set(let_in)
    if missing:
        sys.exit(f"check-docker: Dockerfile.dockerignore keeps out what is copied: {', '.join(sorted(missing))}")
    with tempfile.TemporaryDirectory() as folder:
        for path in copied:
            target = pathlib.Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
            copy(ROOT / path, target)
        described = subprocess.run(
            [os.environ.get("SWIFT", "swift"), "package", "--package-path", folder, "describe"],
            capture_output=True, text=True)
    if described.returncode != 0:
        sys.exit(f"check-docker: what the Dockerfile copies is no package: {described.stderr.strip()}")
    print(f"the Dockerfile copies a whole package: {', '.join(copied)}")


if __name__ == "__main__":
    main()
