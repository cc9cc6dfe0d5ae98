#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prints line coverage per folder of src/ from the gcov data of a build, and the files covered least.

usage: coverage.py BUILD-FOLDER
"""
import collections
import json
import pathlib
import subprocess
import sys


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    lines = collections.defaultdict(dict)  # file -> line -> times
    for data in folder.rglob("*.gcda"):
        done = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], capture_output=True, cwd=folder)
        for text in done.stdout.splitlines():
            for entry in json.loads(text)["files"]:
                if "src/" not in entry["file"] or entry["file"].startswith("/usr/"):
                    continue
                hit = lines[entry["file"][entry["file"].index("src/") :]]
                for line in entry["lines"]:
                    hit[line["line_number"]] = hit.get(line["line_number"], 0) + line["count"]
    folders = collections.defaultdict(lambda: [0, 0])
    for name, hit in lines.items():
        for count in (folders[name.split("/")[1]], folders["(all)"]):
            count[0] += sum(times > 0 for times in hit.values())
            count[1] += len(hit)
    for name, (hit, total) in sorted(folders.items()):
        print(f"{name:12} {100 * hit / total:5.1f} % of {total} lines")
    worst = sorted((sum(t > 0 for t in hit.values()) / len(hit), name) for name, hit in lines.items() if hit)
    print("Least covered: " + ", ".join(f"{name} {100 * share:.0f} %" for share, name in worst[:8]))


main()
