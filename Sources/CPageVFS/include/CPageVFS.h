#ifndef CPAGEVFS_H
#define CPAGEVFS_H
#include <sqlite3.h>
#include <stddef.h>

/*
 * An SQLite VFS that seals every page.
 *
 * It is registered under the name "coffer" as the default VFS of the process, on top of the VFS
 * that was the default before. A main database opens only when its path has a key; everything else
 * that SQLite would put on a disk, other than the write-ahead log, is refused or kept in memory.
 * The byte layout is in page_cipher.c; what the log adds to it is in file_wal.c.
 *
 * Every function may be called from any thread. Functions that answer with an int and no other
 * list of values answer with an SQLite result code.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* The only page size, and the bytes at the end of each page that hold its nonce and tag. */
#define CVFS_PAGE_SIZE 4096
#define CVFS_RESERVED_SIZE 40
#define CVFS_KEY_SIZE 32

/* Registers the VFS as the default; further calls change nothing. */
int cvfs_register(void);

/*
 * Gives the database at `path` its key, or another key when it has one. The path is resolved as
 * SQLite resolves it, so relative names and symbolic links reach the same entry. A database that is
 * open already keeps the key it was opened with. SQLITE_MISUSE before cvfs_register.
 */
int cvfs_add_key(const char *path, const unsigned char key[CVFS_KEY_SIZE]);

/*
 * Forgets the key of `path` once it was removed as often as it was added. Databases that are open
 * stay open. SQLITE_NOTFOUND without one.
 */
int cvfs_remove_key(const char *path);

/* What cvfs_probe finds at a path. */
enum {
    CVFS_PROBE_OK = 0,          /* the first page authenticates under the key */
    CVFS_PROBE_WRONG_KEY = 1,   /* a vault database of another key */
    CVFS_PROBE_DAMAGED = 2,     /* the key belongs to it; its first page does not authenticate */
    CVFS_PROBE_NOT_A_VAULT = 3, /* a file that this VFS did not write; an empty file too */
    CVFS_PROBE_IO_ERROR = 4,    /* the file cannot be opened or read */
    CVFS_PROBE_ABSENT = 5       /* there is no such file */
};

/* Looks at the first page of a database file without SQLite and without changing anything. */
int cvfs_probe(const char *path, const unsigned char key[CVFS_KEY_SIZE]);

/*
 * Reads and authenticates every page of the database file, free pages too, and every frame of the
 * log that belongs to its present salts, without SQLite's pager.
 *
 * `fault` is called for each page that is not as it was written: `where` names the place in words
 * (a string constant), `pageNumber` is the page or, in the log, the frame (both count from 1; 0
 * when the fault is not one page's), `code` is an SQLite result code. `progress` may be NULL.
 *
 * Answers SQLITE_OK when the files could be read to the end, with or without faults;
 * SQLITE_NOTADB when the key is wrong or the file no vault; another code when reading failed.
 * No other connection may be writing meanwhile.
 */
int cvfs_check(const char *path, const unsigned char key[CVFS_KEY_SIZE],
               void (*fault)(void *context, const char *where, sqlite3_int64 pageNumber, int code),
               void (*progress)(void *context, sqlite3_int64 done, sqlite3_int64 total),
               void *context);

/*
 * Does what cvfs_check does, and lends each page and each frame that is authentic in the clear:
 * `isFrame` says which, `pageNumber` is the page or the frame, `plain` has CVFS_PAGE_SIZE bytes, of
 * which the last CVFS_RESERVED_SIZE mean nothing. It is wiped afterwards.
 */
typedef void (*CVFSPageReport)(void *context, int isFrame, sqlite3_int64 pageNumber,
                               const unsigned char *plain);

int cvfs_read_all(const char *path, const unsigned char key[CVFS_KEY_SIZE],
                  void (*fault)(void *context, const char *where, sqlite3_int64 pageNumber,
                                int code),
                  CVFSPageReport page, void *context);

/*
 * What takes the pages of cvfs_rewrite in the clear. Each thread calls `begin` once with `context`,
 * `page` with what that gave for each of its pages (CVFS_PAGE_SIZE bytes, of which the last
 * CVFS_RESERVED_SIZE mean nothing, lent for the call), and `end` once. When `page` answers with
 * another number than 0, the work ends with SQLITE_INTERRUPT.
 */
typedef struct CVFSPageTaker {
    void *context;
    void *(*begin)(void *context);
    int (*page)(void *thread, sqlite3_int64 pageNumber, const unsigned char *plain);
    void (*end)(void *thread);
} CVFSPageTaker;

/*
 * Writes the database `source` anew into the file `target`, which is there and empty, under another
 * key, on as many as `threads` threads. Each page is read back from the target and opened with its
 * key, and then lent to `taker`, which may be NULL. Nothing is synced. Nobody may write to either
 * file meanwhile.
 *
 * `pages` becomes the number of pages. SQLITE_BUSY when the source has a log with something in it,
 * or is locked; SQLITE_NOTADB when the key is wrong; SQLITE_IOERR_DATA for a page of the source or
 * the target that is not as it was written.
 */
int cvfs_rewrite(const char *source, const unsigned char key[CVFS_KEY_SIZE], const char *target,
                 const unsigned char targetKey[CVFS_KEY_SIZE], int threads,
                 const CVFSPageTaker *taker, sqlite3_int64 *pages);

/*
 * Makes a connection leave a database's log where it lies when it closes, instead of moving it into
 * the database and removing it. (sqlite3_db_config has variable arguments, which Swift cannot
 * pass.)
 */
static inline int cvfs_leave_log(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* Seals a message as pages are sealed, for tests; `sealed` has `count` + 40 bytes, as `message`. */
void cvfs_test_seal(const unsigned char key[32], const unsigned char nonce[24],
                    const unsigned char *associated, size_t associatedSize,
                    const unsigned char *message, size_t count, unsigned char *sealed);

#ifdef __cplusplus
}
#endif
#endif
