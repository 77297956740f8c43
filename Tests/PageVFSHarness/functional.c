/* What SQLite does with a vault, under sanitizers: each line of output is one group of checks. */
#include "harness.h"
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder;
static int failures;

static const unsigned char otherKey[CVFS_KEY_SIZE] = {1, 2, 3};

static const char *in_folder(const char *name) {
    static char paths[8][300];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void expect(int holds, const char *what, int line) {
    if (holds) return;
    failures++;
    printf("  line %d: %s\n", line, what);
}
#define EXPECT(condition) expect((condition) != 0, #condition, __LINE__)

static int run(sqlite3 *connection, const char *sql) {
    int code = sqlite3_exec(connection, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? code : sqlite3_extended_errcode(connection);
}

/* The first column of the first row, as a number; -1 without one. */
static long long number(sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    long long answer = -1;
    sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

static int is_intact(sqlite3 *connection) {
    return number(connection, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1;
}

static sqlite3 *open_with(const char *name, const unsigned char *key) {
    sqlite3 *connection = NULL;
    EXPECT(cvfs_add_key(in_folder(name), key) == SQLITE_OK);
    EXPECT(sqlite3_open(in_folder(name), &connection) == SQLITE_OK);
    sqlite3_busy_timeout(connection, 20000); /* before the first read, which may meet a recovery */
    EXPECT(run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") == SQLITE_OK);
    return connection;
}

static void count_fault(void *context, const char *where, sqlite3_int64 page, int code) {
    printf("  fault: %s %lld (%d)\n", where, page, code);
    ++*(int *)context;
}

static int faults(const char *name, const unsigned char *key) {
    int count = 0;
    EXPECT(cvfs_check(in_folder(name), key, count_fault, NULL, &count) == SQLITE_OK);
    return count;
}

static const char *const fillRows =
    "CREATE TABLE IF NOT EXISTS m(id INTEGER PRIMARY KEY, body TEXT);"
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)"
    " INSERT INTO m(body) SELECT hex(randomblob(50 + i % 300)) FROM c;";

/* ---- Groups ---- */

/* Our composition against libsodium's own, for message sizes around the block sizes. */
static void seals(void) {
    unsigned char key[32], nonce[24], associated[40], message[4200] = {0}, ours[4200], theirs[4200];
    for (size_t count = 1; count <= 4120; count += count < 700 ? 1 : 37) {
        size_t associatedSize = count % 2 ? 32 : 40;
        randombytes_buf(key, sizeof key);
        randombytes_buf(nonce, sizeof nonce);
        randombytes_buf(associated, sizeof associated);
        randombytes_buf(message, count);
        cvfs_test_seal(key, nonce, associated, associatedSize, message, count, ours);
        crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
            theirs, theirs + count + 24, NULL, message, count, associated, associatedSize, NULL,
            nonce, key);
        memcpy(theirs + count, nonce, 24);
        EXPECT(memcmp(ours, theirs, count + 40) == 0);
    }
    puts("seals are XChaCha20-Poly1305 as libsodium has it");
}

static void spills_and_savepoints(void) {
    sqlite3 *a = open_with("spill.db", workloadKey);
    EXPECT(run(a, "PRAGMA cache_size=5") == SQLITE_OK);
    EXPECT(run(a, "BEGIN") == SQLITE_OK && run(a, fillRows) == SQLITE_OK);
    EXPECT(run(a, "UPDATE m SET body = body || 'x' WHERE id % 3 = 0") == SQLITE_OK);
    EXPECT(run(a, "SAVEPOINT s; DELETE FROM m WHERE id % 7 = 0; ROLLBACK TO s") == SQLITE_OK);
    EXPECT(run(a, "COMMIT") == SQLITE_OK && number(a, "SELECT count(*) FROM m") == 3000);
    EXPECT(run(a, "BEGIN; DELETE FROM m; ROLLBACK") == SQLITE_OK);
    EXPECT(is_intact(a) && faults("spill.db", workloadKey) == 0);
    EXPECT(run(a, "PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
    EXPECT(is_intact(a) && faults("spill.db", workloadKey) == 0);
    EXPECT(run(a, "DELETE FROM m WHERE id > 10; PRAGMA temp_store=MEMORY; VACUUM") == SQLITE_OK);
    EXPECT(run(a, "PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
    EXPECT(is_intact(a) && faults("spill.db", workloadKey) == 0);
    sqlite3_close(a);
    puts("spills, savepoints, rollbacks and VACUUM");
}

/* A free page that was never written is a gap in the file, which must hold sealed zeros. */
static void gaps(void) {
    sqlite3 *a = open_with("gaps.db", workloadKey);
    EXPECT(run(a, "CREATE TABLE keep(x); BEGIN") == SQLITE_OK && run(a, fillRows) == SQLITE_OK);
    EXPECT(run(a, "DELETE FROM m; INSERT INTO keep VALUES (1); COMMIT") == SQLITE_OK);
    EXPECT(run(a, "PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
    EXPECT(number(a, "PRAGMA freelist_count") > 50 && faults("gaps.db", workloadKey) == 0);
    EXPECT(is_intact(a));
    sqlite3_close(a);
    puts("free pages that SQLite never wrote");
}

static void search_index(void) {
    sqlite3 *a = open_with("fts.db", workloadKey);
    EXPECT(run(a, fillRows) == SQLITE_OK);
    EXPECT(run(a, "CREATE VIRTUAL TABLE f USING fts5(body, content='m', content_rowid='id');"
                  "INSERT INTO f(f) VALUES ('rebuild'); INSERT INTO m(body) VALUES ('needle hay');"
                  "INSERT INTO f(rowid, body) SELECT id, body FROM m WHERE body LIKE 'needle%'") ==
           SQLITE_OK);
    EXPECT(number(a, "SELECT count(*) FROM f WHERE f MATCH 'needle'") == 1);
    EXPECT(run(a, "INSERT INTO f(f) VALUES ('integrity-check')") == SQLITE_OK);
    sqlite3_close(a);
    puts("full-text index");
}

static void copies_under_another_key(void) {
    sqlite3 *a = open_with("spill.db", workloadKey), *b = NULL;
    char sql[400];
    EXPECT(cvfs_add_key(in_folder("copy.db"), otherKey) == SQLITE_OK);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", in_folder("copy.db"));
    EXPECT(run(a, sql) == SQLITE_OK);
    EXPECT(faults("copy.db", otherKey) == 0);
    EXPECT(cvfs_probe(in_folder("copy.db"), workloadKey) == CVFS_PROBE_WRONG_KEY);
    b = open_with("copy.db", otherKey);
    EXPECT(number(b, "SELECT count(*) FROM m") == 10);
    sqlite3_close(b);
    b = open_with("backup.db", otherKey);
    sqlite3_backup *backup = sqlite3_backup_init(b, "main", a, "main");
    EXPECT(backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE);
    EXPECT(sqlite3_backup_finish(backup) == SQLITE_OK && is_intact(b));
    EXPECT(number(b, "SELECT count(*) FROM m") == 10 && faults("backup.db", otherKey) == 0);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS c", in_folder("copy.db"));
    EXPECT(run(a, sql) == SQLITE_OK && number(a, "SELECT count(*) FROM c.m") == 10);
    sqlite3_close(b);
    sqlite3_close(a);
    puts("VACUUM INTO, backup and ATTACH under another key");
}

static void refusals(void) {
    sqlite3 *a = open_with("spill.db", workloadKey), *b = NULL;
    char sql[400];
    EXPECT(sqlite3_open(in_folder("unknown.db"), &b) == SQLITE_CANTOPEN);
    sqlite3_close(b);
    EXPECT(access(in_folder("unknown.db"), F_OK) != 0);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS u", in_folder("unknown.db"));
    EXPECT((run(a, sql) & 0xff) == SQLITE_CANTOPEN);
    EXPECT(run(a, "PRAGMA temp_store=FILE; PRAGMA cache_size=5") == SQLITE_OK);
    EXPECT((run(a, "CREATE TEMP TABLE big AS SELECT hex(randomblob(2000)) FROM "
                   "m a, m b, m c LIMIT 2000") & 0xff) == SQLITE_CANTOPEN);
    EXPECT((run(a, "PRAGMA journal_mode=DELETE") & 0xff) == SQLITE_CANTOPEN);
    EXPECT((run(a, "PRAGMA journal_mode=OFF") & 0xff) == SQLITE_IOERR);
    EXPECT(run(a, "INSERT INTO m(body) VALUES ('still a log')") == SQLITE_OK);
    sqlite3_close(a);
    EXPECT(faults("spill.db", workloadKey) == 0);
    EXPECT(cvfs_add_key(in_folder("pages.db"), workloadKey) == SQLITE_OK);
    EXPECT(sqlite3_open(in_folder("pages.db"), &b) == SQLITE_OK);
    EXPECT((run(b, "PRAGMA page_size=8192; CREATE TABLE t(x)") & 0xff) == SQLITE_IOERR);
    sqlite3_close(b);
    puts("unknown paths, temporary files, journals and other page sizes are refused");
}

/* ---- Many writers ---- */

static void *write_in_thread(void *argument) {
    sqlite3 *connection = open_with("many.db", workloadKey);
    for (int i = 0; i < 60; i++)
        EXPECT(run(connection, "INSERT INTO n VALUES (randomblob(500))") == SQLITE_OK);
    sqlite3_close(connection);
    return argument;
}

static int write_in_process(void) {
    failures = 0;
    write_in_thread(NULL);
    return failures;
}

static void many_writers(void) {
    pthread_t threads[3];
    pid_t children[3];
    sqlite3 *a = open_with("many.db", workloadKey);
    EXPECT(run(a, "CREATE TABLE n(x)") == SQLITE_OK);
    sqlite3_close(a);
    for (int i = 0; i < 3; i++) /* before there are threads */
        if ((children[i] = fork()) == 0) _exit(write_in_process());
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, write_in_thread, NULL);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    for (int i = 0, status; i < 3; i++) EXPECT(waitpid(children[i], &status, 0) > 0 && status == 0);
    a = open_with("many.db", workloadKey);
    EXPECT(number(a, "SELECT count(*) FROM n") == 360 && is_intact(a));
    sqlite3_close(a);
    EXPECT(faults("many.db", workloadKey) == 0);
    puts("3 threads and 3 processes write one vault");
}

/* All create the same vault at once; whoever comes late finds it made. */
static int create_in_process(const char *name) {
    sqlite3 *connection = NULL;
    cvfs_add_key(in_folder(name), workloadKey);
    if (sqlite3_open(in_folder(name), &connection) != SQLITE_OK) return 1;
    sqlite3_busy_timeout(connection, 20000);
    for (int i = 0; i < 200; i++) { /* the switch to the log does not wait for locks */
        int code = run(connection, "PRAGMA journal_mode=WAL") & 0xff;
        if (code == SQLITE_OK) break;
        if (code != SQLITE_BUSY && code != SQLITE_LOCKED) return 2;
        sqlite3_sleep(5);
    }
    if (run(connection, "CREATE TABLE IF NOT EXISTS r(x); INSERT INTO r VALUES (1)") != SQLITE_OK)
        return 3;
    return sqlite3_close(connection) == SQLITE_OK ? 0 : 4;
}

static void creation_race(void) {
    for (int round = 0; round < 8; round++) {
        char name[40];
        pid_t children[4];
        snprintf(name, sizeof name, "race%d.db", round);
        for (int i = 0; i < 4; i++)
            if ((children[i] = fork()) == 0) _exit(create_in_process(name));
        for (int i = 0, status; i < 4; i++)
            EXPECT(waitpid(children[i], &status, 0) > 0 && status == 0);
        sqlite3 *a = open_with(name, workloadKey);
        EXPECT(number(a, "SELECT count(*) FROM r") == 4);
        sqlite3_close(a);
    }
    puts("4 processes create one vault at once, 8 times");
}

/* A process that is killed leaves a log that the next one recovers. */
static int work_until_killed(int pipe) {
    sqlite3 *connection = NULL;
    if (workload_open(SEALED, in_folder("killed.db"), &connection) != SQLITE_OK) return 1;
    for (int i = 1; i < 100000; i++) {
        if (workload_step(connection, i) != SQLITE_OK) return 2;
        if (i % 11 != 0 && write(pipe, &i, sizeof i) != sizeof i) return 3;
    }
    return 0;
}

static void kills(void) {
    unsigned random = 5;
    for (int round = 0; round < 25; round++) {
        int ends[2], acknowledged = 0, number = 0, stopAt = 1 + (int)random_below(&random, 60);
        char complaint[300] = "";
        const char *const endings[] = {"killed.db", "killed.db-wal", "killed.db-shm"};
        for (int i = 0; i < 3; i++) unlink(in_folder(endings[i]));
        if (pipe(ends) != 0) abort();
        pid_t child = fork();
        if (child == 0) _exit(work_until_killed(ends[1]));
        close(ends[1]);
        while (acknowledged < stopAt && read(ends[0], &number, sizeof number) == sizeof number)
            acknowledged = number;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &number, sizeof number) == sizeof number) acknowledged = number;
        close(ends[0]);
        EXPECT(workload_reopen(SEALED, in_folder("killed.db"), acknowledged, acknowledged + 2,
                               complaint, sizeof complaint));
        if (complaint[0] != 0) printf("  killed after %d: %s\n", acknowledged, complaint);
    }
    puts("25 processes killed at work, nothing acknowledged lost");
}

int main(void) {
    setbuf(stdout, NULL);
    EXPECT(cvfs_add_key("/x", workloadKey) == SQLITE_MISUSE);
    EXPECT(cvfs_register() == SQLITE_OK && cvfs_register() == SQLITE_OK);
    folder = make_folder("functional");
    seals();
    spills_and_savepoints();
    gaps();
    search_index();
    copies_under_another_key();
    refusals();
    many_writers();
    creation_race();
    kills();
    empty_folder(folder);
    rmdir(folder);
    printf("functional: %d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
