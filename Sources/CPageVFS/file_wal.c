/*
 * The write-ahead log.
 *
 * SQLite writes a frame in two calls, 24 bytes of header and then a page; the two are sealed as
 * one.
 *
 *  (L1) A header is held back until its page comes, and both are written at once. A header that
 *       follows the reading of that same frame is a new checksum for an old page, and is written at
 *       once together with that page. Any other call in between writes the held header into the
 *       frame that is there.
 *  (L2) A page without a header replaces the page of the frame that is there (SQLite does so when a
 *       transaction that outgrew the cache changes a page again).
 *  (L3) A page alone is read by a reader or a checkpoint, who rely on it: SQLITE_IOERR_DATA when
 *       the frame does not authenticate.
 *  (L4) A header and its page together are read to find the end of the log. A frame that does not
 *       authenticate is that end, as it is for SQLite when a checksum fails, and reads as zeros,
 *       unless (L5).
 *  (L5) Each frame carries how many frames were on the medium before it was written: those that the
 *       last successful sync by the same connection covered. So a frame that fails although a later
 *       one of the same salts counts it as durable was not lost in a crash but damaged, and the log
 *       is SQLITE_IOERR_DATA. The count is exact under every setting of PRAGMA synchronous; with
 *       FULL each transaction vouches for those before it.
 *  (L6) The salts come from the header of the log on the disk. They are read again when a frame
 *       fails, because another connection may have restarted the log.
 *  (L7) After a failed sync nothing more is written or synced through this file.
 *  (L8) The header of the log is written within one sector and synced before the first frame. So
 *       one that contradicts its own checksum with frames behind it is damage: SQLITE_IOERR_DATA,
 *       where SQLite would take the log for an empty one.
 *  (L9) Before its first sync the folder is synced, so that the log's name is as durable as what is
 *       in it; a folder that cannot be synced is a failed sync. The VFS below does the same for a
 *       new log and does not say when it fails.
 * (L10) A frame that recovery reads may be in the memory of the kernel and nowhere else: a sync
 *       that failed has given it up, and later ones succeed without it. So recovery writes each
 *       frame again as it is, and the next sync by anybody makes it durable, before something that
 *       is acknowledged stands behind it. Nobody else writes meanwhile. Where it fails, the log can
 *       be read, and (L7) holds.
 */
#include "page_vfs.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static sqlite3_int64 frame_offset(sqlite3_int64 index) {
    return LOG_HEADER_SIZE + index * FRAME_SIZE;
}

/* ---- SQLite's checksums ---- */

/* SQLite's running checksum over `count` bytes, a multiple of 8; words are big-endian or not. */
void log_checksum(int isBigEndian, const unsigned char *bytes, size_t count, uint32_t sum[2]) {
    for (size_t i = 0; i < count; i += 8) {
        uint32_t first = read_u32(bytes + i), second = read_u32(bytes + i + 4);
        if (!isBigEndian) {
            first = __builtin_bswap32(first);
            second = __builtin_bswap32(second);
        }
        sum[0] += first + sum[1];
        sum[1] += second + sum[0];
    }
}

int log_header_is_valid(const unsigned char header[LOG_HEADER_SIZE]) {
    uint32_t sum[2] = {0, 0};
    if ((read_u32(header) & ~1u) != 0x377f0682 || read_u32(header + 4) != 3007000) return 0;
    if (read_u32(header + 8) != PAGE_SIZE) return 0;
    log_checksum(read_u32(header) & 1, header, 24, sum);
    return sum[0] == read_u32(header + 24) && sum[1] == read_u32(header + 28);
}

/* ---- Frames on the disk ---- */

/* (L6): SQLITE_OK and whether the salts differ from those at hand. */
static int reload_salts(LogFile *file, int *changed) {
    unsigned char header[LOG_HEADER_SIZE];
    *changed = 0;
    int code = file->lower->pMethods->xRead(file->lower, header, LOG_HEADER_SIZE, 0);
    if (code != SQLITE_OK) return code;
    *changed = !file->saltsAreSet || memcmp(file->salts, header + 16, SALTS_SIZE) != 0;
    memcpy(file->salts, header + 16, SALTS_SIZE);
    file->saltsAreSet = 1;
    if (*changed) {
        file->durableFrames = 0;
        file->lastWritten = -1;
    }
    return SQLITE_OK;
}

/* Opens the frame in `sealed` into `plain`, under fresh salts if need be. */
static int open_sealed(LogFile *file, sqlite3_int64 index, uint32_t *durableFrames) {
    int changed = 0, code = SQLITE_OK;
    const FileKeys *keys = file->database->keys;
    if (file->saltsAreSet) {
        code = cipher_open_frame(keys, index, file->salts, file->sealed, file->plain,
                                 durableFrames);
        if (code == SQLITE_OK) return SQLITE_OK;
    }
    code = reload_salts(file, &changed);
    if (code == SQLITE_OK && !changed) code = SQLITE_IOERR_DATA;
    if (code == SQLITE_IOERR_SHORT_READ) code = SQLITE_IOERR_DATA;
    if (code != SQLITE_OK) return code;
    return cipher_open_frame(keys, index, file->salts, file->sealed, file->plain, durableFrames);
}

/* Reads frame `index` into `plain`. */
static int read_frame(LogFile *file, sqlite3_int64 index, uint32_t *durableFrames) {
    int code = database_prepare_keys(file->database);
    if (code == SQLITE_EMPTY) return SQLITE_IOERR_DATA;
    if (code != SQLITE_OK) return code;
    code = file->lower->pMethods->xRead(file->lower, file->sealed, FRAME_SIZE, frame_offset(index));
    return code == SQLITE_OK ? open_sealed(file, index, durableFrames) : code;
}

/* Seals `plain` and writes it as frame `index`. */
static int write_frame(LogFile *file, sqlite3_int64 index, uint32_t durableFrames) {
    cipher_seal_frame(file->database->keys, index, file->salts, durableFrames, file->plain,
                      file->sealed);
    if (file->durableFrames > index) file->durableFrames = (uint32_t)index;
    if (file->lastWritten < index) file->lastWritten = index;
    return file->lower->pMethods->xWrite(file->lower, file->sealed, FRAME_SIZE,
                                         frame_offset(index));
}

/* (L1), a header by itself: it goes into the frame that is there. */
static int replace_header(LogFile *file, sqlite3_int64 index, const unsigned char *header) {
    uint32_t durableFrames = 0;
    int code = read_frame(file, index, &durableFrames);
    if (code != SQLITE_OK) return SQLITE_IOERR_WRITE;
    memcpy(file->plain, header, FRAME_HEADER_SIZE);
    return write_frame(file, index, durableFrames);
}

static int settle_pending(LogFile *file) {
    sqlite3_int64 index = file->pendingIndex;
    file->justReadIndex = -1;
    if (index < 0) return SQLITE_OK;
    file->pendingIndex = -1;
    return replace_header(file, index, file->pendingHeader);
}

/* ---- Reading ---- */

/* (L5): whether a frame after `index` says that frame `index` was on the medium. */
static int frame_was_durable(LogFile *file, sqlite3_int64 index, int *wasDurable) {
    sqlite3_int64 size = 0;
    uint32_t durableFrames = 0;
    int code = file->lower->pMethods->xFileSize(file->lower, &size);
    *wasDurable = 0;
    for (sqlite3_int64 i = index + 1; code == SQLITE_OK && frame_offset(i + 1) <= size; i++) {
        code = file->lower->pMethods->xRead(file->lower, file->sealed, FRAME_SIZE, frame_offset(i));
        if (code != SQLITE_OK) break;
        if (cipher_open_frame(file->database->keys, i, file->salts, file->sealed, file->plain,
                              &durableFrames) == SQLITE_OK &&
            durableFrames > index) {
            *wasDurable = 1;
            break;
        }
    }
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
}

/* (L10): writes the frame in `sealed` again. */
static void write_again(LogFile *file, sqlite3_int64 index) {
    if (!file->database->isRecovering || file->isReadOnly || file->hasFailed) return;
    file->hasFailed = file->lower->pMethods->xWrite(file->lower, file->sealed, FRAME_SIZE,
                                                    frame_offset(index)) != SQLITE_OK;
}

/* (L4). */
static int read_for_recovery(LogFile *file, sqlite3_int64 index, unsigned char *into) {
    int wasDurable = 0;
    int code = read_frame(file, index, &file->justReadDurable);
    if (code == SQLITE_OK) {
        write_again(file, index);
        memcpy(into, file->plain, FRAME_SIZE);
        file->justReadIndex = index;
        return SQLITE_OK;
    }
    memset(into, 0, FRAME_SIZE);
    if (code != SQLITE_IOERR_DATA) return code;
    if (!file->saltsAreSet) return SQLITE_OK;
    code = frame_was_durable(file, index, &wasDurable);
    if (code != SQLITE_OK) return code;
    return wasDurable ? SQLITE_IOERR_DATA : SQLITE_OK;
}

/* (L8). */
static int read_log_header(LogFile *file, unsigned char *header) {
    sqlite3_int64 size = 0;
    int code = file->lower->pMethods->xRead(file->lower, header, LOG_HEADER_SIZE, 0);
    if (code != SQLITE_OK) return code;
    if (log_header_is_valid(header) || bytes_are_zero(header, LOG_HEADER_SIZE)) return SQLITE_OK;
    code = file->lower->pMethods->xFileSize(file->lower, &size);
    if (code != SQLITE_OK || size < frame_offset(1)) return code;
    memset(header, 0, LOG_HEADER_SIZE);
    return SQLITE_IOERR_DATA;
}

static int log_read(sqlite3_file *base, void *into, int count, sqlite3_int64 offset) {
    LogFile *file = (LogFile *)base;
    uint32_t durableFrames = 0;
    int code = settle_pending(file);
    if (code != SQLITE_OK) return code;
    if (offset == 0 && count == LOG_HEADER_SIZE) return read_log_header(file, into);
    if (offset + count <= LOG_HEADER_SIZE)
        return file->lower->pMethods->xRead(file->lower, into, count, offset);
    if (offset < LOG_HEADER_SIZE) return SQLITE_IOERR_READ;
    sqlite3_int64 index = (offset - LOG_HEADER_SIZE) / FRAME_SIZE;
    int within = (int)((offset - LOG_HEADER_SIZE) % FRAME_SIZE);
    if (within + count > FRAME_SIZE) return SQLITE_IOERR_READ;
    if (within == 0 && count == FRAME_SIZE) return read_for_recovery(file, index, into);
    code = read_frame(file, index, &durableFrames); /* (L3) */
    if (code == SQLITE_OK) memcpy(into, file->plain + within, (size_t)count);
    else memset(into, 0, (size_t)count);
    return code;
}

/* ---- Writing ---- */

static int write_log_header(LogFile *file, const unsigned char *header) {
    int code = settle_pending(file);
    if (code != SQLITE_OK) return code;
    if (read_u32(header + 8) != PAGE_SIZE) return SQLITE_IOERR_WRITE;
    code = file->lower->pMethods->xWrite(file->lower, header, LOG_HEADER_SIZE, 0);
    if (code != SQLITE_OK) return code;
    memcpy(file->salts, header + 16, SALTS_SIZE);
    file->saltsAreSet = 1;
    file->durableFrames = 0;
    file->lastWritten = -1;
    return SQLITE_OK;
}

/* (L1). */
static int write_frame_header(LogFile *file, sqlite3_int64 index, const unsigned char *header) {
    if (file->justReadIndex == index) {
        memcpy(file->plain, header, FRAME_HEADER_SIZE);
        file->justReadIndex = -1;
        return write_frame(file, index, file->justReadDurable);
    }
    int code = settle_pending(file);
    if (code != SQLITE_OK) return code;
    memcpy(file->pendingHeader, header, FRAME_HEADER_SIZE);
    file->pendingIndex = index;
    return SQLITE_OK;
}

/*
 * Takes over the salts of a frame that is to be written: new ones belong to a log that another
 * connection restarted. SQLite leaves them zero, and the checksum too, in a frame whose header it
 * will write again before the commit; the salts at hand are then those of the same transaction.
 */
static int adopt_salts(LogFile *file, const unsigned char *salts) {
    int changed = 0;
    if (bytes_are_zero(salts, SALTS_SIZE))
        return file->saltsAreSet ? SQLITE_OK : reload_salts(file, &changed);
    if (file->saltsAreSet && memcmp(file->salts, salts, SALTS_SIZE) == 0) return SQLITE_OK;
    memcpy(file->salts, salts, SALTS_SIZE);
    file->saltsAreSet = 1;
    file->durableFrames = 0;
    file->lastWritten = -1;
    return SQLITE_OK;
}

static int write_frame_page(LogFile *file, sqlite3_int64 index, const unsigned char *page) {
    uint32_t durableFrames = 0;
    file->justReadIndex = -1;
    if (!bytes_are_zero(page + BODY_SIZE, SEAL_SIZE)) return SQLITE_IOERR_WRITE;
    int code = database_prepare_keys(file->database);
    if (code != SQLITE_OK) return SQLITE_IOERR_WRITE;
    if (file->pendingIndex == index) {
        file->pendingIndex = -1;
        if (adopt_salts(file, file->pendingHeader + 8) != SQLITE_OK) return SQLITE_IOERR_WRITE;
        memcpy(file->plain, file->pendingHeader, FRAME_HEADER_SIZE);
        durableFrames = file->durableFrames < index ? file->durableFrames : (uint32_t)index;
    } else {
        code = settle_pending(file);
        if (code == SQLITE_OK) code = read_frame(file, index, &durableFrames); /* (L2) */
        if (code != SQLITE_OK) return SQLITE_IOERR_WRITE;
    }
    memcpy(file->plain + FRAME_HEADER_SIZE, page, PAGE_SIZE);
    return write_frame(file, index, durableFrames);
}

static int log_write(sqlite3_file *base, const void *from, int count, sqlite3_int64 offset) {
    LogFile *file = (LogFile *)base;
    if (file->hasFailed) return SQLITE_IOERR_WRITE;
    if (offset == 0 && count == LOG_HEADER_SIZE) return write_log_header(file, from);
    if (offset < LOG_HEADER_SIZE) return SQLITE_IOERR_WRITE;
    sqlite3_int64 index = (offset - LOG_HEADER_SIZE) / FRAME_SIZE;
    int within = (int)((offset - LOG_HEADER_SIZE) % FRAME_SIZE);
    if (within == 0 && count == FRAME_HEADER_SIZE) return write_frame_header(file, index, from);
    if (within == FRAME_HEADER_SIZE && count == PAGE_SIZE)
        return write_frame_page(file, index, from);
    return SQLITE_IOERR_WRITE;
}

static int log_truncate(sqlite3_file *base, sqlite3_int64 size) {
    LogFile *file = (LogFile *)base;
    if (file->hasFailed) return SQLITE_IOERR_TRUNCATE;
    int code = settle_pending(file);
    if (code != SQLITE_OK) return code;
    file->durableFrames = 0;
    file->lastWritten = -1;
    return file->lower->pMethods->xTruncate(file->lower, size);
}

/* Makes the names in the log's folder durable, for (L9). */
static int sync_folder(const char *name) {
    const char *end = strrchr(name, '/');
    char *folder = end == NULL ? sqlite3_mprintf(".")
                               : sqlite3_mprintf("%.*s", (int)(end - name) + 1, name);
    if (folder == NULL) return SQLITE_NOMEM;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sqlite3_free(folder);
    if (descriptor < 0) return SQLITE_IOERR_DIR_FSYNC;
    int result;
    do result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    close(descriptor);
    return result == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int log_sync(sqlite3_file *base, int flags) {
    LogFile *file = (LogFile *)base;
    if (file->hasFailed) return SQLITE_IOERR_FSYNC;
    int code = settle_pending(file);
    if (code != SQLITE_OK) return code;
    if (!file->isNamed) code = sync_folder(file->name); /* (L9) */
    file->isNamed = code == SQLITE_OK;
    if (code == SQLITE_OK) code = file->lower->pMethods->xSync(file->lower, flags);
    if (code != SQLITE_OK) {
        file->hasFailed = 1; /* (L7) */
    } else if (file->lastWritten >= 0) {
        file->durableFrames = (uint32_t)(file->lastWritten + 1);
    }
    return code;
}

static int log_size(sqlite3_file *base, sqlite3_int64 *size) {
    LogFile *file = (LogFile *)base;
    int code = settle_pending(file);
    return code == SQLITE_OK ? file->lower->pMethods->xFileSize(file->lower, size) : code;
}

static int log_close(sqlite3_file *base) {
    LogFile *file = (LogFile *)base;
    int settled = file->plain != NULL && !file->hasFailed ? settle_pending(file) : SQLITE_OK;
    int code = file->lower->pMethods ? file->lower->pMethods->xClose(file->lower) : SQLITE_OK;
    if (file->plain != NULL) sodium_memzero(file->plain, 2 * FRAME_SIZE);
    sqlite3_free(file->plain);
    file->plain = NULL;
    return settled != SQLITE_OK ? settled : code;
}

/* ---- The rest ---- */

static int log_lock(sqlite3_file *base, int level) {
    (void)base, (void)level;
    return SQLITE_OK;
}

static int log_is_reserved(sqlite3_file *base, int *isReserved) {
    (void)base;
    *isReserved = 0;
    return SQLITE_OK;
}

static int log_control(sqlite3_file *base, int operation, void *argument) {
    LogFile *file = (LogFile *)base;
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return file->lower->pMethods->xFileControl(file->lower, operation, argument);
}

static int log_sector_size(sqlite3_file *base) {
    LogFile *file = (LogFile *)base;
    return file->lower->pMethods->xSectorSize(file->lower);
}

static int log_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_lock,
    .xCheckReservedLock = log_is_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

/* `name` is the log's name as SQLite passes it, from which SQLite finds the database. */
int log_open(sqlite3_vfs *lower, const char *name, LogFile *file, int flags, int *outFlags) {
    sqlite3_file *database = name == NULL ? NULL : sqlite3_database_file_object(name);
    if (database == NULL || !database_is_ours(database)) return SQLITE_CANTOPEN;
    memset(file, 0, sizeof(LogFile));
    file->lower = (sqlite3_file *)(file + 1);
    file->lower->pMethods = NULL;
    file->database = (DatabaseFile *)database;
    file->name = name;
    file->pendingIndex = file->justReadIndex = file->lastWritten = -1;
    file->plain = sqlite3_malloc(2 * FRAME_SIZE);
    if (file->plain == NULL) return SQLITE_NOMEM;
    file->sealed = file->plain + FRAME_SIZE;
    int code = lower->xOpen(lower, name, file->lower, flags, outFlags);
    if (code != SQLITE_OK) {
        log_close(&file->base);
        return code;
    }
    file->isReadOnly = outFlags != NULL && (*outFlags & SQLITE_OPEN_READONLY) != 0;
    file->base.pMethods = &methods;
    return SQLITE_OK;
}
