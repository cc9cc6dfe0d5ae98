#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs one guard over the tree and over the trees that must be caught. Prints TAP.

usage: run.py GUARD [SOURCE-ROOT]
"""
import importlib
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def main():
    name = sys.argv[1]
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent.parent
    guard = importlib.import_module(name)
    results = []

    problems = guard.check(root)
    results.append((not problems, "the tree is clean", problems))
    for label, tree, words in guard.CASES:
        with tempfile.TemporaryDirectory() as folder:
            case_root = pathlib.Path(folder)
            for path, text in tree.items():
                (case_root / path).parent.mkdir(parents=True, exist_ok=True)
                (case_root / path).write_text(text)
            said = guard.check(case_root)
        caught = any(words in line for line in said) if words else not said
        results.append((caught, label, said or ["nothing was said"]))

    print(f"1..{len(results)}")
    for number, (ok, label, lines) in enumerate(results, 1):
        print(f"{'ok' if ok else 'not ok'} {number} - {name}: {label}")
        if not ok:
            for line in lines:
                print(f"# {line}")
    return 0 if all(ok for ok, _, _ in results) else 1


sys.exit(main())
