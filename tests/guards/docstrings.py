# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every function in a public header has a docstring that names it, each parameter, and what it returns."""
import re

import guard

# a declaration or an inline definition that starts in column 0
DECLARATION = re.compile(
    r"^(?P<type>(?:static inline )?(?:const )?[A-Za-z_][\w ]*?[\s*]+)(?P<name>tw_\w+)\s*\((?P<args>[^;{}]*?)\)\s*"
    r"(?:G_GNUC_\w+(?:\([^)]*\))?\s*)*(?P<end>[;{])",
    re.M | re.S,
)


def parameters(args):
    """The parameter names in an argument list; function pointers by the name in (*name)."""
    names, depth, part = [], 0, ""
    for char in args + ",":
        depth += char in "(["
        depth -= char in ")]"
        if char == "," and depth == 0:
            pointer = re.search(r"\(\s*\*\s*(\w+)", part)
            name = pointer or re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)*$", part.strip())
            if name and part.strip() not in ("void", ""):
                names.append(name.group(1))
            elif part.strip() == "...":
                names.append("...")
            part = ""
        else:
            part += char
    return names


def check(root):
    problems = []
    for path in guard.files(root, "*.h", under=("src",)):
        if path.name.endswith("-private.h"):
            continue
        original = path.read_text()
        text = re.sub(r"\\\n[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), guard.strip_comments(original))
        for match in DECLARATION.finditer(text):
            name = match.group("name")
            where = f"{guard.relative(root, path)}:{guard.line_of(text, match.start('name'))}: {name}"
            before = original[: match.start()].rstrip()
            start = before.rfind("/**")
            comment = before[start:] if before.endswith("*/") and start >= 0 else ""
            if not re.search(rf"^ \* {name}:", comment, re.M):
                problems.append(f"{where}: no docstring")
                continue
            for parameter in parameters(match.group("args")):
                if not re.search(rf"^ \* @{re.escape(parameter)}:", comment, re.M):
                    problems.append(f"{where}: @{parameter} is not described")
            returns = match.group("type").replace("static inline", "").split()
            if returns != ["void"] and "Returns:" not in comment:
                problems.append(f"{where}: what it returns is not described")
    return problems


def header(text):
    return {"src/base/a.h": text}


DOCUMENTED = "/**\n * tw_a:\n * @x: a\n * @y: b\n *\n * Returns: c\n */\nint tw_a(int x, const char *y[]);\n"
CASES = [
    ("no docstring", header("int tw_a(int x);\n"), "no docstring"),
    ("an ordinary comment", header("/* tw_a: */\nint tw_a(int x);\n"), "no docstring"),
    ("another function's docstring", header("/**\n * tw_b:\n */\nvoid tw_a(void);\n"), "no docstring"),
    ("a parameter left out", header(DOCUMENTED.replace(" * @y: b\n", "")), "@y is not described"),
    ("no word on what comes back", header(DOCUMENTED.replace(" * Returns: c\n", "")), "what it returns"),
    ("an inline function", header("static inline int\ntw_a(int x)\n{\n    return x;\n}\n"), "no docstring"),
    ("a pointer result", header("TwThing *tw_a(void);\n"), "no docstring"),
    ("all of it", header(DOCUMENTED), ""),
    ("a private header", {"src/base/a-private.h": "int tw_a(int x);\n"}, ""),
]
