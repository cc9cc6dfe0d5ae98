#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a test program beside OpenStack Swift with its S3 interface: account, container, object and proxy server in one process,
on ports of the loopback interface, with files in a folder of their own.

usage: with-swift.py PROGRAM [ARGUMENT ...]

TW_S3_ENDPOINT is host:port; the account is "tester" with the secret "testing", the region "us-east-1". There is no bucket yet.
Without Swift installed (Debian: python3-swift) it prints a TAP plan that passes over everything.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

SYSTEM = "/usr/bin/python3"  # whose packages Swift is one of

PROXY = """
[DEFAULT]
swift_dir = {folder}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors cache bulk s3api names tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = no
[filter:names]
paste.filter_factory = twiga_swift:short_names
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
storage_url_scheme = http
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""

STORAGE = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_level = ERROR
user = {user}
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


def short_names(_conf, **_more):
    """Accounts of Swift have a colon in their names, at which curl would split them: "tester" is "test:tester" here."""
    def wrap(app):
        def call(env, start_response):
            details = env.get("s3api.auth_details")
            if details and details.get("access_key") == "tester":
                details["access_key"] = "test:tester"
                env["PATH_INFO"] = env["PATH_INFO"].replace("tester", "test:tester", 1)
            return app(env, start_response)
        return call
    return wrap


def serve(folder, ready):
    """Serves until killed; writes the proxy's port to a descriptor once it listens."""
    import eventlet
    eventlet.monkey_patch()
    import eventlet.wsgi
    import getpass
    sys.modules["twiga_swift"] = sys.modules["__main__"]
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\n")
    from swift.common import utils
    utils.HASH_PATH_SUFFIX, utils.SWIFT_CONF_FILE = b"test", str(folder / "swift.conf")
    from swift.common.ring import RingBuilder
    from swift.common.wsgi import loadapp
    sockets = {}
    for kind in ("account", "container", "object"):
        sockets[kind] = eventlet.listen(("127.0.0.1", 0))
        ring = RingBuilder(4, 1, 0)
        ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "ip": "127.0.0.1", "port": sockets[kind].getsockname()[1],
                      "device": "one", "meta": "", "replication_ip": "127.0.0.1", "replication_port": sockets[kind].getsockname()[1]})
        ring.rebalance()
        ring.get_ring().save(str(folder / f"{kind}.ring.gz"))
    (folder / "devices/one").mkdir(parents=True)

    def start(kind, text, socket):
        (folder / f"{kind}.conf").write_text(text.format(folder=folder, kind=kind, user=getpass.getuser()))
        app = loadapp(str(folder / f"{kind}.conf"), global_conf={"log_name": kind})
        eventlet.spawn(eventlet.wsgi.server, socket, app, log_output=False, debug=False, minimum_chunk_size=1)

    for kind, socket in sockets.items():
        start(kind, STORAGE, socket)
    proxy = eventlet.listen(("127.0.0.1", 0))
    start("proxy", PROXY, proxy)
    os.write(ready, b"%d\n" % proxy.getsockname()[1])
    os.close(ready)
    while True:
        eventlet.sleep(3600)


def main():
    if sys.argv[1] == "--serve":
        return serve(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    probe = subprocess.run([SYSTEM, "-c", "import swift.common.middleware.s3api"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL) if os.path.exists(SYSTEM) else None
    if probe is None or probe.returncode != 0:
        print("1..0 # SKIP Swift (python3-swift) is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="tw-swift-") as name:
        read, write = os.pipe()
        with open(os.path.join(name, "log"), "wb") as log:
            swift = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", SYSTEM, os.path.abspath(__file__), "--serve", name, str(write)],
                                     pass_fds=[write], stdout=log, stderr=log)
        os.close(write)
        port = os.read(read, 16).decode().strip()
        try:
            if not port:
                sys.exit("Swift does not start: " + pathlib.Path(name, "log").read_text()[-3000:])
            env = {**os.environ, "TW_S3_ENDPOINT": f"127.0.0.1:{port}"}
            command = sys.argv[1:]
            if command[0].endswith(".py"):
                command.insert(0, sys.executable)
            code = subprocess.run(command, env=env).returncode
            if code != 0 and os.environ.get("TW_SWIFT_LOG"):
                sys.stderr.write(pathlib.Path(name, "log").read_text()[-5000:])
            return code
        finally:
            swift.kill()
            swift.wait()


sys.exit(main())
