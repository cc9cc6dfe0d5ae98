# SPDX-License-Identifier: AGPL-3.0-or-later
"""clang-tidy on what changed, cppcheck on everything.

A file that was clean is remembered by a hash of itself, of every header of ours it can see, and of the configuration, in
$XDG_CACHE_HOME/twiga/lint; so "what changed" needs no version control and a second run is quick. On a machine that
remembers nothing, the TW_LINT_FILES (40) files changed last are checked, and the number left over is said; "all" checks
every one.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess

import guard
import headers

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
CONFIG = SOURCE / ".clang-tidy"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def seen_headers(root, path, seen):
    """All headers of ours that path includes, directly or not."""
    for name in INCLUDE.findall(path.read_text()):
        header = root / "src" / name
        if header.is_file() and header not in seen:
            seen.add(header)
            seen_headers(root, header, seen)
    return seen


def fingerprint(root, path):
    digest = hashlib.sha256(CONFIG.read_bytes())
    for part in [path, *sorted(seen_headers(root, path, set()))]:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def changed_last(root, paths):
    """Newest commit first; files no commit knows come before all others."""
    done = subprocess.run(
        ["git", "-C", str(root), "log", "--format=", "--name-only", "-n", "400"], capture_output=True, text=True
    )
    order = {}
    for name in done.stdout.split("\n"):
        order.setdefault(name, len(order))
    return sorted(paths, key=lambda path: order.get(guard.relative(root, path), -1))


def clang_tidy(root, path, remembered):
    # the compiler of the build may be gcc: its own flags mean nothing here, only the includes do
    arguments = ["clang-tidy", "--quiet", f"--config-file={CONFIG}", "--warnings-as-errors=*", str(path), "--"]
    arguments += ["-std=gnu17", f"-I{root / 'src'}", f"-I{root / 'tests'}", f"-I{root / 'bench'}"]
    arguments += ['-DTW_VERSION="0"', '-DG_LOG_DOMAIN="twiga"'] + headers.flags()
    done = subprocess.run(arguments, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if re.search(r": (warning|error): ", line)]
    if done.returncode == 0 and not lines:
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.touch()
    return [line.replace(str(root) + "/", "") for line in lines] or (
        [] if done.returncode == 0 else [f"{path}: clang-tidy ended with {done.returncode}"]
    )


def cppcheck(root):
    if not (root / "src").is_dir():
        return []
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "twiga" / "cppcheck"
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["cppcheck", "--std=c11", "--enable=warning,performance,portability", "--library=gtk", "--inline-suppr",
         "--quiet", f"-j{os.cpu_count()}", "--error-exitcode=1", "--suppress=unknownMacro", f"-I{root / 'src'}",
         f"--cppcheck-build-dir={cache}", str(root / "src")],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode == 0:
        return []
    return [l.replace(str(root) + "/", "") for l in done.stderr.splitlines() if re.search(r": (error|warning|perf|port)", l)]


def check(root):
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "twiga" / "lint"
    waiting = []
    for path in changed_last(root, guard.files(root, "*.c", under=("src",))):
        remembered = cache / fingerprint(root, path)
        if not remembered.exists():
            waiting.append((path, remembered))
    limit = os.environ.get("TW_LINT_FILES", "40")
    chosen = waiting if limit == "all" else waiting[: int(limit)]
    if len(chosen) < len(waiting):
        print(f"# clang-tidy: {len(waiting) - len(chosen)} files neither changed lately nor checked on this machine")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda job: clang_tidy(root, *job), chosen)
        problems = [line for lines in results for line in lines]
    return problems + cppcheck(root)


CASES = [
    (
        "clang-tidy: the same on both sides",
        {"src/base/a.c": "int f(int x);\nint\nf(int x)\n{\n    return (x + 1) == (x + 1);\n}\n"},
        "misc-redundant-expression",
    ),
    (
        "clang-tidy: a call that is not safe in threads",
        {"src/base/a.c": "#include <stdlib.h>\nint f(void);\nint\nf(void)\n{\n    return rand();\n}\n"},
        "concurrency-mt-unsafe",
    ),
    (
        "cppcheck: one past the end",
        {"src/base/a.c": "int f(void);\nint\nf(void)\n{\n    int a[2] = { 1, 2 };\n    return a[2];\n}\n"},
        "out of bounds",
    ),
    ("nothing to say", {"src/base/a.c": "int f(void);\nint\nf(void)\n{\n    return 1;\n}\n"}, ""),
]
