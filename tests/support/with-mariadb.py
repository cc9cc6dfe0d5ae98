#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a test program with a MariaDB server of its own on a Unix socket, whose path is in TW_MARIA_SOCKET. SIGHUP to the process
whose number is in TW_MARIA_KEEPER kills that server and starts it again.

usage: with-mariadb.py PROGRAM [ARGUMENT ...]

Without a server installed it prints a TAP plan that passes over everything. The server's files lie in memory where that is
to be had: what is tested is the engine on it, not the disk.
"""
import getpass
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def common_options(folder):
    return ["--no-defaults", f"--datadir={folder}/data", f"--user={getpass.getuser()}", "--innodb-log-file-size=8M"]


def install(folder):
    """The files that a server starts with."""
    subprocess.run(["mariadb-install-db", *common_options(folder), "--force", "--skip-test-db", "--auth-root-authentication-method=normal"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start(folder):
    """Starts a server in a folder and returns its process and socket once it answers."""
    socket, common = folder / "socket", common_options(folder)
    server = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "mariadbd", *common, f"--socket={socket}", f"--log-error={folder}/log", "--skip-networking",
                               "--skip-grant-tables", "--innodb-buffer-pool-size=64M", "--innodb-flush-method=nosync",
                               "--max-prepared-stmt-count=100000", "--max-connections=500"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not socket.exists() or subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={socket}", "ping"],
                                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        if server.poll() is not None or time.monotonic() > until:
            sys.exit("the MariaDB server does not start: " + (folder / "log").read_text()[-2000:])
        time.sleep(0.02)
    return server, socket


def main():
    os.environ["PATH"] += ":/usr/sbin"
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        print("1..0 # SKIP no MariaDB server is installed")
        return 0
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tw-maria-", dir=place) as name:
        folder = pathlib.Path(name)
        install(folder)
        server, socket = start(folder)

        def restart(_number, _frame):
            nonlocal server
            server.kill()
            server.wait()
            socket.unlink(missing_ok=True)
            server, _ = start(folder)

        signal.signal(signal.SIGHUP, restart)
        command = sys.argv[1:]
        if command[0].endswith(".py"):
            command.insert(0, sys.executable)
        try:
            return subprocess.run(command, env={**os.environ, "TW_MARIA_SOCKET": str(socket), "TW_MARIA_KEEPER": str(os.getpid())}).returncode
        finally:
            server.kill()
            server.wait()


sys.exit(main())
