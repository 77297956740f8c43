/*
 * The rollback journal: in memory, private to its connection, and never trusted from a disk.
 *
 * SQLite needs a journal only until a new database is in write-ahead-log mode. A crash in that time
 * leaves a database whose creation never finished, which the vault that was creating it discards.
 * For a database in write-ahead-log mode a journal would only be opened to leave that mode, which
 * is refused. A journal file that lies beside a database is never opened, so a planted one does
 * nothing; vfs.c answers that it does not exist.
 */
#include "page_vfs.h"
#include <sodium.h>
#include <string.h>

static int journal_close(sqlite3_file *base) {
    JournalFile *file = (JournalFile *)base;
    if (file->bytes != NULL) sodium_memzero(file->bytes, (size_t)file->capacity);
    sqlite3_free(file->bytes);
    file->bytes = NULL;
    return SQLITE_OK;
}

static int journal_read(sqlite3_file *base, void *into, int count, sqlite3_int64 offset) {
    JournalFile *file = (JournalFile *)base;
    sqlite3_int64 there = file->size - offset;
    if (there >= count) {
        memcpy(into, file->bytes + offset, (size_t)count);
        return SQLITE_OK;
    }
    memset(into, 0, (size_t)count);
    if (there > 0) memcpy(into, file->bytes + offset, (size_t)there);
    return SQLITE_IOERR_SHORT_READ;
}

/* Copies instead of using realloc, so that outgrown memory is wiped as well. */
static int journal_reserve(JournalFile *file, sqlite3_int64 size) {
    if (size <= file->capacity) return SQLITE_OK;
    sqlite3_int64 capacity = size + size / 2 + 64 * 1024;
    unsigned char *bytes = sqlite3_malloc64((sqlite3_uint64)capacity);
    if (bytes == NULL) return SQLITE_IOERR_NOMEM;
    memset(bytes, 0, (size_t)capacity);
    if (file->size > 0) memcpy(bytes, file->bytes, (size_t)file->size);
    sqlite3_int64 used = file->size;
    journal_close(&file->base);
    file->bytes = bytes;
    file->size = used;
    file->capacity = capacity;
    return SQLITE_OK;
}

static int journal_write(sqlite3_file *base, const void *from, int count, sqlite3_int64 offset) {
    JournalFile *file = (JournalFile *)base;
    int code = journal_reserve(file, offset + count);
    if (code != SQLITE_OK) return code;
    memcpy(file->bytes + offset, from, (size_t)count);
    if (offset + count > file->size) file->size = offset + count;
    return SQLITE_OK;
}

static int journal_truncate(sqlite3_file *base, sqlite3_int64 size) {
    JournalFile *file = (JournalFile *)base;
    if (size >= file->size) return SQLITE_OK;
    sodium_memzero(file->bytes + size, (size_t)(file->size - size));
    file->size = size;
    return SQLITE_OK;
}

static int journal_sync(sqlite3_file *base, int flags) {
    (void)base, (void)flags;
    return SQLITE_OK;
}

static int journal_size(sqlite3_file *base, sqlite3_int64 *size) {
    *size = ((JournalFile *)base)->size;
    return SQLITE_OK;
}

static int journal_lock(sqlite3_file *base, int level) {
    (void)base, (void)level;
    return SQLITE_OK;
}

static int journal_is_reserved(sqlite3_file *base, int *isReserved) {
    (void)base;
    *isReserved = 0;
    return SQLITE_OK;
}

static int journal_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int journal_sector_size(sqlite3_file *base) {
    (void)base;
    return 512;
}

static int journal_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = journal_close,
    .xRead = journal_read,
    .xWrite = journal_write,
    .xTruncate = journal_truncate,
    .xSync = journal_sync,
    .xFileSize = journal_size,
    .xLock = journal_lock,
    .xUnlock = journal_lock,
    .xCheckReservedLock = journal_is_reserved,
    .xFileControl = journal_control,
    .xSectorSize = journal_sector_size,
    .xDeviceCharacteristics = journal_characteristics,
};

/* Refused once page 1 says write-ahead log; `name` is the journal's name as SQLite passes it. */
int journal_open(const char *name, JournalFile *file, int flags, int *outFlags) {
    sqlite3_file *database = name == NULL ? NULL : sqlite3_database_file_object(name);
    int mode = MODE_BLANK;
    if (database == NULL || !database_is_ours(database)) return SQLITE_CANTOPEN;
    int code = database_read_mode((DatabaseFile *)database, &mode);
    if (code != SQLITE_OK) return code;
    if (mode == MODE_WAL) return SQLITE_CANTOPEN;
    memset(file, 0, sizeof(JournalFile));
    file->base.pMethods = &methods;
    if (outFlags != NULL) *outFlags = flags;
    return SQLITE_OK;
}
