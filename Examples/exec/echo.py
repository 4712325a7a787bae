#!/usr/bin/env python3
"""Sends each message back: the shortest program that tapedeck can have for a child.

Run it:  tapedeck serve --listen 12000:pickle --reply 'exec:python3 Examples/exec/echo.py'
"""
import json
import sys

for line in sys.stdin:
    event = json.loads(line)
    if event['event'] == 'message':
        # "value", or "text" or "base64" where the port speaks raw bytes.
        message = {key: event[key] for key in ('value', 'text', 'base64') if key in event}
        print(json.dumps({'session': event['session'], **message}), flush=True)
