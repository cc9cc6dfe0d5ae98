# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of users that are kept elsewhere share: a folder with a server's files, the server, and who may log on.

The test is called with twiga, twiga-admin and twiga-storeadm first.
"""
import contextlib
import imaplib
import os
import re
import signal
import subprocess
import sys

from loopback import ANY_PORT, HOST
from waiting import WAIT, wait_for

TWIGA, ADMIN, STOREADM = (os.path.abspath(path) for path in sys.argv[1:4])


class Place:
    """@plugin's file is PLUGIN.cfg in @path. Scripts make the mailboxes, and say in the file "told" what they were called for."""

    def __init__(self, path, plugin):
        self.path = path
        self.plugin = plugin
        self.config = path / f"{plugin}.cfg"
        self.process = None
        for event, text in (
            ("createuser", f'{STOREADM} -h file://{path}/server.sock -C -n "$TWIGA_USER"\necho "made $TWIGA_USER" >>{path}/told\n'),
            ("deleteuser", f'echo "gone $TWIGA_STOREGUID" >>{path}/told\n'),
            ("creategroup", f'echo "group $TWIGA_GROUP" >>{path}/told\n'),
        ):
            (path / f"scripts/{event}.d").mkdir(parents=True)
            script = path / f"scripts/{event}.d/00tell"
            script.write_text("#!/bin/sh\n" + text)
            script.chmod(0o755)

    def told(self):
        return (self.path / "told").read_text() if (self.path / "told").exists() else ""

    def log(self):
        return (self.path / "server.log").read_text() if (self.path / "server.log").exists() else ""

    def admin(self, *words, code=0):
        done = subprocess.run([ADMIN, "-h", f"file://{self.path}/server.sock", *words], capture_output=True, text=True, timeout=WAIT, check=False)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


@contextlib.contextmanager
def server(place, *more, level=5, env=None, code=0):
    """The endpoints of one that runs; or what it says when it ends by itself with @code."""
    endpoints = place.path / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    command = [TWIGA, f"--data-path={place.path}/data", f"--user-plugin={place.plugin}", f"--user-plugin-config={place.config}",
               f"--userscripts-folders={place.path}/scripts", f"--server-pipe-name={place.path}/server.sock",
               f"--server-listen={ANY_PORT}", "--health-listen=", "--metrics-listen=", f"--lmtp-listen={ANY_PORT}", f"--imap-listen={ANY_PORT}",
               "--pop3-listen=", "--ical-listen=", "--disabled-features=", "--log-method=file", f"--log-file={place.path}/server.log",
               "--user-refresh-interval=1", f"--log-level={level}", "--endpoints", str(endpoints), *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **(env or {})}) as process:
        place.process = process
        try:
            if code:
                said = process.communicate(timeout=WAIT)[1].decode() + place.log()
                assert process.returncode == code, (process.returncode, said)
                yield said
                return
            wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
            assert process.poll() is None, process.stderr.read().decode() + place.log()
            yield dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
            process.terminate()
            assert process.wait(WAIT) == 0, (process.returncode, process.stderr.read().decode())
        finally:
            if process.poll() is None:
                process.kill()


def answer(env, name, password):
    """"yes", or the code with which IMAP refuses: AUTHENTICATIONFAILED, or UNAVAILABLE, also for who has no mailbox yet."""
    imap = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]))
    try:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        imap.login(f'"{quoted}"', password)
        assert imap.select("INBOX")[0] == "OK"
        return "yes"
    except imaplib.IMAP4.error as error:
        return re.search(r"\[([A-Z]+)\]", str(error)).group(1)
    finally:
        imap.shutdown()


def logs_on(env, name, password):
    said = answer(env, name, password)
    assert said in ("yes", "AUTHENTICATIONFAILED"), said
    return said == "yes"
