/* The workload, and a model of it that tells what the database must hold after each transaction. */
#include "harness.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const unsigned char workloadKey[CVFS_KEY_SIZE] = {0xc0, 0xff, 0xe4, 7};

const char *workloadSynchronous = "FULL";

enum { BODY_LIMIT = 3000 };

/* What one row holds: the transaction that wrote it last, 0 when there is no such row. */
typedef struct Model {
    int writer[WORKLOAD_ROWS];
} Model;

const char *mode_name(Mode mode) {
    return mode == SEALED ? "sealed" : "plain control";
}

unsigned random_below(unsigned *state, unsigned limit) {
    *state = *state * 1664525u + 1013904223u;
    return (unsigned)(((unsigned long long)(*state >> 4) * limit) >> 28);
}

const char *make_folder(const char *purpose) {
    static char folder[200];
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/coffer-%s-XXXXXX", base, purpose);
    if (mkdtemp(folder) == NULL) abort();
    return folder;
}

void empty_folder(const char *folder) {
    char path[600];
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') unlink(path);
    }
    if (directory != NULL) closedir(directory);
}

void copy_file(const char *from, const char *to) {
    char block[4096];
    size_t size;
    FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
    if (source == NULL || target == NULL) abort();
    while ((size = fread(block, 1, sizeof block, source)) > 0)
        if (fwrite(block, 1, size, target) != size) abort();
    fclose(source);
    fclose(target);
}

static int run(sqlite3 *connection, const char *sql) {
    return sqlite3_exec(connection, sql, NULL, NULL, NULL);
}

int workload_open(Mode mode, const char *path, sqlite3 **connection) {
    char settings[200];
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = SQLITE_OK;
    snprintf(settings, sizeof settings,
             "PRAGMA synchronous=%s; PRAGMA cache_size=5; PRAGMA temp_store=MEMORY;"
             "PRAGMA wal_autocheckpoint=40;", workloadSynchronous);
    if (mode == SEALED) code = cvfs_add_key(path, workloadKey);
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(path, connection, flags, mode == SEALED ? "coffer" : "wrapping");
    else
        *connection = NULL;
    if (code == SQLITE_OK) code = run(*connection, "PRAGMA journal_mode=WAL");
    return code == SQLITE_OK ? run(*connection, settings) : code;
}

/* ---- The model ---- */

static int rows_of(int number) {
    return number % 7 == 0 ? 90 : 6; /* every seventh transaction outgrows the cache */
}

static int row_of(int number, int place) {
    return (number * 31 + place * (number % 2 ? 1 : 17)) % WORKLOAD_ROWS;
}

/* Every eleventh transaction is rolled back, every thirteenth in part, so they write nothing. */
static int leaves_nothing(int number) {
    return number % 11 == 0;
}

static void body_of(int number, int row, char *body, int *length) {
    unsigned state = (unsigned)(number * 1000 + row);
    *length = 20 + (int)random_below(&state, row % 9 == 0 ? BODY_LIMIT - 20 : 500);
    for (int i = 0; i < *length; i++) body[i] = (char)('a' + random_below(&state, 26));
}

static void model_step(Model *model, int number) {
    if (leaves_nothing(number)) return;
    for (int place = 0; place < rows_of(number); place++)
        model->writer[row_of(number, place)] = number;
    if (number % 5 != 0) return;
    for (int row = number % 10; row < WORKLOAD_ROWS; row += 10) model->writer[row] = 0;
}

/* ---- Running it ---- */

static int write_row(sqlite3_stmt *statement, int number, int row) {
    char body[BODY_LIMIT];
    int length = 0;
    body_of(number, row, body, &length);
    sqlite3_bind_int(statement, 1, row);
    sqlite3_bind_int(statement, 2, number);
    int code = sqlite3_bind_text(statement, 3, body, length, SQLITE_TRANSIENT);
    if (code != SQLITE_OK) return code;
    sqlite3_step(statement);
    return sqlite3_reset(statement);
}

static int write_rows(sqlite3 *connection, int number) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection, "INSERT OR REPLACE INTO t VALUES (?, ?, ?)", -1,
                                  &statement, NULL);
    for (int place = 0; code == SQLITE_OK && place < rows_of(number); place++)
        code = write_row(statement, number, row_of(number, place));
    sqlite3_finalize(statement);
    return code;
}

/* Within a savepoint that is rolled back: pages are written to the log and changed again. */
static int write_in_vain(sqlite3 *connection) {
    return run(connection, "SAVEPOINT s; UPDATE t SET body = body || 'never' WHERE id % 2;"
                           "ROLLBACK TO s; RELEASE s;");
}

static int transaction(sqlite3 *connection, int number) {
    char sql[200];
    int code = run(connection, "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS t"
                               "(id INTEGER PRIMARY KEY, writer INTEGER, body TEXT);"
                               "CREATE TABLE IF NOT EXISTS last(number INTEGER);");
    if (code == SQLITE_OK) code = write_rows(connection, number);
    if (code == SQLITE_OK && number % 13 == 0) code = write_in_vain(connection);
    if (code == SQLITE_OK && number % 5 == 0) {
        snprintf(sql, sizeof sql, "DELETE FROM t WHERE id %% 10 = %d", number % 10);
        code = run(connection, sql);
    }
    snprintf(sql, sizeof sql, "DELETE FROM last; INSERT INTO last VALUES (%d)", number);
    if (code == SQLITE_OK && !leaves_nothing(number)) code = run(connection, sql);
    if (code == SQLITE_OK) code = run(connection, leaves_nothing(number) ? "ROLLBACK" : "COMMIT");
    return code;
}

int workload_step(sqlite3 *connection, int number) {
    int code = transaction(connection, number);
    if (!sqlite3_get_autocommit(connection)) run(connection, "ROLLBACK");
    if (code == SQLITE_OK && number % 17 == 0) run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (code == SQLITE_OK && number % 23 == 0) run(connection, "VACUUM");
    return code;
}

/* ---- Verifying it ---- */

static int last_number(sqlite3 *connection, char *complaint, int size) {
    sqlite3_stmt *statement = NULL;
    int number = 0;
    int code = sqlite3_prepare_v2(connection, "SELECT count(*) FROM sqlite_master", -1, &statement,
                                  NULL);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        int isEmpty = sqlite3_column_int(statement, 0) == 0;
        sqlite3_finalize(statement);
        if (isEmpty) return 0;
        code = sqlite3_prepare_v2(connection, "SELECT number FROM last", -1, &statement, NULL);
        if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
            number = sqlite3_column_int(statement, 0);
    }
    code = sqlite3_finalize(statement);
    if (code == SQLITE_OK && sqlite3_errcode(connection) % 100 == SQLITE_OK) return number;
    snprintf(complaint, (size_t)size, "cannot be read: %s (%d)", sqlite3_errmsg(connection),
             sqlite3_extended_errcode(connection));
    return -1;
}

int workload_wrote_row(sqlite3_stmt *statement) {
    char body[BODY_LIMIT];
    int length = 0, row = sqlite3_column_int(statement, 0);
    int writer = sqlite3_column_int(statement, 1);
    if (row < 0 || row >= WORKLOAD_ROWS || writer <= 0) return 0;
    body_of(writer, row, body, &length);
    return sqlite3_column_bytes(statement, 2) == length &&
           memcmp(sqlite3_column_text(statement, 2), body, (size_t)length) == 0;
}

static int row_is_right(sqlite3_stmt *statement, const Model *model, int *seen) {
    if (!workload_wrote_row(statement)) return 0;
    (*seen)++;
    return model->writer[sqlite3_column_int(statement, 0)] == sqlite3_column_int(statement, 1);
}

static int rows_are_right(sqlite3 *connection, const Model *model, char *complaint, int size) {
    sqlite3_stmt *statement = NULL;
    int seen = 0, expected = 0, code = SQLITE_OK;
    for (int row = 0; row < WORKLOAD_ROWS; row++) expected += model->writer[row] != 0;
    sqlite3_prepare_v2(connection, "SELECT id, writer, body FROM t", -1, &statement, NULL);
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (row_is_right(statement, model, &seen)) continue;
        snprintf(complaint, (size_t)size, "row %d is wrong", sqlite3_column_int(statement, 0));
        sqlite3_finalize(statement);
        return 0;
    }
    sqlite3_finalize(statement);
    if (code == SQLITE_DONE && seen == expected) return 1;
    snprintf(complaint, (size_t)size, "%d of %d rows, code %d", seen, expected,
             sqlite3_extended_errcode(connection));
    return 0;
}

int workload_verify(sqlite3 *connection, char *complaint, int size) {
    Model model;
    int number = last_number(connection, complaint, size);
    memset(&model, 0, sizeof model);
    for (int i = 1; i <= number; i++) model_step(&model, i);
    if (number <= 0) return number;
    return rows_are_right(connection, &model, complaint, size) ? number : -1;
}

typedef struct Faults {
    int count;
    char first[200];
} Faults;

static void note_fault(void *context, const char *where, sqlite3_int64 number, int code) {
    Faults *faults = context;
    if (faults->count++ == 0)
        snprintf(faults->first, sizeof faults->first, "%s %lld (%d)", where, number, code);
}

static int integrity_is_ok(sqlite3 *connection, char *complaint, int size) {
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(connection, "PRAGMA integrity_check", -1, &statement, NULL);
    int isOk = statement != NULL && sqlite3_step(statement) == SQLITE_ROW &&
               strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    if (!isOk) snprintf(complaint, (size_t)size, "integrity_check: %s", sqlite3_errmsg(connection));
    return isOk;
}

static int pages_are_right(const char *path, char *complaint, int size) {
    Faults faults = {0, ""};
    int code = cvfs_check(path, workloadKey, note_fault, NULL, &faults);
    if (code == SQLITE_OK && faults.count == 0) return 1;
    snprintf(complaint, (size_t)size, "cvfs_check: code %d, %d faults, first %s", code,
             faults.count, faults.first);
    return 0;
}

int workload_reopen(Mode mode, const char *path, int acknowledged, int attempted, char *complaint,
                    int size) {
    sqlite3 *connection = NULL;
    int code = workload_open(mode, path, &connection), isRight = 0;
    if (code != SQLITE_OK) {
        snprintf(complaint, (size_t)size, "does not open: %s (%d)", sqlite3_errmsg(connection),
                 sqlite3_extended_errcode(connection));
    } else {
        int number = workload_verify(connection, complaint, size);
        isRight = number >= acknowledged && number <= attempted;
        if (number >= 0 && !isRight)
            snprintf(complaint, (size_t)size, "holds transaction %d, acknowledged %d, attempted %d",
                     number, acknowledged, attempted);
    }
    if (isRight) isRight = integrity_is_ok(connection, complaint, size);
    if (isRight && mode == SEALED) isRight = pages_are_right(path, complaint, size);
    /* A database that was reopened is also one that can be written. */
    if (isRight) isRight = workload_step(connection, attempted + 1) == SQLITE_OK ||
                           (snprintf(complaint, (size_t)size, "cannot be written"), 0);
    sqlite3_close(connection);
    if (isRight && mode == SEALED) isRight = pages_are_right(path, complaint, size);
    return isRight;
}
