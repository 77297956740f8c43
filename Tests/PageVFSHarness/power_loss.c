/*
 * Simulates power losses. The workload runs once; every creation, write, truncation, sync and
 * deletion that reaches the file system below is noted. Then images of the files are made as a disk
 * could show them after a loss at a random point: what was synced is there, and of what was written
 * later each 512-byte sector is there or not. Each image must open and hold every acknowledged
 * transaction.
 *
 *     power_loss IMAGES [SEED]
 *
 * A name is another thing than the file that has it: creations and deletions are durable once their
 * folder was synced, and of later ones the first so many are, in their order. In one run syncs of
 * the folder fail every other time, and the workload opens its database again and goes on: what was
 * acknowledged must not hang on a name that was never made durable. In another run syncs of files
 * fail now and then: what such a sync was to write is still read by who opens the file again, and
 * is not on the disk, even when a later sync succeeds, as is so on Linux, unless it was written
 * anew. Plain SQLite does not look whether the folder was synced, and relies on what it reads, so
 * it is the control that must show losses of both kinds; else it is the control that must show
 * none.
 */
#include "harness.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 60, STEPS_PER_OPENING = 10, MOST_ATTEMPTS = 60, SECTOR = 512, FILES = 2 };

/* One event of the trace. Acknowledgements are events too: call is -1, offset the transaction; and
 * attempts of transactions are, with -2. */
typedef struct Event {
    int call;
    int file; /* 0 the database, 1 its log, -1 neither */
    int life; /* of the files that had this name one after another, from 1 */
    int count;
    sqlite3_int64 offset;
    unsigned char *bytes;
} Event;

typedef struct Image {
    unsigned char *bytes;
    sqlite3_int64 size, capacity;
} Image;

static Event *events;
static int eventCount, eventCapacity;
static int lives[FILES]; /* how many files have had each name */
static int isQuiet;
static int foldersFail, filesFail;
static int imagesTried;
static int promisesDurability = 1; /* not under synchronous=NORMAL */

/* ---- The trace ---- */

static Event *new_event(int call) {
    if (eventCount == eventCapacity) {
        eventCapacity = eventCapacity ? eventCapacity * 2 : 1024;
        events = realloc(events, (size_t)eventCapacity * sizeof(Event));
        if (events == NULL) abort();
    }
    Event *event = &events[eventCount++];
    memset(event, 0, sizeof *event);
    event->call = call;
    event->file = -1;
    return event;
}

static int ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), other = strlen(ending);
    return length >= other && strcmp(text + length - other, ending) == 0;
}

static void trace(const Note *note) {
    if (note->call == CALL_SYNC_FOLDER) {
        new_event(CALL_SYNC_FOLDER);
        return;
    }
    if (!ends_with(note->path, "-wal") && !ends_with(note->path, ".db")) return;
    Event *event = new_event((int)note->call);
    event->file = ends_with(note->path, "-wal");
    if (note->call == CALL_OPEN) lives[event->file]++;
    event->life = lives[event->file];
    event->count = note->count;
    event->offset = note->offset;
    if (note->bytes == NULL) return;
    event->bytes = malloc((size_t)note->count);
    if (event->bytes == NULL) abort();
    memcpy(event->bytes, note->bytes, (size_t)note->count);
}

static void forget_trace(void) {
    for (int i = 0; i < eventCount; i++) free(events[i].bytes);
    eventCount = 0;
    memset(lives, 0, sizeof lives);
}

/* Every other sync of a folder fails, by chance. */
static int fail_folder(void) {
    static unsigned random = 11;
    return foldersFail && random_below(&random, 2) ? EIO : 0;
}

/* One sync of a file in twelve fails, by chance. */
static int fail_sync(Call call) {
    static unsigned random = 5;
    return call == CALL_SYNC && filesFail && random_below(&random, 12) == 0 ? SQLITE_IOERR_FSYNC
                                                                             : SQLITE_OK;
}

/* As a program does that meets an error: it opens its database again. */
static void open_again(Mode mode, const char *path, sqlite3 **connection) {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        sqlite3_close(*connection);
        if (workload_open(mode, path, connection) == SQLITE_OK) return;
    }
    exit(2);
}

/*
 * As if the process had ended where it was and another one had opened the database: in the same
 * process that is another path, with the same bytes. To the trace it is the same database.
 */
static void leave_and_open(Mode mode, char *path, sqlite3 **connection) {
    char old[300], oldLog[310], log[310];
    snprintf(old, sizeof old, "%s", path);
    memmove(strrchr(path, '/') + 2, strrchr(old, '/') + 1, strlen(strrchr(old, '/')));
    strrchr(path, '/')[1] = 'x';
    snprintf(oldLog, sizeof oldLog, "%s-wal", old);
    snprintf(log, sizeof log, "%s-wal", path);
    copy_file(old, path);
    if (access(oldLog, F_OK) == 0) copy_file(oldLog, log);
    void (*told)(const Note *note) = wrap_note;
    wrap_note = NULL;
    sqlite3_close(*connection);
    wrap_note = told;
    *connection = NULL;
    open_again(mode, path, connection);
}

/* A transaction that failed is there or not; it can be run again, because it says what is to be. */
static void perform(Mode mode, char *path, sqlite3 **connection, int number) {
    int attempt = 0;
    new_event(-2)->offset = number; /* attempted */
    while (workload_step(*connection, number) != SQLITE_OK) {
        if (!(foldersFail || filesFail) || ++attempt == MOST_ATTEMPTS) exit(2);
        if (filesFail) leave_and_open(mode, path, connection);
        else open_again(mode, path, connection);
    }
    if (number % 11 != 0) new_event(-1)->offset = number;
}

static void record(Mode mode, char *path) {
    sqlite3 *connection = NULL;
    wrap_note = trace;
    wrap_fail_folder = fail_folder;
    open_again(mode, path, &connection);
    wrap_decide = fail_sync; /* a vault whose creation failed is not used */
    new_event(-1)->offset = 0; /* from here on the vault exists */
    for (int number = 1; number <= STEPS; number++) {
        /* The last connection deletes the log, so that another file gets its name. */
        if (number % STEPS_PER_OPENING == 0) open_again(mode, path, &connection);
        perform(mode, path, &connection, number);
    }
    sqlite3_close(connection);
    wrap_note = NULL;
    wrap_fail_folder = NULL;
    wrap_decide = NULL;
}

/* ---- Images ---- */

static void set_size(Image *image, sqlite3_int64 size) {
    if (size > image->capacity) {
        image->bytes = realloc(image->bytes, (size_t)size * 2);
        if (image->bytes == NULL) abort();
        memset(image->bytes + image->capacity, 0, (size_t)(size * 2 - image->capacity));
        image->capacity = size * 2;
    }
    if (size < image->size) memset(image->bytes + size, 0, (size_t)(image->size - size));
    image->size = size;
}

static void put(Image *image, sqlite3_int64 offset, const unsigned char *bytes, int count) {
    if (offset + count > image->size) set_size(image, offset + count);
    memcpy(image->bytes + offset, bytes, (size_t)count);
}

/* Applies an event of which only `kept` of 100 sectors reach the disk. */
static void apply(Image *image, const Event *event, unsigned *random, unsigned kept) {
    if (event->call == CALL_TRUNCATE && random_below(random, 100) < kept)
        set_size(image, event->offset);
    if (event->call != CALL_WRITE) return;
    sqlite3_int64 at = event->offset, end = event->offset + event->count;
    while (at < end) {
        sqlite3_int64 next = (at / SECTOR + 1) * SECTOR;
        if (next > end) next = end;
        if (random_below(random, 100) < kept)
            put(image, at, event->bytes + (at - event->offset), (int)(next - at));
        at = next;
    }
}

/* Whether what an event did to its file is on the disk at `point` without doubt. */
static int is_durable(int event, int point) {
    for (int i = event + 1; i < point; i++) {
        if (events[i].file != events[event].file || events[i].life != events[event].life) continue;
        if (events[i].call == CALL_SYNC) return 1;
        if (events[i].call == CALL_SYNC_FAILED && events[event].call == CALL_WRITE) return 0;
    }
    return 0;
}

/* How far the creations and deletions of names are durable: at least to the last synced folder. */
static int names_durable_to(int point, unsigned *random) {
    int synced = point - 1;
    while (synced >= 0 && events[synced].call != CALL_SYNC_FOLDER) synced--;
    unsigned style = random_below(random, 3), later = (unsigned)(point - synced - 1);
    if (style == 0) return synced + 1;
    return style == 1 ? point : synced + 1 + (int)random_below(random, later + 1);
}

/* Which file has the name when the events up to `point` are done, 0 for none. */
static int life_at(int file, int point) {
    for (int i = point - 1; i >= 0; i--) {
        if (events[i].file != file) continue;
        if (events[i].call == CALL_OPEN) return events[i].life;
        if (events[i].call == CALL_DELETE) return 0;
    }
    return 0;
}

/* How much of an unsynced write survives: all, nothing, or a share of its sectors. */
static unsigned share(unsigned *random, unsigned style) {
    static const unsigned shares[] = {100, 0, 50, 90, 10};
    return style < 5 ? shares[style] : shares[random_below(random, 3)];
}

static void make_image(Image *image, int file, int life, int point, unsigned *random) {
    unsigned style = random_below(random, 8);
    set_size(image, 0);
    for (int i = 0; i < point; i++)
        if (events[i].call >= 0 && events[i].file == file && events[i].life == life)
            apply(image, &events[i], random, is_durable(i, point) ? 100 : share(random, style));
}

static void save(const Image *image, const char *path) {
    FILE *stream = fopen(path, "wb");
    size_t size = (size_t)image->size;
    if (stream == NULL || fwrite(image->bytes, 1, size, stream) != size) abort();
    fclose(stream);
}

/* ---- Trying them ---- */

static void promised_at(int point, int *acknowledged, int *attempted) {
    *acknowledged = -1;
    *attempted = 0;
    for (int i = 0; i < point; i++) {
        if (events[i].call == -1) *acknowledged = (int)events[i].offset;
        if (events[i].call == -2) *attempted = (int)events[i].offset;
    }
}

static int try_point(Mode mode, const char *folder, int point, unsigned *random) {
    static Image images[FILES];
    char paths[FILES][300], complaint[300] = "", shm[300];
    int acknowledged = 0, attempted = 0;
    snprintf(paths[0], sizeof paths[0], "%s/v.db", folder);
    snprintf(paths[1], sizeof paths[1], "%s/v.db-wal", folder);
    snprintf(shm, sizeof shm, "%s/v.db-shm", folder);
    unlink(shm);
    int named = names_durable_to(point, random);
    for (int file = 0; file < FILES; file++) {
        int life = life_at(file, named);
        unlink(paths[file]);
        if (life == 0) continue;
        make_image(&images[file], file, life, point, random);
        save(&images[file], paths[file]);
    }
    promised_at(point, &acknowledged, &attempted);
    if (acknowledged < 0) return 1; /* the vault was not yet made */
    if (!promisesDurability) acknowledged = 0;
    if (workload_reopen(mode, paths[0], acknowledged, attempted, complaint, sizeof complaint))
        return 1;
    if (isQuiet) return 0;
    printf("  %s, loss at event %d: %s\n", mode_name(mode), point, complaint);
    return 0;
}

static int try_images(Mode mode, const char *folder, int images, unsigned seed) {
    char path[300];
    int bad = 0;
    unsigned random = seed;
    empty_folder(folder);
    snprintf(path, sizeof path, "%s/v.db", folder);
    record(mode, path);
    for (int i = 0; i < images; i++) {
        int point = 1 + (int)random_below(&random, (unsigned)eventCount);
        bad += !try_point(mode, folder, point, &random);
    }
    printf("%s: %d events, %d images, %d bad\n", mode_name(mode), eventCount, images, bad);
    imagesTried += images;
    forget_trace();
    return bad;
}

static int try_failing_files(const char *folder, int images, unsigned seed) {
    filesFail = isQuiet = 1;
    printf("  syncs of files fail, which must show loss: ");
    if (try_images(PLAIN, folder, images, seed) == 0) exit(3);
    isQuiet = 0;
    printf("  syncs of files fail: ");
    int bad = try_images(SEALED, folder, images, seed);
    filesFail = 0;
    return bad;
}

int main(int count, char **arguments) {
    int images = count > 1 ? atoi(arguments[1]) : 300;
    unsigned seed = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
    setbuf(stdout, NULL);
    wrapping_register();
    if (cvfs_register() != SQLITE_OK) return 2;
    const char *folder = make_folder("power");
    isQuiet = 1;
    workloadSynchronous = "OFF";
    printf("  without syncs, which must show loss: ");
    if (try_images(SEALED, folder, images, seed) == 0) return 3;
    workloadSynchronous = "FULL";
    foldersFail = 1;
    printf("  syncs of the folder fail, which must show loss: ");
    if (try_images(PLAIN, folder, images, seed) == 0) return 3;
    isQuiet = 0;
    printf("  syncs of the folder fail: ");
    int bad = try_images(SEALED, folder, images, seed);
    foldersFail = 0;
    bad += try_failing_files(folder, images, seed);
    printf("  synchronous=FULL: ");
    bad += try_images(PLAIN, folder, images, seed);
    printf("  synchronous=FULL: ");
    bad += try_images(SEALED, folder, images, seed);
    /* Commits may be lost here, but no loss may be taken for damage. */
    workloadSynchronous = "NORMAL";
    promisesDurability = 0;
    printf("  synchronous=NORMAL, must open: ");
    bad += try_images(SEALED, folder, images, seed);
    empty_folder(folder);
    rmdir(folder);
    printf("power_loss: %d images, %d bad\n", imagesTried, bad);
    return bad == 0 ? 0 : 1;
}
