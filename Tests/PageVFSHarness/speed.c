/*
 * Sealed against plain SQLite, in one process with one library. Times are processor time of this
 * thread (reading from the page cache included), which other work on the machine disturbs little;
 * the two are measured in turn and medians are printed.
 *
 *     speed [ROUNDS]
 */
#include "harness.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 150000, POINTS = 20000, ROUNDS_LIMIT = 99, COPIED_ROWS = 20000 };

static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void run(sqlite3 *connection, const char *sql) {
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(connection));
    exit(2);
}

static sqlite3 *open_database(const char *path, const char *vfs) {
    sqlite3 *connection = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &connection, flags, vfs) != SQLITE_OK) exit(2);
    run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    return connection;
}

static void fill(sqlite3 *connection) {
    char body[1200];
    unsigned random = 1;
    sqlite3_stmt *statement = NULL;
    run(connection, "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); BEGIN");
    sqlite3_prepare_v2(connection, "INSERT INTO t VALUES (?, ?)", -1, &statement, NULL);
    for (int row = 0; row < ROWS; row++) {
        int length = 200 + (int)random_below(&random, 900);
        for (int i = 0; i < length; i++) body[i] = (char)('a' + random_below(&random, 26));
        sqlite3_bind_int(statement, 1, row);
        sqlite3_bind_text(statement, 2, body, length, SQLITE_TRANSIENT);
        sqlite3_step(statement);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    run(connection, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

static double scan(sqlite3 *connection) {
    double start = cpu_seconds();
    run(connection, "SELECT sum(length(body)), max(body) FROM t");
    return (cpu_seconds() - start) * 1e3;
}

static double points(sqlite3 *connection) {
    unsigned random = 7;
    sqlite3_stmt *statement = NULL;
    double start = cpu_seconds();
    sqlite3_prepare_v2(connection, "SELECT body FROM t WHERE id = ?", -1, &statement, NULL);
    for (int i = 0; i < POINTS; i++) {
        sqlite3_bind_int(statement, 1, (int)random_below(&random, ROWS));
        sqlite3_step(statement);
        sqlite3_column_text(statement, 0);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return (cpu_seconds() - start) / POINTS * 1e6;
}

/* Rows written in one transaction, their checkpoint included. */
static double insertion(sqlite3 *connection) {
    char sql[200];
    run(connection, "CREATE TABLE copy(id INTEGER PRIMARY KEY, body TEXT)");
    snprintf(sql, sizeof sql, "INSERT INTO copy SELECT * FROM t WHERE id < %d", COPIED_ROWS);
    double start = cpu_seconds();
    run(connection, sql);
    run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    double taken = cpu_seconds() - start;
    run(connection, "DROP TABLE copy; PRAGMA wal_checkpoint(TRUNCATE)");
    return taken / COPIED_ROWS * 1e6;
}

static int ascending(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

typedef struct Task {
    const char *name;
    double (*measure)(sqlite3 *connection);
    double times[2][ROUNDS_LIMIT];
} Task;

int main(int count, char **arguments) {
    static Task tasks[] = {{"full scan, ms", scan, {{0}, {0}}},
                           {"random point read, us", points, {{0}, {0}}},
                           {"insert and checkpoint, us/row", insertion, {{0}, {0}}}};
    int rounds = count > 1 ? atoi(arguments[1]) : 9;
    char plainPath[300], sealedPath[300];
    char folder[] = "/tmp/coffer-speed-XXXXXX"; /* on a disk, as vaults are */
    if (mkdtemp(folder) == NULL) return 2;
    if (rounds < 1 || rounds > ROUNDS_LIMIT) rounds = 9;
    snprintf(plainPath, sizeof plainPath, "%s/plain.db", folder);
    snprintf(sealedPath, sizeof sealedPath, "%s/sealed.db", folder);
    if (cvfs_register() != SQLITE_OK) return 2;
    if (cvfs_add_key(sealedPath, workloadKey) != SQLITE_OK) return 2;
    sqlite3 *connections[2] = {open_database(plainPath, "unix"), open_database(sealedPath, NULL)};
    for (int i = 0; i < 2; i++) fill(connections[i]);
    for (int round = 0; round < rounds; round++)
        for (size_t task = 0; task < sizeof tasks / sizeof tasks[0]; task++)
            for (int i = 0; i < 2; i++)
                tasks[task].times[i][round] = tasks[task].measure(connections[i]);
    for (size_t task = 0; task < sizeof tasks / sizeof tasks[0]; task++) {
        double medians[2];
        for (int i = 0; i < 2; i++) {
            qsort(tasks[task].times[i], (size_t)rounds, sizeof(double), ascending);
            medians[i] = tasks[task].times[i][rounds / 2];
        }
        printf("%-30s plain %8.2f   sealed %8.2f   ratio %.2f\n", tasks[task].name, medians[0],
               medians[1], medians[1] / medians[0]);
    }
    for (int i = 0; i < 2; i++) sqlite3_close(connections[i]);
    empty_folder(folder);
    rmdir(folder);
    return 0;
}
