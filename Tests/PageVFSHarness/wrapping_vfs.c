/* A VFS that passes everything on, fails what it is told to fail, and tells what it has done. */
#include "harness.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int (*wrap_decide)(Call call);
int wrapTears;
void (*wrap_note)(const Note *note);
int (*wrap_fail_folder)(void);

typedef struct WrapFile {
    sqlite3_file base;
    sqlite3_file *lower;
    const char *path;
} WrapFile;

static sqlite3_vfs *below;

static int decide(Call call) {
    return wrap_decide == NULL ? SQLITE_OK : wrap_decide(call);
}

static void note(Call call, const char *path, const void *bytes, int count, sqlite3_int64 offset) {
    Note made = {call, path, bytes, count, offset};
    if (wrap_note != NULL) wrap_note(&made);
}

#define LOWER(file) (((WrapFile *)(file))->lower)
#define METHODS(file) (LOWER(file)->pMethods)

static int wrap_close(sqlite3_file *file) {
    return METHODS(file)->xClose(LOWER(file));
}

static int wrap_read(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
    int code = decide(CALL_READ);
    return code != SQLITE_OK ? code : METHODS(file)->xRead(LOWER(file), into, count, offset);
}

/* Half of the write, cut where a sector ends: within one, a disk writes all or nothing. */
static void tear(sqlite3_file *file, const void *from, int count, sqlite3_int64 offset) {
    sqlite3_int64 end = (offset + count / 2) / 512 * 512;
    if (end <= offset) return;
    count = (int)(end - offset);
    if (METHODS(file)->xWrite(LOWER(file), from, count, offset) == SQLITE_OK)
        note(CALL_WRITE, ((WrapFile *)file)->path, from, count, offset);
}

static int wrap_write(sqlite3_file *file, const void *from, int count, sqlite3_int64 offset) {
    const char *path = ((WrapFile *)file)->path;
    int code = decide(CALL_WRITE);
    if (code != SQLITE_OK) {
        if (wrapTears) tear(file, from, count, offset);
        return code;
    }
    code = METHODS(file)->xWrite(LOWER(file), from, count, offset);
    if (code == SQLITE_OK) note(CALL_WRITE, path, from, count, offset);
    return code;
}

static int wrap_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code = decide(CALL_TRUNCATE);
    if (code == SQLITE_OK) code = METHODS(file)->xTruncate(LOWER(file), size);
    if (code == SQLITE_OK) note(CALL_TRUNCATE, ((WrapFile *)file)->path, NULL, 0, size);
    return code;
}

static int wrap_sync(sqlite3_file *file, int flags) {
    int code = decide(CALL_SYNC);
    if (code != SQLITE_OK) note(CALL_SYNC_FAILED, ((WrapFile *)file)->path, NULL, 0, 0);
    if (code == SQLITE_OK) code = METHODS(file)->xSync(LOWER(file), flags);
    if (code == SQLITE_OK) note(CALL_SYNC, ((WrapFile *)file)->path, NULL, 0, 0);
    return code;
}

static int wrap_size(sqlite3_file *file, sqlite3_int64 *size) {
    int code = decide(CALL_SIZE);
    return code != SQLITE_OK ? code : METHODS(file)->xFileSize(LOWER(file), size);
}

static int wrap_lock(sqlite3_file *file, int level) {
    int code = decide(CALL_LOCK);
    return code != SQLITE_OK ? code : METHODS(file)->xLock(LOWER(file), level);
}

static int wrap_unlock(sqlite3_file *file, int level) {
    return METHODS(file)->xUnlock(LOWER(file), level);
}

static int wrap_is_reserved(sqlite3_file *file, int *isReserved) {
    return METHODS(file)->xCheckReservedLock(LOWER(file), isReserved);
}

static int wrap_control(sqlite3_file *file, int operation, void *argument) {
    return METHODS(file)->xFileControl(LOWER(file), operation, argument);
}

static int wrap_sector_size(sqlite3_file *file) {
    return METHODS(file)->xSectorSize(LOWER(file));
}

static int wrap_characteristics(sqlite3_file *file) {
    return METHODS(file)->xDeviceCharacteristics(LOWER(file));
}

static int wrap_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **memory) {
    int code = decide(CALL_SHM_MAP);
    if (code == SQLITE_OK)
        return METHODS(file)->xShmMap(LOWER(file), region, size, extend, memory);
    *memory = NULL;
    return code;
}

static int wrap_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    int code = flags & SQLITE_SHM_LOCK ? decide(CALL_SHM_LOCK) : SQLITE_OK;
    return code != SQLITE_OK ? code
                             : METHODS(file)->xShmLock(LOWER(file), offset, count, flags);
}

static void wrap_shm_barrier(sqlite3_file *file) {
    METHODS(file)->xShmBarrier(LOWER(file));
}

static int wrap_shm_unmap(sqlite3_file *file, int delete) {
    return METHODS(file)->xShmUnmap(LOWER(file), delete);
}

/* ---- Syncs of folders, by taking the place of the C library's functions ---- */

static int sync_descriptor(long call, int descriptor) {
    struct stat status;
    int isFolder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
    int error = isFolder && wrap_fail_folder != NULL ? wrap_fail_folder() : 0;
    if (error != 0) {
        errno = error;
        return -1;
    }
    int result = (int)syscall(call, descriptor);
    if (result == 0 && isFolder) note(CALL_SYNC_FOLDER, NULL, NULL, 0, 0);
    return result;
}

int fsync(int descriptor) {
    return sync_descriptor(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
    return sync_descriptor(SYS_fdatasync, descriptor);
}

/* ---- The VFS ---- */

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = wrap_close,
    .xRead = wrap_read,
    .xWrite = wrap_write,
    .xTruncate = wrap_truncate,
    .xSync = wrap_sync,
    .xFileSize = wrap_size,
    .xLock = wrap_lock,
    .xUnlock = wrap_unlock,
    .xCheckReservedLock = wrap_is_reserved,
    .xFileControl = wrap_control,
    .xSectorSize = wrap_sector_size,
    .xDeviceCharacteristics = wrap_characteristics,
    .xShmMap = wrap_shm_map,
    .xShmLock = wrap_shm_lock,
    .xShmBarrier = wrap_shm_barrier,
    .xShmUnmap = wrap_shm_unmap,
};

static int wrap_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                     int *outFlags) {
    WrapFile *file = (WrapFile *)base;
    int code = decide(CALL_OPEN);
    (void)vfs;
    file->base.pMethods = NULL;
    if (code != SQLITE_OK) return code;
    file->lower = (sqlite3_file *)(file + 1);
    file->path = path;
    int isNew = path != NULL && access(path, F_OK) != 0;
    code = below->xOpen(below, path, file->lower, flags, outFlags);
    if (code == SQLITE_OK) file->base.pMethods = &methods;
    if (code == SQLITE_OK && isNew) note(CALL_OPEN, path, NULL, 0, 0);
    return code;
}

static int wrap_delete(sqlite3_vfs *vfs, const char *path, int syncDirectory) {
    int code = decide(CALL_DELETE);
    (void)vfs;
    if (code == SQLITE_OK) code = below->xDelete(below, path, syncDirectory);
    if (code == SQLITE_OK) note(CALL_DELETE, path, NULL, 0, 0);
    return code;
}

static int wrap_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    int code = decide(CALL_ACCESS);
    (void)vfs;
    return code != SQLITE_OK ? code : below->xAccess(below, path, flags, answer);
}

void wrapping_register(void) {
    static sqlite3_vfs vfs;
    sqlite3_initialize();
    below = sqlite3_vfs_find(NULL);
    vfs = *below; /* names, time, randomness and libraries are the system's */
    vfs.iVersion = 2;
    vfs.zName = "wrapping";
    vfs.szOsFile = (int)sizeof(WrapFile) + below->szOsFile;
    vfs.xOpen = wrap_open;
    vfs.xDelete = wrap_delete;
    vfs.xAccess = wrap_access;
    vfs.pNext = NULL;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) abort();
}
