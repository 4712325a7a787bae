"""The messages that the codecs are measured with: what a service with orders would send, of about 100 B, 9 KB and 650
KB, and of ten times as much."""
import json
import os
import pickle
import random

WORDS = (
    "small", "grey", "lamp", "oak", "table", "brass", "chair", "linen", "café", "über", "日本", "shelf", "\"quoted\"",
    "line\nbreak")


def order(chance, number):
    return {
        "id": number,
        "customer": "customer-%05d" % chance.randrange(100_000),
        "placed": 1_790_000_000.0 + number * 17.25,
        "note": " ".join(chance.choice(WORDS) for _ in range(chance.randrange(2, 9))),
        "lines": [
            {
                "sku": "%s-%04d" % (chance.choice(("LMP", "TBL", "CHR", "SHF")), chance.randrange(10_000)),
                "count": chance.randrange(1, 12),
                "price": chance.randrange(100, 100_000) / 100,
                "weight": chance.uniform(0.05, 60),
            }
            for _ in range(chance.randrange(1, 5))
        ],
        "paid": chance.random() < 0.9,
        "coupon": None if chance.random() < 0.8 else "SPRING-%d" % number,
        "place": (round(chance.uniform(-90, 90), 6), round(chance.uniform(-180, 180), 6)),
    }


def orders(count):
    chance = random.Random(count)
    return {"kind": "all", "orders": [order(chance, number) for number in range(count)]}


SMALL = {"message": "hello, is anybody there?", "id": 1042, "tags": ["a", "b"], "ratio": 0.25, "ok": True, "to": None}
# How many orders each has; none is the small message. JSON takes more bytes for the same, so that it has fewer.
ORDERS = {
    "100B.pickle": 0, "9KB.pickle": 40, "650KB.pickle": 2_970, "6500KB.pickle": 29_700,
    "100B.json": 0, "9KB.json": 25, "650KB.json": 1_860, "6500KB.json": 18_600,
}


def value_of(path):
    count = ORDERS[os.path.basename(path)]
    return orders(count) if count else SMALL


def write_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def write(folder):
    """Writes them as pickles of protocol 4 and as JSON, and gives their sizes."""
    sizes = {}
    for name in ORDERS:
        value = value_of(name)
        data = pickle.dumps(value, 4) if name.endswith(".pickle") else write_json(value)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
        sizes[name] = len(data)
    return sizes
