/* What the files of this VFS share. Nothing here is visible outside the target. */
#ifndef COFFER_PAGE_VFS_H
#define COFFER_PAGE_VFS_H
#include "CPageVFS.h"
#include <stddef.h>
#include <stdint.h>

enum {
    PAGE_SIZE = CVFS_PAGE_SIZE,
    KEY_SIZE = CVFS_KEY_SIZE,
    NONCE_SIZE = 24,
    TAG_SIZE = 16,
    SEAL_SIZE = NONCE_SIZE + TAG_SIZE,
    BODY_SIZE = PAGE_SIZE - SEAL_SIZE,

    FILE_ID_SIZE = 16,
    FRONT_SIZE = 24, /* the part of page 1 that is not encrypted: file id and form */

    LOG_HEADER_SIZE = 32,
    FRAME_HEADER_SIZE = 24,
    FRAME_SIZE = FRAME_HEADER_SIZE + PAGE_SIZE,
    SALTS_SIZE = 8,

    ASSOCIATED_SIZE = 40,

    /* The page at which SQLite takes its locks, 1 GiB behind the start; it never has content, and a
     * file that is longer has zeros there. */
    LOCK_PAGE = 0x40000000 / PAGE_SIZE + 1
};

/* Journal modes as byte 18 of page 1 states them. */
enum { MODE_BLANK = 0, MODE_ROLLBACK = 1, MODE_WAL = 2 };

/* ---- page_cipher.c ---- */

/* The keys of one open file. Lives in guarded memory only. */
typedef struct FileKeys {
    unsigned char master[KEY_SIZE];
    unsigned char pages[KEY_SIZE];
    unsigned char frames[KEY_SIZE];
    unsigned char id[FILE_ID_SIZE];
} FileKeys;

/* What the first 24 bytes of a file say about it. */
typedef enum FrontAnswer { FRONT_OURS, FRONT_WRONG_KEY, FRONT_FOREIGN } FrontAnswer;

int cipher_start(void);
FileKeys *cipher_make_keys(const unsigned char master[KEY_SIZE]);
void cipher_free_keys(FileKeys *keys);
void cipher_set_id(FileKeys *keys, const unsigned char id[FILE_ID_SIZE]);
void cipher_set_new_id(FileKeys *keys);
FrontAnswer cipher_judge_front(const FileKeys *keys, const unsigned char front[FRONT_SIZE]);

int cipher_is_writable_page(const unsigned char *page, sqlite3_int64 number);
void cipher_seal_page(const FileKeys *keys, sqlite3_int64 number, const unsigned char *page,
                      unsigned char *sealed);
int cipher_open_page(const FileKeys *keys, sqlite3_int64 number, const unsigned char *sealed,
                     unsigned char *page);
void cipher_blank_header(const unsigned char front[FRONT_SIZE], unsigned char *bytes, int count);

void cipher_seal_frame(const FileKeys *keys, sqlite3_int64 index,
                       const unsigned char salts[SALTS_SIZE], uint32_t durableFrames,
                       unsigned char *frame, unsigned char *sealed);
int cipher_open_frame(const FileKeys *keys, sqlite3_int64 index,
                      const unsigned char salts[SALTS_SIZE], const unsigned char *sealed,
                      unsigned char *frame, uint32_t *durableFrames);

int bytes_are_zero(const unsigned char *bytes, size_t count);
uint32_t read_u32(const unsigned char *bytes);
void write_u32(unsigned char *bytes, uint32_t value);

/* ---- key_table.c ---- */

int key_table_add(const char *canonicalPath, const unsigned char key[KEY_SIZE]);
int key_table_remove(const char *canonicalPath);
FileKeys *key_table_copy(const char *canonicalPath);

/* ---- file_database.c ---- */

/* A main database. SQLite allocates it; the file of the VFS below stands right behind it. */
typedef struct DatabaseFile {
    sqlite3_file base;
    sqlite3_file *lower;
    FileKeys *keys;
    unsigned char *scratch;      /* one page, plaintext of a partial read or a sealed page */
    unsigned char *ahead;        /* sealed pages read ahead of a sequential scan */
    sqlite3_int64 aheadFirst;    /* page number of the first of them */
    int aheadCount;              /* how many there are, 0 for none */
    sqlite3_int64 lastRead;      /* page number of the last whole page read */
    int sequentialReads;         /* how many whole pages in a row were each other's successors */
    sqlite3_int64 knownPages;    /* the file has at least so many pages; -1 when not known */
    int lockLevel;               /* as SQLite asked for with xLock */
    unsigned char mode;          /* MODE_*, as page 1 on the disk states it */
    unsigned char keysAreSet;    /* the file id has been read under the present lock */
    unsigned char idIsOnDisk;    /* page 1 with this id has been written or read */
    unsigned char isRecovering;  /* this connection alone recovers the log, see (L10) */
    unsigned char hasFailed;     /* a sync failed: nothing more is written, see (W4) */
} DatabaseFile;

int database_open(sqlite3_vfs *lower, const char *name, DatabaseFile *file, int flags,
                  int *outFlags);
int database_is_ours(const sqlite3_file *file);
int database_prepare_keys(DatabaseFile *file);
int database_read_mode(DatabaseFile *file, int *mode);

/* ---- file_wal.c ---- */

/* A write-ahead log; see the comment at the top of file_wal.c. */
typedef struct LogFile {
    sqlite3_file base;
    sqlite3_file *lower;
    DatabaseFile *database;
    const char *name;            /* SQLite's; it outlives the file */
    unsigned char *plain;        /* one frame, decrypted */
    unsigned char *sealed;       /* one frame as on the disk */
    sqlite3_int64 pendingIndex;  /* frame whose header waits for its page, -1 for none */
    sqlite3_int64 justReadIndex; /* frame that was read whole by the last call, -1 for none */
    sqlite3_int64 lastWritten;   /* last frame written through this file, -1 for none */
    uint32_t durableFrames;      /* frames known to be on the medium, counted from the first */
    uint32_t justReadDurable;    /* the durable count that frame carries */
    unsigned char pendingHeader[FRAME_HEADER_SIZE];
    unsigned char salts[SALTS_SIZE];
    unsigned char saltsAreSet;
    unsigned char isNamed;       /* the folder was synced, see (L9) */
    unsigned char isReadOnly;
    unsigned char hasFailed;
} LogFile;

void log_checksum(int isBigEndian, const unsigned char *bytes, size_t count, uint32_t sum[2]);
int log_header_is_valid(const unsigned char header[LOG_HEADER_SIZE]);
int log_open(sqlite3_vfs *lower, const char *name, LogFile *file, int flags, int *outFlags);

/* ---- file_journal.c ---- */

/* A rollback journal that lives in memory and nowhere else. */
typedef struct JournalFile {
    sqlite3_file base;
    unsigned char *bytes;
    sqlite3_int64 size;
    sqlite3_int64 capacity;
} JournalFile;

int journal_open(const char *name, JournalFile *file, int flags, int *outFlags);

/* ---- vfs.c ---- */

sqlite3_vfs *vfs_below(void);
int vfs_canonical_path(const char *path, char **canonical);
int vfs_make_filename(const char *path, const char **name);
int vfs_open_below(const char *name, int flags, sqlite3_file **file);
void vfs_close_below(sqlite3_file *file);

#endif
