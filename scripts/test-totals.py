#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adds up what one "meson test" ran: prints each failure and the seconds of each suite beside its budget, and appends
"PASSED FAILED" to the totals.

usage: test-totals.py TITLE BUILD-FOLDER TOTALS-FILE
"""
import collections
import json
import pathlib
import sys
import xml.etree.ElementTree


def cases(folder):
    """How many cases inside the TAP output of all programs passed, failed and were skipped."""
    path = folder / "meson-logs" / "testlog.junit.xml"
    counted = collections.Counter()
    if not path.exists():
        return counted
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            counted["skipped"] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            counted["failed"] += 1
        else:
            counted["passed"] += 1
    return counted


def main():
    title, folder, totals = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    counted = cases(folder)
    budgets = dict(line.split() for line in (folder / "tests" / "budgets").read_text().splitlines() if line)
    seconds = collections.Counter()
    broken = 0

    log = folder / "meson-logs" / "testlog.json"
    programs = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for program in programs:
        for suite in program.get("suite", []):
            seconds[suite.split(":")[-1]] += program["duration"]
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
