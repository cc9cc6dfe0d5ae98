# SPDX-License-Identifier: AGPL-3.0-or-later
"""
Exchanges per call, as spec/mapi-soap.md has them, replayed in order at one server: tests/soapd/golden/*.txt.

A file has a line of comment, then parts: [make] lines "name store number", ids that a client makes; [request], the body of the
envelope; [stream], the name of a stream that travels beside it; [keep] lines "name element", "name tag:NUMBER" (of a property) or
"name stream" (the one beside the answer), what later requests need of the answer; [response], the body that must come, an element a
line. {name} stands for what was kept or made, {*} for what differs from run to run. TW_REGENERATE=1 writes the responses anew,
with {*} where two servers answered differently: review them.
"""
import base64
import contextlib
import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "programs"))
import tap  # noqa: E402

TWIGA, ADMIN = (os.path.abspath(path) for path in sys.argv[1:3])
FOLDER = pathlib.Path(__file__).parent / "golden"
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:ns="urn:zarafa">'
    '<SOAP-ENV:Body SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
)
END = "</SOAP-ENV:Body></SOAP-ENV:Envelope>\r\n"


class Pipe(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=WAIT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT)
        self.sock.connect(self.path)


@contextlib.contextmanager
def running():
    """A server of several companies with anna and bert, who belong to none; gives the connection to it."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints, pipe = place / "endpoints.env", place / "server.sock"
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--log-level=2"]
        command += ["--lmtp-listen=", "--imap-listen=", "--pop3-listen=", "--server-listen=", f"--server-pipe-name={pipe}"]
        command += ["--enable-hosted-kopano=yes", "--loginname-format=%u@%c", "--server-name=golden"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                for user in ("anna", "bert"):
                    words = ["-c", user, "-p", user, "-f", user.title(), "-e", f"{user}@x.example", "--lang=en_US"]
                    subprocess.run([ADMIN, "-h", f"file://{pipe}", *words], capture_output=True, timeout=WAIT, check=True)
                yield Pipe(str(pipe))
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


# ---- files ----


def read(path):
    """The parts of a file by name; "" is the comment."""
    parts = {"": []}
    name = ""
    for line in path.read_text().splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            name = line[1:-1]
            parts[name] = []
        else:
            parts[name].append(line)
    return parts


def write(path, parts):
    text = "".join(f"{line}\n" for line in parts[""])
    for name in ("make", "request", "stream", "keep", "response"):
        if name in parts:
            text += f"[{name}]\n" + "".join(f"{line}\n" for line in parts[name])
    path.write_text(text)


def all_files():
    files = sorted(FOLDER.glob("*.txt"))
    assert files
    return files


# ---- one exchange ----


def fill(text, kept):
    return re.sub(r"\{(\w+)\}", lambda found: kept[found[1]], text)


def make(lines, kept):
    """Ids of messages and folders as clients make them (spec/mapi-soap.md 5.2)."""
    for line in lines:
        name, store, kind, number = line.split()
        guid = base64.b64decode(kept[store])
        unique = bytes([int(number)] * 16)
        key = bytes(4) + guid + bytes([1, 0, 0, 0]) + bytes([{"folder": 3, "message": 5}[kind], 0, 0, 0]) + unique + bytes(4)
        kept[name] = base64.b64encode(key).decode()


def frame(body, stream):
    """Content-Type and bytes of a request with a stream beside it (spec/mapi-soap.md 1.6)."""
    parts = [("application/xop+xml; charset=utf-8; type=\"text/xml\"", "root", body), ("application/octet-stream", "id3", stream)]
    text = b"".join(
        f"--edge\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n".encode() + data + b"\r\n"
        for kind, name, data in parts
    )
    kind = 'multipart/related; boundary="edge"; start="<root>"; start-info="text/xml"; type="application/xop+xml"'
    return kind, text + b"--edge--\r\n"


def unframe(answer, data):
    """The XML of an answer, and the stream beside it, or None."""
    found = re.search('boundary="?([^";]+)', answer.getheader("Content-Type"))
    if not found:
        return data.decode(), None
    pieces = data.split(b"--" + found[1].encode())
    inside = [piece.split(b"\r\n\r\n", 1)[1][:-2] for piece in pieces[1:-1]]
    assert len(inside) == 2, data
    return inside[0].decode(), inside[1]


def keep_of(text, stream, element):
    if element == "stream":
        return stream
    within = rf"<ulPropTag>{element[4:]}</ulPropTag>\s*<bin>" if element.startswith("tag:") else f"<{element}>"
    found = re.search(within + "([^<]*)<", text)
    assert found, (element, text)
    return found[1]


def exchange(connection, parts, kept):
    """Sends a request; what came, an element a line."""
    make(parts.get("make", []), kept)
    body = (BEGIN + "".join(fill(line.strip(), kept) for line in parts["request"]) + END).encode()
    kind = "text/xml; charset=utf-8"
    for name in parts.get("stream", []):
        kind, body = frame(body, kept[name])
    connection.request("POST", "/", body, {"Content-Type": kind})
    answer = connection.getresponse()
    text, stream = unframe(answer, answer.read())
    inside = re.search(r"<SOAP-ENV:Body[^>]*>(.*)</SOAP-ENV:Body>", text, re.S)
    assert answer.status == 200 and inside, (answer.status, text)
    for line in parts.get("keep", []):
        name, element = line.split()
        kept[name] = keep_of(inside[1], stream, element)
    return inside[1].replace("><", ">\n<").splitlines()


# ---- both ways ----


def matches(wanted, got, kept):
    if "{" not in wanted:
        return wanted == got
    pieces = re.split(r"\{(\*|\w+)\}", wanted)
    for i in range(0, len(pieces), 2):
        pieces[i] = re.escape(pieces[i])
    for i in range(1, len(pieces), 2):
        pieces[i] = "[^<]*" if pieces[i] == "*" else re.escape(kept[pieces[i]])
    return re.fullmatch("".join(pieces), got) is not None


def replay():
    """every recorded exchange is answered as it was"""
    kept = {}
    with running() as connection:
        for path in all_files():
            parts = read(path)
            got = exchange(connection, parts, kept)
            wanted = parts["response"]
            for number, (line, came) in enumerate(zip(wanted, got)):
                assert matches(line, came, kept), f"{path.name}, line {number + 1} of the response: {came}, not {line}"
            assert len(got) == len(wanted), (path.name, got)


def mask(line, kept):
    for name, value in sorted(kept.items(), key=lambda pair: -len(pair[1])):
        if isinstance(value, str) and len(value) >= 8:
            line = line.replace(f">{value}<", f">{{{name}}}<")
    return re.sub(r"(<(?:hi|lo)>)[^<]*<", r"\1{*}<", line)


def record():
    runs = []
    for _ in range(2):
        kept, answers = {}, {}
        with running() as connection:
            for path in all_files():
                lines = exchange(connection, read(path), kept)
                answers[path] = [mask(line, kept) for line in lines]
        runs.append(answers)
    for path in all_files():
        first, second = (answers[path] for answers in runs)
        assert len(first) == len(second), path.name
        parts = read(path)
        parts["response"] = [
            one if one == other else re.sub(r">[^<]*<", ">{*}<", one) for one, other in zip(first, second)
        ]
        write(path, parts)


if os.environ.get("TW_REGENERATE") == "1":
    record()
tap.run([replay])
