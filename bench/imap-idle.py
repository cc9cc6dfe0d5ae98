#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What does an IMAP client cost that waits, and how soon is it told?

usage: imap-idle.py TWIGA SSL-CERTIFICATES [--sessions N] [--mails N] [--deliveries N]

Parks sessions in IDLE on an INBOX of many mails, without TLS and with, and prints the server's memory for each: what is resident of it
before and after. The selected mailbox has a gap in its uids for every tenth mail, as mailboxes have that are used. Then mails come in by
LMTP for another user, one by one, while those wait: the time from the byte that ends the mail, and from LMTP's answer, to the watcher's
EXISTS. And how long it takes until all of a crowd on one mailbox are told.
"""
import argparse
import importlib.util
import os
import pathlib
import re
import resource
import select
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

WAIT = 120


def bench():
    spec = importlib.util.spec_from_file_location("imap_dovecot", pathlib.Path(__file__).parent / "imap-dovecot.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(asked, place):
    subprocess.run([asked.certificates, "--dir", str(place), "--batch", "--host", "127.0.0.1", "server"], check=True, capture_output=True)
    endpoints = place / "endpoints"
    process = subprocess.Popen(
        [asked.twiga, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints), "--imap-listen=127.0.0.1:0",
         "--imaps-listen=127.0.0.1:0", "--lmtp-listen=127.0.0.1:0", f"--ssl-private-key-file={place}/server.pem",
         f"--ssl-certificate-file={place}/server.pem", "--max-connections-per-peer=100000", "--max-sessions-per-user=100000", "--log-level=4"],
        stderr=subprocess.DEVNULL)
    until = time.monotonic() + WAIT
    while not endpoints.exists():
        assert process.poll() is None and time.monotonic() < until, "twiga did not start"
        time.sleep(0.05)
    return process, dict(line.split("=", 1) for line in endpoints.read_text().splitlines())


def resident(process):
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous: *(\d+) kB", text, re.M)[1]) * 1024


def wait_line(sock, wanted):
    """Bytes up to the line that has wanted."""
    data = b""
    while wanted not in data or not data.endswith(b"\n"):
        more = sock.recv(65536)
        assert more, data
        data += more
    return data


def park(port, user, password, context=None):
    sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is not None:
        sock = context.wrap_socket(sock)
    wait_line(sock, b"\n")
    for tag, command in ((b"a", f"LOGIN {user} {password}"), (b"b", "SELECT INBOX")):
        sock.sendall(tag + b" " + command.encode() + b"\r\n")
        wait_line(sock, tag + b" OK")
    sock.sendall(b"c IDLE\r\n")
    wait_line(sock, b"+ ")
    return sock


def parked(asked, process, env, context):
    port = int(env["IMAPS_PORT" if context else "IMAP_PORT"])
    first = [park(port, env["DEMO_USER"], env["DEMO_PASS"], context) for _ in range(100)]
    before = resident(process)
    began = time.monotonic()
    more = [park(port, env["DEMO_USER"], env["DEMO_PASS"], context) for _ in range(asked.sessions)]
    took = time.monotonic() - began
    return first + more, (resident(process) - before) / asked.sessions, took


def fill(module, asked, env):
    server = module.Server("twiga", [], int(env["IMAP_PORT"]), env["DEMO_USER"], env["DEMO_PASS"])
    client = module.Client(server, "INBOX")
    mail = b"From: jo@example.org\r\nTo: me@example.org\r\nSubject: one of many\r\n\r\nHello giraffe\r\n"
    for _ in range(asked.mails // 100):
        client.run(b"APPEND INBOX" + b" {%d+}\r\n%s" % (len(mail), mail) * 100)
    client.run(f"STORE {','.join(map(str, range(10, asked.mails, 10)))} +FLAGS.SILENT (\\Deleted)")
    client.run("EXPUNGE")
    client.close()


def deliver(client, user, number):
    """Both times of a delivery: its last byte, its answer."""
    client.docmd("MAIL", "FROM:<jo@example.org>")
    client.docmd("RCPT", f"TO:<{user}>")
    client.docmd("DATA")
    sent = time.monotonic()
    client.send(b"From: jo@example.org\r\nSubject: %d\r\n\r\nHello\r\n.\r\n" % number)
    code, said = client.getreply()
    assert code == 250, said
    return sent, time.monotonic()


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def push(asked, env):
    """A child process watches, so that nobody waits for this one."""
    watcher = park(int(env["IMAP_PORT"]), env["DEMO_USER2"], env["DEMO_PASS2"])
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        for _ in range(asked.deliveries):
            wait_line(watcher, b" EXISTS")
            os.write(told, b"%.6f\n" % time.monotonic())
        os._exit(0)
    times = os.fdopen(ready, "rb")
    whole, after = [], []
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as client:
        client.ehlo_or_helo_if_needed()
        for number in range(asked.deliveries):
            sent, answered = deliver(client, env["DEMO_USER2"], number)
            at = float(times.readline())
            whole.append((at - sent) * 1e3)
            after.append((at - answered) * 1e3)
    os.waitpid(child, 0)
    watcher.close()
    return whole, after


def crowd(env, socks):
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as client:
        client.ehlo_or_helo_if_needed()
        poll = select.epoll()
        waiting = {}
        for sock in socks:
            waiting[sock.fileno()] = sock
            poll.register(sock, select.EPOLLIN)
        _, answered = deliver(client, env["DEMO_USER"], 0)
        while waiting:
            for number, _ in poll.poll(WAIT):
                sock = waiting.get(number)
                if sock is not None and b"EXISTS" in sock.recv(65536):
                    del waiting[number]
        return time.monotonic() - answered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twiga", type=os.path.abspath)
    parser.add_argument("certificates", type=os.path.abspath)
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--mails", type=int, default=10000)
    parser.add_argument("--deliveries", type=int, default=300)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as name:
        process, env = start(asked, pathlib.Path(name))
        try:
            fill(bench(), asked, env)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            for what, how, bar in (("without TLS", None, 12), ("with TLS", context, 24)):
                socks, each, took = parked(asked, process, env, how)
                print(f"{asked.sessions} in IDLE {what}: {each / 1000:.1f} kB each (bar {bar}), parked in {took:.1f} s", flush=True)
                whole, after = push(asked, env)
                for label, values in (("end of the mail", whole), ("LMTP's answer", after)):
                    print(f"  told after {label}: median {quantile(values, 0.5):.2f} ms (bar 2), 99 of 100 {quantile(values, 0.99):.2f} ms (bar 10)")
                print(f"  a crowd of {len(socks)} on one mailbox: all told after {crowd(env, socks) * 1e3:.0f} ms", flush=True)
                for sock in socks:
                    sock.close()
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
