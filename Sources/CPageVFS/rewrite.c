/*
 * Writing a database anew under another key, page by page: cvfs_rewrite.
 *
 *  (R1) The pages of the copy are those of the source under the same numbers, in the clear the same
 *       bytes, but for (R4); the copy has a file id of its own.
 *  (R2) The source must have no log with frames in it: the caller has moved them into the database
 *       and keeps everybody from writing.
 *  (R3) Each page of the copy is read back, opened with the new key and compared with the page that
 *       was sealed; what is lent in the clear comes from there.
 *  (R4) What no cell of a b-tree page uses is zeros in the copy. SQLite leaves there what it had
 *       when it arranges cells anew, also with secure_delete. A page is one of a b-tree when its
 *       first byte says so: that of an overflow or free page begins the number of another page, and
 *       is zero as long as there are fewer than 2^24 pages. Larger databases are refused.
 *
 * Ranges of pages are independent of each other, so that threads share the work. Each opens files
 * of its own: nothing says that a file of the VFS below may be used by two threads.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "page_vfs.h"
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

/* The unix VFS writes nothing where bits 0 to 16 of a size are zero: it masks them (os_unix.c). */
enum { BATCH_PAGES = 16, BATCH_SIZE = BATCH_PAGES * PAGE_SIZE, RANGE_PAGES = 1024 };
enum { MOST_THREADS = 16, MOST_PAGES = 1 << 24 };
enum {
    readOnly = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB,
    readWrite = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB
};

/* A rewriting under way; what is below the mutex is under it. */
typedef struct Rewrite {
    const char *source; /* both made by sqlite3_create_filename */
    const char *target;
    FileKeys *sourceKeys;
    FileKeys *targetKeys;
    const CVFSPageTaker *taker;
    sqlite3_int64 pages;
    sqlite3_file *held; /* the source under a shared lock, for as long as this lasts */
    int flushed;        /* a descriptor of the target; -1 for none */
    pthread_mutex_t mutex;
    sqlite3_int64 next; /* the first page that no thread has taken */
    int code;           /* what the first thread that failed met */
} Rewrite;

typedef struct Batch {
    unsigned char sealed[BATCH_SIZE];
    unsigned char again[BATCH_SIZE];
    unsigned char plain[BATCH_SIZE];
    unsigned char page[PAGE_SIZE];
} Batch;

/* What one thread has of its own. */
typedef struct Worker {
    Rewrite *rewrite;
    sqlite3_file *source;
    sqlite3_file *target;
    Batch *batch;
    void *context; /* from the taker */
} Worker;

/* ---- Unused bytes (R4) ---- */

/* See SQLite's file format, "B-tree Pages". */
static void clear_free_blocks(unsigned char *page, int block) {
    while (block > 0 && block + 4 <= BODY_SIZE) {
        int next = page[block] << 8 | page[block + 1];
        int size = page[block + 2] << 8 | page[block + 3];
        if (size < 4 || block + size > BODY_SIZE) return;
        memset(page + block + 4, 0, (size_t)size - 4);
        if (next <= block) return;
        block = next;
    }
}

static void clear_unused(unsigned char *page, sqlite3_int64 number) {
    int start = number == 1 ? 100 : 0;
    const unsigned char *head = page + start;
    int isInterior = head[0] == 2 || head[0] == 5;
    if (!isInterior && head[0] != 10 && head[0] != 13) return;
    int pointers = start + (isInterior ? 12 : 8) + 2 * (head[3] << 8 | head[4]);
    int content = head[5] << 8 | head[6];
    if (content < pointers || content > BODY_SIZE) return;
    clear_free_blocks(page, head[1] << 8 | head[2]);
    memset(page + pointers, 0, (size_t)(content - pointers));
}

/* ---- One thread ---- */

/* Opens the pages of a batch with the old key and seals them with the new one. */
static int seal_anew(const Rewrite *rewrite, Batch *batch, sqlite3_int64 first, int count) {
    for (int i = 0; i < count; i++) {
        unsigned char *sealed = batch->sealed + i * PAGE_SIZE;
        unsigned char *plain = batch->plain + i * PAGE_SIZE;
        if (first + i == LOCK_PAGE) {
            memset(sealed, 0, PAGE_SIZE);
            continue;
        }
        int code = cipher_open_page(rewrite->sourceKeys, first + i, sealed, plain);
        if (code != SQLITE_OK) return code;
        clear_unused(plain, first + i);
        cipher_seal_page(rewrite->targetKeys, first + i, plain, sealed);
    }
    return SQLITE_OK;
}

/* (R3). */
static int look_again(const Worker *worker, sqlite3_int64 first, int count) {
    const Rewrite *rewrite = worker->rewrite;
    Batch *batch = worker->batch;
    for (int i = 0; i < count; i++) {
        if (first + i == LOCK_PAGE) continue;
        int code = cipher_open_page(rewrite->targetKeys, first + i, batch->again + i * PAGE_SIZE,
                                    batch->page);
        if (code != SQLITE_OK) return code;
        if (memcmp(batch->page, batch->plain + i * PAGE_SIZE, PAGE_SIZE) != 0)
            return SQLITE_IOERR_DATA;
        if (rewrite->taker != NULL &&
            rewrite->taker->page(worker->context, first + i, batch->page) != 0)
            return SQLITE_INTERRUPT;
    }
    return SQLITE_OK;
}

static int rewrite_batch(const Worker *worker, sqlite3_int64 first, int count) {
    sqlite3_file *source = worker->source, *target = worker->target;
    Batch *batch = worker->batch;
    sqlite3_int64 offset = (first - 1) * PAGE_SIZE;
    int size = count * PAGE_SIZE;
    int code = source->pMethods->xRead(source, batch->sealed, size, offset);
    if (code == SQLITE_OK) code = seal_anew(worker->rewrite, batch, first, count);
    if (code == SQLITE_OK) code = target->pMethods->xWrite(target, batch->sealed, size, offset);
    if (code == SQLITE_OK) code = target->pMethods->xRead(target, batch->again, size, offset);
    return code == SQLITE_OK ? look_again(worker, first, count) : code;
}

/* Lets the medium begin with what was written, so that the sync at the end has less to wait for. */
static void begin_flushing(const Rewrite *rewrite, sqlite3_int64 first, sqlite3_int64 count) {
#ifdef SYNC_FILE_RANGE_WRITE
    if (rewrite->flushed >= 0)
        (void)sync_file_range(rewrite->flushed, (first - 1) * PAGE_SIZE, count * PAGE_SIZE,
                              SYNC_FILE_RANGE_WRITE);
#else
    (void)rewrite, (void)first, (void)count;
#endif
}

static int rewrite_range(const Worker *worker, sqlite3_int64 first) {
    sqlite3_int64 end = first + RANGE_PAGES;
    int code = SQLITE_OK;
    if (end > worker->rewrite->pages + 1) end = worker->rewrite->pages + 1;
    for (sqlite3_int64 page = first; code == SQLITE_OK && page < end; page += BATCH_PAGES)
        code = rewrite_batch(worker, page, end - page < BATCH_PAGES ? (int)(end - page)
                                                                    : BATCH_PAGES);
    if (code == SQLITE_OK) begin_flushing(worker->rewrite, first, end - first);
    return code;
}

/* The first page of a range that nobody has, or 0. */
static sqlite3_int64 take_range(Rewrite *rewrite) {
    sqlite3_int64 first = 0;
    pthread_mutex_lock(&rewrite->mutex);
    if (rewrite->code == SQLITE_OK && rewrite->next <= rewrite->pages) {
        first = rewrite->next;
        rewrite->next += RANGE_PAGES;
    }
    pthread_mutex_unlock(&rewrite->mutex);
    return first;
}

static void note_code(Rewrite *rewrite, int code) {
    pthread_mutex_lock(&rewrite->mutex);
    if (rewrite->code == SQLITE_OK) rewrite->code = code;
    pthread_mutex_unlock(&rewrite->mutex);
}

static void *run_thread(void *argument) {
    Rewrite *rewrite = argument;
    Worker worker = {.rewrite = rewrite, .batch = sqlite3_malloc(sizeof(Batch))};
    int code = worker.batch == NULL ? SQLITE_NOMEM : SQLITE_OK;
    sqlite3_int64 first = 0;
    if (rewrite->taker != NULL) worker.context = rewrite->taker->begin(rewrite->taker->context);
    if (code == SQLITE_OK) code = vfs_open_below(rewrite->source, readOnly, &worker.source);
    if (code == SQLITE_OK) code = vfs_open_below(rewrite->target, readWrite, &worker.target);
    while (code == SQLITE_OK && (first = take_range(rewrite)) != 0)
        code = rewrite_range(&worker, first);
    note_code(rewrite, code);
    if (rewrite->taker != NULL) rewrite->taker->end(worker.context);
    vfs_close_below(worker.source);
    vfs_close_below(worker.target);
    if (worker.batch != NULL) sodium_memzero(worker.batch, sizeof(Batch));
    sqlite3_free(worker.batch);
    return NULL;
}

/* ---- All of it ---- */

/* (R2), and whose file the source is. */
static int judge_source(Rewrite *rewrite) {
    sqlite3_vfs *lower = vfs_below();
    sqlite3_file *held = rewrite->held;
    unsigned char front[FRONT_SIZE];
    sqlite3_int64 size = 0;
    int hasLog = 0;
    /* The unix VFS calls an empty file absent here. */
    int code = lower->xAccess(lower, sqlite3_filename_wal(rewrite->source), SQLITE_ACCESS_EXISTS,
                              &hasLog);
    if (code == SQLITE_OK && hasLog) return SQLITE_BUSY;
    if (code == SQLITE_OK) code = held->pMethods->xFileSize(held, &size);
    if (code == SQLITE_OK) code = held->pMethods->xRead(held, front, FRONT_SIZE, 0);
    if (code == SQLITE_IOERR_SHORT_READ) return SQLITE_NOTADB;
    if (code != SQLITE_OK) return code;
    if (cipher_judge_front(rewrite->sourceKeys, front) != FRONT_OURS) return SQLITE_NOTADB;
    if (size % PAGE_SIZE != 0) return SQLITE_CORRUPT;
    if (size / PAGE_SIZE >= MOST_PAGES) return SQLITE_TOOBIG;
    cipher_set_id(rewrite->sourceKeys, front);
    cipher_set_new_id(rewrite->targetKeys);
    rewrite->pages = size / PAGE_SIZE;
    return SQLITE_OK;
}

static int begin(Rewrite *rewrite, const char *source, const char *target) {
    int code = vfs_make_filename(source, &rewrite->source);
    if (code == SQLITE_OK) code = vfs_make_filename(target, &rewrite->target);
    if (code == SQLITE_OK) code = vfs_open_below(rewrite->source, readOnly, &rewrite->held);
    if (code == SQLITE_OK)
        code = rewrite->held->pMethods->xLock(rewrite->held, SQLITE_LOCK_SHARED);
    if (code == SQLITE_OK) code = judge_source(rewrite);
    if (code == SQLITE_OK)
        rewrite->flushed = open(rewrite->target, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    return code;
}

/* This thread works as well, so that it is done by one when no other can be had. */
static void run_threads(Rewrite *rewrite, int count) {
    pthread_t threads[MOST_THREADS];
    int started = 0;
    if (count > MOST_THREADS) count = MOST_THREADS;
    while (started < count - 1 &&
           pthread_create(&threads[started], NULL, run_thread, rewrite) == 0)
        started++;
    run_thread(rewrite);
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

static void end(Rewrite *rewrite) {
    if (rewrite->held != NULL) rewrite->held->pMethods->xUnlock(rewrite->held, SQLITE_LOCK_NONE);
    vfs_close_below(rewrite->held);
    /* No lock of this process is lost with it: nobody has opened the target yet. */
    if (rewrite->flushed >= 0) close(rewrite->flushed);
    cipher_free_keys(rewrite->sourceKeys);
    cipher_free_keys(rewrite->targetKeys);
    if (rewrite->source != NULL) sqlite3_free_filename(rewrite->source);
    if (rewrite->target != NULL) sqlite3_free_filename(rewrite->target);
    pthread_mutex_destroy(&rewrite->mutex);
}

int cvfs_rewrite(const char *source, const unsigned char key[CVFS_KEY_SIZE], const char *target,
                 const unsigned char targetKey[CVFS_KEY_SIZE], int threads,
                 const CVFSPageTaker *taker, sqlite3_int64 *pages) {
    Rewrite rewrite = {.taker = taker, .flushed = -1, .next = 1};
    pthread_mutex_init(&rewrite.mutex, NULL);
    rewrite.sourceKeys = cipher_make_keys(key);
    rewrite.targetKeys = cipher_make_keys(targetKey);
    int code = SQLITE_NOMEM;
    if (rewrite.sourceKeys != NULL && rewrite.targetKeys != NULL)
        code = begin(&rewrite, source, target);
    if (code == SQLITE_OK) {
        run_threads(&rewrite, threads);
        code = rewrite.code;
    }
    *pages = rewrite.pages;
    end(&rewrite);
    return code;
}
