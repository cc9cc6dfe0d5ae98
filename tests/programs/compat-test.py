# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs that are called by a name of an older generation: whose folder they read, and where they listen and connect."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

SERVER, ADMIN = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
SOCKETS = {"twiga": "/run/twiga/server.sock", "kopano": "/var/run/kopano/server.sock", "zarafa": "/var/run/zarafa"}


def link(place, generation, program):
    """The link that -Dcompat-names=true installs."""
    name = pathlib.Path(program).name.replace("twiga", generation)
    path = place / name
    if not path.exists():
        path.symlink_to(program)
    return str(path)


def run(place, *words):
    environment = {**os.environ, "TWIGA_ROOT": str(place)}
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=WAIT, check=False, env=environment
    )
    return done.returncode, done.stdout, done.stderr


def keys(place, *words):
    code, out, err = run(place, *words, "--dump-config")
    assert code == 0, err
    return dict(line.removeprefix("# ").split(" = ", 1) for line in out.splitlines() if " = " in line)


def write(place, generation, name, text):
    folder = place / "etc" / generation
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def folders():
    """each generation reads its own folder, before ours and never the other's; ours reads neither"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        for generation in ("kopano", "zarafa"):
            write(place, generation, "server.cfg", f"server_name = of-{generation}\n")
        for generation in ("kopano", "zarafa"):
            assert keys(place, link(place, generation, SERVER))["server_name"] == f"of-{generation}"
        code, out, err = run(place, SERVER, "--dump-config")
        assert code == 0 and "of-" not in out and "there is an older" in err, err
        write(place, "twiga", "server.cfg", "server_name = ours\n")
        assert keys(place, SERVER)["server_name"] == "ours"
        assert keys(place, link(place, "zarafa", SERVER))["server_name"] == "of-zarafa"
        (place / "etc/zarafa/server.cfg").unlink()
        assert keys(place, link(place, "zarafa", SERVER))["server_name"] == "ours"


def places():
    """sockets, certificates and scripts are where an administrator of that generation has them"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        for generation, socket in SOCKETS.items():
            found = keys(place, link(place, generation, SERVER))
            assert found["server_pipe_name"] == socket, found
            assert found["server_ssl_key_file"] == f"/etc/{generation}/ssl/server.pem", found
            assert found["sslkeys_path"] == f"/etc/{generation}/sslkeys", found
            assert f"/etc/{generation}/userscripts" in found["userscripts_folders"], found
            code, _, err = run(place, link(place, generation, ADMIN), "-l")
            assert code in (0, 69, 77), (generation, code)
            assert code != 69 or socket in err, (generation, err)


def together():
    """an old server.cfg and admin.cfg: server and tool meet without an option"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        write(place, "zarafa", "server.cfg", f"server_pipe_name = {place}/zarafa\nserver_tcp_enabled = no\ndata_path = {place}/data\n")
        write(place, "zarafa", "admin.cfg", f"server_socket = file://{place}/zarafa\n")
        command = [link(place, "zarafa", SERVER), "--endpoints", f"{place}/endpoints", "--metrics-listen=", "--health-listen="]
        with subprocess.Popen(command, env={**os.environ, "TWIGA_ROOT": name}, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not (place / "endpoints").exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                admin = link(place, "zarafa", ADMIN)
                code, out, err = run(place, admin, "-c", "anna", "-p", "x", "-f", "Anna", "-e", "anna@x.example")
                assert (code, out) == (0, "User created.\n"), err
                assert "anna" in run(place, admin, "-l")[1]
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


tap.run([folders, places, together])
