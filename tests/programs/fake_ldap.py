# SPDX-License-Identifier: AGPL-3.0-or-later
"""An LDAP server that gives long lists in ranges, as Active Directory does: two values at a time (MS-ADTS 3.1.1.3.1.3.3)."""
import socketserver
import threading

from loopback import FAMILY, HOST

BIND, SEARCH, BIND_ANSWER, ENTRY, DONE = 0x60, 0x63, 0x61, 0x64, 0x65
INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x02, 0x04, 0x0A, 0x30, 0x31
PIECE = 2


def put(tag, *parts):
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + length + body


def take(data):
    """Tags and contents of what stands one after the other."""
    while data:
        size, at = data[1], 2
        if size & 0x80:
            size, at = int.from_bytes(data[2:2 + (size & 0x7F)], "big"), 2 + (size & 0x7F)
        yield data[0], data[at:at + size]
        data = data[at + size:]


def receive(stream):
    head = stream.read(2)
    if len(head) < 2:
        return b""
    size = head[1]
    if size & 0x80:
        more = stream.read(size & 0x7F)
        size = int.from_bytes(more, "big")
    return stream.read(size)


def entry(name, attributes):
    lists = [put(SEQUENCE, put(OCTETS, key.encode()), put(SET, *(put(OCTETS, value.encode()) for value in values))) for key, values in attributes.items()]
    return put(ENTRY, put(OCTETS, name.encode()), put(SEQUENCE, *lists))


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """@entries: attributes by name of the entry; the list "member" comes in ranges. With @cut only its first range does."""

    address_family = FAMILY
    daemon_threads = True

    def __init__(self, entries):
        self.entries = entries
        self.cut = False
        super().__init__((HOST, 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def members(self, values, first):
        last = first + PIECE
        if self.cut and first > 0:
            return {}
        return {f"member;range={first}-{'*' if last >= len(values) else last - 1}": values[first:last]}

    def find(self, request):
        """Entries of a search: the one a range is asked of, or all."""
        fields = list(take(request))
        base, wanted = fields[0][1].decode(), [value.decode() for _, value in take(fields[7][1])]
        ranges = [word for word in wanted if word.startswith("member;range=")]
        if ranges:
            first = int(ranges[0].split("=")[1].split("-")[0])
            return [entry(base, self.members(self.entries[base]["member"], first))]
        return [entry(name, {key: values for key, values in has.items() if key != "member"} | (self.members(has["member"], 0) if "member" in has else {}))
                for name, has in self.entries.items()]


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while message := receive(self.rfile):
            (_, number), (kind, request) = list(take(message))[:2]
            answers = [put(BIND_ANSWER if kind == BIND else DONE, put(ENUMERATED, b"\0"), put(OCTETS), put(OCTETS))]
            if kind == SEARCH:
                answers = self.server.find(request) + answers
            elif kind != BIND:
                return
            self.wfile.write(b"".join(put(SEQUENCE, put(INTEGER, number), one) for one in answers))
