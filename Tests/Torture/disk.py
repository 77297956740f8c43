"""What a disk may show after the power went.

A disk keeps what was synced. Of what came later it keeps what it likes:

- of a file's writes each 512-byte sector for itself, in any order (`sectors`), or the first ones
  (`prefix`), the last of these torn; a file that grew has its old length, its new one or one in
  between, and zeros where nothing was written;
- of a folder's names each change for itself (`sectors`) or the first ones of all folders
  (`prefix`). A rename is one change. A name is durable when its folder was synced, not when its
  file was: that is what POSIX promises, and less than most file systems give.

`all` keeps everything: what a killed process leaves.
"""

import os

import notes

SECTOR = 512
MANNERS = ("none", "all", "prefix", "sectors", "sectors", "names", "data")


class File:
    """A file's bytes: what is durable, what programs see, and the changes between them."""

    def __init__(self):
        self.durable = b""
        self.live = bytearray()
        # (offset, bytes) for a write, (size, None) for a truncation.
        self.pending = []

    def write(self, offset, content):
        put(self.live, offset, content)
        self.pending.append((offset, content))

    def truncate(self, size):
        resize(self.live, size)
        self.pending.append((size, None))

    def sync(self):
        self.durable = bytes(self.live)
        self.pending.clear()

    def after_loss(self, manner, source):
        """What the disk shows."""
        if manner in ("all", "names") or not self.pending:
            return bytes(self.live)
        image = bytearray(self.durable)
        if manner == "none":
            return bytes(image)
        changes = self.pending
        if manner in ("prefix", "data"):
            changes = changes[:source.randint(0, len(changes))]
        likely = source.choice((0.1, 0.5, 0.9))
        for index, (place, content) in enumerate(changes):
            is_whole = manner != "sectors" and index + 1 < len(changes)
            if content is None:
                if is_whole or source.random() < likely:
                    resize(image, place)
            elif is_whole:
                put(image, place, content)
            else:
                for offset, piece in sectors(place, content):
                    if source.random() < likely:
                        put(image, offset, piece)
        if len(image) < len(self.live) and source.random() < 0.3:
            resize(image, len(self.live))
        return bytes(image)


def put(image, offset, content):
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset:offset + len(content)] = content


def resize(image, size):
    if size < len(image):
        del image[size:]
    else:
        image.extend(bytes(size - len(image)))


def sectors(offset, content):
    """The pieces of a write that lie in one sector each."""
    at, end = offset, offset + len(content)
    while at < end:
        border = min((at // SECTOR + 1) * SECTOR, end)
        yield at, content[at - offset:border - offset]
        at = border


class Disk:
    """The files and folders below a root, as events change them."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        self.folders = {root}
        # Names as programs see them, and as they would be after a loss; changes of names in their
        # order: (folders, {path: a file, "folder" or None}).
        self.live = {}
        self.durable = {}
        self.pending = []
        self.inode_of_folder = {}

    def load(self, files, folders):
        """Begins with what is on the disk already.

        `files` has inodes with paths and contents, `folders` inodes with paths.
        """
        for inode, (path, content) in files.items():
            file = self.files[inode] = File()
            file.live = bytearray(content)
            file.sync()
            self.live[path] = self.durable[path] = file
        for inode, path in folders.items():
            self.inode_of_folder[inode] = path
            self.live[path] = self.durable[path] = "folder"

    def take(self, event):
        change = event.change
        if change == notes.CREATE:
            # A number may come again; names mean the file that had it then.
            self.inode_of_folder.pop(event.inode, None)
            self.files[event.inode] = File()
            self.name({event.path: self.files[event.inode]})
        elif change == notes.MKDIR:
            self.files.pop(event.inode, None)
            self.inode_of_folder[event.inode] = event.path
            self.name({event.path: "folder"})
        elif change == notes.WRITE:
            self.file(event).write(event.place, event.first)
        elif change == notes.TRUNCATE:
            self.file(event).truncate(event.place)
        elif change == notes.SYNC:
            self.sync(event.inode)
        elif change == notes.LINK:
            self.name({event.target: self.live[event.path]})
        elif change in (notes.UNLINK, notes.RMDIR):
            self.name({event.path: None})
        elif change == notes.RENAME:
            self.rename(event.path, event.target)

    def file(self, event):
        """The file of an event; one that never had a name ends with its process, seen by nobody."""
        return self.files.get(event.inode) or File()

    def rename(self, path, target):
        moved = {path: None, target: self.live[path]}
        for below, what in self.live.items():
            if below.startswith(path + "/"):
                moved[below] = None
                moved[target + below[len(path):]] = what
        for inode, folder in self.inode_of_folder.items():
            if folder == path or folder.startswith(path + "/"):
                self.inode_of_folder[inode] = target + folder[len(path):]
        self.name(moved)

    def name(self, changes):
        apply(self.live, changes)
        self.pending.append(({os.path.dirname(path) for path in changes}, changes))

    def sync(self, inode):
        if inode in self.files:
            return self.files[inode].sync()
        # The root was there before; what has neither number is a file without a name.
        folder = self.inode_of_folder.get(inode, self.root)
        # A rename between folders is durable when both were synced; one of them has to do, for
        # the other half cannot be on the disk alone.
        kept = []
        for folders, changes in self.pending:
            if folder in folders:
                apply(self.durable, changes)
            else:
                kept.append((folders, changes))
        self.pending = kept
        return None

    def after_loss(self, manner, source):
        """The files and folders after a loss: paths with contents, None for a folder."""
        names = dict(self.durable)
        changes = [entry for _, entry in self.pending]
        if manner in ("none", "data"):
            changes = []
        elif manner in ("prefix", "names"):
            changes = changes[:source.randint(0, len(changes))]
        elif manner == "sectors":
            likely = source.choice((0.2, 0.5, 0.9))
            changes = [entry for entry in changes if source.random() < likely]
        for entry in changes:
            apply(names, entry)
        seen = {}
        for path, what in names.items():
            if what == "folder":
                seen[path] = None
            else:
                seen[path] = what.after_loss(manner, source)
        return seen

    def now(self):
        """What programs see."""
        return {path: None if what == "folder" else bytes(what.live)
                for path, what in self.live.items()}


def apply(names, changes):
    for path, what in changes.items():
        if what is None:
            names.pop(path, None)
        else:
            names[path] = what


def store(seen, root, folder):
    """Makes the files of a state below another folder; those whose folder is lost are lost."""
    for path in sorted(seen):
        place = os.path.join(folder, os.path.relpath(path, root))
        if not os.path.isdir(os.path.dirname(place)):
            continue
        if seen[path] is None:
            os.mkdir(place, 0o700)
        else:
            file = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(file, seen[path])
            os.close(file)
