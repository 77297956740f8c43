/*
 * A database of more than 1 GiB: the page at which SQLite takes its locks is never written, and is
 * no fault, neither in the database nor in a copy under another key.
 */
#include "harness.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LOCK_PAGE = 0x40000000 / CVFS_PAGE_SIZE + 1, ROWS = 17, ROW_BYTES = 64 << 20 };

static const unsigned char otherKey[CVFS_KEY_SIZE] = {1, 2, 3};
static char databasePath[300], copyPath[300];
static int failures;

static void expect(int holds, const char *what, int line) {
    if (holds) return;
    failures++;
    printf("  line %d: %s\n", line, what);
}
#define EXPECT(condition) expect((condition) != 0, #condition, __LINE__)

typedef struct Seen {
    int faults, lockPages;
    sqlite3_int64 pages;
} Seen;

static void take_fault(void *context, const char *where, sqlite3_int64 page, int code) {
    printf("  fault: %s %lld (%d)\n", where, page, code);
    ((Seen *)context)->faults++;
}

static void take_page(void *context, int isFrame, sqlite3_int64 page, const unsigned char *plain) {
    Seen *seen = context;
    (void)plain;
    seen->pages += !isFrame;
    seen->lockPages += !isFrame && page == LOCK_PAGE;
}

/* Every page but one opens. */
static void read_all(const char *path, const unsigned char *key) {
    Seen seen = {0};
    struct stat status;
    EXPECT(cvfs_read_all(path, key, take_fault, take_page, &seen) == SQLITE_OK);
    EXPECT(stat(path, &status) == 0 && status.st_size > (sqlite3_int64)LOCK_PAGE * CVFS_PAGE_SIZE);
    EXPECT(seen.faults == 0 && seen.lockPages == 0);
    EXPECT(seen.pages == status.st_size / CVFS_PAGE_SIZE - 1);
}

static sqlite3 *open_at(const char *path, const unsigned char *key) {
    sqlite3 *connection = NULL;
    EXPECT(cvfs_add_key(path, key) == SQLITE_OK);
    EXPECT(sqlite3_open(path, &connection) == SQLITE_OK);
    EXPECT(sqlite3_exec(connection, "PRAGMA journal_mode=WAL", NULL, NULL, NULL) == SQLITE_OK);
    return connection;
}

/* The log is folded behind each row, so that it stays small. */
static void fill(void) {
    sqlite3 *connection = open_at(databasePath, workloadKey);
    char sql[200];
    EXPECT(sqlite3_exec(connection, "CREATE TABLE t(x)", NULL, NULL, NULL) == SQLITE_OK);
    snprintf(sql, sizeof sql,
             "INSERT INTO t VALUES (zeroblob(%d)); PRAGMA wal_checkpoint(TRUNCATE)", ROW_BYTES);
    for (int i = 0; i < ROWS; i++) EXPECT(sqlite3_exec(connection, sql, NULL, NULL, NULL) == 0);
    EXPECT(sqlite3_close(connection) == SQLITE_OK);
}

static void *begin(void *context) { return context; }

static int go_on(void *thread, sqlite3_int64 page, const unsigned char *plain) {
    (void)thread, (void)plain;
    return page == LOCK_PAGE;
}

static void end(void *thread) { (void)thread; }

static void copy(void) {
    CVFSPageTaker taker = {.begin = begin, .page = go_on, .end = end};
    sqlite3_int64 pages = 0;
    FILE *target = fopen(copyPath, "wx");
    EXPECT(target != NULL && fclose(target) == 0);
    EXPECT(cvfs_rewrite(databasePath, workloadKey, copyPath, otherKey, 2, &taker, &pages) ==
           SQLITE_OK);
    EXPECT(pages > LOCK_PAGE);
}

static void expect_rows(void) {
    sqlite3 *connection = open_at(copyPath, otherKey);
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(connection,
                       "SELECT count(*), sum(length(x)), max(x = zeroblob(length(x))),"
                       " (SELECT integrity_check = 'ok' FROM pragma_integrity_check) FROM t",
                       -1, &statement, NULL);
    EXPECT(sqlite3_step(statement) == SQLITE_ROW);
    EXPECT(sqlite3_column_int(statement, 0) == ROWS);
    EXPECT(sqlite3_column_int64(statement, 1) == (sqlite3_int64)ROWS * ROW_BYTES);
    EXPECT(sqlite3_column_int(statement, 2) == 1 && sqlite3_column_int(statement, 3) == 1);
    sqlite3_finalize(statement);
    EXPECT(sqlite3_close(connection) == SQLITE_OK);
}

int main(void) {
    /* Not in memory. */
    char folder[] = "/var/tmp/coffer-large-XXXXXX";
    struct statvfs disk;
    if (statvfs("/var/tmp", &disk) != 0 || disk.f_bavail * disk.f_frsize < 4ULL << 30) {
        puts("skipped: /var/tmp has no room for 4 GB");
        return 0;
    }
    if (mkdtemp(folder) == NULL || cvfs_register() != SQLITE_OK) abort();
    snprintf(databasePath, sizeof databasePath, "%s/large.db", folder);
    snprintf(copyPath, sizeof copyPath, "%s/copy.db", folder);
    fill();
    read_all(databasePath, workloadKey);
    copy();
    read_all(copyPath, otherKey);
    expect_rows();
    empty_folder(folder);
    rmdir(folder);
    printf("a database with SQLite's lock page and its copy: %d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
