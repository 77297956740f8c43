/*
 * Changes each bit of each page of a database, of each frame of its log and of the log's header,
 * one at a time, and asks the VFS's own functions whether it still authenticates. None may, and
 * what is refused brings out nothing but zeros.
 *
 *     bits [STRIDE [SECONDS]]     tries every STRIDE-th bit, for so long; other ones in each page
 */
#include "harness.h"
#include "page_vfs.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 30, STEPS_IN_LOG = 6, SIZE_LIMIT = 4 << 20, MOST_BAD = 20 };

static FileKeys *keys;
static unsigned char *database, *sealedLog; /* as on the disk */
static size_t databaseSize, logSize;
static long tried, bad, stride;
static time_t deadline;

static unsigned char *load(const char *name, size_t *size) {
    unsigned char *bytes = malloc(SIZE_LIMIT);
    FILE *stream = fopen(name, "rb");
    if (bytes == NULL || stream == NULL) abort();
    *size = fread(bytes, 1, SIZE_LIMIT, stream);
    fclose(stream);
    return bytes;
}

/* Large rows, so that there are more pages. */
static const char *const padding =
    "CREATE TABLE IF NOT EXISTS p(x);"
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 40)"
    " INSERT INTO p SELECT randomblob(3900) FROM c";

/* A vault with pages in the database and newer ones in the log. */
static void make_files(void) {
    char path[300], logPath[310];
    sqlite3 *connection = NULL;
    const char *folder = make_folder("bits");
    snprintf(path, sizeof path, "%s/v.db", folder);
    snprintf(logPath, sizeof logPath, "%s-wal", path);
    if (workload_open(SEALED, path, &connection) != SQLITE_OK) exit(2);
    for (int number = 1; number <= STEPS; number++) workload_step(connection, number);
    sqlite3_exec(connection, padding, NULL, NULL, NULL);
    sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint=0", NULL,
                 NULL, NULL);
    for (int i = 1; i <= STEPS_IN_LOG; i++) workload_step(connection, STEPS + i);
    sqlite3_exec(connection, padding, NULL, NULL, NULL);
    database = load(path, &databaseSize);
    sealedLog = load(logPath, &logSize);
    sqlite3_close(connection);
    empty_folder(folder);
    rmdir(folder);
}

/* ---- Does it authenticate ---- */

static const unsigned char zeros[FRAME_SIZE];

/* `number` is the page's; the keys are those of the unchanged file, but for page 1, which says
 * whose they are. */
static int opens_as_page(const unsigned char *sealed, sqlite3_int64 number) {
    unsigned char page[PAGE_SIZE];
    if (number == 1) {
        if (cipher_judge_front(keys, sealed) != FRONT_OURS) return 0;
        cipher_set_id(keys, sealed);
    }
    int opens = cipher_open_page(keys, number, sealed, page) == SQLITE_OK;
    if (number == 1) cipher_set_id(keys, database);
    return opens || memcmp(page, zeros, PAGE_SIZE) != 0;
}

/* `index` is the frame's. */
static int opens_as_frame(const unsigned char *sealed, sqlite3_int64 index) {
    unsigned char frame[FRAME_SIZE];
    uint32_t durableFrames = 0;
    int code = cipher_open_frame(keys, index, sealedLog + 16, sealed, frame, &durableFrames);
    return code == SQLITE_OK || memcmp(frame, zeros, FRAME_SIZE) != 0 || durableFrames != 0;
}

static int opens_as_header(const unsigned char *header, sqlite3_int64 number) {
    (void)number;
    return log_header_is_valid(header);
}

/* ---- All bits of it ---- */

typedef int (*Opens)(const unsigned char *sealed, sqlite3_int64 number);

static void change_bits(const char *what, sqlite3_int64 number, unsigned char *sealed, long size,
                        Opens opens) {
    if (deadline != 0 && time(NULL) >= deadline) return;
    for (long bit = number % stride; bit < size * 8 && bad < MOST_BAD; bit += stride, tried++) {
        sealed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (opens(sealed, number)) {
            bad++;
            printf("  %s %lld opens with bit %ld of byte %ld changed\n", what, number, bit % 8,
                   bit / 8);
        }
        sealed[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void change_pages(void) {
    long pages = (long)(databaseSize / PAGE_SIZE);
    for (long number = 1; number <= pages; number++) {
        unsigned char *sealed = database + (number - 1) * PAGE_SIZE;
        if (!opens_as_page(sealed, number)) exit(2); /* or nothing would be shown */
        change_bits("page", number, sealed, PAGE_SIZE, opens_as_page);
    }
    printf("  %ld pages: %ld bits\n", pages, tried);
}

static void change_frames(void) {
    long index = 0, before = tried;
    for (; LOG_HEADER_SIZE + (size_t)(index + 1) * FRAME_SIZE <= logSize; index++) {
        unsigned char *sealed = sealedLog + LOG_HEADER_SIZE + index * FRAME_SIZE;
        if (!opens_as_frame(sealed, index)) exit(2);
        change_bits("frame", index, sealed, FRAME_SIZE, opens_as_frame);
    }
    printf("  %ld frames: %ld bits\n", index, tried - before);
    if (index == 0 || !log_header_is_valid(sealedLog)) exit(2);
    long sparse = stride;
    stride = 1;
    change_bits("log header", 0, sealedLog, LOG_HEADER_SIZE, opens_as_header);
    stride = sparse;
}

int main(int count, char **arguments) {
    stride = count > 1 ? atol(arguments[1]) : 1;
    if (count > 2 && atoi(arguments[2]) > 0) deadline = time(NULL) + atoi(arguments[2]);
    setbuf(stdout, NULL);
    if (stride < 1 || cvfs_register() != SQLITE_OK) return 2;
    make_files();
    keys = cipher_make_keys(workloadKey);
    if (keys == NULL) return 2;
    cipher_set_id(keys, database);
    change_pages();
    change_frames();
    cipher_free_keys(keys);
    free(database);
    free(sealedLog);
    if (deadline != 0 && time(NULL) >= deadline) puts("  cut short");
    printf("bits: %ld changed bits, %ld bad\n", tried, bad);
    return bad == 0 ? 0 : 1;
}
