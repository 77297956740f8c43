/*
 * Fails every n-th call into the file system below, once or from then on, while the workload runs;
 * then reopens without faults and compares with what was acknowledged. The workload begins with an
 * empty folder, and once more with a log that a process has left that was killed. Plain SQLite is
 * the control.
 *
 *     faults STRIDE     tries every STRIDE-th call
 */
#include "harness.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 30, STEPS_IN_LOG = 16, STEPS_AFTER = 6 };

/* The workload's transactions of a run, and those before it, whose files are in `kept`. */
static int firstStep = 1, lastStep = STEPS;
static char kept[300];

static int callsMade, failingCall, failsOnwards, failuresMade, runsMade;

static int code_for(Call call) {
    switch (call) {
    case CALL_OPEN: return SQLITE_CANTOPEN;
    case CALL_DELETE: return SQLITE_IOERR_DELETE;
    case CALL_ACCESS: return SQLITE_IOERR_ACCESS;
    case CALL_READ: return SQLITE_IOERR_READ;
    case CALL_WRITE: return callsMade % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case CALL_TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case CALL_SYNC: return SQLITE_IOERR_FSYNC;
    case CALL_SIZE: return SQLITE_IOERR_FSTAT;
    case CALL_LOCK: return SQLITE_IOERR_LOCK;
    case CALL_SHM_MAP: return SQLITE_IOERR_SHMMAP;
    case CALL_SHM_LOCK: return SQLITE_IOERR_SHMLOCK;
    case CALL_SYNC_FAILED: break; /* is told and not asked */
    case CALL_SYNC_FOLDER: return SQLITE_IOERR_DIR_FSYNC;
    }
    return SQLITE_IOERR;
}

static int decide(Call call) {
    callsMade++;
    if (failingCall == 0 || callsMade < failingCall) return SQLITE_OK;
    if (!failsOnwards && callsMade > failingCall) return SQLITE_OK;
    failuresMade++;
    return code_for(call);
}

static int fail_folder(void) {
    return decide(CALL_SYNC_FOLDER) == SQLITE_OK ? 0 : EIO;
}

/*
 * Runs the workload under faults. A transaction that failed may or may not be in the database, so
 * the run ends there, as a program would, unless it is to go on over a connection that is reopened.
 */
static void run_workload(Mode mode, const char *path, int *acknowledged, int *attempted) {
    sqlite3 *connection = NULL;
    int code = workload_open(mode, path, &connection);
    *acknowledged = *attempted = firstStep - 1;
    for (int number = firstStep; code == SQLITE_OK && number <= lastStep; number++) {
        *attempted = number;
        code = workload_step(connection, number);
        if (code == SQLITE_OK && number % 11 != 0) *acknowledged = number;
    }
    /* Whatever the connection does after its error must do no harm either. */
    if (code != SQLITE_OK && connection != NULL) {
        workload_step(connection, *attempted);
        sqlite3_exec(connection, "PRAGMA wal_checkpoint(PASSIVE)", NULL, NULL, NULL);
    }
    sqlite3_close(connection);
}

static void copy_files(const char *from, const char *to) {
    char source[400], target[400];
    static const char *const names[] = {"v.db", "v.db-wal"};
    for (int i = 0; i < 2; i++) {
        snprintf(source, sizeof source, "%s/%s", from, names[i]);
        snprintf(target, sizeof target, "%s/%s", to, names[i]);
        copy_file(source, target);
    }
}

/* What is on the disk when a process is killed that has folded nothing of its log. */
static void keep_log(Mode mode, const char *folder) {
    char path[300];
    sqlite3 *connection = NULL;
    empty_folder(folder);
    snprintf(path, sizeof path, "%s/v.db", folder);
    if (workload_open(mode, path, &connection) != SQLITE_OK) exit(2);
    sqlite3_exec(connection, "PRAGMA wal_autocheckpoint=0", NULL, NULL, NULL);
    for (int number = 1; number <= STEPS_IN_LOG; number++)
        if (workload_step(connection, number) != SQLITE_OK) exit(2);
    copy_files(folder, kept);
    sqlite3_close(connection);
}

/* The folder as a run finds it; answers with the path of the database. */
static const char *begin(const char *folder) {
    static char path[300];
    empty_folder(folder);
    snprintf(path, sizeof path, "%s/v.db", folder);
    if (firstStep > 1) copy_files(kept, folder);
    callsMade = 0;
    return path;
}

static int try_call(Mode mode, const char *folder, int call, int onwards) {
    char complaint[300] = "";
    const char *path = begin(folder);
    int acknowledged = 0, attempted = 0;
    failuresMade = 0;
    failingCall = call;
    failsOnwards = onwards;
    wrapTears = call % 3 == 0;
    run_workload(mode, path, &acknowledged, &attempted);
    failingCall = 0;
    if (workload_reopen(mode, path, acknowledged, attempted, complaint, sizeof complaint)) return 1;
    /* A database that was never finished holds nothing that was acknowledged: it may be refused. */
    if (acknowledged == 0 && attempted == 0) return 1;
    printf("  %s, call %d %s: %s\n", mode_name(mode), call, onwards ? "onwards" : "once",
           complaint);
    return 0;
}

static int count_calls(Mode mode, const char *folder) {
    if (!try_call(mode, folder, 0, 0)) exit(2);
    int acknowledged = 0, attempted = 0;
    run_workload(mode, begin(folder), &acknowledged, &attempted);
    return callsMade;
}

static int sweep(Mode mode, const char *folder, int stride) {
    int calls = count_calls(mode, folder), runs = 0, bad = 0;
    for (int onwards = 0; onwards < 2; onwards++)
        for (int call = 1 + onwards % stride; call <= calls; call += stride, runs++)
            bad += !try_call(mode, folder, call, onwards);
    printf("  %s, %s: %d calls below, %d runs, %d bad\n", mode_name(mode),
           firstStep > 1 ? "a log that was left" : "from the beginning", calls, runs, bad);
    runsMade += runs;
    return bad;
}

static int try_all(Mode mode, const char *folder, int stride) {
    firstStep = 1;
    lastStep = STEPS;
    int bad = sweep(mode, folder, stride);
    keep_log(mode, folder);
    firstStep = STEPS_IN_LOG + 1;
    lastStep = STEPS_IN_LOG + STEPS_AFTER;
    return bad + sweep(mode, folder, stride);
}

int main(int count, char **arguments) {
    int stride = count > 1 ? atoi(arguments[1]) : 5;
    setbuf(stdout, NULL);
    wrapping_register();
    wrap_decide = decide;
    wrap_fail_folder = fail_folder;
    if (cvfs_register() != SQLITE_OK) return 2;
    const char *folder = make_folder("faults");
    snprintf(kept, sizeof kept, "%s/kept", folder);
    if (mkdir(kept, 0700) != 0) return 2;
    int bad = try_all(PLAIN, folder, stride);
    bad += try_all(SEALED, folder, stride);
    empty_folder(kept);
    rmdir(kept);
    empty_folder(folder);
    rmdir(folder);
    printf("faults: %d failing calls, %d bad\n", runsMade, bad);
    return bad == 0 ? 0 : 1;
}
