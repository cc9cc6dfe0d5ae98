# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long tests wait for what is to come."""
import time

WAIT = 60  # seconds until a test gives up; never what a verdict depends on


def wait_for(what, condition):
    until = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.01)
