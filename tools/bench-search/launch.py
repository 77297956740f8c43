"""Runs a command and writes what it took to a file: wall seconds, seconds of processors, and the
most memory in bytes.

    launch.py FILE COMMAND…

A process inherits the memory mark of the one that starts it, so a small one has to do it.
"""

import json
import pathlib
import resource
import subprocess
import sys
import time

start = time.perf_counter()
status = subprocess.run(sys.argv[2:]).returncode
seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
pathlib.Path(sys.argv[1]).write_text(json.dumps({
    "seconds": seconds, "processorSeconds": usage.ru_utime + usage.ru_stime,
    "peakBytes": usage.ru_maxrss * 1024}))
sys.exit(status)
