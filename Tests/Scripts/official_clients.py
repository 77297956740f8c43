"""The official clients from PyPI, in an environment of their own inside the repository."""

import os
import pathlib
import subprocess
import sys

from proof import ROOT, skip

VENV = ROOT / ".build-tools/clients"
PACKAGES = ("anthropic[vertex,bedrock]==2.12.0", "openai==3.54.0", "boto3==1.44.5")


def with_clients():
    """Runs the script again with the clients' Python; returns inside of that."""
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    python = VENV / "bin/python"
    mark = VENV / ("has-" + "-".join(name.split("==")[1] for name in PACKAGES))
    if not mark.exists():
        made = subprocess.run(
            [sys.executable, "-m", "venv", VENV], capture_output=True, check=False)
        if made.returncode != 0:
            skip("no virtual environment can be made")
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
            capture_output=True, text=True, check=False, timeout=900)
        if done.returncode != 0:
            skip(f"pip cannot install the clients: {done.stderr.strip()[-200:]}")
        mark.touch()
    os.execv(python, [python, os.path.abspath(sys.argv[0]), *sys.argv[1:]])
