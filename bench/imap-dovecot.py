#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What IMAP clients ask of a large mailbox, of twiga and of Debian's Dovecot in turn: wall time and CPU time of the servers.

usage: imap-dovecot.py TWIGA [--mails N] [--only WORD] [--gateway TWIGA-GATEWAY]

Dovecot is a private one, in a temporary folder and on loopback, with its default fsync: a user with mdbox, one with maildir, and one with
mdbox whose mails its zstd plugin compresses, who is asked for whole mails alone and is not counted among the better ones.
Each line names the better Dovecot and the ratio of twiga to it; "bar" is what is wanted. Needs root, for Dovecot wants it.
With --gateway the peer is twiga itself, and what is measured a gateway of a process of its own in front of it, on the same mailbox.
"""
import argparse
import base64
import contextlib
import itertools
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

WAIT = 600
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
mail_max_userip_connections = 1000
first_valid_uid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
auth_cache_size = 1M
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%n {place}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {place}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service imap {{
  vsz_limit = 2G
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

USERS = (("mdbox", "mdbox", ""), ("maildir", "maildir", ""), ("zstd", "mdbox", " userdb_mail_plugins=zlib userdb_zlib_save=zstd"))
EMPTY = ("MOVE of all", "(all of it marked)", "EXPUNGE of all")  # can be asked once of a mailbox
PACKED = {"zstd": "whole mails, all"}  # who keeps mails compressed is asked for them alone


def words(chance, count):
    return " ".join(chance.choice(("giraffe", "meeting", "offer", "budget", "travel", "report", "the", "of", "and", "to")) for _ in range(count))


def make_mail(chance, number):
    """One of a mailbox of mixed sizes: threads of some messages, a tenth with an attachment."""
    thread, at = divmod(number, 4)
    size = chance.choice((400, 800, 1500, 4000, 9000))
    head = [
        f"From: Person {number % 97} <p{number % 97}@example.org>", f"To: <me@example.org>, Other <o{number % 13}@example.com>",
        f"Subject: {'Re: ' if at else ''}{words(chance, 3)} {thread}", f"Message-ID: <{number}@bench.example>",
        time.strftime("Date: %a, %d %b %Y %H:%M:%S +0000", time.gmtime(1.6e9 + number * 977)),
        "Received: from a.example by b.example with ESMTP id 12345; Tue, 05 Jan 2021 10:00:00 +0000", "MIME-Version: 1.0",
    ]
    if at:
        head.append("References: " + " ".join(f"<{thread * 4 + i}@bench.example>" for i in range(at)))
        head.append(f"In-Reply-To: <{number - 1}@bench.example>")
    text = "\r\n".join(words(chance, 10) for _ in range(size // 60))
    if number % 10:
        return "\r\n".join(head + ["Content-Type: text/plain; charset=utf-8", "", text, ""]).encode()
    data = base64.encodebytes(chance.randbytes(chance.choice((3000, 30000, 150000)))).replace(b"\n", b"\r\n")
    begin = "\r\n".join(head + ["Content-Type: multipart/mixed; boundary=b1", "", "--b1", "Content-Type: text/plain", "", text, "--b1",
                                'Content-Type: application/pdf; name="a.pdf"', "Content-Transfer-Encoding: base64", "", ""])
    return begin.encode() + data + b"--b1--\r\n"


def cpu_of(root):
    """Seconds of a process, its children that ended, and those that live."""
    parents, used = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(name)] = int(fields[1])
            used[int(name)] = sum(int(value) for value in fields[11:15])
    total = 0
    for pid, ticks in used.items():
        at = pid
        while at not in (0, root):
            at = parents.get(at, 0)
        total += ticks if at == root else 0
    return total / TICK


class Client:
    def __init__(self, server, box=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.tag = 0
        self.read_line()
        self.run(f"LOGIN {server.user} {server.password}")
        if box:
            self.run("SELECT " + box)

    def read_line(self):
        while b"\n" not in self.rest:
            more = self.socket.recv(1 << 20)
            assert more, "closed"
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def send(self, command):
        self.tag += 1
        self.socket.sendall(b"t%d " % self.tag + (command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        return b"t%d " % self.tag

    def wait(self, tag):
        """Bytes that came before the tagged line. What is read is looked at as little as may be."""
        total, tail = 0, self.rest
        while True:
            at = tail.rfind(b"\r\n" + tag) + 2 if not tail.startswith(tag) else 0
            if (at >= 2 or tail.startswith(tag)) and tail.find(b"\n", at) >= 0:
                end = tail.find(b"\n", at)
                line, self.rest = tail[at:end], tail[end + 1 :]
                assert line[len(tag) :].startswith(b"OK"), line
                return total + at
            keep = tail[-4096:]
            total += len(tail) - len(keep)
            tail = keep + self.socket.recv(1 << 20)

    def run(self, command):
        return self.wait(self.send(command))

    def close(self):
        with contextlib.suppress(OSError):
            self.run("LOGOUT")
        self.socket.close()


class Server:
    def __init__(self, name, processes, port, user, password):
        self.name, self.processes, self.port, self.user, self.password = name, processes, port, user, password

    def cpu(self):
        return sum(cpu_of(process.pid) for process in self.processes)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_twiga(path, place):
    endpoints = place / "endpoints"
    endpoints.unlink(missing_ok=True)
    process = subprocess.Popen([path, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints),
                                "--imap-listen=127.0.0.1:0", f"--server-pipe-name={place}/server.sock"], stderr=subprocess.DEVNULL)
    while not endpoints.exists():
        assert process.poll() is None
        time.sleep(0.05)
    env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
    return process, [Server("twiga", [process], int(env["IMAP_PORT"]), env["DEMO_USER"], env["DEMO_PASS"])]


def start_gateway(path, place, twiga):
    """In front of a twiga that start_twiga() started; CPU is what both use."""
    port = free_port()
    process = subprocess.Popen([path, "-c", "/dev/null", f"--server-socket=file://{place}/server.sock", f"--imap-listen=127.0.0.1:{port}",
                                "--pop3-listen="], stderr=subprocess.DEVNULL)
    wait_for_port(process, port)
    return process, Server("gateway", [process, *twiga.processes], port, twiga.user, twiga.password)


def wait_for_port(process, port):
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert process.poll() is None, "did not start; is it installed, and is this root?"
        time.sleep(0.05)


def start_dovecot(place):
    port = free_port()
    user, group = ("nobody", "nogroup")
    for name, _, _ in USERS:
        (place / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(place / name, 1, 1)
    os.chmod(place, 0o755)
    (place / "users").write_text("".join(
        f"{name}:{{PLAIN}}secret:1:1::{place}/{name}::userdb_mail={kind}:{place}/{name}/mail{more}\n" for name, kind, more in USERS))
    (place / "conf").write_text(CONFIG.format(place=place, port=port, user=user, group=group))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(place / "conf")], stderr=subprocess.DEVNULL)
    wait_for_port(process, port)
    return process, [Server(name, [process], port, name, "secret") for name, _, _ in USERS]


def measure(server, work):
    before, began = server.cpu(), time.monotonic()
    work(server)
    wall = time.monotonic() - began
    time.sleep(0.02)  # the kernel's own ticks
    return wall, server.cpu() - before


def many_logins(server):
    for _ in range(100):
        Client(server, "big").close()


def selects(server):
    client = Client(server)
    for _ in range(10):
        client.run("SELECT big")
    client.close()


def on_big(command, box="big"):
    def work(server):
        client = Client(server, box)
        client.run(command)
        client.close()
    return work


def store_all(one_mailbox):
    """Servers that share a mailbox set and clear the flag in turn, so that each has something to write."""
    signs = itertools.cycle("+-" if one_mailbox else "+")
    return lambda server: on_big(f"STORE 1:* {next(signs)}FLAGS.SILENT (\\Flagged)")(server)


def appends(mails):
    def work(server):
        client = Client(server)
        for mail in mails:
            client.run(b"APPEND small {%d+}\r\n" % len(mail) + mail)
        client.close()
    return work


METADATA = "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


def questions(mails, one_mailbox):
    """Name, work, bar as ratio of wall times or in milliseconds, times."""
    return [
        ("metadata, first time", on_big(METADATA), 0.7, 1),
        ("metadata, again", on_big(METADATA), 0.7, 3),
        ("login, SELECT, LOGOUT x 100", many_logins, 0.2, 2),
        ("SELECT x 10", selects, 1.0, 3),
        ("flags of all", on_big("FETCH 1:* (FLAGS)"), 0.7, 3),
        ("five header fields of all", on_big("FETCH 1:* BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE MESSAGE-ID)]"), 0.7, 3),
        ("whole mails, all", on_big("FETCH 1:* BODY.PEEK[]"), 1.2, 2),
        ("SEARCH UNSEEN SINCE", on_big("SEARCH UNSEEN SINCE 1-Jan-2021"), 0.7, 3),
        ("SEARCH SENTSINCE", on_big("SEARCH SENTSINCE 1-Jan-2021"), 0.7, 3),
        ("SEARCH SUBJECT", on_big("SEARCH SUBJECT giraffe"), 0.7, 3),
        ("SEARCH TEXT", on_big('SEARCH TEXT "nowhere to be found"'), 1.0, 1),
        ("SORT by subject", on_big("SORT (SUBJECT) UTF-8 ALL"), 0.7, 3),
        ("SORT by date", on_big("SORT (REVERSE DATE) UTF-8 ALL"), 0.7, 3),
        ("THREAD", on_big("THREAD REFERENCES UTF-8 ALL"), 0.7, 3),
        ("APPEND x 300", appends(mails[:300]), 0.67, 1),
        ("STORE of all", store_all(one_mailbox), {"ms": 150}, 1),
        ("COPY of all", on_big("COPY 1:* copy"), 2.5, 1),
        ("MOVE of all", on_big("MOVE 1:* moved", "copy"), 2.5, 1),
        ("(all of it marked)", on_big("STORE 1:* +FLAGS.SILENT (\\Deleted)", "moved"), {"ms": 150}, 1),
        ("EXPUNGE of all", on_big("EXPUNGE", "moved"), 2.5, 1),
    ]


def fill(server, mails):
    client = Client(server)
    for box in ("big", "small", "copy", "moved"):
        client.run("CREATE " + box)
    for at in range(0, len(mails), 50):
        client.run(b"APPEND big" + b"".join(b" {%d+}\r\n" % len(mail) + mail for mail in mails[at : at + 50]))
    client.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twiga")
    parser.add_argument("--mails", type=int, default=10000)
    parser.add_argument("--only", default="")
    parser.add_argument("--gateway")
    asked = parser.parse_args()
    chance = random.Random(1)
    mails = [make_mail(chance, number) for number in range(asked.mails)]
    print(f"{len(mails)} mails, {sum(map(len, mails)) >> 20} MiB")
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        os.chmod(place, 0o755)
        ours, servers = start_twiga(os.path.abspath(asked.twiga), place)
        if asked.gateway:
            beside, gateway = start_gateway(os.path.abspath(asked.gateway), place, servers[0])
            servers.insert(0, gateway)
        else:
            beside, others = start_dovecot(place / "dovecot")
            servers += others
        try:
            compare(asked, mails, servers)
        finally:
            for process in (beside, ours):
                process.terminate()
                process.wait()


def compare(asked, mails, servers):
    """The first server beside the others, question by question."""
    for server in servers[1:] if asked.gateway else servers:
        print(f"filling {server.name}: %.1f s, cpu %.1f s" % measure(server, lambda at: fill(at, mails)), flush=True)
    print(f"{'':32}" + "".join(f"{server.name:>16}" for server in servers) + "   ratio wall, cpu (bar)")
    for what, work, bar, times in questions(mails, bool(asked.gateway)):
        if not re.search(asked.only, what) or (asked.gateway and what in EMPTY):
            continue
        best = {}
        asked_of = [server for server in servers if PACKED.get(server.name, what) == what]
        for _ in range(times):
            for server in asked_of:
                found = measure(server, work)
                known = best.get(server.name, found)
                best[server.name] = (min(known[0], found[0]), min(known[1], found[1]))
        tell(what, 2.5 if asked.gateway else bar, [(server.name, *best[server.name]) for server in asked_of])


def tell(what, bar, found):
    """What the first server took beside the better of the others; ratios to those that keep mails compressed stand behind."""
    columns = "".join(f"{wall * 1e3:9.0f} /{cpu * 1e3:4.0f} ms" for _, wall, cpu in found)
    peers = [one[1:] for one in found[1:] if one[0] not in PACKED]
    wall, cpu = (found[0][1 + i] / max(min(peer[i] for peer in peers), 0.01 if i else 1e-4) for i in (0, 1))
    missed = found[0][1] * 1e3 > bar["ms"] if isinstance(bar, dict) else wall > bar
    packed = "".join(f"; beside {name} {found[0][1] / one:.2f}, {found[0][2] / max(two, 0.01):.2f}" for name, one, two in found if name in PACKED)
    print(f"{what:32}{columns}   {wall:.2f}, {cpu:.2f} ({'%d ms' % bar['ms'] if isinstance(bar, dict) else bar}){packed}"
          f"{'  MISSED' if missed else ''}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
