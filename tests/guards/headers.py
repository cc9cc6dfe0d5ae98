# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every header compiles alone: what it needs, it includes or declares."""
import concurrent.futures
import os
import pathlib
import re
import subprocess

import guard

HERE = pathlib.Path(__file__).resolve().parent


def flags():
    """Include folders of every library the build files name, as system folders so that their warnings are not ours."""
    names = set()
    source = HERE.parent.parent
    for path in [source / "meson.build", *sorted((source / "src").rglob("meson.build"))]:
        names.update(re.findall(r"dependency\('([^']+)'", path.read_text()))
    found = ["-D_GNU_SOURCE"]
    for name in sorted(names):
        done = subprocess.run(["pkg-config", "--cflags", name], capture_output=True, text=True)
        found += done.stdout.split() if done.returncode == 0 else []
    return [re.sub(r"^-I", "-isystem", flag) for flag in found]


def check(root):
    compiler = os.environ.get("CC", "gcc").split()[-1]
    arguments = [compiler, "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", f"-I{root / 'src'}"]
    arguments += flags() + ["-"]

    def compile_alone(path):
        name = path.relative_to(root / "src")
        # twice: a second inclusion must change nothing
        text = f'#include "{name}"\n#include "{name}"\nint not_empty;\n'
        done = subprocess.run(arguments, input=text, capture_output=True, text=True)
        return [] if done.returncode == 0 else [f"src/{name}: {line}" for line in done.stderr.splitlines()[:5]]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(compile_alone, guard.files(root, "*.h", under=("src",)))
        return [line for lines in results for line in lines]


CASES = [
    ("a type nobody declared", {"src/base/a.h": "#pragma once\nint tw_a(gsize x);\n"}, "gsize"),
    ("no guard against a second inclusion", {"src/base/a.h": "typedef struct { int x; } A;\n"}, "src/base/a.h"),
    ("one that stands alone", {"src/base/a.h": "#pragma once\n#include <glib.h>\nextern gsize tw_a;\n"}, ""),
]
