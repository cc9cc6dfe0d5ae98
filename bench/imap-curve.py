#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What do commands cost in mailboxes of 1,000 to 1,000,000 messages?

usage: imap-curve.py TWIGA [--most N] [--peer]

One mailbox a size, made by COPY of a smaller one. For each, the least of some runs: SELECT in a session that has the folder's index in
memory, SELECT as the first thing after a start with an empty page cache (the log-on before it is not counted), FETCH of the last fifty
messages, and SEARCH of a range of uids. --peer asks Debian's Dovecot (mdbox) for the same, up to 100,000; needs root, as --most does for the
page cache.
"""
import argparse
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SIZES = (1000, 10000, 100000, 1000000)
PEER_MOST = 100000
RUNS = 5
WINDOW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


def bench():
    spec = importlib.util.spec_from_file_location("imap_dovecot", pathlib.Path(__file__).parent / "imap-dovecot.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(module, server, most):
    client = module.Client(server)
    mail = b"From: Jo <jo@example.org>\r\nTo: me@example.org\r\nSubject: one of many\r\nDate: Tue, 05 Jan 2027 10:00:00 +0000\r\n\r\nHello giraffe\r\n"
    client.run("CREATE n1000")
    for _ in range(10):
        client.run(b"APPEND n1000" + b" {%d+}\r\n%s" % (len(mail), mail) * 100)
    for smaller, size in zip(SIZES, SIZES[1:]):
        if size > most:
            break
        client.run(f"CREATE n{size}")
        client.run(f"SELECT n{smaller}")
        for _ in range(size // smaller):
            client.run(f"COPY 1:* n{size}")
    client.close()


def timed(client, command):
    began = time.monotonic()
    client.run(command)
    return (time.monotonic() - began) * 1e3


def warm(module, server, size):
    """Milliseconds of SELECT, FETCH of a window, SEARCH."""
    client = module.Client(server, f"n{size}")
    commands = (f"SELECT n{size}", f"FETCH {size - 49}:{size} {WINDOW}", f"UID SEARCH UID {size // 2}:{size // 2 + 99} UNSEEN")
    out = [min(timed(client, command) for _ in range(RUNS)) for command in commands]
    client.close()
    return out


def cold(module, server, size):
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    client = module.Client(server)
    took = timed(client, f"SELECT n{size}")
    client.close()
    return took


def stop(process):
    process.terminate()
    process.wait()
    subprocess.run(["sync"], check=True)


def curve(name, module, start, most):
    """start: gives a process and its server, again and again."""
    process, server = start()
    try:
        began = time.monotonic()
        fill(module, server, most)
        print(f"{name}: filled in {time.monotonic() - began:.1f} s", flush=True)
        sizes = [size for size in SIZES if size <= most]
        found = {size: warm(module, server, size) for size in sizes}
        for size in sizes:
            stop(process)
            process, server = start()
            found[size].append(cold(module, server, size))
    finally:
        stop(process)
    print(f"{'messages':>10}{'SELECT ms':>14}{'FETCH of 50 ms':>18}{'SEARCH UID ms':>16}{'SELECT cold ms':>18}")
    for size in sizes:
        select, fetch, search, first = found[size]
        print(f"{size:10}{select:14.2f}{fetch:18.2f}{search:16.2f}{first:18.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twiga")
    parser.add_argument("--most", type=int, default=100000)
    parser.add_argument("--peer", action="store_true")
    asked = parser.parse_args()
    module = bench()
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        os.chmod(place, 0o755)

        def twiga():
            process, servers = module.start_twiga(os.path.abspath(asked.twiga), place)
            return process, servers[0]

        def dovecot():
            process, servers = module.start_dovecot(place / "dovecot")
            return process, servers[0]

        curve("twiga", module, twiga, asked.most)
        if asked.peer:
            curve("mdbox", module, dovecot, min(asked.most, PEER_MOST))


if __name__ == "__main__":
    sys.exit(main())
