# SPDX-License-Identifier: AGPL-3.0-or-later
"""A calendar of 5,000 events beside Radicale, in the same run: listing, first and later synchronisation, a time range, PUT; and
ten years of 50 weekly meetings.

usage: bench/dav-radicale.py TWIGA [EVENTS]

Radicale is started from the Debian package, its calendars filled as files, for it takes ten minutes by PUT. Each figure is the best
of three, in milliseconds, or of as many as go into ten seconds, and its ratio to Radicale's; below 1 Twiga is faster. PUT is the mean
of 50, of Radicale of 5, each on disk when it is answered.
"""
import base64
import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

TWIGA = os.path.abspath(sys.argv[1])
EVENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\n"
EVENT = ("BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{day}T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Meeting {n}\r\n"
         "DESCRIPTION:What is to be said in meeting {n}\r\nLOCATION:Room {n}\r\nEND:VEVENT\r\n")
C = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
LIST = f"<propfind {C}><prop><getetag/></prop></propfind>"
SYNC = f"<sync-collection {C}><sync-token>%s</sync-token><sync-level>1</sync-level><prop><getetag/>%s</prop></sync-collection>"
WEEKLY = 50
SERIES = ("BEGIN:VEVENT\r\nUID:w{n}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:202001{day:02}T{hour:02}0000Z\r\nDURATION:PT1H\r\n"
          "RRULE:FREQ=WEEKLY\r\nSUMMARY:Week {n}\r\nEND:VEVENT\r\n")
DECADE = (f'<C:calendar-query {C}><prop><getetag/></prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
          '<C:time-range start="20200101T000000Z" end="20300101T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>')
RANGE = (f'<C:calendar-query {C}><prop><getetag/></prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
         '<C:time-range start="20260301T000000Z" end="20260308T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>')


def calendar(text):
    return HEAD + text + "END:VCALENDAR\r\n"


def series(n):
    return SERIES.format(n=n, day=n % 28 + 1, hour=n % 24)


def event(n):
    return EVENT.format(n=n, day=time.strftime("%Y%m%d", time.gmtime(1767225600 + 86400 * (n % 3650))))


class Peer:
    def __init__(self, name, port, user, password, home, puts, folder=None):
        """@folder: where its calendars lie as files"""
        self.name, self.path, self.weekly = name, home + "bench/", home + "weekly/"
        self.puts, self.folder = puts, folder
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def ask(self, method, path, body=None, depth="1", wanted=(200, 201, 204, 207)):
        self.connection.request(method, path, body, {**self.headers, "Depth": depth, "Content-Type": "text/calendar" if method == "PUT" else "text/xml"})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status in wanted, (self.name, method, answer.status, text[:300])
        return text

    def best(self, *words):
        times = []
        while len(times) < 3 and sum(times) < 10:
            start = time.perf_counter()
            text = self.ask(*words)
            times.append(time.perf_counter() - start)
        return 1000 * min(times), text

    def fill(self, path, name, text):
        if self.folder:
            (self.folder / path.strip("/") / name).write_text(text, newline="")
        else:
            self.ask("PUT", path + name, text)

    def run(self):
        out = {}
        self.ask("MKCALENDAR", self.path)
        self.ask("MKCALENDAR", self.weekly)
        for n in range(EVENTS - self.puts):
            self.fill(self.path, f"{n}.ics", calendar(event(n)))
        for n in range(WEEKLY):
            self.fill(self.weekly, f"w{n}.ics", calendar(series(n)))
        if self.folder:  # it reads what it finds
            self.ask("PROPFIND", self.path, LIST)
        start = time.perf_counter()
        for n in range(EVENTS - self.puts, EVENTS):
            self.ask("PUT", f"{self.path}{n}.ics", calendar(event(n)))
        out["PUT"] = 1000 * (time.perf_counter() - start) / self.puts
        out["PROPFIND of all tags"], text = self.best("PROPFIND", self.path, LIST)
        assert text.count("getetag>") >= EVENTS
        out["first sync with data"], text = self.best("REPORT", self.path, SYNC % ("", "<C:calendar-data/>"))
        assert text.count("BEGIN:VEVENT") == EVENTS, text.count("BEGIN:VEVENT")
        token = re.search(r"sync-token>([^<]+)<", text).group(1)
        self.ask("PUT", self.path + "0.ics", calendar(event(0).replace("Room", "Hall")))
        out["sync after one change"], text = self.best("REPORT", self.path, SYNC % (token, ""))
        assert text.count("<href>") + text.count(":href>") <= 2 * 2, text[:300]
        out["a week of ten years"], text = self.best("REPORT", self.path, RANGE)
        out["ten years of 50 weekly meetings"], text = self.best("REPORT", self.weekly, DECADE)
        assert text.count("getetag>") >= WEEKLY
        return out


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def twiga(place):
    endpoints = place / "endpoints.env"
    process = subprocess.Popen([TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints),
                                "--lmtp-listen=", "--imap-listen=", "--ical-listen=127.0.0.1:0", "--log-level=2"])
    wait_for(endpoints.exists)
    env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
    home = f"/caldav/{env['DEMO_USER']}/"
    peer = Peer("Twiga", int(env["DAV_URL"].rstrip("/").rsplit(":", 1)[1]), env["DEMO_USER"], env["DEMO_PASS"], home, 50)
    return process, peer


def radicale(place):
    port = free_port()
    config = place / "radicale.cfg"
    config.write_text(f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[storage]\nfilesystem_folder = {place}/radicale\n"
                      "[logging]\nlevel = error\n")
    process = subprocess.Popen(["/usr/bin/radicale", "--config", str(config)], stderr=subprocess.DEVNULL)
    wait_for(lambda: answers(port))
    peer = Peer("Radicale", port, "bench", "bench", "/bench/", 5, place / "radicale" / "collection-root")
    return process, peer


with tempfile.TemporaryDirectory() as name:
    started = [twiga(pathlib.Path(name)), radicale(pathlib.Path(name))]
    try:
        ours, theirs = (peer.run() for _, peer in started)
    finally:
        for process, _ in started:
            process.terminate()
            process.wait(60)
print(f"{EVENTS} events, milliseconds{'':14} Twiga   Radicale   ratio")
for what, took in ours.items():
    print(f"{what:36} {took:8.1f} {theirs[what]:10.1f} {took / theirs[what]:7.3f}")
