/*
 * A libFuzzer target over what reads pages, frames and their headers, without SQLite and without a
 * disk, so that it is many times as fast as fuzz.c. The first byte of an input says what follows:
 *
 *     0    a sealed page   \  u32 number, file id, salts, bytes; what is missing is taken as zeros.
 *     1    a sealed frame  /  They are refused unless we have sealed them
 *     2    the header of a log
 *     3    the same as 0 in the clear: it comes back as it was when it may be written, and not
 *          under another number
 *     4    a database and its log: u32 size of the database, its bytes, and the log's
 *     5    the same; frames of the log, and pages behind the first, are given in the clear and are
 *          sealed here, so that what lies behind the authentication is reached
 *
 * `COFFER_FUZZ_SEEDS=DIR decode` writes seeds into DIR and ends.
 */
#include "harness.h"
#include "page_vfs.h"
#include <stdlib.h>
#include <string.h>

enum { KINDS = 6, LARGEST_FILE = 1 << 20 };

/* One page or frame of an input. */
typedef struct Single {
    unsigned char number[4], id[FILE_ID_SIZE], salts[SALTS_SIZE], bytes[FRAME_SIZE];
} Single;

static FileKeys *keys;
static int opened; /* pages and frames that were as they were sealed */
static const unsigned char salts[SALTS_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char *const databaseName = "/memory/v.db";

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* ---- Files in memory, that are only read ---- */

typedef struct Content {
    const unsigned char *bytes;
    sqlite3_int64 size;
} Content;

typedef struct MemoryFile {
    sqlite3_file base;
    const Content *content;
} MemoryFile;

static Content contents[2]; /* the database and its log */

static const Content *content_of(const char *name) {
    size_t length = strlen(name);
    return &contents[length > 4 && strcmp(name + length - 4, "-wal") == 0];
}

static int memory_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static int memory_read(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
    const Content *content = ((MemoryFile *)file)->content;
    sqlite3_int64 there = content->size - offset;
    if (there < 0) there = 0;
    if (there > count) there = count;
    if (there > 0) memcpy(into, content->bytes + offset, (size_t)there);
    memset((char *)into + there, 0, (size_t)(count - there));
    return there == count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int memory_size(sqlite3_file *file, sqlite3_int64 *size) {
    *size = ((MemoryFile *)file)->content->size;
    return SQLITE_OK;
}

static int memory_lock(sqlite3_file *file, int level) {
    (void)file, (void)level;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = memory_close,
    .xRead = memory_read,
    .xFileSize = memory_size,
    .xLock = memory_lock,
    .xUnlock = memory_lock,
};

static int memory_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *outFlags) {
    (void)vfs;
    file->pMethods = &methods;
    ((MemoryFile *)file)->content = content_of(name);
    if (outFlags != NULL) *outFlags = flags;
    return SQLITE_OK;
}

static int memory_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    (void)vfs, (void)flags;
    *answer = content_of(name)->size > 0;
    return SQLITE_OK;
}

static int memory_path(sqlite3_vfs *vfs, const char *name, int count, char *path) {
    (void)vfs;
    snprintf(path, (size_t)count, "%s", name);
    return SQLITE_OK;
}

static void register_memory(void) {
    static sqlite3_vfs vfs;
    sqlite3_initialize();
    vfs = *sqlite3_vfs_find(NULL);
    vfs.iVersion = 2;
    vfs.zName = "memory";
    vfs.szOsFile = (int)sizeof(MemoryFile);
    vfs.xOpen = memory_open;
    vfs.xAccess = memory_access;
    vfs.xFullPathname = memory_path;
    vfs.pNext = NULL;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) abort();
}

/* ---- Single pages and frames ---- */

/* What a page or a frame of the seeds holds, so that it can be told from all others. */
static void fill(unsigned char *page, sqlite3_int64 number) {
    for (int i = 0; i < BODY_SIZE; i++) page[i] = (unsigned char)(i * 7 + number);
    memset(page + BODY_SIZE, 0, SEAL_SIZE);
}

static void open_page(const Single *single) {
    unsigned char page[PAGE_SIZE], ours[PAGE_SIZE] = {0};
    sqlite3_int64 number = read_u32(single->number);
    cipher_set_id(keys, number == 1 ? single->bytes : single->id);
    if (number == 1 && cipher_judge_front(keys, single->bytes) != FRONT_OURS) return;
    if (cipher_open_page(keys, number, single->bytes, page) != SQLITE_OK) {
        expect(bytes_are_zero(page, PAGE_SIZE), "a refused page brought something out");
        return;
    }
    if (number != 1) fill(ours, number);
    expect(memcmp(page, ours, PAGE_SIZE) == 0, "a page opened that was never sealed");
    opened++;
}

static void open_frame(const Single *single) {
    unsigned char frame[FRAME_SIZE], ours[PAGE_SIZE];
    uint32_t durableFrames = 0;
    sqlite3_int64 index = read_u32(single->number);
    cipher_set_id(keys, single->id);
    if (cipher_open_frame(keys, index, single->salts, single->bytes, frame, &durableFrames) !=
        SQLITE_OK) {
        expect(bytes_are_zero(frame, FRAME_SIZE), "a refused frame brought something out");
        return;
    }
    fill(ours, index);
    expect(durableFrames <= index, "a frame counts more durable frames than there are");
    expect(memcmp(frame + FRAME_HEADER_SIZE, ours, PAGE_SIZE) == 0 &&
               memcmp(single->salts, salts, SALTS_SIZE) == 0,
           "a frame opened that was never sealed");
    opened++;
}

static void seal_and_open(const Single *single) {
    unsigned char sealed[PAGE_SIZE], again[PAGE_SIZE];
    const unsigned char *page = single->bytes;
    sqlite3_int64 number = read_u32(single->number);
    cipher_set_id(keys, single->id);
    if (number < 1 || !cipher_is_writable_page(page, number)) return;
    cipher_seal_page(keys, number, page, sealed);
    expect(cipher_open_page(keys, number, sealed, again) == SQLITE_OK &&
               memcmp(page, again, PAGE_SIZE) == 0,
           "a page does not come back as it was");
    expect(cipher_open_page(keys, number + 1, sealed, again) != SQLITE_OK,
           "a page opened under another number");
}

/* ---- Whole files ---- */

static void no_fault(void *context, const char *where, sqlite3_int64 number, int code) {
    (void)where, (void)number, (void)code;
    ++*(int *)context;
}

static void no_page(void *context, int isFrame, sqlite3_int64 number, const unsigned char *plain) {
    (void)context, (void)isFrame, (void)number;
    expect(bytes_are_zero(plain + BODY_SIZE, SEAL_SIZE), "a page has something in its reserve");
}

/* Seals pages behind the first and all frames where they stand, under the id in the first. */
static void seal_files(unsigned char *database, size_t databaseSize, unsigned char *log,
                       size_t logSize) {
    unsigned char plain[FRAME_SIZE];
    if (databaseSize < FRONT_SIZE) return;
    FileKeys *own = cipher_make_keys(workloadKey);
    cipher_set_id(own, database);
    for (size_t i = 1; (i + 1) * PAGE_SIZE <= databaseSize; i++) {
        memcpy(plain, database + i * PAGE_SIZE, PAGE_SIZE);
        cipher_seal_page(own, (sqlite3_int64)i + 1, plain, database + i * PAGE_SIZE);
    }
    for (size_t i = 0; LOG_HEADER_SIZE + (i + 1) * FRAME_SIZE <= logSize; i++) {
        unsigned char *frame = log + LOG_HEADER_SIZE + i * FRAME_SIZE;
        memcpy(plain, frame, FRAME_SIZE);
        cipher_seal_frame(own, (sqlite3_int64)i, log + 16, read_u32(plain + 8), plain, frame);
    }
    cipher_free_keys(own);
}

static void check_files(unsigned char *bytes, size_t size, int seals) {
    int faults = 0;
    if (size < 4) return;
    size_t left = size - 4, databaseSize = read_u32(bytes) % (left + 1);
    unsigned char *database = bytes + 4, *log = database + databaseSize;
    if (seals) seal_files(database, databaseSize, log, left - databaseSize);
    contents[0] = (Content){database, (sqlite3_int64)databaseSize};
    contents[1] = (Content){log, (sqlite3_int64)(left - databaseSize)};
    int probe = cvfs_probe(databaseName, workloadKey);
    int code = cvfs_read_all(databaseName, workloadKey, no_fault, no_page, &faults);
    expect(code == SQLITE_OK || code == SQLITE_NOTADB, "files cannot be read to their end");
    expect(probe != CVFS_PROBE_WRONG_KEY || code == SQLITE_NOTADB, "a wrong key opens something");
    expect(probe != CVFS_PROBE_OK || code == SQLITE_OK, "the first page opens, and no other");
}

static void check_copy(const uint8_t *data, size_t size, int seals) {
    unsigned char *copy = malloc(size);
    if (copy == NULL) abort();
    memcpy(copy, data, size);
    check_files(copy, size, seals);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Single single = {0};
    if (size < 2 || size > LARGEST_FILE) return 0;
    int kind = data[0] % KINDS;
    memcpy(&single, data + 1, size - 1 < sizeof single ? size - 1 : sizeof single);
    if (kind == 0) open_page(&single);
    if (kind == 1) open_frame(&single);
    if (kind == 2 && log_header_is_valid((unsigned char *)&single))
        expect(read_u32((unsigned char *)&single + 8) == PAGE_SIZE,
               "a log with pages of another size is valid");
    if (kind == 3) seal_and_open(&single);
    if (kind >= 4) check_copy(data + 1, size - 1, kind == 5);
    return 0;
}

/* ---- Seeds ---- */

static void save_seed(const char *folder, int kind, const char *what, const void *bytes,
                      size_t size) {
    char name[300];
    snprintf(name, sizeof name, "%s/%s-%d", folder, what, kind);
    FILE *stream = fopen(name, "wb");
    if (stream == NULL || fputc(kind, stream) == EOF || fwrite(bytes, 1, size, stream) != size ||
        fclose(stream) != 0)
        abort();
}

/* The header of a log as SQLite writes it, and the checksum after it. */
static void make_header(unsigned char *header, uint32_t sum[2]) {
    static const uint32_t words[4] = {0x377f0682, 3007000, PAGE_SIZE, 0};
    for (int i = 0; i < 4; i++) write_u32(header + 4 * i, words[i]);
    memcpy(header + 16, salts, SALTS_SIZE);
    sum[0] = sum[1] = 0;
    log_checksum(0, header, 24, sum);
    write_u32(header + 24, sum[0]);
    write_u32(header + 28, sum[1]);
}

/* A frame in the clear as seal_files takes it; each is a commit of two pages. */
static void make_frame(unsigned char *frame, uint32_t index, uint32_t sum[2]) {
    memset(frame, 0, FRAME_SIZE);
    write_u32(frame, index + 1);
    write_u32(frame + 4, 2);
    fill(frame + FRAME_HEADER_SIZE, index);
    log_checksum(0, frame, 8, sum);
    log_checksum(0, frame + FRAME_HEADER_SIZE, PAGE_SIZE, sum);
    write_u32(frame + 8, index);
    write_u32(frame + 16, sum[0]);
    write_u32(frame + 20, sum[1]);
}

static void save_singles(const char *folder, unsigned char *frame) {
    Single single = {0};
    unsigned char page[PAGE_SIZE];
    write_u32(single.number, 1);
    memcpy(single.id, keys->id, FILE_ID_SIZE);
    memcpy(single.salts, salts, SALTS_SIZE);
    cipher_seal_frame(keys, 1, salts, 1, frame, single.bytes);
    open_frame(&single);
    save_seed(folder, 1, "frame", &single, sizeof single);
    write_u32(single.number, 2);
    fill(page, 2);
    memcpy(single.bytes, page, PAGE_SIZE);
    save_seed(folder, 3, "clear", &single, sizeof single);
    cipher_seal_page(keys, 2, page, single.bytes);
    open_page(&single);
    expect(opened == 2, "a seed does not open");
    save_seed(folder, 0, "page", &single, sizeof single);
}

static void make_seeds(const char *folder) {
    static unsigned char all[4 + 2 * PAGE_SIZE + LOG_HEADER_SIZE + 2 * FRAME_SIZE];
    unsigned char page[PAGE_SIZE] = {0}, frame[FRAME_SIZE];
    unsigned char *database = all + 4, *log = database + 2 * PAGE_SIZE;
    uint32_t sum[2];
    make_header(log, sum);
    save_seed(folder, 2, "header", log, LOG_HEADER_SIZE);
    for (uint32_t i = 0; i < 2; i++) make_frame(log + LOG_HEADER_SIZE + i * FRAME_SIZE, i, sum);
    memcpy(frame, log + LOG_HEADER_SIZE + FRAME_SIZE, FRAME_SIZE);
    save_singles(folder, frame);
    cipher_seal_page(keys, 1, page, database);
    fill(database + PAGE_SIZE, 2);
    write_u32(all, 2 * PAGE_SIZE);
    save_seed(folder, 5, "files", all, sizeof all);
    seal_files(database, 2 * PAGE_SIZE, log, sizeof all - 4 - 2 * PAGE_SIZE);
    save_seed(folder, 4, "files", all, sizeof all);
    puts("seeds: a page, a frame, headers, a database of 2 pages with a log of 2 frames");
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    const char *seeds = getenv("COFFER_FUZZ_SEEDS");
    (void)count, (void)arguments;
    register_memory();
    if (cvfs_register() != SQLITE_OK) exit(2);
    keys = cipher_make_keys(workloadKey);
    if (keys == NULL) exit(2);
    cipher_set_new_id(keys);
    if (seeds == NULL) return 0;
    make_seeds(seeds);
    exit(0);
}
