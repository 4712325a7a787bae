#!/usr/bin/env python3
"""Checks that every file that the project's Markdown points at is there, and every <doc:Name> beside the page that names it;
and that a drawing for dark pages, NAME~dark.svg, is NAME.svg but for its style."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pages():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    # A tarball has no git.
    return [ROOT / name for name in names if name] or [
        page for page in ROOT.rglob("*.md") if ".build" not in page.parts]


def broken(page):
    text = page.read_text()
    for match in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", match[1]) and not (page.parent / match[1]).exists():
            yield text.count("\n", 0, match.start()) + 1, match[1]
    for match in re.finditer(r"<doc:(\w+)>", text):
        if not (page.parent / f"{match[1]}.md").exists():
            yield text.count("\n", 0, match.start()) + 1, match[0]


def without_style(drawing):
    return re.sub(r"<style>.*?</style>", "", drawing.read_text(), flags=re.S)


def main():
    count = 0
    for dark in ROOT.glob("Sources/*/*.docc/**/*~dark.svg"):
        if without_style(dark) != without_style(dark.with_name(dark.name.replace("~dark", ""))):
            print(f"{dark.relative_to(ROOT)} and the drawing for light pages differ in more than their style")
            count += 1
    for page in pages():
        for line, target in broken(page):
            print(f"{page.relative_to(ROOT)}:{line}: {target} is not there")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
