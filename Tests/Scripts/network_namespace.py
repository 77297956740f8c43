"""A network namespace of a proof's own, with a hosts file that says where names lead."""

import os
import pathlib
import shutil
import subprocess
import sys

from proof import skip


def enter(*tools):
    """Runs the script again in a network and mount namespace of its own; returns inside of it."""
    if "--inside" in sys.argv:
        return
    for tool in ("unshare", "ip", "mount", "openssl", *tools):
        if not shutil.which(tool):
            skip(f"there is no {tool}")
    if os.geteuid() != 0:
        skip("a network namespace of its own needs root")
    inside = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable]
    if subprocess.run([*inside, "-c", ""], capture_output=True, check=False).returncode != 0:
        skip("no network namespace can be made here")
    os.execvp("unshare", [*inside, os.path.abspath(sys.argv[0]), "--inside", *sys.argv[1:]])


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def prepare(root, names, server):
    """Loopback, the names and where each leads, and a name server.

    root: a folder for the files that say so; names: lists of names by their addresses.
    """
    if not run("ip", "link", "set", "lo", "up"):
        skip("the loopback interface of a namespace cannot be set up here")
    hosts = root / "hosts"
    hosts.write_text("".join(
        f"{address} {name}\n" for address, list_ in names.items() for name in list_))
    resolver = root / "resolv.conf"
    resolver.write_text(f"nameserver {server}\noptions timeout:1 attempts:1\n")
    for source, target in ((hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf")):
        if not run("mount", "--bind", source, target):
            skip(f"{target} of a namespace cannot be replaced here")


def lead_nowhere():
    """A second interface and a default route that lead to no machine; False where none is made."""
    if not run("ip", "link", "add", "out0", "type", "veth", "peer", "name", "out1"):
        return False
    for name in ("out0", "out1"):
        pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        run("ip", "link", "set", name, "up")
    run("ip", "addr", "add", "192.0.2.1/24", "dev", "out0")
    run("ip", "route", "add", "default", "dev", "out0")
    return True
