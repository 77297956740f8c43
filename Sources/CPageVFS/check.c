/*
 * Looking at a vault's files without SQLite's pager: cvfs_probe, cvfs_check and cvfs_read_all.
 *
 * cvfs_check compares the two files with what they say about themselves.
 *  (C1) The log is read as SQLite's recovery reads it: frames of the present salts, in order, each
 *       authentic and with the running checksum of all before it, up to the first that is not. What
 *       lies before the last commit among them counts; the rest is what a rollback or a crash left.
 *  (C2) It is a fault when a later frame says that the first frame left out was durable.
 *  (C3) Each page of the database is authentic, or is in the counted part of the log, from where
 *       the next checkpoint replaces it.
 *  (C4) The file has as many pages as the last commit in the log says, or page 1 when no commit is
 *       in the log. With a commit in the log the file may still be longer.
 */
#include "page_vfs.h"
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

typedef void (*FaultReport)(void *context, const char *where, sqlite3_int64 pageNumber, int code);
typedef void (*ProgressReport)(void *context, sqlite3_int64 done, sqlite3_int64 total);

/* A check under way. */
typedef struct Check {
    sqlite3_vfs *lower;
    const char *name; /* made by sqlite3_create_filename */
    FileKeys *keys;
    sqlite3_file *database;
    sqlite3_file *log; /* NULL when there is none */
    sqlite3_int64 databaseSize;
    sqlite3_int64 logSize;
    sqlite3_int64 done;
    uint32_t *framePages;      /* page number of each frame read in order */
    sqlite3_int64 frameCount;  /* frames read in order */
    sqlite3_int64 commitCount; /* of them, up to the last commit */
    uint32_t committedPages;   /* size of the database at that commit, 0 without one */
    uint32_t statedPages;      /* size of the database as page 1 states it */
    unsigned char *inLog;      /* one bit for each page that the counted part of the log has */
    sqlite3_int64 inLogPages;  /* how many pages those bits cover */
    FaultReport fault;
    ProgressReport progress;
    CVFSPageReport page; /* NULL when nobody wants the pages */
    void *context;
    unsigned char sealed[FRAME_SIZE];
    unsigned char plain[FRAME_SIZE];
} Check;

enum { readOnly = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB };

/* ---- Probe ---- */

/* Judges page 1 as read from the disk, `size` being the size of the file. */
static int judge_first_page(FileKeys *keys, unsigned char *page, sqlite3_int64 size) {
    if (size < FRONT_SIZE) return CVFS_PROBE_NOT_A_VAULT;
    FrontAnswer answer = cipher_judge_front(keys, page);
    if (answer == FRONT_FOREIGN) return CVFS_PROBE_NOT_A_VAULT;
    if (answer == FRONT_WRONG_KEY) return CVFS_PROBE_WRONG_KEY;
    cipher_set_id(keys, page);
    if (cipher_open_page(keys, 1, page, page) != SQLITE_OK) return CVFS_PROBE_DAMAGED;
    return CVFS_PROBE_OK;
}

/* The unix VFS calls a file absent that is empty, or that it may not look at. */
static int judge_what_seems_absent(const char *name) {
    if (access(name, F_OK) == 0) return CVFS_PROBE_NOT_A_VAULT;
    return errno == ENOENT || errno == ENOTDIR ? CVFS_PROBE_ABSENT : CVFS_PROBE_IO_ERROR;
}

static int probe_file(sqlite3_vfs *lower, const char *name, FileKeys *keys) {
    unsigned char page[PAGE_SIZE];
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int exists = 0, answer = CVFS_PROBE_IO_ERROR;
    if (lower->xAccess(lower, name, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && !exists)
        return judge_what_seems_absent(name);
    if (vfs_open_below(name, readOnly, &file) != SQLITE_OK) return answer;
    int code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK) code = file->pMethods->xRead(file, page, PAGE_SIZE, 0);
    if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ)
        answer = judge_first_page(keys, page, size);
    sodium_memzero(page, sizeof page);
    vfs_close_below(file);
    return answer;
}

int cvfs_probe(const char *path, const unsigned char key[CVFS_KEY_SIZE]) {
    const char *name = NULL;
    FileKeys *keys = NULL;
    int answer = CVFS_PROBE_IO_ERROR;
    if (vfs_make_filename(path, &name) != SQLITE_OK) return answer;
    keys = cipher_make_keys(key);
    if (keys != NULL) answer = probe_file(vfs_below(), name, keys);
    cipher_free_keys(keys);
    sqlite3_free_filename(name);
    return answer;
}

/* ---- The log ---- */

static void advance(Check *check) {
    sqlite3_int64 total = check->databaseSize / PAGE_SIZE;
    if (check->logSize > LOG_HEADER_SIZE) total += (check->logSize - LOG_HEADER_SIZE) / FRAME_SIZE;
    check->done++;
    if (check->progress != NULL) check->progress(check->context, check->done, total);
}

static int read_frame(Check *check, sqlite3_int64 index, const unsigned char *salts,
                      uint32_t *durableFrames) {
    sqlite3_int64 offset = LOG_HEADER_SIZE + index * FRAME_SIZE;
    int code = check->log->pMethods->xRead(check->log, check->sealed, FRAME_SIZE, offset);
    if (code != SQLITE_OK) return code;
    return cipher_open_frame(check->keys, index, salts, check->sealed, check->plain, durableFrames);
}

/* Whether the frame in `plain` continues the running checksum. */
static int continues(const Check *check, int isBigEndian, uint32_t sum[2]) {
    const unsigned char *frame = check->plain;
    log_checksum(isBigEndian, frame, 8, sum);
    log_checksum(isBigEndian, frame + FRAME_HEADER_SIZE, PAGE_SIZE, sum);
    return read_u32(frame) != 0 && sum[0] == read_u32(frame + 16) && sum[1] == read_u32(frame + 20);
}

/* (C1): reads frames in order and notes their pages. */
static int read_frames_in_order(Check *check, const unsigned char *header, sqlite3_int64 frames) {
    uint32_t sum[2] = {read_u32(header + 24), read_u32(header + 28)}, durableFrames = 0;
    check->framePages = sqlite3_malloc64((sqlite3_uint64)frames * sizeof(uint32_t));
    if (check->framePages == NULL) return SQLITE_NOMEM;
    for (sqlite3_int64 i = 0; i < frames; i++) {
        int code = read_frame(check, i, header + 16, &durableFrames);
        if (code != SQLITE_OK && code != SQLITE_IOERR_DATA) return code;
        if (code != SQLITE_OK || !continues(check, read_u32(header) & 1, sum)) return SQLITE_OK;
        advance(check);
        if (check->page != NULL)
            check->page(check->context, 1, i + 1, check->plain + FRAME_HEADER_SIZE);
        check->framePages[check->frameCount++] = read_u32(check->plain);
        if (read_u32(check->plain + 4) == 0) continue;
        check->commitCount = check->frameCount;
        check->committedPages = read_u32(check->plain + 4);
    }
    return SQLITE_OK;
}

/* (C2). */
static int look_behind_the_end(Check *check, const unsigned char *salts, sqlite3_int64 frames) {
    uint32_t durableFrames = 0;
    sqlite3_int64 end = check->frameCount;
    if (end < frames) advance(check);
    for (sqlite3_int64 i = end + 1; i < frames; i++) {
        int code = read_frame(check, i, salts, &durableFrames);
        advance(check);
        if (code != SQLITE_OK && code != SQLITE_IOERR_DATA) return code;
        if (code != SQLITE_OK || durableFrames <= end) continue;
        check->fault(check->context, "log frame", end + 1, SQLITE_IOERR_DATA);
        return SQLITE_OK;
    }
    return SQLITE_OK;
}

/* One bit for each page of the counted part of the log. */
static int note_pages_in_log(Check *check) {
    for (sqlite3_int64 i = 0; i < check->commitCount; i++)
        if (check->framePages[i] > check->inLogPages) check->inLogPages = check->framePages[i];
    check->inLog = sqlite3_malloc64((sqlite3_uint64)check->inLogPages / 8 + 1);
    if (check->inLog == NULL) return SQLITE_NOMEM;
    memset(check->inLog, 0, (size_t)check->inLogPages / 8 + 1);
    for (sqlite3_int64 i = 0; i < check->commitCount; i++)
        check->inLog[check->framePages[i] / 8] |= (unsigned char)(1 << (check->framePages[i] % 8));
    return SQLITE_OK;
}

static int is_in_log(const Check *check, sqlite3_int64 number) {
    if (number > check->inLogPages || check->inLog == NULL) return 0;
    return check->inLog[number / 8] >> (number % 8) & 1;
}

static int check_log(Check *check) {
    unsigned char header[LOG_HEADER_SIZE];
    sqlite3_int64 frames = (check->logSize - LOG_HEADER_SIZE) / FRAME_SIZE;
    if (check->log == NULL || check->logSize < LOG_HEADER_SIZE + FRAME_SIZE) return SQLITE_OK;
    int code = check->log->pMethods->xRead(check->log, header, LOG_HEADER_SIZE, 0);
    if (code != SQLITE_OK) return code;
    if (!log_header_is_valid(header)) {
        check->fault(check->context, "log header", 0, SQLITE_IOERR_DATA);
        return SQLITE_OK;
    }
    code = read_frames_in_order(check, header, frames);
    if (code == SQLITE_OK) code = look_behind_the_end(check, header + 16, frames);
    return code == SQLITE_OK ? note_pages_in_log(check) : code;
}

/* ---- The database ---- */

static int read_page(Check *check, sqlite3_int64 number) {
    sqlite3_int64 offset = (number - 1) * PAGE_SIZE;
    int code = SQLITE_OK;
    for (int attempt = 0; attempt < 2; attempt++) { /* a checkpoint may be writing it right now */
        code = check->database->pMethods->xRead(check->database, check->sealed, PAGE_SIZE, offset);
        if (code == SQLITE_OK)
            code = cipher_open_page(check->keys, number, check->sealed, check->plain);
        if (code != SQLITE_IOERR_DATA) break;
    }
    return code;
}

/* (C3). */
static void check_pages(Check *check, sqlite3_int64 pages) {
    for (sqlite3_int64 number = 1; number <= pages; number++) {
        int code = number == LOCK_PAGE ? SQLITE_OK : read_page(check, number);
        advance(check);
        if (number == LOCK_PAGE) continue;
        if (number == 1 && code == SQLITE_OK) check->statedPages = read_u32(check->plain + 28);
        if (code == SQLITE_OK && check->page != NULL)
            check->page(check->context, 0, number, check->plain);
        if (code == SQLITE_OK || (code == SQLITE_IOERR_DATA && is_in_log(check, number))) continue;
        const char *where = code == SQLITE_IOERR_DATA && bytes_are_zero(check->sealed, PAGE_SIZE)
                                ? "database page, blank"
                                : "database page";
        check->fault(check->context, where, number, code);
    }
}

/* (C4). */
static void check_size(Check *check, sqlite3_int64 pages) {
    sqlite3_int64 expected = check->committedPages ? check->committedPages : check->statedPages;
    if (check->databaseSize % PAGE_SIZE != 0 && !is_in_log(check, pages + 1))
        check->fault(check->context, "bytes after the last page", 0, SQLITE_CORRUPT);
    if (expected == 0) return; /* page 1 could not be read, which has been reported */
    for (sqlite3_int64 number = pages + 1; number <= expected; number++) {
        if (is_in_log(check, number)) continue;
        check->fault(check->context, "database page, missing", number, SQLITE_CORRUPT);
        if (number - pages >= 1000) break; /* a cut of gigabytes needs no line for every page */
    }
    if (check->committedPages != 0) return;
    if (pages > expected)
        check->fault(check->context, "pages beyond the size of the database", expected + 1,
                     SQLITE_CORRUPT);
}

static int check_front(Check *check) {
    unsigned char front[FRONT_SIZE];
    int code = check->database->pMethods->xRead(check->database, front, FRONT_SIZE, 0);
    if (code == SQLITE_IOERR_SHORT_READ) return SQLITE_NOTADB;
    if (code != SQLITE_OK) return code;
    if (cipher_judge_front(check->keys, front) != FRONT_OURS) return SQLITE_NOTADB;
    cipher_set_id(check->keys, front);
    return SQLITE_OK;
}

static int check_locked(Check *check) {
    int code = check->database->pMethods->xFileSize(check->database, &check->databaseSize);
    if (code == SQLITE_OK && check->log != NULL)
        code = check->log->pMethods->xFileSize(check->log, &check->logSize);
    if (code == SQLITE_OK) code = check_front(check);
    if (code == SQLITE_OK) code = check_log(check);
    if (code != SQLITE_OK) return code;
    check_pages(check, check->databaseSize / PAGE_SIZE);
    check_size(check, check->databaseSize / PAGE_SIZE);
    return SQLITE_OK;
}

static int open_and_check(Check *check) {
    const char *log = sqlite3_filename_wal(check->name);
    int exists = 0;
    int code = vfs_open_below(check->name, readOnly, &check->database);
    if (code != SQLITE_OK) return code;
    code = check->lower->xAccess(check->lower, log, SQLITE_ACCESS_EXISTS, &exists);
    if (code == SQLITE_OK && exists)
        code = vfs_open_below(log, SQLITE_OPEN_READONLY | SQLITE_OPEN_WAL, &check->log);
    if (code != SQLITE_OK) return code;
    code = check->database->pMethods->xLock(check->database, SQLITE_LOCK_SHARED);
    if (code != SQLITE_OK) return code;
    code = check_locked(check);
    check->database->pMethods->xUnlock(check->database, SQLITE_LOCK_NONE);
    return code;
}

static void free_check(Check *check) {
    vfs_close_below(check->log);
    vfs_close_below(check->database);
    cipher_free_keys(check->keys);
    sqlite3_free(check->framePages);
    sqlite3_free(check->inLog);
    sqlite3_free_filename(check->name);
    sodium_memzero(check, sizeof(Check));
    sqlite3_free(check);
}

static int run_check(const char *path, const unsigned char key[CVFS_KEY_SIZE], FaultReport fault,
                     ProgressReport progress, CVFSPageReport page, void *context) {
    Check *check = sqlite3_malloc(sizeof(Check));
    if (check == NULL) return SQLITE_NOMEM;
    memset(check, 0, sizeof(Check));
    check->fault = fault;
    check->progress = progress;
    check->page = page;
    check->context = context;
    check->lower = vfs_below();
    int code = vfs_make_filename(path, &check->name);
    if (code == SQLITE_OK) {
        check->keys = cipher_make_keys(key);
        code = check->keys == NULL ? SQLITE_NOMEM : open_and_check(check);
    }
    free_check(check);
    return code;
}

int cvfs_check(const char *path, const unsigned char key[CVFS_KEY_SIZE], FaultReport fault,
               ProgressReport progress, void *context) {
    return run_check(path, key, fault, progress, NULL, context);
}

int cvfs_read_all(const char *path, const unsigned char key[CVFS_KEY_SIZE], FaultReport fault,
                  CVFSPageReport page, void *context) {
    return run_check(path, key, fault, NULL, page, context);
}
