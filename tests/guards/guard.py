# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every guard shares.

A guard is a module with check(root), which returns a list of problems (lines for a person), and CASES: small trees
that break its rule, each with words that must stand in what check() says about it. run.py shows that the real tree is
clean and that each case is caught: a guard that cannot fail guards nothing.
"""
import pathlib
import re


def files(root, *patterns, under=("src", "tests", "fuzz", "bench")):
    """The files below root/under that match one of the patterns, sorted."""
    found = set()
    for folder in under:
        for pattern in patterns:
            found.update(p for p in (root / folder).rglob(pattern) if p.is_file())
    return sorted(found)


def strip_comments(text, strings=True):
    """C text with comments (and the contents of strings and characters) blanked; line breaks stay."""

    def blank(match):
        word = match.group(0)
        if word.startswith("/"):
            return re.sub(r"[^\n]", " ", word)
        return word[0] + re.sub(r"[^\n]", " ", word[1:-1]) + word[-1] if strings else word

    return re.sub(
        r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S
    )


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def relative(root, path):
    return str(pathlib.Path(path).relative_to(root))
