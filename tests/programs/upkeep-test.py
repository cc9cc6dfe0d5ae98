# SPDX-License-Identifier: AGPL-3.0-or-later
"""What keeps a server in order, the checker of configuration files, and completion for shells."""
import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, ADMIN, SRVADM, CHECKER = (os.path.abspath(path) for path in sys.argv[1:5])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on


def run(*words, stdin="", stderr=subprocess.PIPE):
    done = subprocess.run(
        [str(word) for word in words], input=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=WAIT, check=False
    )
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def running():
    """A server with anna and bert; gives what runs twiga-admin and twiga-srvadm there."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints, pipe = place / "endpoints.env", f"file://{place}/server.sock"
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--log-level=3"]
        command += ["--lmtp-listen=", "--imap-listen=", "--server-listen=", f"--server-pipe-name={place}/server.sock"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)

                def admin(*words, **more):
                    return run(ADMIN, "-h", pipe, *words, **more)

                def srvadm(*words):
                    return run(SRVADM, "-h", pipe, *words)

                for user in ("anna", "bert"):
                    assert admin("-c", user, "-p", "x", "-f", user.title(), "-e", f"{user}@x.example")[0] == 0
                yield admin, srvadm
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def upkeep():
    """counters, caches, deleted items and resynchronisation by twiga-admin"""
    with running() as (admin, srvadm):
        code, out, err = admin("--reset-folder-count", "anna")
        assert code == 0 and out.startswith("Folder counters reset: ") and out.endswith(" 0 corrected.\n"), (out, err)
        assert admin("--reset-folder-count", "nobody")[0] == 1
        for words in (["--clear-cache"], ["--clear-cache=0x20"], ["--clear-cache=0"]):
            assert admin(*words)[:2] == (0, "Cache cleared.\n"), words
        assert admin("--clear-cache=many")[0] == 64
        code, out, err = admin("--purge-softdelete", "0")
        assert code == 0 and out.startswith("Soft-deleted items purged: "), (out, err)
        assert admin("--purge-softdelete", "soon")[0] == 64
        for tool in (admin, srvadm):
            assert tool("--purge-softdelete", "0", "--dry-run")[:2] == (0, "Would purge soft-deleted items: 0.\n")
        assert admin("--purge-deferred", "--dry-run")[0] == 64
        for words in (["--dry-run"], ["--clear-cache=all", "--dry-run"], ["--purge-softdelete=0", "--purge-deferred", "--dry-run"]):
            assert srvadm(*words)[0] == 64, words
        assert admin("--purge-deferred")[0] == 0
        assert admin("--force-resync", "anna", "bert")[:2] == (0, "Users that will resynchronise: 2.\n")
        assert admin("--force-resync", "nobody")[0] == 1
        assert admin("--force-resync", stdin="y\n")[:2] == (0, "Users that will resynchronise: 2.\n")
        code, out, err = admin("--force-resync", stdin="n\n")
        assert code == 1 and out == "" and "Nothing was done" in err, (code, out, err)
        assert admin("--force-resync")[0] == 1


def is_progress(text, what):
    """Whether it is lines of a count that starts and ends, or of one that is all there is."""
    counts = [tuple(map(int, pair)) for pair in re.findall(rf"^{what}: (\d+) of (\d+)$", text, re.M)]
    return len(counts) == len(text.splitlines()) > 0 and counts[-1][0] == counts[-1][1] and counts == sorted(set(counts))


def progress():
    """long jobs say how far they are where somebody asks for it, or watches; results stay the same"""
    with running() as (admin, srvadm):
        jobs = [(admin, ["--reset-folder-count", "anna"], "folders counted"), (admin, ["--force-resync", "anna", "bert"], "users looked at"),
                (srvadm, ["--ct-create=3"], "messages made")]  # fmt: skip
        for tool, words, what in jobs:
            code, quiet, err = tool(*words)
            assert (code, err) == (0, ""), (words, err)
            code, out, err = tool(*words, "--progress")
            assert code == 0 and out == quiet and is_progress(err, what), (words, out, err)
        assert not is_progress("", "x") and not is_progress("x: 1 of 2\n", "x") and is_progress("x: 1 of 2\nx: 2 of 2\n", "x")
        assert srvadm("--ct-read", "--progress")[2].startswith("messages read: 1\n")
        assert admin("--purge-softdelete", "9", "--progress")[2] == "purging what was deleted, at the server ...\n"
        assert "users looked at: 3 of 3\n" in admin("--list-orphans", "--progress")[2]
        # somebody watches
        ours, theirs = pty.openpty()
        with open(ours, "rb", buffering=0) as seen:
            with open(theirs, "wb", buffering=0) as terminal:
                done = admin("--reset-folder-count", "anna", stderr=terminal)
                assert done[0] == 0 and done[1].startswith("Folder counters reset: ")
                assert is_progress(seen.read(4096).decode().replace("\r\n", "\n"), "folders counted")


def formats():
    """lists as table or JSON by --output-format; --dry-run deletes nothing"""
    with running() as (admin, _):
        assert admin("-l", "--output-format=table")[1] == admin("-l")[1]
        users = json.loads(admin("-l", "--output-format=json")[1])
        assert admin("-l", "--json")[1] == admin("-l", "--output-format", "json")[1]
        assert [user["username"] for user in users] == ["anna", "bert", "SYSTEM"], users
        assert admin("-l", "--output-format=yaml")[0] == 64
        assert admin("-c", "x", "-p", "x", "-f", "x", "-e", "x@x.example", "--dry-run")[0] == 64
        assert admin("-g", "team")[0] == 0
        assert admin("-d", "anna", "--dry-run")[:2] == (0, 'Would delete user "anna".\n')
        assert admin("-G", "team", "--dry-run")[:2] == (0, 'Would delete group "team".\n')
        assert admin("-d", "nobody", "--dry-run")[0] == 1
        assert "anna" in admin("-l")[1] and "team" in admin("-L")[1]
        assert admin("-d", "anna")[0] == 0
        guid = json.loads(admin("--list-orphans", "--json")[1])["stores"][0]["guid"]
        assert admin("--remove-store", guid, "--dry-run")[0] == 0
        assert guid in admin("--list-orphans")[1]
        assert admin("--remove-store", guid)[0] == 0 and guid not in admin("--list-orphans")[1]


def server_tool():
    """twiga-srvadm does what it is told in order, and says what it does not know"""
    with running() as (_, srvadm):
        code, out, err = srvadm("--clear-cache", "quota,cell", "--purge-softdelete", "0", "--purge-deferred")
        assert code == 0 and out.splitlines()[0] == "Cache cleared." and len(out.splitlines()) == 3, (out, err)
        assert srvadm("--clear-cache=all")[0] == 0
        for words in ([], ["--clear-cache=nothing"], ["--clear-cache="], ["--purge-softdelete=-1"], ["word"], ["--ct"]):
            assert srvadm(*words)[0] == 64, words
        for words in (["--ct-create=x"], ["--ct-create=1000001"], ["--ct-size=9"], ["--ct-create=1", "--ct-size=1048577"]):
            assert srvadm(*words)[0] == 64, words
        code, out, err = srvadm("--ct-read")
        assert code == 1 and out == "" and "--ct-create" in err, (code, out, err)
        code, out, err = srvadm("--ct-create=3", "--ct-size=5000")
        assert (code, out) == (0, "Cache test data made: 3 messages of 5000 bytes.\n"), (out, err)
        code, out, err = srvadm("--ct-create=2", "--ct-read", "--ct-read")
        lines = out.splitlines()
        assert code == 0 and lines[0] == "Cache test data made: 2 messages of 1024 bytes.", (out, err)
        for line in lines[1:]:
            count, size = (int(word) for word in line.replace(",", "").split() if word.isdigit())
            assert count == 5 and size > 3 * 5000 + 2 * 1024, line
    assert run(SRVADM, "-h", "file:///nowhere/x.sock", "--purge-deferred")[0] == 69


def checker():
    """twiga-cfgchecker asks the program that reads a file, and fails on errors alone"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        good, odd, bad = place / "good.cfg", place / "odd.cfg", place / "bad.cfg"
        good.write_text("log_level = 5\nserver_name = one\n")
        odd.write_text(f"log_file = {place}/nowhere/x.log\nlog_level = 3\nlog_level = 4\nlicense_socket = x\n")
        bad.write_text("log_level = loud\nserver_nam = one\n")
        code, out, _ = run(CHECKER, "-s", good)
        assert code == 0 and "the configuration is good" in out, out
        code, out, _ = run(CHECKER, "-s", odd)
        assert code == 0 and f"warning: log_file: there is no folder {place}/nowhere" in out, out
        assert "notice: log_level: is set more than once" in out and "warning: license_socket" in out, out
        code, out, _ = run(CHECKER, "-s", bad, "-g", good)
        assert code == 1 and "error: log_level" in out and "did you mean server_name" in out, out
        good.write_text("server_pipe_name = /x\n")
        assert "error: server_pipe_name: unknown key" in run(CHECKER, "-g", good)[1]  # of a server.cfg
        assert run(CHECKER, "-p", good.with_name("none.cfg"))[0] == 1
        good.write_text("log_level = 5\n")
        code, out, _ = run(CHECKER, "-i", good)
        assert code == 0 and "the configuration is good" in out, out
        for option, name in (("-m", "monitor.cfg"),):
            code, out, _ = run(CHECKER, option, good)
            assert code == 1 and f"no program of this installation reads a {name}" in out, out
        good.write_text("loginname_format = %c\n")
        code, out, _ = run(CHECKER, "-c", "yes", "-s", odd)
        assert code == 1 and "loginname_format" in out, out  # whose john is it?
        odd.write_text("loginname_format = %u@%c\n")
        assert run(CHECKER, "-c", "yes", "-s", odd)[0] == 0
        for words in (["-c", "maybe"], ["word"], ["-x"]):
            assert run(CHECKER, *words)[0] == 64, words
        assert run(CHECKER, "-d", "yes", "-s", odd)[0] == 1


def complete(*words):
    """What bash offers for the last of the words."""
    text = subprocess.run([ADMIN, "--dump-completion=bash"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
    quoted = " ".join(f"'{word}'" for word in words)
    ask = f'{text}\nCOMP_WORDS=({quoted})\nCOMP_CWORD={len(words) - 1}\n_twiga_admin\nprintf "%s\\n" "${{COMPREPLY[@]}}"\n'
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=WAIT, check=True)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def completion():
    """bash offers options, keys and their values; zsh can read what is written for it"""
    assert complete("twiga-admin", "--create-") == ["--create-user", "--create-group", "--create-company", "--create-store"]
    assert complete("twiga-admin", "--sslk") == ["--sslkey-file", "--sslkey-pass"]
    with tempfile.TemporaryDirectory() as name:
        (pathlib.Path(name) / "a.pem").write_text("")
        assert complete("twiga-admin", "--sslkey-file", "=", f"{name}/a") == [f"{name}/a.pem"]
        assert complete("twiga-admin", "--config", f"{name}/") == [f"{name}/a.pem"]
    assert complete("twiga-admin", "-l", "--details", "a") == []
    assert run(ADMIN, "--dump-completion=fish")[0] == 64
    code, out, _ = run(ADMIN, "--dump-completion=zsh")
    assert code == 0 and out.startswith("#compdef twiga-admin\n")
    assert "'*--create-user=[create a user and a store; needs -p or -P, -f and -e]:USER:'" in out, out
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-n"], input=out, capture_output=True, text=True, timeout=WAIT, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr


tap.run([upkeep, progress, formats, server_tool, checker, completion])
