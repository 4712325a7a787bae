#!/usr/bin/env python3
"""Photographs what a command prints on a terminal, for the documentation.

usage: Scripts/terminal-picture.py [--columns N] [--light] [--html FILE] PICTURE.png COMMAND ARGUMENT…

The command runs on a terminal of so many columns; what it prints, with its colours, becomes an HTML page, and that is
photographed with chromium. `$ COMMAND` stands above it. Nothing but Python's own library and chromium is needed.
"""
import argparse
import fcntl
import html
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

DARK = dict(page='#1e2127', text='#d7dae0', dim='#868d9a', red='#f0717a', green='#98c379', yellow='#e5c07b',
            blue='#61afef', magenta='#c678dd', cyan='#56b6c2')
LIGHT = dict(page='#fbfbfa', text='#24292e', dim='#7a828c', red='#c4212f', green='#22863a', yellow='#9a6700',
             blue='#0550ae', magenta='#8250df', cyan='#1b7c83')
NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
FONT = '14px/19px "DejaVu Sans Mono", "Noto Sans Mono", "Noto Sans Mono CJK JP", "Noto Color Emoji", monospace'
COLUMN, ROW, MARGIN = 8.43, 19, 16


def on_terminal(command, columns):
    """What the command prints on a terminal of so many columns."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM='xterm-256color', COLUMNS=str(columns), TAPEDECK_PAGER='cat', LC_ALL='C.UTF-8')
        os.environ.pop('NO_COLOR', None)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 60, columns, 0, 0))
        os.execvp(command[0], command)
    printed = b''
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        printed += piece
    os.waitpid(child, 0)
    return printed.decode('utf-8', 'replace')


def lines_of(printed):
    """The lines that stay: what a carriage return or an erased line takes back is not among them."""
    lines = []
    for line in printed.replace('\r\n', '\n').split('\n'):
        line = re.split(r'\r|\x1b\[[0-2]?K', line)[-1]
        lines.append(re.sub(r'\x1b\[[0-9;?]*[A-Za-ln-z]', '', line))
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def styles(look, colours):
    """The CSS of a look."""
    text = colours.get(look.get('colour'), colours['text'])
    if look.get('dim'):
        text = colours['dim']
    css = f'color:{text}'
    if look.get('reverse'):
        css = f'color:{colours["page"]};background:{text}'
    return css + (';font-weight:bold' if look.get('bold') else '')


def to_html(line, colours, look):
    """A line with its escape sequences as spans; `look` goes on in the next line."""
    result = ''
    for piece in re.split(r'(\x1b\[[0-9;]*m)', line):
        found = re.fullmatch(r'\x1b\[([0-9;]*)m', piece)
        if not found:
            if piece:
                result += f'<span style="{styles(look, colours)}">{html.escape(piece)}</span>'
            continue
        for code in [int(number or 0) for number in found.group(1).split(';')]:
            if code == 0:
                look.clear()
            elif code in (1, 2, 7):
                look[{1: 'bold', 2: 'dim', 7: 'reverse'}[code]] = True
            elif 30 <= code <= 37 or 90 <= code <= 97:
                look['colour'] = NAMES[code % 10]
    return result


def width(line):
    plain = re.sub(r'\x1b\[[0-9;]*m', '', line)
    wide = sum(unicodedata.east_asian_width(letter) in 'WF' for letter in plain)
    return len(plain) + wide - sum(unicodedata.combining(letter) > 0 for letter in plain)


def folded(lines, columns):
    """How many rows lines take: a terminal folds what is too long."""
    return sum(max(1, -(-width(line) // columns)) for line in lines)


def main():
    parser = argparse.ArgumentParser(usage='%(prog)s [--columns N] [--light] [--html FILE] PICTURE.png COMMAND …')
    parser.add_argument('picture')
    parser.add_argument('--columns', type=int, default=100)
    parser.add_argument('--light', action='store_true')
    parser.add_argument('--html')
    parser.add_argument('command', nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command:
        parser.error('the command is missing')
    colours = LIGHT if options.light else DARK
    prompt = '$ ' + ' '.join(shlex.quote(word) for word in options.command)
    lines = [prompt] + lines_of(on_terminal(options.command, options.columns))
    look = {}
    body = '\n'.join(to_html(line, colours, look) for line in lines)
    page = (f'<!DOCTYPE html><meta charset="utf-8"><title>{html.escape(prompt)}</title><style>html,body{{margin:0;'
            f'background:{colours["page"]}}}pre{{font:{FONT};margin:{MARGIN}px;width:{options.columns + 1}ch;'
            f'white-space:pre-wrap;word-break:break-all}}</style><pre>{body}</pre>')
    if options.html:
        with open(options.html, 'w', encoding='utf-8') as file:
            file.write(page)
    chromium = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not chromium:
        sys.exit('terminal-picture: no chromium here: install it, or give --html FILE and photograph that')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'page.html')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(page)
        size = f'{int((options.columns + 1) * COLUMN) + 2 * MARGIN},{folded(lines, options.columns) * ROW + 2 * MARGIN}'
        subprocess.run([chromium, '--headless', '--no-sandbox', '--hide-scrollbars', '--disable-gpu',
                        f'--user-data-dir={folder}/profile', f'--window-size={size}',
                        f'--screenshot={os.path.abspath(options.picture)}', 'file://' + path],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)


main()
