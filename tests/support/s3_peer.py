# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small S3 server that checks signatures, and does wrong on demand.

Objects are kept in memory. What shall go wrong stands in a file, a line each: "METHOD FAULT COUNT", METHOD being one of HTTP's or
"*"; the next COUNT requests of that method then fail that way. Each request adds a line to another file.
"""
import hashlib
import hmac
import http.server
import re
import socketserver
import ssl
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

FAULTS = ("500", "503", "lost", "away", "short", "shorter", "etag", "flip", "stall", "error200", "whole", "expired", "drop", "half")


class Peer:
    def __init__(self, folder, bucket="mail", access="key", secret="secret", region="us-east-1"):
        self.bucket, self.access, self.secret, self.region = bucket, access, secret, region
        self.objects, self.uploads, self.lock = {}, {}, threading.Lock()
        self.faults, self.log = folder / "faults", folder / "log"
        self.faults.write_text("")
        self.log.write_text("")

    def take_fault(self, method):
        with self.lock:
            lines, found = [], None
            for line in self.faults.read_text().splitlines():
                verb, fault, count = line.split()
                if found is None and verb in ("*", method) and int(count) > 0:
                    assert fault in FAULTS, fault
                    found, count = fault, int(count) - 1
                if int(count) > 0:
                    lines.append(f"{verb} {fault} {count}")
            if found is not None:
                self.faults.write_text("".join(line + "\n" for line in lines))
            return found

    def note(self, line):
        with self.lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(line + "\n")


class Refused(Exception):
    """An answer that is not good: status and S3's word for it."""


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    peer = None

    def log_message(self, *args):
        pass

    def check_signature(self, body):
        """The signature, as the server makes it out of what came over the wire."""
        peer, found = self.peer, re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
            self.headers.get("Authorization", ""))
        if found is None:
            raise Refused(403, "AccessDenied")
        access, day, region, names, signature = found.groups()
        if access != peer.access:
            raise Refused(403, "InvalidAccessKeyId")
        if region != peer.region:
            raise Refused(400, "AuthorizationHeaderMalformed")
        declared = self.headers.get("x-amz-content-sha256")
        if declared != "UNSIGNED-PAYLOAD" and declared != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        signed = names.split(";")
        if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(signed) or signed != sorted(signed):
            raise Refused(403, "AccessDenied")
        path, _, query = self.path.partition("?")
        pairs = sorted(tuple(part.split("=", 1)) for part in query.split("&")) if query else []
        canonical = "\n".join([
            self.command, path, "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in signed), "", names, declared])
        when = self.headers["x-amz-date"]
        text = "\n".join(["AWS4-HMAC-SHA256", when, f"{day}/{region}/s3/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + peer.secret).encode()
        for step in (day, region, "s3", "aws4_request"):
            key = sign(key, step)
        if not hmac.compare_digest(sign(key, text).hex(), signature):
            raise Refused(403, "SignatureDoesNotMatch")

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code):
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no &amp; no</Message></Error>".encode())

    def place(self):
        """Bucket and key, by path or by host; and the query."""
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path).lstrip("/")
        host = self.headers["Host"].split(":")[0]
        if host.endswith(".localhost"):
            bucket, key = host[:-len(".localhost")], path
        else:
            bucket, _, key = path.partition("/")
        return bucket, key, dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))

    def handle_any(self):
        fault = self.peer.take_fault(self.command)
        if fault == "away":
            self.close_connection = True
            self.connection.close()
            return
        assert "Expect" not in self.headers
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        bucket, key, query = self.place()
        self.peer.note(f"{self.command} {key} {','.join(sorted(query))} {fault or '-'}".rstrip())
        if fault == "stall":
            time.sleep(2.5)
            self.close_connection = True
            return
        try:
            if fault in ("500", "503"):
                raise Refused(int(fault), "InternalError" if fault == "500" else "SlowDown")
            if fault == "expired":
                raise Refused(403, "ExpiredToken")
            self.check_signature(body)
            if bucket != self.peer.bucket:
                raise Refused(404, "NoSuchBucket")
            if fault == "lost":
                self.answer = lambda *args, **more: None
            with self.peer.lock:
                getattr(self, "on_" + self.command.lower())(key, query, body, fault)
            if fault == "lost":
                self.close_connection = True
                self.connection.close()
        except Refused as why:
            self.refuse(*why.args)
        finally:
            self.__dict__.pop("answer", None)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any  # noqa: N815

    def keep(self, key, body, etag, fault):
        if fault == "drop":
            return
        meta = self.headers.get("x-amz-meta-crc32c")
        self.peer.objects[key] = (body[:len(body) // 2] if fault == "half" else body, etag, meta)

    def on_put(self, key, query, body, fault):
        etag = hashlib.md5(body).hexdigest()
        if "Content-MD5" in self.headers:
            import base64
            if base64.b64decode(self.headers["Content-MD5"]) != hashlib.md5(body).digest():
                raise Refused(400, "BadDigest")
        if "uploadId" in query:
            if query["uploadId"] not in self.peer.uploads:
                raise Refused(404, "NoSuchUpload")
            self.peer.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
        else:
            self.keep(key, body, etag, fault)
        self.answer(200, headers=[("ETag", f'"{"0" * 32 if fault == "etag" else etag}"')])

    def on_post(self, key, query, body, fault):
        if "uploads" in query:
            name = f"upload-{len(self.peer.uploads)}/+="
            self.peer.uploads[name] = (self.headers.get("x-amz-meta-crc32c"), {})
            self.answer(200, f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode())
            return
        if query["uploadId"] not in self.peer.uploads:
            raise Refused(404, "NoSuchUpload")
        if fault == "error200":
            self.answer(200, b"<Error><Code>InternalError</Code></Error>")
            return
        meta, parts = self.peer.uploads.pop(query["uploadId"])
        wanted = [int(n) for n in re.findall(rb"<PartNumber>(\d+)<", body)]
        assert wanted == sorted(parts), (wanted, sorted(parts))
        whole = b"".join(parts[n] for n in wanted)
        etag = hashlib.md5(b"".join(hashlib.md5(parts[n]).digest() for n in wanted)).hexdigest() + f"-{len(wanted)}"
        self.peer.objects[key] = (whole, etag, meta)
        self.answer(200, f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>".encode())

    def on_get(self, key, query, body, fault):
        if key == "":
            return self.list(query)
        if key not in self.peer.objects:
            raise Refused(404, "NoSuchKey")
        data, etag, meta = self.peer.objects[key]
        headers = [("ETag", '"%s"' % ("f" * 32 if fault == "etag" else etag))]
        if meta:
            headers.append(("x-amz-meta-crc32c", meta))
        if self.command == "HEAD":
            return self.answer(200, headers=headers, length=len(data))
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        status = 200
        if found and fault != "whole":
            first, last = int(found[1]), min(int(found[2]), len(data) - 1)
            if first >= len(data):
                raise Refused(416, "InvalidRange")
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(data)}"))
            data, status = data[first:last + 1], 206
        if fault == "flip":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if fault == "shorter":
            data = data[:len(data) // 2]
        if fault == "short":
            self.answer(status, data[:len(data) // 2], headers, length=len(data))
            self.close_connection = True
            return None
        return self.answer(status, data, headers)

    def on_head(self, key, query, body, fault):
        self.on_get(key, query, body, fault)

    def on_delete(self, key, query, body, fault):
        if "uploadId" in query:
            self.peer.uploads.pop(query["uploadId"], None)
        elif fault != "drop":
            self.peer.objects.pop(key, None)
        self.answer(204)

    def list(self, query):
        keys = sorted(key for key in self.peer.objects if key.startswith(query.get("prefix", "")))
        keys = [key for key in keys if key > query.get("continuation-token", "")]
        page, rest = keys[:3], keys[3:]
        rows = "".join(f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                       f"<ETag>&quot;{self.peer.objects[key][1]}&quot;</ETag><Size>{len(self.peer.objects[key][0])}</Size></Contents>"
                       for key in page)
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
        self.answer(200, f"<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
                         f"<IsTruncated>{'true' if rest else 'false'}</IsTruncated>{more}{rows}</ListBucketResult>".encode())


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        import sys
        kind = sys.exc_info()[0]
        if kind is not None and not issubclass(kind, (ConnectionError, OSError, ValueError)):
            super().handle_error(request, client_address)


def serve(folder, **how):
    """Starts a peer on a port of its own; returns it and the server."""
    peer = Peer(folder, **how)
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"peer": peer}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return peer, server


def serve_tls(peer, certificate):
    """The same peer by TLS, on a port of its own; @certificate is a PEM with its key. Returns the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"peer": peer}))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
