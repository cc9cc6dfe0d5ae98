# SPDX-License-Identifier: AGPL-3.0-or-later
"""Functions that src/ does not call: they know no bound, hide an overflow, or start a shell."""
import re

import guard

WHY = {
    "GLib aborts when memory is out; g_malloc, g_new, g_free": "malloc calloc realloc free strdup strndup asprintf vasprintf",
    "no bound on what is written": "strcpy strcat stpcpy sprintf vsprintf gets wcscpy wcscat",
    "saturates or accepts what is no number; base/number.h": "atoi atol atoll atof strtol strtoul strtoll strtoull strtod sscanf "
    "g_ascii_strtoull g_ascii_strtoll",
    "writes NULs into its input; TwCursor": "strtok strtok_r strsep",
    "starts a shell": "system popen",
    "takes its size from outside onto the stack": "alloca g_alloca g_newa g_newa0",
    "a static buffer": "gmtime localtime asctime ctime inet_ntoa strerror getpwnam getpwuid getgrnam getgrgid",
    "predictable names": "mktemp tmpnam tempnam",
}
BANNED = {name: why for why, names in WHY.items() for name in names.split()}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(map(re.escape, BANNED)) + r")\s*\(")


def check(root):
    problems = []
    for path in guard.files(root, "*.c", "*.h", under=("src",)):
        original = path.read_text()
        text = guard.strip_comments(original)
        lines = original.splitlines()
        for match in CALL.finditer(text):
            line = guard.line_of(text, match.start())
            # a library's own free() is allowed where the line says why
            if "allowed:" in lines[line - 1]:
                continue
            name = match.group(1)
            problems.append(f"{guard.relative(root, path)}:{line}: {name}(): {BANNED[name]}")
    return problems


def line(text):
    return {"src/base/a.c": text + "\n"}


CASES = [
    ("bare malloc", line("p = malloc(3);"), "malloc()"),
    ("strcpy", line("strcpy(a, b);"), "strcpy()"),
    ("sprintf", line('sprintf (a, "x");'), "sprintf()"),
    ("atoi", line("n = atoi(s);"), "atoi()"),
    ("a shell", line('system("ls");'), "system()"),
    ("strtoull", line("n = strtoull(s, &e, 10);"), "strtoull()"),
    ("a name that only ends alike", line("g_free(p); my_system(x); s->free(p);"), ""),
    ("a word in a comment or a string", line('/* malloc(3) */ x = "system(";'), ""),
]
