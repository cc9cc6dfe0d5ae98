# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatting: clang-format 14 as .clang-format says, and no tabs, trailing blanks or missing last newline elsewhere."""
import pathlib
import re
import shutil
import subprocess

import guard

HERE = pathlib.Path(__file__).resolve().parent
STYLE = HERE.parent.parent / ".clang-format"
TEXT = {".py", ".md", ".sh", ".build", ".txt", ".cfg", ".yml", ".dict"}


def clang_format():
    return shutil.which("clang-format-14") or shutil.which("clang-format")


def check(root):
    problems = []
    sources = [str(p) for p in guard.files(root, "*.c", "*.h")]
    for start in range(0, len(sources), 100):
        done = subprocess.run(
            [clang_format(), f"--style=file:{STYLE}", "--dry-run", "--ferror-limit=1", *sources[start : start + 100]],
            capture_output=True,
            text=True,
        )
        problems += [
            line.replace(str(root) + "/", "")
            for line in done.stderr.splitlines()
            if "[-Wclang-format-violations]" in line
        ]
    for path in guard.files(root, "*", under=("src", "tests", "fuzz", "bench", "doc", "scripts", "packaging")):
        if path.suffix not in TEXT or "/corpus/" in str(path) or "/data/" in str(path) or "__pycache__" in str(path):
            continue
        text = path.read_text()
        where = guard.relative(root, path)
        if text and not text.endswith("\n"):
            problems.append(f"{where}: no newline at the end")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"[ \t]+$", line):
                problems.append(f"{where}:{number}: blanks at the end of the line")
    return problems


CASES = [
    ("a brace in the wrong place", {"src/base/a.c": "int\nf(void) {\n    return 1;\n}\n"}, "clang-format"),
    ("two blanks for four", {"src/base/a.c": "int\nf(void)\n{\n  return 1;\n}\n"}, "clang-format"),
    ("trailing blanks", {"src/base/README.md": "words \n"}, "blanks at the end"),
    ("no last newline", {"scripts/a.sh": "words"}, "no newline"),
    ("as it should be", {"src/base/a.c": "int\nf(void)\n{\n    return 1;\n}\n"}, ""),
]
