# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga with its large values in S3: mail comes in and is read, also from the bucket alone; what is wrong is said clearly.

Run by support/with-swift.py, which starts OpenStack Swift with its S3 interface.
"""
import contextlib
import imaplib
import os
import pathlib
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, DBADM = (os.path.abspath(path) for path in sys.argv[1:3])
ENDPOINT = os.environ.get("TW_S3_ENDPOINT", "")
WAIT = 120  # seconds until a test gives up; never what a verdict depends on
LINES = 20000


def curl(*arguments, account="tester:testing"):
    """A request signed by curl, which leaves the digest of the body to us."""
    done = subprocess.run(["curl", "-s", "--max-time", str(WAIT), "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", account,
                           "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", *arguments], capture_output=True, check=True)
    return done.stdout


def objects(bucket, part=""):
    found = re.findall(r"<Key>([^<]*)</Key>", curl(f"http://{ENDPOINT}/{bucket}?list-type=2").decode())
    return [key for key in found if part in key]


def keys(bucket, **more):
    values = {"storage": "s3", "s3_hostname": ENDPOINT, "s3_protocol": "http", "s3_uristyle": "path", "s3_accesskeyid": "tester",
              "s3_secretaccesskey": "testing", "s3_bucketname": bucket, "s3_region": "us-east-1", **more}
    return "".join(f"attachment_{name} = {value}\n" for name, value in values.items())


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def start(place, text):
    endpoints = place / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    (place / "server.cfg").write_text(text)
    (place / "server.cfg").chmod(0o600)
    return subprocess.Popen(
        [TWIGA, "-c", str(place / "server.cfg"), "--data-path", str(place / "data"), "--demo", "--health-listen=", "--metrics-listen=",
         "--lmtp-listen=127.0.0.1:0", "--imap-listen=127.0.0.1:0", "--pop3-listen=", "--ical-listen=", "--server-listen=",
         f"--server-pipe-name={place}/server.sock", "--log-method=file", "--log-file=-", "--endpoints", str(endpoints)],
        stderr=subprocess.PIPE, text=True)


def wait_for(what, process):
    until = time.monotonic() + WAIT
    while not what():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def wait_ready(place, process):
    wait_for((place / "endpoints.env").exists, process)
    return dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())


def stop(process):
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=WAIT)[1]
    assert process.returncode == 0, said
    return said


def refuse(text):
    """What a start that fails says."""
    with folder() as place:
        process = start(place, text)
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode not in (0, -signal.SIGSEGV), said
        assert "testing" not in said, said
        return said


def letter(number):
    lines = "\r\n".join(f"{number}-{i} {i * 7919 % 104729:x} {i * i % 65537:x}" for i in range(LINES * number))
    return f"Subject: number {number}\r\n\r\n{lines}\r\n".encode()


def deliver(env, numbers):
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as lmtp:
        for number in numbers:
            lmtp.sendmail("a@example.org", [env["DEMO_ADDR"]], letter(number))


def check_letters(env, numbers):
    with imaplib.IMAP4("127.0.0.1", int(env["IMAP_PORT"])) as imap:
        imap.login(env["DEMO_USER"], env["DEMO_PASS"])
        imap.select("INBOX", readonly=True)
        for number in numbers:
            found = imap.search(None, "SUBJECT", f'"number {number}"')[1][0].split()
            assert len(found) == 1, found
            got = imap.fetch(found[0], "(BODY.PEEK[TEXT])")[1][0][1]
            assert got == letter(number).split(b"\r\n\r\n", 1)[1], (number, len(got))


def dbadm(place, *words):
    return subprocess.run([DBADM, "-c", str(place / "server.cfg"), f"--data-path={place}/data", *words], capture_output=True, text=True,
                          timeout=WAIT)


def mail():
    """large values reach the bucket, and are read from there when the disk has them no more; a check looks at both sides"""
    numbers = [1, 2, 3]
    with folder() as place:
        curl("-X", "PUT", f"http://{ENDPOINT}/mail")
        process = start(place, keys("mail"))
        env = wait_ready(place, process)
        deliver(env, numbers)
        wait_for(lambda: len(objects("mail", "/server/")) >= len(numbers), process)
        check_letters(env, numbers)
        stop(process)
        for path in (place / "data/blobs/files").glob("*/*"):
            path.unlink()
        process = start(place, keys("mail"))
        env = wait_ready(place, process)
        check_letters(env, numbers)
        assert list((place / "data/blobs/cache").iterdir())
        stop(process)
        done = dbadm(place, "check", "--deep")
        assert "0 findings" in done.stdout, done.stdout + done.stderr
        curl("-X", "DELETE", f"http://{ENDPOINT}/mail/" + objects("mail", "/server/")[0])
        done = dbadm(place, "check")
        assert "0 findings" not in done.stdout and "404" in done.stdout, done.stdout + done.stderr
        curl("-X", "PUT", "--data-binary", "x", f"http://{ENDPOINT}/mail/" + objects("mail", "/volume")[0].replace("volume", "server/stray"))
        done = dbadm(place, "check")
        assert "no value lies in this object" in done.stdout, done.stdout + done.stderr
        process = start(place, "attachment_storage = files_v2\n")
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode == 1 and "does not open without" in said, said


def refused():
    """a wrong secret, account, bucket, region or protocol, and a server that nobody is at: said, and no start"""
    curl("-X", "PUT", f"http://{ENDPOINT}/right")
    cases = [
        ({"s3_secretaccesskey": "wrong"}, "SignatureDoesNotMatch"),
        ({"s3_accesskeyid": "nobody"}, "403"),
        ({"s3_bucketname": "nowhere"}, "NoSuchBucket"),
        ({"s3_region": "mars-1"}, "AuthorizationHeaderMalformed"),
        ({"s3_protocol": "https"}, "https://" + ENDPOINT),
        ({"s3_hostname": "127.0.0.1:1"}, "127.0.0.1:1"),
        ({"s3_hostname": ""}, "attachment_s3_hostname"),
        ({"storage": "tape"}, "attachment_storage"),
    ]
    for change, words in cases:
        said = refuse(keys("right", **change))
        assert words in said, (change, said)


tap.run([mail, refused])
