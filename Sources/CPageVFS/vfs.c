/*
 * The VFS itself: registration, opening, and what is refused.
 *
 *  (F1) A main database opens when its path has a key, and not otherwise.
 *  (F2) Its log is sealed, its rollback journal is kept in memory.
 *  (F3) Everything else that SQLite might open (temporary databases, sorter and statement spills,
 *       super-journals) would be plaintext on a disk, and is refused.
 *  (F4) Whatever lies on the disk under a journal's name is neither seen, read nor deleted.
 *  (F5) Each connection to one of our databases reserves 40 bytes a page and keeps its temporary
 *       tables in memory. The first matters only for a database that is created. One that is
 *       created by ATTACH is out of reach of the hook; it fails at its first write, see (V5).
 */
#include "page_vfs.h"
#include <pthread.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *below; /* set once, under `mutex` */

sqlite3_vfs *vfs_below(void) {
    pthread_mutex_lock(&mutex);
    sqlite3_vfs *lower = below;
    pthread_mutex_unlock(&mutex);
    return lower;
}

/* The VFS below, from our own registration; needs no lock. */
static sqlite3_vfs *lower_of(sqlite3_vfs *vfs) {
    return (sqlite3_vfs *)vfs->pAppData;
}

static int is_journal_name(const char *name) {
    static const char ending[] = "-journal";
    size_t length = strlen(name), endingLength = sizeof ending - 1;
    return length >= endingLength && strcmp(name + length - endingLength, ending) == 0;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *outFlags) {
    sqlite3_vfs *lower = lower_of(vfs);
    file->pMethods = NULL;
    if (name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE)) return SQLITE_CANTOPEN; /* (F3) */
    if (flags & SQLITE_OPEN_MAIN_DB)
        return database_open(lower, name, (DatabaseFile *)file, flags, outFlags);
    if (flags & SQLITE_OPEN_WAL) return log_open(lower, name, (LogFile *)file, flags, outFlags);
    if (flags & SQLITE_OPEN_MAIN_JOURNAL)
        return journal_open(name, (JournalFile *)file, flags, outFlags);
    return SQLITE_CANTOPEN; /* (F3) */
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncDirectory) {
    if (is_journal_name(name)) return SQLITE_OK; /* (F4) */
    return lower_of(vfs)->xDelete(lower_of(vfs), name, syncDirectory);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    *answer = 0;
    if (is_journal_name(name)) return SQLITE_OK; /* (F4) */
    return lower_of(vfs)->xAccess(lower_of(vfs), name, flags, answer);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int count, char *out) {
    return lower_of(vfs)->xFullPathname(lower_of(vfs), name, count, out);
}

static void *vfs_library_open(sqlite3_vfs *vfs, const char *name) {
    return lower_of(vfs)->xDlOpen(lower_of(vfs), name);
}

static void vfs_library_error(sqlite3_vfs *vfs, int count, char *message) {
    lower_of(vfs)->xDlError(lower_of(vfs), count, message);
}

static void (*vfs_library_symbol(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
    return lower_of(vfs)->xDlSym(lower_of(vfs), library, symbol);
}

static void vfs_library_close(sqlite3_vfs *vfs, void *library) {
    lower_of(vfs)->xDlClose(lower_of(vfs), library);
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *out) {
    return lower_of(vfs)->xRandomness(lower_of(vfs), count, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    return lower_of(vfs)->xSleep(lower_of(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *julianDay) {
    return lower_of(vfs)->xCurrentTime(lower_of(vfs), julianDay);
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *message) {
    return lower_of(vfs)->xGetLastError(lower_of(vfs), count, message);
}

static int vfs_time_milliseconds(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    return lower_of(vfs)->xCurrentTimeInt64(lower_of(vfs), time);
}

static sqlite3_vfs coffer = {
    .iVersion = 2,
    .zName = "coffer",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_pathname,
    .xDlOpen = vfs_library_open,
    .xDlError = vfs_library_error,
    .xDlSym = vfs_library_symbol,
    .xDlClose = vfs_library_close,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_milliseconds,
};

/* (F5): runs at the end of every sqlite3_open in the process. */
static int configure_connection(sqlite3 *connection, char **message, const void *routines) {
    sqlite3_file *file = NULL;
    int reserved = SEAL_SIZE;
    (void)message, (void)routines;
    int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK || file == NULL || file->pMethods == NULL) return SQLITE_OK;
    if (!database_is_ours(file)) return SQLITE_OK;
    code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    if (code != SQLITE_OK) return code;
    return sqlite3_exec(connection, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

static int max_size(int a, int b) {
    return a > b ? a : b;
}

static int register_above(sqlite3_vfs *lower) {
    int own = max_size(sizeof(DatabaseFile), max_size(sizeof(LogFile), sizeof(JournalFile)));
    if (lower == NULL || lower->iVersion < 2 || cipher_start() != SQLITE_OK) return SQLITE_ERROR;
    coffer.szOsFile = own + lower->szOsFile;
    coffer.mxPathname = lower->mxPathname;
    coffer.pAppData = lower;
    int code = sqlite3_auto_extension((void (*)(void))configure_connection);
    if (code == SQLITE_OK) code = sqlite3_vfs_register(&coffer, 1);
    if (code == SQLITE_OK) below = lower;
    return code;
}

int cvfs_register(void) {
    /* Counting every allocation takes a mutex each time, and nobody asks for the counts. It has no
     * effect, and does no harm, where SQLite is in use already. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    pthread_mutex_lock(&mutex);
    if (below == NULL) code = register_above(sqlite3_vfs_find(NULL));
    pthread_mutex_unlock(&mutex);
    return code;
}

/* The path as SQLite will pass it to xOpen; to be freed with sqlite3_free. */
int vfs_canonical_path(const char *path, char **canonical) {
    sqlite3_vfs *lower = vfs_below();
    *canonical = NULL;
    if (lower == NULL || path == NULL) return SQLITE_MISUSE;
    char *full = sqlite3_malloc(lower->mxPathname + 1);
    if (full == NULL) return SQLITE_NOMEM;
    int code = lower->xFullPathname(lower, path, lower->mxPathname + 1, full);
    if ((code & 0xff) != SQLITE_OK) { /* the extended forms of OK tell of a symbolic link */
        sqlite3_free(full);
        return code;
    }
    *canonical = full;
    return SQLITE_OK;
}

/* ---- Files of the VFS below ---- */

/*
 * Opened through that VFS and not with open(2): closing any descriptor of a file drops all POSIX
 * locks that the process has on it, and that VFS knows how to put off the close.
 */
int vfs_open_below(const char *name, int flags, sqlite3_file **file) {
    sqlite3_vfs *lower = vfs_below();
    int outFlags = 0;
    *file = sqlite3_malloc(lower->szOsFile);
    if (*file == NULL) return SQLITE_NOMEM;
    memset(*file, 0, (size_t)lower->szOsFile);
    int code = lower->xOpen(lower, name, *file, flags, &outFlags);
    if (code == SQLITE_OK) return SQLITE_OK;
    if ((*file)->pMethods != NULL) (*file)->pMethods->xClose(*file);
    sqlite3_free(*file);
    *file = NULL;
    return code;
}

void vfs_close_below(sqlite3_file *file) {
    if (file == NULL) return;
    file->pMethods->xClose(file);
    sqlite3_free(file);
}

/* The name in the form that a VFS may be given, with that of its log behind it. */
int vfs_make_filename(const char *path, const char **name) {
    char *canonical = NULL, *companions = NULL;
    *name = NULL;
    int code = vfs_canonical_path(path, &canonical);
    if (code != SQLITE_OK) return code;
    companions = sqlite3_mprintf("%s-wal", canonical);
    if (companions != NULL) *name = sqlite3_create_filename(canonical, "", companions, 0, NULL);
    sqlite3_free(companions);
    sqlite3_free(canonical);
    return *name == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

int cvfs_add_key(const char *path, const unsigned char key[CVFS_KEY_SIZE]) {
    char *canonical = NULL;
    int code = vfs_canonical_path(path, &canonical);
    if (code == SQLITE_OK) code = key_table_add(canonical, key);
    sqlite3_free(canonical);
    return code;
}

int cvfs_remove_key(const char *path) {
    char *canonical = NULL;
    int code = vfs_canonical_path(path, &canonical);
    if (code == SQLITE_OK) code = key_table_remove(canonical);
    sqlite3_free(canonical);
    return code;
}
