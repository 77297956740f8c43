/*
 * A libFuzzer target over everything that the VFS reads from a disk. An input is
 *
 *     0   1  odd: the frames of the log are given in the clear and are sealed here, so that what
 *            lies behind the authentication is reached; even: all bytes are used as they are
 *     1   4  size of the database, big-endian
 *     5   4  size of the log
 *     9      database, log, and the rest is a rollback journal
 *
 * No input may crash, hang, fill the disk, or bring out a row that was never written. (The last is
 * not asked of frames that are sealed here: whoever has the key can write anything.)
 *
 * `COFFER_FUZZ_SEEDS=DIR fuzz` writes seeds into DIR and ends.
 */
#include "harness.h"
#include "page_vfs.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PREFIX = 9, SIZE_LIMIT = 256 * 1024, FILE_LIMIT = 32 * 1024 * 1024 };

static char path[300], logPath[300], journalPath[300], shmPath[300];

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void save(const char *name, const void *bytes, size_t size) {
    unlink(name);
    if (size == 0) return;
    FILE *stream = fopen(name, "wb");
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0) abort();
}

static unsigned char *load(const char *name, size_t *size) {
    unsigned char *bytes = calloc(1, SIZE_LIMIT);
    FILE *stream = fopen(name, "rb");
    if (bytes == NULL) abort();
    *size = stream == NULL ? 0 : fread(bytes, 1, SIZE_LIMIT, stream);
    if (stream != NULL) fclose(stream);
    return bytes;
}

/* Seals a log that is given in the clear, under the id that the database claims. */
static void seal_log(const unsigned char *database, size_t databaseSize, unsigned char *log,
                     size_t size) {
    unsigned char plain[FRAME_SIZE];
    if (databaseSize < FRONT_SIZE || size < LOG_HEADER_SIZE) return;
    FileKeys *keys = cipher_make_keys(workloadKey);
    cipher_set_id(keys, database);
    for (size_t i = 0; LOG_HEADER_SIZE + (i + 1) * FRAME_SIZE <= size; i++) {
        unsigned char *frame = log + LOG_HEADER_SIZE + i * FRAME_SIZE;
        memcpy(plain, frame, FRAME_SIZE);
        cipher_seal_frame(keys, (sqlite3_int64)i, log + 16, read_u32(plain + 8), plain, frame);
    }
    cipher_free_keys(keys);
}

static void no_fault(void *context, const char *where, sqlite3_int64 number, int code) {
    (void)context, (void)where, (void)number, (void)code;
}

/* Reads every row; with `judges` each must be one that was written. */
static void read_rows(sqlite3 *connection, int judges) {
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(connection, "SELECT id, writer, body FROM t", -1, &statement, NULL);
    for (int rows = 0; statement != NULL && rows < 5000; rows++) {
        if (sqlite3_step(statement) != SQLITE_ROW) break;
        if (judges && !workload_wrote_row(statement)) {
            fprintf(stderr, "a row that was never written: id %d, writer %d\n",
                    sqlite3_column_int(statement, 0), sqlite3_column_int(statement, 1));
            abort();
        }
    }
    sqlite3_finalize(statement);
}

static void use_files(int judges) {
    sqlite3 *connection = NULL;
    cvfs_probe(path, workloadKey);
    cvfs_check(path, workloadKey, no_fault, NULL, NULL);
    if (workload_open(SEALED, path, &connection) == SQLITE_OK) {
        read_rows(connection, judges);
        sqlite3_exec(connection, "PRAGMA integrity_check", NULL, NULL, NULL);
        workload_step(connection, 401);
        sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    sqlite3_close(connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < PREFIX) return 0;
    size_t left = size - PREFIX;
    size_t databaseSize = read_u32(data + 1) % (left + 1);
    size_t logSize = read_u32(data + 5) % (left - databaseSize + 1);
    const uint8_t *database = data + PREFIX;
    unsigned char *log = malloc(logSize + 1);
    if (log == NULL) abort();
    memcpy(log, database + databaseSize, logSize);
    if (data[0] & 1) seal_log(database, databaseSize, log, logSize);
    save(path, database, databaseSize);
    save(logPath, log, logSize);
    save(journalPath, database + databaseSize + logSize, left - databaseSize - logSize);
    unlink(shmPath);
    free(log);
    use_files(!(data[0] & 1));
    return 0;
}

/* ---- Seeds ---- */

static void save_seed(const char *folder, int number, int flags, const unsigned char *database,
                      size_t databaseSize, const unsigned char *log, size_t logSize) {
    unsigned char *seed = calloc(1, PREFIX + databaseSize + logSize + 512);
    char name[300];
    if (seed == NULL) abort();
    seed[0] = (unsigned char)flags;
    /* The sizes are taken modulo what is left, see above, so they stand for themselves. */
    write_u32(seed + 1, (uint32_t)databaseSize);
    write_u32(seed + 5, (uint32_t)logSize);
    memcpy(seed + PREFIX, database, databaseSize);
    memcpy(seed + PREFIX + databaseSize, log, logSize);
    memcpy(seed + PREFIX + databaseSize + logSize, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
    snprintf(name, sizeof name, "%s/seed-%d", folder, number);
    save(name, seed, PREFIX + databaseSize + logSize + 512);
    free(seed);
}

/* The same log in the clear. */
static void open_log(const unsigned char *database, unsigned char *log, size_t size) {
    uint32_t durableFrames = 0;
    FileKeys *keys = cipher_make_keys(workloadKey);
    cipher_set_id(keys, database);
    for (size_t i = 0; LOG_HEADER_SIZE + (i + 1) * FRAME_SIZE <= size; i++) {
        unsigned char *frame = log + LOG_HEADER_SIZE + i * FRAME_SIZE;
        cipher_open_frame(keys, (sqlite3_int64)i, log + 16, frame, frame, &durableFrames);
        write_u32(frame + 8, durableFrames);
    }
    cipher_free_keys(keys);
}

/*
 * The database is the same in all seeds and its log has not been checkpointed: of two states of one
 * file, pages can be mixed without any seal failing, which is known and not what is looked for
 * here.
 */
static void make_seeds(const char *folder) {
    sqlite3 *connection = NULL;
    size_t databaseSize, logSize;
    if (workload_open(SEALED, path, &connection) != SQLITE_OK) exit(2);
    for (int number = 1; number <= 4; number++) workload_step(connection, number);
    sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint=0", NULL,
                 NULL, NULL);
    for (int number = 5; number <= 6; number++) workload_step(connection, number);
    unsigned char *database = load(path, &databaseSize), *log = load(logPath, &logSize);
    save_seed(folder, 1, 0, database, databaseSize, log, logSize);
    save_seed(folder, 2, 0, database, databaseSize, log, 0);
    save_seed(folder, 3, 0, database, databaseSize, log, logSize / 2);
    open_log(database, log, logSize);
    save_seed(folder, 4, 1, database, databaseSize, log, logSize);
    sqlite3_close(connection);
    printf("seeds: database of %zu bytes, log of %zu\n", databaseSize, logSize);
    free(database);
    free(log);
}

static void remove_folder(void) {
    char *end = strrchr(path, '/');
    *end = 0;
    empty_folder(path);
    rmdir(path);
}

/* SQLite waits for others to finish what a forged index of the log says they do, where there are
 * none; that took half of the time. */
static int wait_for_nobody(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    struct rlimit limit = {FILE_LIMIT, FILE_LIMIT};
    const char *seeds = getenv("COFFER_FUZZ_SEEDS"), *folder = make_folder("fuzz");
    (void)count, (void)arguments;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    sqlite3_soft_heap_limit64(64 * 1024 * 1024);
    snprintf(path, sizeof path, "%s/v.db", folder);
    snprintf(logPath, sizeof logPath, "%s-wal", path);
    snprintf(journalPath, sizeof journalPath, "%s-journal", path);
    snprintf(shmPath, sizeof shmPath, "%s-shm", path);
    atexit(remove_folder);
    sqlite3_initialize();
    sqlite3_vfs_find(NULL)->xSleep = wait_for_nobody;
    if (cvfs_register() != SQLITE_OK || cvfs_add_key(path, workloadKey) != SQLITE_OK) exit(2);
    if (seeds == NULL) return 0;
    make_seeds(seeds);
    exit(0);
}
