# SPDX-License-Identifier: AGPL-3.0-or-later
"""What README.md tells an administrator to type, typed: from nothing to a company with users, in a folder of its own."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import FAMILY, HOST, LISTEN  # noqa: E402

SERVER, ADMIN, CERTIFICATES = (os.path.abspath(path) for path in sys.argv[1:4])
README = pathlib.Path(__file__).parents[2] / "README.md"
WAIT = 120  # seconds until a test gives up; never what a verdict depends on


def free_port():
    with socket.socket(FAMILY) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def typed():
    """the commands of the README, with its folders below a root, make a company that is administered over https, too"""
    text = README.read_text().split("### From nothing to a company with users")[1]
    script = re.search(r"```sh\n(.*?)```", text, re.S)[1]
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        for folder in ("/etc/twiga", "/var/lib/twiga", "/run/twiga"):
            script = script.replace(folder, name + folder)
        script = script.replace("*%lo:237", f"{LISTEN}:{port}").replace("localhost:237", f"{LISTEN}:{port}")
        script = script.replace("--host localhost", f"--host localhost --host {HOST}")
        # what the root does not reach, and that the server is there before it is asked
        keys = [f"data_path = {name}/var/lib/twiga", f"server_pipe_name = {name}/run/twiga/server.sock", "server_listen ="]
        keys += [f"server_ssl_key_file = {name}/etc/twiga/ssl/server.pem", f"server_ssl_ca_file = {name}/etc/twiga/ssl/cacert.pem"]
        keys += [f"sslkeys_path = {name}/etc/twiga/sslkeys", "metrics_listen =", "health_listen ="]
        script = script.replace("<<'END'\n", "<<'END'\n" + "\n".join(keys) + "\n")
        ready = f"twiga-server --endpoints {name}/ready & echo $! >{name}/pid; until [ -e {name}/ready ]; do kill -0 $!; done"
        script = script.replace("twiga-server &", ready)
        bin_folder = pathlib.Path(name) / "bin"
        bin_folder.mkdir()
        for program in (SERVER, ADMIN, CERTIFICATES):
            (bin_folder / pathlib.Path(program).name).symlink_to(program)
        environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "TWIGA_ROOT": name}
        environment["TWIGA_SOCKET"] = f"file://{name}/run/twiga/server.sock"
        (pathlib.Path(name) / "etc/twiga").mkdir(parents=True)
        (pathlib.Path(name) / "etc/twiga/admin.cfg").write_text(f"sslca_file = {name}/etc/twiga/ssl/cacert.pem\n")
        try:
            with open(f"{name}/out", "wb") as out:
                done = subprocess.run(
                    ["sh", "-e"], input=script.encode(), stdout=out, stderr=out, timeout=WAIT, check=False, env=environment
                )
            said = pathlib.Path(f"{name}/out").read_text()
            assert done.returncode == 0, said
            for line in ("Company created.", "User created.", "Group created.", "User list for acme(1):"):
                assert line in said, said
            assert re.search(r"Username:\s+john@acme", said) or re.search(r"Username:\s+john", said), said
            assert re.search(r"Groups \(\d+\)", said) and "staff" in said, said
        finally:
            if pathlib.Path(f"{name}/pid").exists():
                os.kill(int(pathlib.Path(f"{name}/pid").read_text()), signal.SIGTERM)
                # whoever holds the data folder is gone when its lock is
                subprocess.run(["tail", "--pid", pathlib.Path(f"{name}/pid").read_text().strip(), "-f", "/dev/null"], timeout=WAIT, check=False)


tap.run([typed])
