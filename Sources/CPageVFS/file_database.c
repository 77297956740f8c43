/*
 * The main database file.
 *
 * READING
 *  (R1) A read may ask for part of a page; the whole page is read, authenticated and cut.
 *  (R2) A page that does not authenticate is SQLITE_IOERR_DATA; a file of another key or of no key
 *       is SQLITE_NOTADB. Nothing of it reaches SQLite.
 *  (R3) One exception: SQLite reads up to 100 bytes of header when it opens a database, before it
 *       has a lock and before it recovers the log. A first page that was torn by a power loss is
 *       whole again only after that recovery, so for this read a page 1 whose key check agrees is
 *       answered with a header made from its front. The page itself is authenticated when it is
 *       used.
 *  (R4) The file id is read again under each new lock: before that, a creation by another process
 *       could still be rolled back, and the next one gets another id.
 *
 * WRITING
 *  (W1) Only whole pages that reserve their last 40 bytes are written.
 *  (W2) Page 1 never goes back from write-ahead log to rollback journal.
 *  (W3) SQLite leaves pages unwritten that it allocated and freed again, so a write or a truncation
 *       beyond the end fills the gap with sealed pages of zeros. How much is missing is decided
 *       only by a file size that was read without an error: a wrong answer here would destroy
 *       pages.
 *  (W4) After a failed sync the kernel may have dropped the pages it could not write and report
 *       success the next time, so nothing more is written or synced until the file is reopened.
 *
 * READING AHEAD
 *  (A1) A scan reads sealed pages in runs, which saves a system call a page. What was read ahead is
 *       dropped at every lock SQLite takes and at every write. That is enough: within one read
 *       transaction SQLite never takes a page from the database file that a checkpoint could
 *       meanwhile change there.
 */
#include "page_vfs.h"
#include <sodium.h>
#include <string.h>

enum {
    HEADER_PROBE_SIZE = 100,
    RUN_START = 4,   /* so many successors in a row make a scan */
    RUN_PAGES = 16,
    RECOVER_LOCK = 2, /* WAL_RECOVER_LOCK of SQLite's file format, "WAL Locks" */
    GAP_LIMIT = 1 << 20 /* pages; 4 GiB, far above what one transaction leaves unwritten */
};

static const unsigned char blankPage[PAGE_SIZE];

static void drop_ahead(DatabaseFile *file) {
    file->aheadCount = 0;
}

static sqlite3_int64 page_offset(sqlite3_int64 number) {
    return (number - 1) * PAGE_SIZE;
}

/* ---- Keys ---- */

static int adopt_front(DatabaseFile *file, const unsigned char front[FRONT_SIZE]) {
    if (cipher_judge_front(file->keys, front) != FRONT_OURS) return SQLITE_NOTADB;
    if (memcmp(file->keys->id, front, FILE_ID_SIZE) != 0) cipher_set_id(file->keys, front);
    file->mode = front[18];
    file->keysAreSet = 1;
    file->idIsOnDisk = 1;
    return SQLITE_OK;
}

/* Reads the front of the file. SQLITE_EMPTY when the file has no bytes. */
static int read_front(DatabaseFile *file, unsigned char front[FRONT_SIZE]) {
    sqlite3_int64 size = 0;
    int code = file->lower->pMethods->xRead(file->lower, front, FRONT_SIZE, 0);
    if (code != SQLITE_IOERR_SHORT_READ) return code;
    code = file->lower->pMethods->xFileSize(file->lower, &size);
    if (code != SQLITE_OK) return code;
    return size == 0 ? SQLITE_EMPTY : SQLITE_NOTADB;
}

/* Sets the file's keys from its id (R4). SQLITE_EMPTY when the file has no bytes. */
int database_prepare_keys(DatabaseFile *file) {
    unsigned char front[FRONT_SIZE];
    if (file->keysAreSet) return SQLITE_OK;
    int code = read_front(file, front);
    return code == SQLITE_OK ? adopt_front(file, front) : code;
}

static int prepare_keys_for_writing(DatabaseFile *file) {
    int code = database_prepare_keys(file);
    if (code != SQLITE_EMPTY) return code;
    cipher_set_new_id(file->keys);
    file->keysAreSet = 1;
    file->idIsOnDisk = 0;
    file->mode = MODE_BLANK;
    return SQLITE_OK;
}

/* The journal mode that page 1 on the disk states; MODE_BLANK for an empty file. */
int database_read_mode(DatabaseFile *file, int *mode) {
    unsigned char front[FRONT_SIZE];
    *mode = MODE_BLANK;
    int code = read_front(file, front);
    if (code == SQLITE_EMPTY) return SQLITE_OK;
    if (code == SQLITE_OK) code = adopt_front(file, front);
    if (code == SQLITE_OK) *mode = file->mode;
    return code;
}

/* ---- Reading ---- */

/* Reads a run of sealed pages that starts at `number`; a failure only means that there is none. */
static void read_run(DatabaseFile *file, sqlite3_int64 number) {
    sqlite3_int64 size = 0;
    drop_ahead(file);
    if (file->lower->pMethods->xFileSize(file->lower, &size) != SQLITE_OK) return;
    sqlite3_int64 count = size / PAGE_SIZE - number + 1;
    if (count > RUN_PAGES) count = RUN_PAGES;
    if (count < 2) return;
    if (file->ahead == NULL) file->ahead = sqlite3_malloc(RUN_PAGES * PAGE_SIZE);
    if (file->ahead == NULL) return;
    int code = file->lower->pMethods->xRead(file->lower, file->ahead, (int)count * PAGE_SIZE,
                                            page_offset(number));
    if (code != SQLITE_OK) return;
    file->aheadFirst = number;
    file->aheadCount = (int)count;
}

/* The sealed page when it has been read ahead (A1), else NULL. */
static const unsigned char *page_read_ahead(DatabaseFile *file, sqlite3_int64 number) {
    file->sequentialReads = number == file->lastRead + 1 ? file->sequentialReads + 1 : 0;
    file->lastRead = number;
    sqlite3_int64 place = number - file->aheadFirst;
    if (file->aheadCount == 0 || place < 0 || place >= file->aheadCount) {
        if (file->sequentialReads < RUN_START) return NULL;
        read_run(file, number);
        if (file->aheadCount == 0) return NULL;
        place = 0;
    }
    return file->ahead + place * PAGE_SIZE;
}

/* Reads and opens page 1, whose id may be a new one as long as nothing is locked. */
static int open_first_page(DatabaseFile *file, unsigned char *page) {
    if (memcmp(page, file->keys->id, FILE_ID_SIZE) != 0) {
        int code = adopt_front(file, page);
        if (code != SQLITE_OK) return code;
    }
    return cipher_open_page(file->keys, 1, page, page);
}

/* Reads one whole page (R2). Zeros and SQLITE_IOERR_SHORT_READ beyond the end of the file. */
static int read_page(DatabaseFile *file, sqlite3_int64 number, unsigned char *page) {
    int code = database_prepare_keys(file);
    if (code == SQLITE_EMPTY) {
        memset(page, 0, PAGE_SIZE);
        return SQLITE_IOERR_SHORT_READ;
    }
    if (code != SQLITE_OK) return code;
    const unsigned char *sealed = page_read_ahead(file, number);
    if (sealed != NULL && number > 1) return cipher_open_page(file->keys, number, sealed, page);
    code = file->lower->pMethods->xRead(file->lower, page, PAGE_SIZE, page_offset(number));
    if (code == SQLITE_IOERR_SHORT_READ && !bytes_are_zero(page, PAGE_SIZE)) {
        memset(page, 0, PAGE_SIZE); /* part of a page is no page */
        return SQLITE_IOERR_DATA;
    }
    if (code != SQLITE_OK) return code;
    return number == 1 ? open_first_page(file, page)
                       : cipher_open_page(file->keys, number, page, page);
}

/* (R3). */
static int read_header_probe(DatabaseFile *file, unsigned char *into, int count) {
    unsigned char front[FRONT_SIZE];
    int code = read_front(file, front);
    if (code == SQLITE_OK) code = adopt_front(file, front);
    if (code == SQLITE_EMPTY) {
        memset(into, 0, (size_t)count);
        return SQLITE_IOERR_SHORT_READ;
    }
    if (code != SQLITE_OK) return code;
    code = read_page(file, 1, file->scratch);
    if (code == SQLITE_IOERR_DATA) {
        cipher_blank_header(front, into, count);
        return SQLITE_OK;
    }
    if (code == SQLITE_OK) memcpy(into, file->scratch, (size_t)count);
    return code;
}

static int database_read(sqlite3_file *base, void *into, int count, sqlite3_int64 offset) {
    DatabaseFile *file = (DatabaseFile *)base;
    sqlite3_int64 number = offset / PAGE_SIZE + 1;
    int within = (int)(offset % PAGE_SIZE);
    if (within == 0 && count == PAGE_SIZE) return read_page(file, number, into);
    if (within + count > PAGE_SIZE) return SQLITE_IOERR_READ;
    if (offset == 0 && count <= HEADER_PROBE_SIZE) return read_header_probe(file, into, count);
    int code = read_page(file, number, file->scratch); /* (R1) */
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    memcpy(into, file->scratch + within, (size_t)count);
    return code;
}

/* ---- Writing ---- */

static int write_page(DatabaseFile *file, sqlite3_int64 number, const unsigned char *page) {
    drop_ahead(file);
    cipher_seal_page(file->keys, number, page, file->scratch);
    int code = file->lower->pMethods->xWrite(file->lower, file->scratch, PAGE_SIZE,
                                             page_offset(number));
    if (code != SQLITE_OK) {
        file->knownPages = -1;
        if (!file->idIsOnDisk) file->keysAreSet = 0;
        return code;
    }
    if (number > file->knownPages && file->knownPages >= 0) file->knownPages = number;
    if (number == 1) {
        file->idIsOnDisk = 1;
        file->mode = page[18];
    }
    return SQLITE_OK;
}

/* (W3): sees to it that pages 1 to `pages` are there. */
static int fill_gap(DatabaseFile *file, sqlite3_int64 pages) {
    sqlite3_int64 size = 0;
    if (pages == 0 || file->knownPages >= pages) return SQLITE_OK;
    int code = file->lower->pMethods->xFileSize(file->lower, &size);
    if (code != SQLITE_OK) return code;
    file->knownPages = size / PAGE_SIZE;
    if (pages - file->knownPages > GAP_LIMIT) return SQLITE_IOERR_WRITE;
    while (code == SQLITE_OK && file->knownPages < pages)
        code = write_page(file, file->knownPages + 1, blankPage);
    return code;
}

static int database_write(sqlite3_file *base, const void *from, int count, sqlite3_int64 offset) {
    DatabaseFile *file = (DatabaseFile *)base;
    const unsigned char *page = from;
    sqlite3_int64 number = offset / PAGE_SIZE + 1;
    if (file->hasFailed || count != PAGE_SIZE || offset % PAGE_SIZE != 0) return SQLITE_IOERR_WRITE;
    if (!cipher_is_writable_page(page, number)) return SQLITE_IOERR_WRITE; /* (W1) */
    int code = prepare_keys_for_writing(file);
    if (code != SQLITE_OK) return code;
    if (number == 1 && page[18] < file->mode) return SQLITE_IOERR_WRITE; /* (W2) */
    code = fill_gap(file, number - 1);
    return code == SQLITE_OK ? write_page(file, number, page) : code;
}

static int database_truncate(sqlite3_file *base, sqlite3_int64 size) {
    DatabaseFile *file = (DatabaseFile *)base;
    if (file->hasFailed || size % PAGE_SIZE != 0) return SQLITE_IOERR_TRUNCATE;
    drop_ahead(file);
    file->knownPages = -1;
    if (size > 0) { /* SQLite also lengthens a file in this way */
        int code = prepare_keys_for_writing(file);
        if (code == SQLITE_OK) code = fill_gap(file, size / PAGE_SIZE);
        if (code != SQLITE_OK) return code;
        file->knownPages = -1;
    } else {
        file->keysAreSet = 0;
        file->mode = MODE_BLANK;
    }
    return file->lower->pMethods->xTruncate(file->lower, size);
}

static int database_sync(sqlite3_file *base, int flags) {
    DatabaseFile *file = (DatabaseFile *)base;
    if (file->hasFailed) return SQLITE_IOERR_FSYNC;
    int code = file->lower->pMethods->xSync(file->lower, flags);
    if (code != SQLITE_OK) file->hasFailed = 1; /* (W4) */
    return code;
}

static int database_size(sqlite3_file *base, sqlite3_int64 *size) {
    DatabaseFile *file = (DatabaseFile *)base;
    return file->lower->pMethods->xFileSize(file->lower, size);
}

static int database_close(sqlite3_file *base) {
    DatabaseFile *file = (DatabaseFile *)base;
    int code = file->lower->pMethods ? file->lower->pMethods->xClose(file->lower) : SQLITE_OK;
    cipher_free_keys(file->keys);
    if (file->scratch != NULL) sodium_memzero(file->scratch, PAGE_SIZE);
    sqlite3_free(file->scratch);
    sqlite3_free(file->ahead);
    file->keys = NULL;
    file->scratch = file->ahead = NULL;
    return code;
}

/* ---- Locks and controls ---- */

static void forget_what_others_may_change(DatabaseFile *file) {
    drop_ahead(file);
    file->lastRead = -1;
    file->knownPages = -1;
}

static int database_lock(sqlite3_file *base, int level) {
    DatabaseFile *file = (DatabaseFile *)base;
    int code = file->lower->pMethods->xLock(file->lower, level);
    if (code != SQLITE_OK) return code;
    if (file->lockLevel == SQLITE_LOCK_NONE) file->keysAreSet = 0; /* (R4) */
    if (level > file->lockLevel) file->lockLevel = level;
    forget_what_others_may_change(file);
    return SQLITE_OK;
}

static int database_unlock(sqlite3_file *base, int level) {
    DatabaseFile *file = (DatabaseFile *)base;
    if (level < file->lockLevel) file->lockLevel = level;
    forget_what_others_may_change(file);
    return file->lower->pMethods->xUnlock(file->lower, level);
}

static int database_is_reserved(sqlite3_file *base, int *isReserved) {
    DatabaseFile *file = (DatabaseFile *)base;
    return file->lower->pMethods->xCheckReservedLock(file->lower, isReserved);
}

static int database_control(sqlite3_file *base, int operation, void *argument) {
    DatabaseFile *file = (DatabaseFile *)base;
    switch (operation) {
    case SQLITE_FCNTL_CHUNK_SIZE: /* both would lengthen the file with bytes that are no pages */
    case SQLITE_FCNTL_SIZE_HINT:
        return SQLITE_OK;
    case SQLITE_FCNTL_MMAP_SIZE: /* a mapped page would be a sealed one */
        *(sqlite3_int64 *)argument = 0;
        return SQLITE_OK;
    case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
    case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
    case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE:
        return SQLITE_NOTFOUND;
    case SQLITE_FCNTL_POWERSAFE_OVERWRITE:
        if (*(int *)argument >= 0) return SQLITE_OK;
        *(int *)argument = 1;
        return SQLITE_OK;
    }
    int code = file->lower->pMethods->xFileControl(file->lower, operation, argument);
    if (operation == SQLITE_FCNTL_VFSNAME && code == SQLITE_OK)
        *(char **)argument = sqlite3_mprintf("coffer/%z", *(char **)argument);
    return code;
}

static int database_sector_size(sqlite3_file *base) {
    DatabaseFile *file = (DatabaseFile *)base;
    return file->lower->pMethods->xSectorSize(file->lower);
}

/* Neither atomic writes nor safe appends are promised: a page is written with its seal or not. */
static int database_characteristics(sqlite3_file *base) {
    DatabaseFile *file = (DatabaseFile *)base;
    int below = file->lower->pMethods->xDeviceCharacteristics(file->lower);
    int kept = below & (SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | SQLITE_IOCAP_IMMUTABLE);
    return kept | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int database_shm_map(sqlite3_file *base, int region, int size, int extend,
                            void volatile **memory) {
    DatabaseFile *file = (DatabaseFile *)base;
    return file->lower->pMethods->xShmMap(file->lower, region, size, extend, memory);
}

static int database_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    DatabaseFile *file = (DatabaseFile *)base;
    forget_what_others_may_change(file);
    int code = file->lower->pMethods->xShmLock(file->lower, offset, count, flags);
    if (code == SQLITE_OK && offset <= RECOVER_LOCK && offset + count > RECOVER_LOCK)
        file->isRecovering = flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
    return code;
}

static void database_shm_barrier(sqlite3_file *base) {
    DatabaseFile *file = (DatabaseFile *)base;
    file->lower->pMethods->xShmBarrier(file->lower);
}

static int database_shm_unmap(sqlite3_file *base, int delete) {
    DatabaseFile *file = (DatabaseFile *)base;
    return file->lower->pMethods->xShmUnmap(file->lower, delete);
}

/* Version 2: shared memory, but no xFetch. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = database_close,
    .xRead = database_read,
    .xWrite = database_write,
    .xTruncate = database_truncate,
    .xSync = database_sync,
    .xFileSize = database_size,
    .xLock = database_lock,
    .xUnlock = database_unlock,
    .xCheckReservedLock = database_is_reserved,
    .xFileControl = database_control,
    .xSectorSize = database_sector_size,
    .xDeviceCharacteristics = database_characteristics,
    .xShmMap = database_shm_map,
    .xShmLock = database_shm_lock,
    .xShmBarrier = database_shm_barrier,
    .xShmUnmap = database_shm_unmap,
};

/* ---- Opening ---- */

int database_is_ours(const sqlite3_file *file) {
    return file->pMethods == &methods;
}

/*
 * An empty database beside a log with content has been emptied by somebody: SQLite would delete the
 * log and begin anew. The size is looked at twice, because another process may just be creating it.
 */
static int refuse_emptied(sqlite3_vfs *lower, const char *name, DatabaseFile *file) {
    sqlite3_int64 size = 0;
    int exists = 0;
    for (int round = 0; round < 2; round++) {
        int code = file->lower->pMethods->xFileSize(file->lower, &size);
        if (code != SQLITE_OK || size > 0) return code;
        if (round == 1) return SQLITE_CANTOPEN;
        const char *log = sqlite3_filename_wal(name);
        code = lower->xAccess(lower, log, SQLITE_ACCESS_EXISTS, &exists);
        if (code != SQLITE_OK || !exists) return code;
    }
    return SQLITE_OK;
}

int database_open(sqlite3_vfs *lower, const char *name, DatabaseFile *file, int flags,
                  int *outFlags) {
    memset(file, 0, sizeof(DatabaseFile));
    file->lower = (sqlite3_file *)(file + 1);
    file->lower->pMethods = NULL;
    file->knownPages = file->lastRead = -1;
    file->keys = key_table_copy(name);
    if (file->keys == NULL) return SQLITE_CANTOPEN;
    file->scratch = sqlite3_malloc(PAGE_SIZE);
    int code = file->scratch == NULL ? SQLITE_NOMEM : SQLITE_OK;
    if (code == SQLITE_OK) code = lower->xOpen(lower, name, file->lower, flags, outFlags);
    if (code == SQLITE_OK) code = refuse_emptied(lower, name, file);
    if (code != SQLITE_OK) {
        database_close(&file->base);
        return code;
    }
    file->base.pMethods = &methods;
    return SQLITE_OK;
}
