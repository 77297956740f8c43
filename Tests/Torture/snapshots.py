"""A folder's files in memory, and a folder made the same again, which costs what differs."""

import hashlib
import os
import shutil


def taken(folder):
    """Every file below a folder with its mode and bytes, every folder with None for these."""
    found = {}
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if entry.is_dir(follow_symlinks=False):
                    found[entry.path] = (mode, None)
                    pending.append(entry.path)
                else:
                    with open(entry.path, "rb") as file:
                        found[entry.path] = (mode, file.read())
    return found


def put_back(folder, content):
    """Makes a folder what it was when it was taken."""
    now = taken(folder)
    for path in sorted(now.keys() - content.keys()):
        shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.unlink(path)
    for path, (mode, bytes_) in sorted(content.items()):
        if now.get(path) == (mode, bytes_):
            continue
        if bytes_ is None:
            os.makedirs(path, exist_ok=True)
        else:
            with open(path, "wb") as file:
                file.write(bytes_)
        os.chmod(path, mode & 0o7777)


def digest(folder):
    """A digest of everything below a folder, the same for the same names, modes and bytes."""
    sum_ = hashlib.blake2b()
    for path, (mode, bytes_) in sorted(taken(folder).items()):
        sum_.update(f"{path} {mode} {-1 if bytes_ is None else len(bytes_)}\n".encode())
        sum_.update(bytes_ or b"")
    return sum_.digest()
