/*
 * What the page VFS harnesses share: a deterministic workload whose state after each transaction is
 * known, and a VFS to put below that can fail calls and note what was written.
 */
#ifndef COFFER_HARNESS_H
#define COFFER_HARNESS_H
#include "CPageVFS.h"
#include <stdio.h>

/* ---- workload.c ---- */

enum { WORKLOAD_ROWS = 160, WORKLOAD_LIMIT = 400 };

extern const unsigned char workloadKey[CVFS_KEY_SIZE];

/* FULL, unless a harness must see loss in order to show that it can see it. */
extern const char *workloadSynchronous;

/* Which VFS a run uses: the sealing one, or the wrapping one alone as the control. */
typedef enum Mode { SEALED, PLAIN } Mode;

const char *mode_name(Mode mode);

/* Makes an empty folder in memory-backed storage where there is some; answers with its path. */
const char *make_folder(const char *purpose);
void empty_folder(const char *folder);

void copy_file(const char *from, const char *to);

/* Opens `path` for the workload: write-ahead log, synchronous=FULL, a cache of five pages. */
int workload_open(Mode mode, const char *path, sqlite3 **connection);

/* Runs transaction `number` (from 1); SQLITE_OK means that its commit was acknowledged. */
int workload_step(sqlite3 *connection, int number);

/* Answers with the number of the last transaction in the database, or -1 and what is wrong. */
int workload_verify(sqlite3 *connection, char *complaint, int size);

/* Whether the row at a statement over (id, writer, body) was ever written by the workload. */
int workload_wrote_row(sqlite3_stmt *statement);

/* Opens, verifies, checks integrity and (sealed) every page. 1 when all is well. */
int workload_reopen(Mode mode, const char *path, int acknowledged, int attempted, char *complaint,
                    int size);

/* A generator whose sequence depends on nothing but its seed. */
unsigned random_below(unsigned *state, unsigned limit);

/* ---- wrapping_vfs.c ---- */

typedef enum Call {
    CALL_OPEN,
    CALL_DELETE,
    CALL_ACCESS,
    CALL_READ,
    CALL_WRITE,
    CALL_TRUNCATE,
    CALL_SYNC,
    CALL_SIZE,
    CALL_LOCK,
    CALL_SHM_MAP,
    CALL_SHM_LOCK,
    CALL_SYNC_FAILED,
    CALL_SYNC_FOLDER
} Call;

/* Something that reached the file system below. */
typedef struct Note {
    Call call;
    const char *path;
    const void *bytes;
    int count;
    sqlite3_int64 offset; /* or the size, for CALL_TRUNCATE */
} Note;

/* Asked before each call below; another answer than SQLITE_OK becomes the call's result. */
extern int (*wrap_decide)(Call call);
/* Whether a write that is made to fail writes its first sectors all the same. */
extern int wrapTears;
/*
 * Told after each write, truncation, sync and deletion that succeeded, of CALL_SYNC_FAILED when a
 * sync is made to fail, after CALL_OPEN when it made the file, and after CALL_SYNC_FOLDER, whose
 * path is NULL: it is seen where the C library is called, because SQLite syncs folders by itself
 * and so does the VFS.
 */
extern void (*wrap_note)(const Note *note);
/* Asked before the sync of a folder; another answer than 0 is the number of its error. */
extern int (*wrap_fail_folder)(void);

/* Registers the VFS "wrapping" as default, above the system's. */
void wrapping_register(void);

#endif
