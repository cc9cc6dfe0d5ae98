# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-dbadm as an administrator meets it: check, repair, export, import, exit codes."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

DBADM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on


def dbadm(*arguments):
    done = subprocess.run([DBADM, *map(str, arguments)], capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stdout, done.stderr


def expect(code, *arguments):
    got, out, err = dbadm(*arguments)
    assert got == code, f"{arguments}: exit {got}, not {code}\n{out}{err}"
    return out, err


def helper(deed, place):
    return subprocess.run([DATA, deed, str(place)], capture_output=True, text=True, timeout=WAIT, check=True).stdout.strip()


@contextlib.contextmanager
def data():
    """A folder with a data folder in it, and the GUID of its store."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        yield place, place / "data", helper("make", place / "data")


def clean():
    """a sound store is said to be sound"""
    with data() as (_, there, guid):
        out, _ = expect(0, "--data", there, "check")
        assert "0 findings" in out, out
        expect(0, "--data", there, "check", "--deep", "--store", guid)
        expect(0, f"--data-path={there}", "check", "--quiet")


def repair():
    """damage is told with exit 1, repaired on request, and gone then"""
    with data() as (_, there, _guid):
        helper("damage", there)
        out, _ = expect(1, "--data", there, "check")
        assert "folder-counters" in out and "repairable" in out, out
        out, _ = expect(1, "--data", there, "check", "--json")
        finding = json.loads(out.splitlines()[0])
        assert finding["what"] == "folder-counters" and finding["repairable"] and not finding["repaired"], out
        out, _ = expect(0, "--data", there, "check", "--repair")
        assert "repaired" in out, out
        out, _ = expect(0, "--data", there, "check", "--json")
        assert out == "", out


def move():
    """a store goes from one data folder into another"""
    with data() as (place, there, guid):
        archive = place / "store.twiga"
        out, _ = expect(0, "--data", there, "export", "--store", guid, archive)
        assert "3 messages" in out, out
        expect(2, "--data", there, "export", "--store", guid, archive)  # never over a file
        out, _ = expect(0, "--data", place / "new", "import", archive)
        assert guid in out and "3 messages" in out, out
        expect(0, "--data", place / "new", "check", "--deep")
        expect(2, "--data", place / "new", "import", archive)
        expect(0, "--data", place / "new", "import", "--new-guid", archive)
        whole = archive.read_bytes()
        archive.write_bytes(whole[: len(whole) - 20])
        _, err = expect(2, "--data", place / "third", "import", archive)
        assert "archive" in err, err
        out, _ = expect(0, "--data", place / "third", "check")
        assert out.startswith("0 stores"), out


def in_use():
    """data that a server has open is left alone"""
    with data() as (_, there, _guid):
        with subprocess.Popen([DATA, "hold", str(there)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout.readline() == b"open\n"
            _, err = expect(75, "--data", there, "check")
            assert "in use" in err, err
            holder.stdin.close()
            holder.wait(WAIT)
        expect(0, "--data", there, "check")


@contextlib.contextmanager
def server(deed, there):
    """Somebody who has the data open and answers tools."""
    with subprocess.Popen([DATA, deed, str(there)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        yield
        holder.stdin.close()
        assert holder.wait(WAIT) == 0


def running():
    """a server that works checks itself when it is asked, and has nothing to say"""
    with data() as (_, there, guid):
        with server("serve", there):
            for more in ([], ["--deep"], ["--store", guid], ["--deep", "--store", guid]):
                out, _ = expect(0, "--data", there, "check", *more)
                assert out.startswith("1 stores looked at, 0 findings"), out
            out, _ = expect(0, "--data", there, "check", "--json")
            assert out == "", out
            expect(0, "--data", there, "attachments-check")
            _, err = expect(75, "--data", there, "check", "--repair")
            assert "in use" in err, err
            expect(75, "--data", there, "recalc-sizes")
            expect(75, "--data", there, "np-stat")
            expect(2, "--data", there, "check", "--store", "00000000-0000-0000-0000-000000000001")
            expect(2, "--data", there, "check", "--store", "no-guid")
        out, _ = expect(0, "--data", there, "check", "--deep")
        assert "0 findings" in out, out


def running_damage():
    """damage is told by a server that works as by the tool alone"""
    with data() as (_, there, _guid):
        helper("damage", there)
        with server("rest", there):
            out, _ = expect(1, "--data", there, "check", "--json")
        alone, _ = expect(1, "--data", there, "check", "--json")
        assert "folder-counters" in alone and out == alone, out + alone


def running_export():
    """a server that works hands out a store; one that somebody changes meanwhile is refused, and no file is left"""
    with data() as (place, there, guid):
        archive = place / "store.twiga"
        with server("rest", there):
            out, _ = expect(0, "--data", there, "export", "--store", guid, archive)
            assert "3 messages" in out, out
            expect(2, "--data", there, "export", "--store", guid, archive)
            expect(2, "--data", there, "export", "--store", "00000000-0000-0000-0000-000000000001", place / "none")
            assert not (place / "none").exists()
        expect(0, "--data", there, "export", "--store", guid, place / "alone")
        assert archive.read_bytes() == (place / "alone").read_bytes()
        expect(0, "--data", place / "new", "import", archive)
        with server("serve", there):
            code, _, err = dbadm("--data", there, "export", "--store", guid, place / "busy")
        if code == 75:
            assert "changed" in err and not (place / "busy").exists(), err
        else:  # it fell between two changes
            assert code == 0, err
            expect(0, "--data", place / "third", "import", place / "busy")


def running_import():
    """a server that works takes a store in, beside its users, as the tool alone would"""
    with data() as (place, there, guid):
        archive = place / "store.twiga"
        expect(0, "--data", there, "export", "--store", guid, archive)
        with server("serve", there):
            out, _ = expect(0, "--data", there, "import", "--new-guid", archive)
            assert "3 messages" in out and guid not in out, out
            expect(2, "--data", there, "import", archive)
            expect(2, "--data", there, "import", place / "none")
            (place / "cut").write_bytes(archive.read_bytes()[:-1])
            expect(2, "--data", there, "import", "--new-guid", place / "cut")
            out, _ = expect(0, "--data", there, "check", "--deep")
            assert out.startswith("2 stores looked at, 0 findings"), out
        out, _ = expect(0, "--data", there, "check", "--deep")
        assert out.startswith("2 stores looked at, 0 findings"), out


def usage():
    """what is asked wrongly is refused, and nothing is made"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        expect(64, "--data", place, "destroy")
        expect(64, "--data", place)
        expect(64, "--data", place, "import")
        expect(2, "--data", place / "none", "check")
        assert not (place / "none").exists()
    with data() as (place, there, _guid):
        expect(64, "--data", there, "export", place / "file")
        expect(2, "--data", there, "check", "--store", "no-guid")


def manual():
    """the manual page names every option and exit code"""
    out, _ = expect(0, "--dump-man")
    for word in ("repair", "deep", "json", "new\\-guid", "data_path"):
        assert word in out or word.replace("\\", "") in out, word


def config():
    """-c names the data folder; what other parts of the file say is passed over in silence"""
    with data() as (place, there, _guid):
        file = place / "server.cfg"
        file.write_text(f"log_level = 5\nattachment_storage = files\ndata_path = {there}\n")
        out, err = expect(0, "-c", file, "check")
        assert out.startswith("1 stores") and err == "", out + err
        out, err = expect(0, "-c", file, "-j", "4", "np-stat")
        assert "named properties" in out and err == "", out + err
        expect(1, "-c", place / "none.cfg", "check")


def former():
    """actions of former versions do what they did, or say why there is nothing to do"""
    with tempfile.TemporaryDirectory() as name:
        there = pathlib.Path(name) / "data"
        expect(2, "--data", there, "np-stat")
        out, _ = expect(0, "--data", there, "populate")
        assert "0 stores" in out, out
        expect(0, "--data", there, "check")
        expect(64, "--data", there, "populate", "file")
    for action in ("k-1216", "index-tags", "rm-helper-index", "np-defrag", "np-remove-highid", "np-remove-unused",
                   "np-remove-xh", "np-repair-dups", "usmp", "usmp-shrink-columns", "usmp-charset", "kc-1375", "kc-1444",
                   "kf-2888", "attachments-to-files", "extid-sid-to-guid", "sendas-invert"):
        out, _ = expect(0, action)
        assert out.startswith(f"{action}: nothing to do: "), out
    with data() as (_, there, _guid):
        helper("damage", there)
        expect(1, "--data", there, "attachments-check")
        expect(0, "--data", there, "recalc-sizes")
        expect(0, "--data", there, "attachments-check")


tap.run([clean, repair, move, in_use, running, running_damage, running_export, running_import, usage, manual, config, former])
