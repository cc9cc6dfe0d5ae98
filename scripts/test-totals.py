#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adds up what one "meson test" ran: prints each failure and the seconds of each suite beside its budget, and appends
"PASSED FAILED" to the totals.

usage: test-totals.py TITLE BUILD-FOLDER TOTALS-FILE
"""
import collections
import json
import pathlib
import re
import sys


def count_cases(programs):
    """How many cases passed, failed and were skipped: those of the TAP output, or one for a program without."""
    counted = collections.Counter()
    for program in programs:
        lines = re.findall(r"^(not )?ok \d+(.*)$", program.get("stdout", ""), re.M)
        for failed, rest in lines:
            skipped = re.search(r"#\s*skip", rest, re.I)
            counted["failed" if failed else "skipped" if skipped else "passed"] += 1
        if not lines and program["result"] == "OK":
            counted["passed"] += 1
    return counted


def main():
    title, folder, totals = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    budgets = dict(line.split() for line in (folder / "tests" / "budgets").read_text().splitlines() if line)
    seconds = collections.Counter()
    broken = 0

    log = folder / "meson-logs" / "testlog.json"
    programs = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    counted = count_cases(programs)
    for program in programs:
        # "project:suite+suite / name"
        for suite in program["name"].split(" / ")[0].split(":")[-1].split("+"):
            seconds[suite] += program["duration"]
        if program["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            broken += 1
            print(f"FAILED {program['name']} ({program['result']})")
            for line in (program.get("stdout", "") + program.get("stderr", "")).splitlines()[-40:]:
                print(f"    {line}")
    # a program that crashed or timed out may have reported no failing case of its own
    failed = max(counted["failed"], broken)
    if not programs:
        failed += 1
        print((folder / "test.log").read_text()[-2000:])

    print(f"{title}: {counted['passed']} passed, {failed} failed, {counted['skipped']} skipped")
    for suite, spent in sorted(seconds.items()):
        if suite in budgets:
            print(f"    {suite}: {spent:.0f} s of {budgets[suite]} s")
    with totals.open("a") as out:
        out.write(f"{counted['passed']} {failed}\n")


main()
