"""File systems of our own: ext4 and XFS on a loop device, and small ones in memory.

Only this process and what it starts see them: they are mounted in a namespace of mounts of its
own, and a loop device frees itself. So nothing is left, however the process ends.
"""

import ctypes
import errno
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time

from proof import skip

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 32, 0x4000, 1 << 18

LOOP_CTL_GET_FREE, LOOP_CONFIGURE, LOOP_CLR_FD = 0x4C82, 0x4C0A, 0x4C01
LO_FLAGS_AUTOCLEAR = 4
# Of struct loop_config: the image, the size of a sector, and of its struct loop_info64 the flags.
LOOP_CONFIG = struct.Struct("=II52xI176x64x")

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number; the log is not flushed.
SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2

# How each kind is made, small: what takes the time of a crash is the log.
MAKING = {
    "ext4": (16 << 20, ("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", "-J", "size=4",
                        "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0")),
    "xfs": (32 << 20, ("mkfs.xfs", "-q", "-f", "-K", "-d", "agcount=1", "-l", "size=8m"))}
# Without these mkfs.xfs makes nothing below 300 MB.
ALLOWS_SMALL = {"TEST_DIR": "1", "TEST_DEV": "1", "QA_CHECK_FS": "1"}

libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, folder, kind=None, flags=0, options=""):
    checked(libc.mount(
        os.fsencode(source), os.fsencode(folder), kind and kind.encode(), ctypes.c_ulong(flags),
        options.encode()), f"mounting {source} at {folder}")


def unmount(folder):
    """Unmounts; what was just killed may still be letting go of it."""
    for _ in range(200):
        if libc.umount2(os.fsencode(folder), 0) == 0:
            return
        if ctypes.get_errno() != errno.EBUSY:
            break
        time.sleep(0.01)
    checked(-1, f"unmounting {folder}")


def have_own_mounts():
    """From here on nobody else sees what is mounted; skips where that is not allowed."""
    if os.geteuid() != 0:
        skip("only root can mount file systems")
    if libc.unshare(CLONE_NEWNS) != 0:
        skip("this process may not have mounts of its own")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def sync(folder):
    """Everything on the file system of a folder is durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        checked(libc.syncfs(file), f"syncing {folder}")
    finally:
        os.close(file)


class Loop:
    """A file as a block device, until this is closed or the process ends."""

    def __init__(self, image, size):
        self.file = None
        with open(image, "wb") as file:
            file.truncate(size)
        with open(image, "r+b") as file:
            for _ in range(20):
                try:
                    self.attach(file)
                    return
                except OSError as error:
                    # Another process took the same one.
                    if error.errno != errno.EBUSY:
                        skip(f"there is no loop device to be had ({error})")
        skip("no loop device is free")

    def attach(self, image):
        control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
        try:
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
        finally:
            os.close(control)
        self.path = f"/dev/loop{number}"
        device = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(device, LOOP_CONFIGURE,
                        LOOP_CONFIG.pack(image.fileno(), 0, LO_FLAGS_AUTOCLEAR))
        except OSError:
            os.close(device)
            raise
        self.file = device

    def close(self):
        if self.file is not None:
            os.close(self.file)
            self.file = None


class Volume:
    """A file system on a loop device that can be crashed."""

    def __init__(self, kind, folder, image):
        """Mounts at a folder; the image is a file that is made."""
        self.kind, self.folder = kind, pathlib.Path(folder)
        self.size, self.making = MAKING[kind]
        if not shutil.which(self.making[0]):
            skip(f"there is no {self.making[0]}")
        self.isMounted = False
        self.options = ""
        self.loop = Loop(image, self.size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.unmount()
        finally:
            self.loop.close()

    def format(self, options=""):
        """A new, empty file system, mounted with options."""
        self.unmount()
        done = subprocess.run(
            [*self.making, self.loop.path], env=os.environ | ALLOWS_SMALL, check=False,
            stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            said = (done.stderr.decode().strip().splitlines() or ["it says nothing"])[0]
            skip(f"{self.making[0]} does not work here: {said}")
        self.options = options
        self.mount()

    def mount(self):
        try:
            mount(self.loop.path, self.folder, self.kind, options=self.options)
        except OSError as error:
            if error.errno == errno.ENODEV:
                skip(f"the kernel has no {self.kind}")
            raise
        self.isMounted = True

    def unmount(self):
        if self.isMounted:
            unmount(self.folder)
            self.isMounted = False

    def crash(self):
        """From now on nothing reaches the device, and what the log holds in memory is lost."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        finally:
            os.close(folder)

    def restart(self):
        self.unmount()
        self.mount()
