"""What the benchmarks reckon with: python3 -m unittest discover --start-directory Tests/Benchmarks"""

import doctest
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import bench_page
import disturbance
import rounds

BURN = "import time\nwhile time.process_time() < 0.2: pass"


def load_tests(_, tests, __):
    """The examples of the modules are tests, too."""
    for module in (bench_page, rounds):
        tests.addTests(doctest.DocTestSuite(module))
    return tests


class Pretended:
    """A look at others that finds what it is told to."""

    def __init__(self, *found):
        self.found = iter(found)

    def __call__(self, _):
        self.is_disturbed = next(self.found)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def take_all(count, watch, figures):
    taken, figures = rounds.Rounds(count, watch=watch), iter(figures)
    return [taken.take(lambda: next(figures)) for _ in taken], taken.told()


class RoundsTests(unittest.TestCase):
    def test_a_disturbed_measurement_is_made_again_and_counted(self):
        found, told = take_all(2, Pretended(True, False, False), [1, 2, 3])
        self.assertEqual(found, [2, 3])
        self.assertEqual(told, "Disturbed: 1 of 2 measured again.")

    def test_what_stays_disturbed_is_taken_the_third_time_and_counted(self):
        found, told = take_all(2, Pretended(True, True, True, False), [1, 2, 3, 4])
        self.assertEqual(found, [3, 4])
        self.assertEqual(told, "Disturbed: 2 of 2 measured again, 1 kept though disturbed.")

    def test_a_machine_that_is_never_quiet_costs_a_quarter_more(self):
        taken = rounds.Rounds(400, watch=Pretended(*[True] * 1_000))
        for _ in taken:
            taken.take(lambda: 1)
        self.assertLessEqual(taken.again, 4 + 400 / 4 + 1)
        self.assertEqual(taken.kept, 400)

    def test_what_is_not_watched_is_taken_as_it_is(self):
        taken = rounds.Rounds(1, watch=Pretended(True))
        self.assertEqual((taken.take(lambda: 1, is_watched=False), taken.again, taken.kept), (1, 0, 0))

    def test_what_gives_no_figures_is_measured_again_until_the_machine_is_given_up(self):
        found, _ = take_all(1, Pretended(*[False] * 5), [math.nan, math.inf, {"rate": math.nan}, (1, math.inf), 7])
        self.assertEqual(found, [7])
        with self.assertRaises(SystemExit):
            take_all(1, Pretended(*[False] * 5), [math.nan] * 5)

    def test_a_round_beside_which_nothing_was_measured_has_no_ratio(self):
        self.assertTrue(math.isnan(rounds.ratio([1, 2], [0, 0]).median))


class DisturbanceTests(unittest.TestCase):
    def test_what_a_child_takes_is_ours_while_it_runs_and_when_it_has_ended(self):
        before = disturbance.ours()
        subprocess.run([sys.executable, "-c", BURN], check=True)
        # The kernel counts in hundredths of a second.
        self.assertGreater(disturbance.ours() - before, 0.15)

    def test_the_cores_are_busy_with_what_a_child_takes(self):
        cores = os.sched_getaffinity(0)
        before = disturbance.busy(cores)
        subprocess.run([sys.executable, "-c", BURN], check=True)
        self.assertGreater(disturbance.busy(cores) - before, 0.1)

    def test_what_is_too_short_for_the_kernels_clock_is_not_judged(self):
        with mock.patch.object(disturbance, "SHORTEST", math.inf), disturbance.Watch() as watch:
            subprocess.run([sys.executable, "-c", BURN], check=True)
        self.assertEqual(watch.share, 0)
        self.assertFalse(watch.is_disturbed)


class PageTests(unittest.TestCase):
    def test_a_section_is_replaced_where_it_stands_and_added_where_it_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "page.md")
            path.write_text("before\n\n<!-- a -->\n<!-- /a -->\n\nbehind\n")
            bench_page.write_section(path, "a", ["first"])
            bench_page.write_section(path, "a", ["second"])
            bench_page.write_section(path, "b", ["third"])
            self.assertEqual(
                path.read_text(),
                "before\n\n<!-- a -->\nsecond\n<!-- /a -->\n\nbehind\n\n<!-- b -->\nthird\n<!-- /b -->\n")

    def test_the_median_of_the_rounds_is_judged(self):
        page = bench_page.Page("a")
        page.say = page.lines.append
        page.judge("rate", rounds.spread([0.7, 0.8, 0.9]), 0.75)
        page.judge("rate", rounds.spread([0.7, 0.74, 0.9]), 0.75)
        page.judge("seconds", rounds.spread([1.1]), 1, at_most=True)
        self.assertEqual(
            page.lines,
            [
                "- holds: rate = 0.80 (≥ 0.75; 0.70 to 0.90)", "- MISSED: rate = 0.74 (≥ 0.75; 0.70 to 0.90)",
                "- MISSED: seconds = 1.10 (≤ 1)",
            ])
        self.assertEqual(page.missed, 2)


if __name__ == "__main__":
    unittest.main()
