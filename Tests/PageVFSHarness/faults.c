/*
 * Fails every n-th call into the file system below, once or from then on, while the workload runs;
 * then reopens without faults and compares with what was acknowledged. Plain SQLite is the control.
 *
 *     faults STRIDE     tries every STRIDE-th call
 */
#include "harness.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 30 };

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
    *acknowledged = *attempted = 0;
    for (int number = 1; code == SQLITE_OK && number <= STEPS; number++) {
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

static int try_call(Mode mode, const char *folder, int call, int onwards) {
    char path[300], complaint[300] = "";
    int acknowledged = 0, attempted = 0;
    empty_folder(folder);
    snprintf(path, sizeof path, "%s/v.db", folder);
    callsMade = failuresMade = 0;
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
    char path[300];
    int acknowledged = 0, attempted = 0;
    empty_folder(folder);
    snprintf(path, sizeof path, "%s/v.db", folder);
    callsMade = 0;
    run_workload(mode, path, &acknowledged, &attempted);
    return callsMade;
}

static int try_all(Mode mode, const char *folder, int stride) {
    int calls = count_calls(mode, folder), runs = 0, bad = 0;
    for (int onwards = 0; onwards < 2; onwards++)
        for (int call = 1 + onwards % stride; call <= calls; call += stride, runs++)
            bad += !try_call(mode, folder, call, onwards);
    printf("  %s: %d calls below, %d runs, %d bad\n", mode_name(mode), calls, runs, bad);
    runsMade += runs;
    return bad;
}

int main(int count, char **arguments) {
    int stride = count > 1 ? atoi(arguments[1]) : 5;
    setbuf(stdout, NULL);
    wrapping_register();
    wrap_decide = decide;
    wrap_fail_folder = fail_folder;
    if (cvfs_register() != SQLITE_OK) return 2;
    const char *folder = make_folder("faults");
    int bad = try_all(PLAIN, folder, stride);
    bad += try_all(SEALED, folder, stride);
    empty_folder(folder);
    rmdir(folder);
    printf("faults: %d failing calls, %d bad\n", runsMade, bad);
    return bad == 0 ? 0 : 1;
}
