"""The messages that the codecs are measured with: what a service with orders would send, of about 100 B, 9 KB and 650 KB."""
import json
import os
import pickle
import random

WORDS = ("small", "grey", "lamp", "oak", "table", "brass", "chair", "linen", "café", "über", "日本", "shelf", "\"quoted\"", "line\nbreak")


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
# JSON takes more bytes for the same, so that it has fewer orders.
VALUES = {
    "100B.pickle": SMALL, "9KB.pickle": orders(40), "650KB.pickle": orders(2_970),
    "100B.json": SMALL, "9KB.json": orders(25), "650KB.json": orders(1_860),
}


def value_of(path):
    return VALUES[os.path.basename(path)]


def write(folder):
    """Writes them as pickles of protocol 4 and as JSON, and gives their sizes."""
    sizes = {}
    for name, value in VALUES.items():
        if name.endswith(".pickle"):
            data = pickle.dumps(value, 4)
        else:
            data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
        sizes[name] = len(data)
    return sizes
