#!/usr/bin/env python3
"""Writes the manual pages: one for tapedeck, one for each of its commands, in mdoc(7), from what the program says of itself.

    Scripts/manual.py BINARY FOLDER

`BINARY --experimental-dump-help` is swift-argument-parser's description of all commands and options in JSON. (Its plugin
generate-manual does much the same, but builds everything once more.)
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys


def escaped(text):
    """Text as mdoc takes it: no line begins with a macro, and backslashes and dashes stay what they are."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def names(argument):
    if argument["kind"] == "positional":
        return "<%s>%s" % (argument["valueName"], "..." if argument["isRepeating"] else "")
    shown = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument["names"]]
    value = "" if argument["kind"] == "flag" else " <%s>" % argument["valueName"]
    return ", ".join(sorted(shown, key=len)) + value


def sections(arguments):
    found = {}
    for argument in arguments:
        if argument.get("shouldDisplay", True):
            title = argument.get("sectionTitle") or ("Arguments" if argument["kind"] == "positional" else "Options")
            found.setdefault(title, []).append(argument)
    return found


def page(command, path, date):
    title = "-".join(path)
    lines = [f".Dd {date}", f".Dt {title.upper()} 1", ".Os", ".Sh NAME", f".Nm {title}"]
    lines.append(".Nd " + escaped(command.get("abstract", "").rstrip(".")))
    lines += [".Sh SYNOPSIS", ".Nm " + escaped(" ".join(path))]
    groups = sections(command.get("arguments", []))
    if command.get("subcommands"):
        lines.append(".Ar command")
    lines.append(".Op Ar options")
    lines += [".Ar " + escaped(names(argument)) for argument in groups.get("Arguments", [])]
    if command.get("discussion"):
        # Its lines are set for 76 columns, with tables and examples among them: they stay as they are.
        lines += [".Sh DESCRIPTION", ".Bd -literal", escaped(command["discussion"].rstrip()), ".Ed"]
    for group, arguments in groups.items():
        lines += [".Sh " + escaped(group.upper()), ".Bl -tag -width Ds"]
        for argument in arguments:
            lines += [".It Sy " + escaped(names(argument)), escaped(argument.get("abstract", ""))]
            if argument.get("defaultValue"):
                lines.append(escaped("(default: %s)" % argument["defaultValue"]))
        lines.append(".El")
    others = [child["commandName"] for child in command.get("subcommands", []) if child.get("shouldDisplay", True)]
    if others:
        lines += [".Sh COMMANDS", ".Bl -tag -width Ds"]
        for child in command["subcommands"]:
            if child["commandName"] in others:
                lines += [f".It Xr tapedeck-{child['commandName']} 1", escaped(child.get("abstract", ""))]
        lines.append(".El")
    else:
        lines += [".Sh SEE ALSO", ".Xr tapedeck 1"]
    return title, "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    told = json.loads(subprocess.run([binary, "--experimental-dump-help"], capture_output=True, check=True).stdout)
    # The same binary makes the same pages.
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", pathlib.Path(binary).stat().st_mtime))
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%B %-d, %Y")
    folder.mkdir(parents=True, exist_ok=True)
    root = told["command"]
    pages = [page(root, [root["commandName"]], date)]
    pages += [
        page(child, [root["commandName"], child["commandName"]], date)
        for child in root["subcommands"] if child.get("shouldDisplay", True) and child["commandName"] != "help"]
    for title, text in pages:
        (folder / f"{title}.1").write_text(text)


if __name__ == "__main__":
    main()
