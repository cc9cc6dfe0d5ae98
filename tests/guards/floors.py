# SPDX-License-Identifier: AGPL-3.0-or-later
"""The floors of src/: a folder includes only folders on lower floors.

Doors and agents see still less: never db, blob, directory or store. Every folder of src/ has a README and a floor.
"""
import re

import guard

FLOORS = [
    ["base"],
    ["mapi", "net", "db"],
    ["blob", "convert", "directory"],
    ["store"],
    ["session"],
    ["groupware", "soap"],
    [
        "autoconfig",
        "remote",
        "delivery",
        "search",
        "monitor",
        "archiver",
        "spooler",
        "soapd",
        "imap",
        "pop3",
        "dav",
        "jmap",
        "eas",
        "ews",
    ],
    ["lmtp"],
    ["programs"],
]
FLOOR = {folder: number for number, row in enumerate(FLOORS, 1) for folder in row}

FOR_DOORS = {"base", "mapi", "net", "convert", "session", "groupware", "soap"}
DOORS = set(FLOORS[6])


def may_include(folder, other):
    if folder == other:
        return True
    if folder in DOORS:
        # search fills an index whose interface the engine owns (DESIGN.md, floor 4)
        return other in FOR_DOORS or (folder == "search" and other == "store")
    return FLOOR[other] < FLOOR[folder]


def check(root):
    problems = []
    for folder in sorted(p.name for p in (root / "src").iterdir() if p.is_dir()):
        if folder not in FLOOR:
            problems.append(f"src/{folder}: this folder has no floor")
        if not (root / "src" / folder / "README.md").is_file():
            problems.append(f"src/{folder}: no README.md")
    for path in guard.files(root, "*.c", "*.h", under=("src",)):
        folder = path.relative_to(root / "src").parts[0]
        text = guard.strip_comments(path.read_text(), strings=False)
        for match in re.finditer(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            where = f"{guard.relative(root, path)}:{guard.line_of(text, match.start(1))}"
            target = match.group(1)
            other = target.split("/")[0]
            if "/" not in target or ".." in target:
                problems.append(f'{where}: "{target}" does not start at src/')
            elif other not in FLOOR:
                problems.append(f'{where}: "{target}" leads to no folder of src/')
            elif not may_include(folder, other):
                problems.append(f'{where}: {folder}/ may not include "{target}"')
            elif folder != other and target.endswith("-private.h"):
                problems.append(f'{where}: "{target}" is private to {other}/')
    return problems


def tree(path, line, *more):
    folders = {path.split("/")[1], *more}
    made = {f"src/{folder}/README.md": "x\n" for folder in folders}
    made[path] = line + "\n"
    return made


CASES = [
    ("an include that goes up", tree("src/base/a.c", '#include "mapi/mapi.h"'), "may not include"),
    ("an include that goes sideways", tree("src/mapi/a.c", '#include "net/net.h"'), "may not include"),
    ("a door that reaches into the engine", tree("src/imap/a.c", '#include "store/store.h"'), "may not include"),
    ("a door that includes a door", tree("src/imap/a.c", '#include "pop3/pop3.h"'), "may not include"),
    ("an include beside the roots", tree("src/base/a.c", '#include "error.h"'), "does not start at src/"),
    ("another folder's private header", tree("src/mapi/a.c", '#include "base/log-private.h"'), "is private"),
    ("a folder nobody planned", tree("src/util/a.c", "int x;"), "has no floor"),
    ("a folder without a README", {"src/base/a.c": "int x;\n"}, "no README.md"),
    ("an include in a comment is none", tree("src/base/a.c", '/* #include "mapi/mapi.h" */'), ""),
    ("an include that goes down", tree("src/mapi/a.c", '#include "base/error.h"'), ""),
]
