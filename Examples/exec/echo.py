#!/usr/bin/env python3
"""Sends each message back: the shortest program that tapedeck can have for a child.

Run it:  tapedeck serve --listen 12000:pickle --reply 'exec:python3 Examples/exec/echo.py'
"""
import json
import sys

for line in sys.stdin:
    event = json.loads(line)
    if event['event'] == 'message':
        # What is left is the message: a "value", or "text" or "base64" where the port speaks raw bytes, and maybe how it was
        # written, such as {"protocol": 2}.
        del event['event']
        print(json.dumps(event), flush=True)
