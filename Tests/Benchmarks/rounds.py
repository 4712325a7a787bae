"""Rounds: what was measured in turn is compared within each round, and what other programs disturbed is measured again."""

import math
import statistics
import typing

import disturbance

# How often one thing is measured before it is taken as it is, and before a machine that gives no figure is given up.
TRIES, GIVEN_UP = 3, 5


class Spread(typing.NamedTuple):
    """The median of some figures, the least and the most of them.

    >>> f"{spread([1.5, 2, 1]):.2f}"
    '1.50; 1.00 to 2.00'
    >>> f"{spread([3]):.1f}"
    '3.0'
    """

    median: float
    least: float
    most: float
    count: int

    def __format__(self, form):
        # One round has no range.
        text = format(self.median, form)
        return text if self.count < 2 else f"{text}; {self.least:{form}} to {self.most:{form}}"


def spread(figures):
    """
    >>> spread([])
    Spread(median=nan, least=nan, most=nan, count=0)
    """
    figures = list(figures)
    if not figures:
        return Spread(math.nan, math.nan, math.nan, 0)
    return Spread(statistics.median(figures), min(figures), max(figures), len(figures))


def ratio(ones, others):
    """What each round had to what another had in the same round. That is not the ratio of their medians: the rounds of
    a machine that slows down differ, and their ratios do not.

    >>> ratio([10, 30, 20], [1, 2, 4])
    Spread(median=10.0, least=5.0, most=15.0, count=3)
    >>> ratio([1, 2], [0, 4]).median
    0.5
    """
    return spread(one / other for one, other in zip(ones, others) if other)


def is_usable(measured):
    """Whether the machine gave it enough time for figures.

    >>> is_usable({"rate": 3.5, "cpu_us": 0}), is_usable((0.5, math.inf)), is_usable(math.nan)
    (True, False, False)
    """
    figures = measured.values() if isinstance(measured, dict) else measured
    return all(map(math.isfinite, figures if isinstance(measured, (dict, list, tuple)) else [measured]))


class Rounds:
    """So many rounds, and how many times something was measured again in them."""

    def __init__(self, count, cores=None, watch=disturbance.Watch):
        self.count = count
        self.cores = cores
        self.watch = watch
        self.taken = self.again = self.kept = 0

    def __iter__(self):
        return iter(range(self.count))

    def take(self, measure, is_watched=True):
        """What `measure` gives, once more where the machine gave no figures or, if watched, too much of it to others."""
        self.taken += 1
        for attempt in range(GIVEN_UP):
            with self.watch(self.cores) as watch:
                measured = measure()
            is_disturbed = is_watched and watch.is_disturbed
            if is_usable(measured) and not (is_disturbed and attempt + 1 < TRIES and self.may_repeat()):
                self.kept += is_disturbed
                return measured
            self.again += 1
        raise SystemExit("bench: the machine is too busy")

    def may_repeat(self):
        """A machine that is never quiet would take three times as long, and be no quieter: a quarter more is enough."""
        return self.again < 4 + self.taken / 4

    def told(self):
        text = f"Disturbed: {self.again} of {self.taken} measured again"
        return text + (f", {self.kept} kept though disturbed." if self.kept else ".")
