# SPDX-License-Identifier: AGPL-3.0-or-later
"""What administrators of hosted servers type, line by line as the manuals have it: what it says, and that it did so.

Each line stands with its rows of the list of requirements. A line is given to a shell's splitting, its first word is the
program; the lines of one server run in this order.
"""
import contextlib
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT  # noqa: E402

SERVER, ADMIN, STOREADM = (os.path.abspath(path) for path in sys.argv[1:4])
PROGRAMS = {"twiga-admin": ADMIN, "twiga-storeadm": STOREADM}
WAIT = 60  # seconds until a test gives up; never what a verdict depends on

HOSTED = """
enable_hosted_zarafa = true
loginname_format = {format}
storename_format = %f (%c)
quota_warn = 10
quota_soft = 20
quota_hard = 30
companyquota_warn = 1000
"""

# rows, what is typed, exit code, what it says among other things
COMPANIES = [
    ("S110 S162 S191", "twiga-admin --create-company exampleorg", 0, ["Company created."]),
    ("S191", "twiga-admin --create-company viewerorg", 0, ["Company created."]),
    ("S191", "twiga-admin --create-company exampleorg", 1, ["Unable to create company"]),
    ("S178", "twiga-admin --list-companies", 0, ["list for the server(2):", "\texampleorg", "\tviewerorg"]),
    ("S186 S187", "twiga-admin -s -I exampleorg", 1, ['"exampleorg" has a store already']),
    ("S189", "twiga-admin -s", 1, ["name the company"]),
    ("S189", "twiga-storeadm -P", 1, ["name the company"]),
    ("S185", "twiga-storeadm -M", 0, ["public    \texampleorg", "public    \tviewerorg"]),
    ("S188", "twiga-admin --unhook-store exampleorg --type company", 0, ["Store unhooked."]),
    ("S188", "twiga-admin -s -I exampleorg", 0, ["Public store created."]),
    ("S208", "twiga-admin --details exampleorg --type company", 0, ["Quota overrides:\t\tno", "Warning level:\t\t\t1000.00 MB"]),
    ("S108 S170 S203", 'twiga-admin -c john@exampleorg -p secret -f "John Doe" -e john@exampleorg.com', 0, ["User created."]),
    ("S203", 'twiga-admin -c john@exampleorg -p secret -f "John Doe" -e john@exampleorg.com', 1, ["Unable to create user"]),
    ("S203", "twiga-admin -c john@nowhere -p secret -f John -e john@nowhere.com", 1, ["nowhere"]),
    ("S203", 'twiga-admin -c john@viewerorg -p secret -f "John Roe" -e john@viewerorg.com', 0, ["User created."]),
    ("S204", "twiga-admin -g group@exampleorg", 0, ["Group created."]),
    ("S109", "twiga-admin -b john@exampleorg -i group@exampleorg", 0, ["User added to group."]),
    ("S109", "twiga-admin --update-group group@exampleorg -e group@exampleorg.com", 0, ["Group information updated."]),
    ("S109", "twiga-admin --details group@exampleorg --type group", 0, ["group@exampleorg.com", "\tjohn"]),
    ("S179", "twiga-admin -l -I exampleorg", 0, ["User list for exampleorg(1):", "\tJohn Doe"]),
    ("S160 S179", "twiga-admin -l -I viewerorg", 0, ["User list for viewerorg(1):", "\tJohn Roe"]),
    ("S210", "twiga-admin --details john@exampleorg", 0, ["level:\t\t\t10.00 MB", "level:\t\t\t20.00 MB", "level:\t\t\t30.00 MB"]),
    ("S194 S205", "twiga-admin --update-company exampleorg --qw 100", 0, ["Company information updated."]),
    ("S209 S213", "twiga-admin --update-company exampleorg --qo y --qw 200", 0, ["Company information updated."]),
    ("S209", "twiga-admin --details exampleorg --type company", 0, ["Quota overrides:\t\tyes", "Warning level:\t\t\t200.00 MB"]),
    ("S211 S215", "twiga-admin --update-company exampleorg --udqo y --udqh 500 --udqs 400 --udqw 300", 0, ["Company information"]),
    ("S211", "twiga-admin --details john@exampleorg", 0, ["overrides:\t\tno", "300.00 MB", "400.00 MB", "500.00 MB"]),
    ("S210", "twiga-admin --details john@viewerorg", 0, ["overrides:\t\tno", "10.00 MB", "20.00 MB", "30.00 MB"]),
    ("S111 S214", "twiga-admin -u john@exampleorg --qo y --qh 1024 --qs 900 --qw 800", 0, ["User information updated."]),
    ("S212", "twiga-admin --details john@exampleorg", 0, ["overrides:\t\tyes", "800.00 MB", "900.00 MB", "1024.00 MB"]),
    ("S214", "twiga-admin -u john@exampleorg --qo n", 0, ["User information updated."]),
    ("S211", "twiga-admin --details john@exampleorg", 0, ["overrides:\t\tno", "300.00 MB", "400.00 MB", "500.00 MB"]),
    ("S195", "twiga-admin --add-to-viewlist viewerorg -I exampleorg", 0, ["View list updated."]),
    ("S197", "twiga-admin --list-view -I exampleorg", 0, ["View list for exampleorg(1):", "\tviewerorg"]),
    ("S199", "twiga-admin --add-to-adminlist john@viewerorg -I exampleorg", 0, ["Administrator list updated."]),
    ("S201", "twiga-admin --list-admin -I exampleorg", 0, ["Administrator list for exampleorg(1):", "\tJohn Roe"]),
    ("S200", "twiga-admin --del-from-adminlist john@viewerorg -I exampleorg", 0, ["Administrator list updated."]),
    ("S201", "twiga-admin --list-admin -I exampleorg", 0, ["Administrator list for exampleorg(0):"]),
    ("S196", "twiga-admin --del-from-viewlist viewerorg -I exampleorg", 0, ["View list updated."]),
    ("S197", "twiga-admin --list-view -I exampleorg", 0, ["View list for exampleorg(0):"]),
    ("S110", "twiga-admin --set-system-admin john@exampleorg -I exampleorg", 0, ["System administrator set."]),
    ("S178", "twiga-admin --list-companies", 0, ["\texampleorg \tjohn"]),
    ("S112 S219", "twiga-admin -u john@exampleorg -a 2", 0, ["User information updated."]),
    ("S221", "twiga-admin --details john@exampleorg", 0,
     ["Username:\t\t\tjohn\nFullname:\t\t\tJohn Doe\nEmailaddress:\t\t\tjohn@exampleorg.com\nActive:\t\t\t\tyes\n"
      "Administrator:\t\t\tyes (system)\n"]),
    ("S112 S220", "twiga-admin -u john@exampleorg -a 1", 0, ["User information updated."]),
    ("S220", "twiga-admin --details john@exampleorg", 0, ["Administrator:\t\t\tyes\n"]),
    ("S112", "twiga-admin -u john@exampleorg -a 0", 0, ["User information updated."]),
    ("S112", "twiga-admin --details john@exampleorg", 0, ["Administrator:\t\t\tno\n"]),
    ("S112", "twiga-admin -u john@exampleorg -a 3", 64, []),
    ("S109", "twiga-admin -B john@exampleorg -i group@exampleorg", 0, ["User removed from group."]),
    ("S109", "twiga-admin -G group@exampleorg", 0, ["Group deleted."]),
    ("S192", "twiga-admin --delete-company exampleorg", 1, ["Unable to delete company"]),
    ("S108", "twiga-admin -d john@exampleorg", 0, ["User deleted."]),
    ("S192", "twiga-admin --delete-company exampleorg", 0, ["Company deleted."]),
    ("S178", "twiga-admin --list-companies", 0, ["list for the server(1):"]),
]  # fmt: skip

# With another separator, S167 and S168.
BACKSLASH = [
    ("S191", "twiga-admin --create-company exampleorg", 0, ["Company created."]),
    ("S168", "twiga-admin -c 'exampleorg\\john' -p secret -f 'John Doe' -e john@exampleorg.com", 0, ["User created."]),
    ("S168", "twiga-admin -g 'exampleorg\\group'", 0, ["Group created."]),
    ("S168", "twiga-admin -b 'exampleorg\\john' -i 'exampleorg\\group'", 0, ["User added to group."]),
    ("S168", "twiga-admin -u 'exampleorg\\john' -a 2", 0, ["User information updated."]),
    ("S221", "twiga-admin --details 'exampleorg\\john'", 0, ["Administrator:\t\t\tyes (system)"]),
    ("S168", "twiga-admin -d 'exampleorg\\john'", 0, ["User deleted."]),
]


@contextlib.contextmanager
def running(keys, code=0):
    """The name of its socket, as -h takes it; the server ends with @code by itself where that is not 0."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        (place / "server.cfg").write_text(
            f"data_path = {place}/data\nserver_pipe_name = {place}/server.sock\nserver_listen = {ANY_PORT}\n"
            f"metrics_listen =\nhealth_listen =\n{keys}"
        )
        with subprocess.Popen([SERVER, "-c", place / "server.cfg", "--endpoints", endpoints], stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while code == 0 and not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                yield f"file://{place}/server.sock" if code == 0 else process.communicate(timeout=WAIT)[1].decode()
                if code == 0:
                    process.terminate()
                assert process.wait(WAIT) == code, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def type_lines(lines, keys):
    with running(keys) as server:
        for rows, line, code, said in lines:
            program, *words = shlex.split(line)
            done = subprocess.run([PROGRAMS[program], "-h", server, *words], capture_output=True, text=True, timeout=WAIT, check=False)
            out = done.stdout + done.stderr
            assert done.returncode == code, (rows, line, done.returncode, out)
            for text in said:
                assert text in out, (rows, line, text, out)


def companies():
    """a server of several companies: users, groups, quotas of three levels, view lists, administrators"""
    type_lines(COMPANIES, HOSTED.format(format="%u@%c"))


def separator():
    """the same with names of the form company\\user"""
    type_lines(BACKSLASH, HOSTED.format(format="%c\\%u"))


def refused():
    """companies need log-on names that say which (S169), and come from no unix plugin (S161)"""
    for keys, said in ((HOSTED.format(format="%u"), "loginname_format"), (HOSTED.format(format="%u@%c") + "user_plugin = unix\n", "unix")):
        with running(keys, code=1) as out:
            assert said in out, out


tap.run([companies, separator, refused])
