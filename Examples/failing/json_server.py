#!/usr/bin/env python3
"""The shop of Examples/json_server.py with a mistake: who orders exactly ten pieces gets no discount.

Run it:  python3 Examples/failing/json_server.py 12001
"""
import os
import sys

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
import json_server  # the right one

json_server.discount = lambda pieces: 10 if pieces > 10 else 0

try:
    json_server.main()
except KeyboardInterrupt:
    pass
