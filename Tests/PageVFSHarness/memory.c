/*
 * Fails every allocation in turn, once or from then on, while a script uses all that the page VFS
 * has; then the vault is opened without failures and compared with what was acknowledged.
 *
 *     memory [STRIDE [SECONDS]]     tries every STRIDE-th allocation, for so long at most
 *
 * There are two sweeps. One fails what Sources/CPageVFS itself asks for: memory of SQLite and of
 * libsodium, threads, handlers of forks, and descriptors, which run out as memory does (the linker
 * lends a hand with --wrap, see tools/check-page-vfs). It is always complete. The other fails what
 * SQLite allocates anywhere, which includes the VFS; plain SQLite is its control.
 *
 *  (M1) Nothing crashes, and no lack of memory is taken for damage, a wrong key or an absent file.
 *  (M2) What was acknowledged is there afterwards, and nothing but what was attempted.
 *  (M3) When all is closed, nothing is left: no allocation, no guarded memory, no descriptor.
 */
#include "harness.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 14, MOST_BAD = 20, THREADS = 2, PASSES = 13 };

typedef enum Sweep { SHIM, LIBRARY } Sweep;

static const unsigned char otherKey[CVFS_KEY_SIZE] = {1, 2, 3};
static char folder[200], path[300], copyPath[300];

/* ---- What fails ---- */

static Sweep counted;
static atomic_int calls, failures, allocated, guarded;
static int failingCall, failsOnwards; /* 0: none fails */

static int fails(Sweep sweep) {
    if (sweep != counted) return 0;
    int call = ++calls;
    if (failingCall == 0 || call < failingCall) return 0;
    if (!failsOnwards && call > failingCall) return 0;
    failures++;
    return 1;
}

void *__real_sqlite3_malloc(int size);
void *__wrap_sqlite3_malloc(int size);
void *__wrap_sqlite3_malloc(int size) {
    return fails(SHIM) ? NULL : __real_sqlite3_malloc(size);
}

void *__real_sqlite3_malloc64(sqlite3_uint64 size);
void *__wrap_sqlite3_malloc64(sqlite3_uint64 size);
void *__wrap_sqlite3_malloc64(sqlite3_uint64 size) {
    return fails(SHIM) ? NULL : __real_sqlite3_malloc64(size);
}

char *__wrap_sqlite3_mprintf(const char *format, ...);
char *__wrap_sqlite3_mprintf(const char *format, ...) {
    va_list arguments;
    if (fails(SHIM)) return NULL;
    va_start(arguments, format);
    char *text = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return text;
}

sqlite3_filename __real_sqlite3_create_filename(const char *database, const char *journal,
                                                const char *log, int count, const char **values);
sqlite3_filename __wrap_sqlite3_create_filename(const char *database, const char *journal,
                                                const char *log, int count, const char **values);
sqlite3_filename __wrap_sqlite3_create_filename(const char *database, const char *journal,
                                                const char *log, int count, const char **values) {
    return fails(SHIM) ? NULL
                       : __real_sqlite3_create_filename(database, journal, log, count, values);
}

void *__real_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size) {
    void *memory = fails(SHIM) ? NULL : __real_sodium_malloc(size);
    guarded += memory != NULL;
    return memory;
}

void __real_sodium_free(void *memory);
void __wrap_sodium_free(void *memory);
void __wrap_sodium_free(void *memory) {
    guarded -= memory != NULL;
    __real_sodium_free(memory);
}

int __real_sodium_init(void);
int __wrap_sodium_init(void);
int __wrap_sodium_init(void) {
    return fails(SHIM) ? -1 : __real_sodium_init();
}

typedef void (*Handler)(void);
int __real_pthread_atfork(Handler prepare, Handler parent, Handler child);
int __wrap_pthread_atfork(Handler prepare, Handler parent, Handler child);
int __wrap_pthread_atfork(Handler prepare, Handler parent, Handler child) {
    return fails(SHIM) ? ENOMEM : __real_pthread_atfork(prepare, parent, child);
}

typedef void *(*Start)(void *);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, Start start,
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, Start start,
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, Start start,
                          void *argument) {
    return fails(SHIM) ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

/* Nothing in Sources/CPageVFS creates a file with it, so there is no mode. */
int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...) {
    if (!fails(SHIM)) return __real_open(name, flags);
    errno = EMFILE;
    return -1;
}

/* ---- SQLite's allocator ---- */

static sqlite3_mem_methods system_methods;

static void *library_malloc(int size) {
    void *memory = fails(LIBRARY) ? NULL : system_methods.xMalloc(size);
    allocated += memory != NULL;
    return memory;
}

static void library_free(void *memory) {
    allocated -= memory != NULL;
    system_methods.xFree(memory);
}

static void *library_realloc(void *memory, int size) {
    return fails(LIBRARY) ? NULL : system_methods.xRealloc(memory, size);
}

static void take_allocator(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_methods);
    sqlite3_mem_methods methods = system_methods;
    methods.xMalloc = library_malloc;
    methods.xFree = library_free;
    methods.xRealloc = library_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) abort();
}

static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL) count++;
    if (directory != NULL) closedir(directory);
    return count;
}

/* ---- The script ---- */

typedef struct Outcome {
    int acknowledged, attempted;
    int isDone; /* the script came to its end without an error */
    char complaint[300];
} Outcome;

static void complain(Outcome *outcome, const char *what, int code) {
    if (outcome->complaint[0] != 0) return;
    snprintf(outcome->complaint, sizeof outcome->complaint, "%s: %d", what, code);
}

/* (M1): whether `code` is OK; it is a fault when it speaks of anything but a lack. */
static int is_ok(Outcome *outcome, const char *what, int code) {
    int primary = code & 0xff;
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT || code == SQLITE_IOERR_DATA)
        complain(outcome, what, code);
    return code == SQLITE_OK;
}

static int is_done(Outcome *outcome, sqlite3 *connection, const char *sql) {
    return is_ok(outcome, sql, sqlite3_exec(connection, sql, NULL, NULL, NULL));
}

static int write_all(Mode mode, Outcome *outcome) {
    sqlite3 *connection = NULL;
    int isOk = is_ok(outcome, "opening", workload_open(mode, path, &connection));
    if (connection != NULL) sqlite3_extended_result_codes(connection, 1);
    for (int number = 1; isOk && number <= STEPS; number++) {
        outcome->attempted = number;
        isOk = is_ok(outcome, "a transaction", workload_step(connection, number));
        if (isOk && number % 11 != 0) outcome->acknowledged = number;
    }
    /* Whatever the connection does after its error must do no harm either. */
    if (!isOk && connection != NULL) {
        workload_step(connection, outcome->attempted ? outcome->attempted : 1);
        if (outcome->attempted == 0) outcome->attempted = 1;
        sqlite3_exec(connection, "PRAGMA wal_checkpoint(PASSIVE)", NULL, NULL, NULL);
    }
    sqlite3_close(connection);
    return isOk;
}

static int read_all(Mode mode, Outcome *outcome) {
    sqlite3 *connection = NULL;
    int isOk = is_ok(outcome, "opening again", workload_open(mode, path, &connection)) &&
               is_done(outcome, connection, "VACUUM") &&
               is_done(outcome, connection, "PRAGMA wal_checkpoint(TRUNCATE)") &&
               is_done(outcome, connection, "SELECT sum(length(body)) FROM t");
    sqlite3_close(connection);
    return isOk;
}

static void take_fault(void *context, const char *where, sqlite3_int64 page, int code) {
    (void)page;
    complain(context, where, code);
}

static void take_page(void *context, int isFrame, sqlite3_int64 page, const unsigned char *plain) {
    (void)context, (void)isFrame, (void)page, (void)plain;
}

/* A copy that is said to be whole is. */
static int copy(Outcome *outcome) {
    sqlite3_int64 pages = 0;
    FILE *target = fopen(copyPath, "w");
    if (target != NULL) fclose(target);
    int code = cvfs_rewrite(path, workloadKey, copyPath, otherKey, THREADS, NULL, &pages);
    if (!is_ok(outcome, "cvfs_rewrite", code)) return 0;
    code = cvfs_check(copyPath, otherKey, take_fault, NULL, outcome);
    return is_ok(outcome, "cvfs_check of the copy", code) && pages > 1;
}

static int look(Outcome *outcome) {
    int probe = cvfs_probe(path, workloadKey);
    if (probe != CVFS_PROBE_OK && probe != CVFS_PROBE_IO_ERROR)
        complain(outcome, "cvfs_probe", probe);
    return probe == CVFS_PROBE_OK &&
           is_ok(outcome, "cvfs_check", cvfs_check(path, workloadKey, take_fault, NULL, outcome)) &&
           is_ok(outcome, "cvfs_read_all",
                 cvfs_read_all(path, workloadKey, take_fault, take_page, outcome)) &&
           copy(outcome);
}

/* An empty file is no vault, and is not absent (M1). */
static int look_at_empty(Outcome *outcome) {
    FILE *target = fopen(copyPath, "w");
    if (target != NULL) fclose(target);
    int probe = cvfs_probe(copyPath, workloadKey);
    if (probe != CVFS_PROBE_NOT_A_VAULT && probe != CVFS_PROBE_IO_ERROR)
        complain(outcome, "cvfs_probe of an empty file", probe);
    return probe == CVFS_PROBE_NOT_A_VAULT;
}

static void run_script(Mode mode, Outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    empty_folder(folder);
    outcome->isDone = write_all(mode, outcome) && read_all(mode, outcome) &&
                      (mode == PLAIN || (look(outcome) && look_at_empty(outcome)));
}

/* ---- One failure ---- */

/* (M3): compares with what was left after a run without failures. */
static void count_what_is_left(Outcome *outcome) {
    static int isMeasured, normalAllocated, normalGuarded, normalDescriptors;
    cvfs_remove_key(path);
    int nowAllocated = allocated, nowGuarded = guarded, nowDescriptors = descriptors();
    if (!isMeasured) {
        isMeasured = 1;
        normalAllocated = nowAllocated;
        normalGuarded = nowGuarded;
        normalDescriptors = nowDescriptors;
    }
    if (nowAllocated != normalAllocated)
        complain(outcome, "allocations left", nowAllocated - normalAllocated);
    if (nowGuarded != normalGuarded)
        complain(outcome, "guarded memory left", nowGuarded - normalGuarded);
    if (nowDescriptors != normalDescriptors)
        complain(outcome, "descriptors left", nowDescriptors - normalDescriptors);
    allocated = normalAllocated;
    guarded = normalGuarded;
}

static int try_call(Mode mode, int call, int onwards, Outcome *outcome) {
    char complaint[300] = "";
    calls = failures = 0;
    failingCall = call;
    failsOnwards = onwards;
    run_script(mode, outcome);
    failingCall = 0;
    /* A database that was never finished holds nothing that was acknowledged: it may be refused. */
    if (!workload_reopen(mode, path, outcome->acknowledged, outcome->attempted, complaint,
                         sizeof complaint) && outcome->acknowledged > 0)
        complain(outcome, complaint, 0);
    count_what_is_left(outcome);
    if (outcome->complaint[0] == 0) return 1;
    printf("  %s, %s allocation %d %s: %s\n", mode_name(mode),
           counted == SHIM ? "the VFS's" : "SQLite's", call, onwards ? "onwards" : "once",
           outcome->complaint);
    return 0;
}

/* ---- Sweeps ---- */

static time_t deadline;
static int runs, bad;

static int is_over(void) {
    return bad >= MOST_BAD || (deadline != 0 && time(NULL) >= deadline);
}

static int count_calls(Mode mode) {
    Outcome outcome;
    if (!try_call(mode, 0, 0, &outcome)) exit(2);
    /* What is left now is normal; and the calls are those of the script alone. */
    calls = 0;
    run_script(mode, &outcome);
    int count = calls;
    cvfs_remove_key(path);
    if (outcome.isDone && count > 0) return count;
    printf("  the script does not pass: %s\n", outcome.complaint);
    exit(2);
}

/* Fails every `stride`-th of all calls, in passes, so that one that is cut short tried of all. */
static void sweep(Mode mode, Sweep which, int stride) {
    Outcome outcome;
    counted = which;
    int count = count_calls(mode), before = runs, badBefore = bad, passed = 0;
    int passes = stride > 1 ? 1 : PASSES, step = stride > 1 ? stride : PASSES;
    for (int pass = 0; pass < passes && !is_over(); pass++)
        for (int call = 1 + pass; call <= count && !is_over(); call += step)
            for (int onwards = 0; onwards < 2; onwards++, runs++) {
                bad += !try_call(mode, call, onwards, &outcome);
                passed += outcome.isDone;
            }
    printf("  %s, %s: %d allocations, %d runs%s, %d bad; in %d the script passed all the same\n",
           mode_name(mode), which == SHIM ? "those of the VFS" : "those of SQLite", count,
           runs - before, is_over() ? " (cut short)" : "", bad - badBefore, passed);
}

/* Registers with one failure; registering again then succeeds, and a vault can be made. */
static int register_with_failure(Sweep which, int call, int onwards) {
    char complaint[300] = "";
    counted = which;
    failingCall = call;
    failsOnwards = onwards;
    int code = cvfs_register();
    int wasLast = failures == 0;
    failingCall = 0;
    if (code != SQLITE_OK) code = cvfs_register();
    if (code != SQLITE_OK || !workload_reopen(SEALED, path, 0, 0, complaint, sizeof complaint)) {
        printf("  registering, allocation %d: %d %s\n", call, code, complaint);
        return 1;
    }
    return wasLast ? 3 : 0;
}

/* Each in a process of its own, because the registration lasts. */
static void sweep_registration(Sweep which) {
    for (int onwards = 0; onwards < 2; onwards++)
        for (int call = 1, isLast = 0; !isLast && !is_over(); call++, runs++) {
            int status = 0;
            empty_folder(folder);
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) _exit(register_with_failure(which, call, onwards));
            waitpid(child, &status, 0);
            isLast = WIFEXITED(status) && WEXITSTATUS(status) == 3;
            if (isLast || status == 0) continue;
            bad++;
            printf("  registering, allocation %d ended with %#x\n", call, (unsigned)status);
        }
}

int main(int count, char **arguments) {
    int stride = count > 1 ? atoi(arguments[1]) : 97;
    int seconds = count > 2 ? atoi(arguments[2]) : 0;
    setbuf(stdout, NULL);
    if (seconds > 0) deadline = time(NULL) + seconds;
    snprintf(folder, sizeof folder, "%s", make_folder("memory"));
    snprintf(path, sizeof path, "%s/v.db", folder);
    snprintf(copyPath, sizeof copyPath, "%s/copy.db", folder);
    take_allocator();
    sweep_registration(SHIM);
    sweep_registration(LIBRARY);
    wrapping_register();
    if (cvfs_register() != SQLITE_OK) return 2;
    sweep(SEALED, SHIM, 1);
    sweep(SEALED, LIBRARY, stride);
    sweep(PLAIN, LIBRARY, stride > 1 ? stride : PASSES);
    empty_folder(folder);
    rmdir(folder);
    printf("memory: %d failing allocations, %d bad\n", runs, bad);
    return bad == 0 ? 0 : 1;
}
