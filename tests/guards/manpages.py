# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every man page in doc/man renders without a warning from mandoc, and is the page its name says."""
import re
import subprocess

import guard


def check(root):
    problems = []
    for path in guard.files(root, "*.[1-9]", under=("doc",)):
        where = guard.relative(root, path)
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True, text=True)
        # "missing section argument" and the like are errors for a reader; the page's own date is no concern
        problems += [
            line.replace(str(root) + "/", "") for line in done.stdout.splitlines() if "missing date" not in line
        ]
        rendered = subprocess.run(["mandoc", "-T", "utf8", str(path)], capture_output=True, text=True)
        if rendered.returncode not in (0, 1) or not rendered.stdout.strip():
            problems.append(f"{where}: does not render")
        title = re.search(r"^\.Dt (\S+) (\d)", path.read_text(), re.M)
        if not title or f"{title.group(1).lower()}.{title.group(2)}" != path.name:
            problems.append(f"{where}: .Dt does not say {path.name}")
    return problems


PAGE = ".Dd November 22, 2026\n.Dt TWIGA 8\n.Os\n.Sh NAME\n.Nm twiga\n.Nd collaboration server\n.Sh DESCRIPTION\nWords.\n"
CASES = [
    ("an unclosed list", {"doc/man/twiga.8": PAGE + ".Bl -tag -width Ds\n.It x\n"}, "Bl"),
    ("another page's title", {"doc/man/twiga-admin.8": PAGE}, ".Dt does not say"),
    ("nothing at all", {"doc/man/twiga.8": ""}, "no document body"),
    ("a page", {"doc/man/twiga.8": PAGE}, ""),
]
