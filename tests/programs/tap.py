# SPDX-License-Identifier: AGPL-3.0-or-later
"""The little that a Python test needs to speak TAP."""
import sys
import traceback


def run(cases):
    """Runs functions one after the other; a docstring is the case's name. Exits with 1 when one failed."""
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        name = (case.__doc__ or case.__name__).strip().split("\n")[0]
        try:
            skip = case()
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            continue
        print(f"ok {number} - {name}" + (f" # SKIP {skip}" if skip else ""))
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
