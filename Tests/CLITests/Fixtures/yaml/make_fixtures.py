#!/usr/bin/env python3
"""Writes documents.jsonl: what PyYAML makes of texts, in which each value has its line and column, counted from 1.

    python3 make_fixtures.py > documents.jsonl

PyYAML has a scanner of its own (the one in Python is used here, not libyaml's). A scalar is [line, column, text, kind], where the
kind is text, flag, null or number; a list [line, column, [values]], a map [line, column, {"keys": [key, value, key, value ...]}].
"""

import json
import sys

import yaml

TEXTS = [
    "", "# nothing\n", "a", "a: 1\nb: 2\n", "a: [1, two, 3.5]\n", "a:\n  - b: c\n    d: e\n  - f\n", "- - - deep\n",
    "a:\n", "a: ~\nb: null\nc: Null\nd: ''\ne: '~'\n", "a: true\nb: Yes\nc: off\nd: 'true'\ne: \"no\"\nf: TRUE\n",
    "a: -1\nb: +2.5e+3\nc: .5\nd: .inf\ne: -.INF\nf: .nan\ng: 0x1F\n", "a: 1.2.3\nb: 12:pickle\nc: 1e\nd: '12'\ne: \"1.5\"\n",
    "a: !!str 12\nb: !!str true\nc: ! x\n", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", "a: 'it''s'\nb: \"tab\\t\\u00e9 \\x41\"\n",
    "# first\na: b # after\n#between\nc: d#e\n", "{a: 1, b: [x, {c: d}], 'e f': g}\n", "base: &base {a: 1, b: [2]}\nused: *base\n",
    "x: &x word\ny: [*x, *x]\n", "---\na: b\n...\n", "%YAML 1.1\n---\na: b\n", "ä: ö\n日本: '語'\nb: c\n",
    "a: b\r\nc:\r\n  - d\r\n", "? key\n: value\n? [complex, key]\n: x\n", "a: - b\n", "a: [\n", "a: 'b\n", "a: b: c\n",
    "a: {b, c: d\n", "\ta: b\n", "a: *none\n", "a: &x [*x]\n", "a: 1\n---\nb: 2\n", "a: @b\n", "a: \"\\q\"\n", "a: %b\n",
    "a:\n   b: 1\n  c: 2\n", "- a\nb: c\n", "$.a: $.b[0]\n", "a: {$.b[*]: c}\n", "a: x\u0007y\n",
]

KINDS = {"bool": "flag", "null": "null", "int": "number", "float": "number"}


def tree(node):
    place = [node.start_mark.line + 1, node.start_mark.column + 1]
    if isinstance(node, yaml.ScalarNode):
        kind = KINDS.get(node.tag.rsplit(":", 1)[-1], "text")
        # A tag that says text, or quotes, make it one.
        return [*place, node.value, kind]
    if isinstance(node, yaml.SequenceNode):
        return [*place, [tree(value) for value in node.value]]
    return [*place, {"keys": [tree(part) for pair in node.value for part in pair]}]


def main():
    for text in TEXTS:
        entry = {"text": text}
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            entry["root"] = tree(root) if root else None
        except (yaml.YAMLError, RecursionError) as error:
            entry["refused"] = type(error).__name__
        json.dump(entry, sys.stdout)
        print()


if __name__ == "__main__":
    main()
