# SPDX-License-Identifier: AGPL-3.0-or-later
"""The example program walks the demo company's mailboxes through the session header alone."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, WALK = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on


def demo(place):
    """Runs a server on a new data folder with the demo company, and stops it."""
    endpoints = place / "endpoints.env"
    process = subprocess.Popen(
        [TWIGA, "-c", "/dev/null", "--demo", "--endpoints", str(endpoints)]
        + ["--data-path", str(place / "data"), "--health-listen=", "--metrics-listen="]
    )
    until = time.monotonic() + WAIT
    while not endpoints.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.terminate()
    if process.wait(WAIT) != 0:
        raise AssertionError(f"the server ended with {process.returncode}")
    return dict(line.split("=", 1) for line in (place / "data" / "demo.env").read_text().splitlines())


def walk(*arguments):
    done = subprocess.run([WALK, *arguments], capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stdout, done.stderr


def company():
    """lists the users and walks their mailboxes"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        who = demo(place)
        code, said, _ = walk(str(place / "data"))
        assert code == 0
        for suffix in ("", "2", "3"):
            assert f"{who['DEMO_USER' + suffix]} <{who['DEMO_ADDR' + suffix]}>" in said
        assert said.count("IPM_SUBTREE (") == 3
        assert "        * " in said  # a message somebody has not read
        code, said, _ = walk(str(place / "data"), who["DEMO_USER2"])
        assert code == 0 and said.count("IPM_SUBTREE (") == 1


def nothing():
    """says so when there is no data folder, and makes none"""
    with tempfile.TemporaryDirectory() as name:
        code, said, why = walk(os.path.join(name, "data"))
        assert code == 1 and said == "" and "no data folder" in why
        assert not os.path.exists(os.path.join(name, "data"))
    assert walk()[0] == 2


tap.run([company, nothing])
