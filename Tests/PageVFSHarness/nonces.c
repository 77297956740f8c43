/*
 * Reads the nonce of every page and frame out of what is written to the disk, while processes and
 * threads write vaults, fork and go on in both, are killed and have their files opened by others.
 * No nonce may come twice, in whichever file, and each of its 192 bits is set half of the time.
 *
 *     nonces [COUNT [SECONDS]]     so many, or as many as come in so long
 *
 * What is kept of a nonce is its first 8 bytes: two that are the same begin the same, and of ten
 * million different ones two begin the same once in 370,000 runs. Recovery writes sealed frames
 * again as they are, so what comes twice with the same tag was sealed once.
 */
#include "harness.h"
#include "page_vfs.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NONCE_BITS = NONCE_SIZE * 8, SAMPLED = 16, FORKS_DEEP = 3, BLOB_PAGES = 90 };
/* Odd amounts, so that a stock of nonces is left at a fork. */
enum { SHORT_WORK = 331, LONG_WORK = 2111 };

/* The first bytes of a nonce and of the tag behind it. */
typedef struct Seen {
    uint64_t nonce, tag;
} Seen;

/* What all processes share. */
typedef struct Shared {
    atomic_long taken; /* nonces, of which as many as there is room for are kept */
    atomic_long pages, frames, forks, kills, files, sampled, ones[NONCE_BITS];
    Seen seen[];
} Shared;

static Shared *shared;
static long wanted, room;
static time_t deadline;
static char folder[200];

/* ---- What is written ---- */

static void take(const unsigned char *nonce) {
    Seen seen;
    memcpy(&seen.nonce, nonce, sizeof seen.nonce);
    memcpy(&seen.tag, nonce + NONCE_SIZE, sizeof seen.tag);
    long place = shared->taken++;
    if (place < room) shared->seen[place] = seen;
    if (place % SAMPLED != 0) return;
    shared->sampled++;
    for (int bit = 0; bit < NONCE_BITS; bit++)
        if (nonce[bit / 8] >> bit % 8 & 1) shared->ones[bit]++;
}

static void take_written(const Note *note) {
    const unsigned char *bytes = note->bytes;
    if (note->call == CALL_OPEN) shared->files++;
    if (note->call != CALL_WRITE || note->count < PAGE_SIZE) return;
    if (note->count == FRAME_SIZE) {
        shared->frames++;
        take(bytes + FRAME_HEADER_SIZE + BODY_SIZE);
    } else {
        for (int at = 0; at < note->count; at += PAGE_SIZE, shared->pages++)
            take(bytes + at + BODY_SIZE);
    }
}

/* ---- Writing ---- */

static int is_enough(void) {
    return shared->taken >= wanted || (deadline != 0 && time(NULL) >= deadline);
}

static void run(sqlite3 *connection, const char *sql) {
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    printf("  %s: %s\n", sql, sqlite3_errmsg(connection));
    _exit(2);
}

static sqlite3 *open_file(const char *name) {
    char path[300];
    sqlite3 *connection = NULL;
    snprintf(path, sizeof path, "%s/%s.db", folder, name);
    if (workload_open(SEALED, path, &connection) != SQLITE_OK) _exit(2);
    run(connection, "PRAGMA wal_autocheckpoint=300;"
                    "CREATE TABLE IF NOT EXISTS b(id INTEGER PRIMARY KEY, body BLOB)");
    return connection;
}

static void remove_file(const char *name) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    char path[310];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s.db%s", folder, name, endings[i]);
        unlink(path);
    }
}

/* Writes about so many pages. */
static void write_pages(sqlite3 *connection, long pages) {
    char sql[200];
    for (long i = 0; i * BLOB_PAGES < pages && !is_enough(); i++) {
        snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO b VALUES (%ld, zeroblob(%d))", i % 5,
                 (int)(i * BLOB_PAGES + BLOB_PAGES < pages ? BLOB_PAGES : pages % BLOB_PAGES) *
                     BODY_SIZE);
        run(connection, sql);
    }
}

/* ---- Processes ---- */

static void work(const char *name, int depth);

typedef struct Task {
    char name[100];
    int depth;
} Task;

static void *work_in_thread(void *argument) {
    work(((Task *)argument)->name, ((Task *)argument)->depth);
    return NULL;
}

/* A child that works, and in the end is killed with a transaction under way. */
static void be_child(const char *name, int depth) {
    if (depth > 0) work(name, depth - 1);
    sqlite3 *connection = open_file(name);
    write_pages(connection, SHORT_WORK);
    sqlite3_exec(connection, "BEGIN", NULL, NULL, NULL);
    write_pages(connection, SHORT_WORK);
    shared->kills++;
    kill(getpid(), SIGKILL);
}

/* Works, forks, and goes on; then goes on in the file that the killed child has left. */
static void work(const char *name, int depth) {
    char childName[120];
    int status = 0;
    snprintf(childName, sizeof childName, "%s%d", name, depth);
    sqlite3 *connection = open_file(name);
    write_pages(connection, SHORT_WORK);
    fflush(stdout);
    pid_t child = fork();
    shared->forks += child > 0;
    if (child == 0) be_child(childName, depth);
    write_pages(connection, LONG_WORK);
    sqlite3_close(connection);
    if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) _exit(2);
    connection = open_file(childName);
    write_pages(connection, SHORT_WORK);
    sqlite3_close(connection);
    remove_file(childName);
}

/* One round by the main thread, and one by another while the main thread only waits. */
static void work_until_enough(void) {
    pthread_t thread;
    for (int round = 0; !is_enough(); round++) {
        Task task = {.depth = round % FORKS_DEEP};
        snprintf(task.name, sizeof task.name, "t%d-", round);
        if (pthread_create(&thread, NULL, work_in_thread, &task) != 0) exit(2);
        pthread_join(thread, NULL);
        remove_file(task.name);
        work("m", FORKS_DEEP);
        if (round % 4 == 0) remove_file("m"); /* the next one has another id */
    }
}

/* ---- Judging ---- */

static int ascending(const void *a, const void *b) {
    const Seen *first = a, *second = b;
    if (first->nonce != second->nonce) return first->nonce < second->nonce ? -1 : 1;
    return first->tag < second->tag ? -1 : first->tag > second->tag;
}

/* `once` becomes how many were sealed. */
static long repeats(long count, long *once) {
    const Seen *seen = shared->seen;
    long found = 0;
    qsort(shared->seen, (size_t)count, sizeof(Seen), ascending);
    *once = count;
    for (long i = 1; i < count; i++) {
        if (seen[i].nonce != seen[i - 1].nonce) continue;
        *once -= seen[i].tag == seen[i - 1].tag;
        found += seen[i].tag != seen[i - 1].tag;
    }
    if (found > 0) printf("  %ld nonces came before\n", found);
    return found;
}

/* Six standard deviations: by chance once in two million runs. */
static long lopsided_bits(void) {
    long found = 0;
    double half = (double)shared->sampled / 2, most = 6 * sqrt(half / 2);
    for (int bit = 0; bit < NONCE_BITS; bit++)
        found += fabs((double)shared->ones[bit] - half) > most;
    if (found > 0) printf("  %ld bits are not set half of the time\n", found);
    return found;
}

int main(int count, char **arguments) {
    wanted = count > 1 ? atol(arguments[1]) : 200000;
    if (count > 2 && atoi(arguments[2]) > 0) deadline = time(NULL) + atoi(arguments[2]);
    setbuf(stdout, NULL);
    room = wanted + 1000;
    size_t size = sizeof(Shared) + (size_t)room * sizeof(Seen);
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (wanted < 1 || shared == MAP_FAILED) return 2;
    snprintf(folder, sizeof folder, "%s", make_folder("nonces"));
    wrapping_register();
    wrap_note = take_written;
    if (cvfs_register() != SQLITE_OK) return 2;
    work_until_enough();
    empty_folder(folder);
    rmdir(folder);
    long kept = shared->taken < room ? shared->taken : room;
    long once = 0, bad = repeats(kept, &once) + lopsided_bits();
    printf("  %ld pages and %ld frames of %ld files, %ld forks, %ld processes killed\n",
           (long)shared->pages, (long)shared->frames, (long)shared->files, (long)shared->forks,
           (long)shared->kills);
    printf("nonces: %ld nonces, %ld bad\n", once, bad);
    return bad == 0 ? 0 : 1;
}
