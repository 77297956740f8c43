/*
 * Stands between a program and the file system, by LD_PRELOAD: notes what happens to the files of
 * one folder, and makes chosen calls fail or end the process.
 *
 *     TORTURE_ROOT   the folder, absolute and without links; other files are left alone
 *     TORTURE_TRACE  a file to which every change is appended (`Record`)
 *     TORTURE_FORGET any value: syncs are answered and not done, as a disk that lies would
 *     TORTURE_KILL   N: SIGKILL instead of the N-th change
 *     TORTURE_FAIL   KIND:N:ERRNO:WORD: the N-th call of a kind fails; WORD is once, from (this one
 *                    and all later ones) or short (half of it is written, the next one fails)
 *     TORTURE_HIT    a file that is made when a call was killed or failed
 *     TORTURE_AFTER  N: SIGKILL N microseconds after the program's start
 *     TORTURE_STOP   N: SIGSTOP instead of the N-th change, which happens once somebody goes on
 *     TORTURE_SPAN   a file into which an end in order writes the number of changes, and how many
 *                    microseconds behind the start the first one was, and the end
 *     TORTURE_CLOCK  N: the time of day is N seconds off
 *     TORTURE_NOLOCK any value: locks are answered and not taken
 *
 * A change and its note are one step for all processes: they happen under a lock on the trace.
 * Writes into memory maps are not seen; of a vault only the index beside the write-ahead log is
 * mapped, and that is made anew after a crash.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum Change { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, LINK };

/* What stands before each note, in the machine's order of bytes; two texts follow. */
typedef struct Record {
    uint32_t change, process;
    uint64_t inode, place; /* offset of a write, size of a truncation */
    uint32_t first, second; /* bytes of the texts: data, or a path and a second one */
} Record;

static const char *root;
static size_t rootLength;
static int trace = -1, forgets, failErrno, locksNothing;
static long killAt, failAt, stopAt, clockOffset;
static char failKind[16], failWord[8];
static const char *hit, *span;
static atomic_long changes, failures, firstChange;
static atomic_int isCut;
static long started;

static long number_of(const char *variable) {
    const char *text = getenv(variable);
    return text == NULL ? 0 : atol(text);
}

/* Microseconds of a clock that does not jump. */
static long micros(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void end_after(long after) {
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
    struct itimerspec moment = { .it_value = { after / 1000000, after % 1000000 * 1000 } };
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0
        || timer_settime(timer, 0, &moment, NULL) != 0)
        abort();
}

__attribute__((constructor)) static void begin(void) {
    root = getenv("TORTURE_ROOT");
    if (root == NULL) return;
    rootLength = strlen(root);
    const char *path = getenv("TORTURE_TRACE"), *fail = getenv("TORTURE_FAIL");
    started = micros();
    if (path != NULL && path[0] != 0)
        trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    forgets = getenv("TORTURE_FORGET") != NULL;
    hit = getenv("TORTURE_HIT");
    span = getenv("TORTURE_SPAN");
    killAt = number_of("TORTURE_KILL");
    stopAt = number_of("TORTURE_STOP");
    clockOffset = number_of("TORTURE_CLOCK");
    locksNothing = getenv("TORTURE_NOLOCK") != NULL;
    if (number_of("TORTURE_AFTER") > 0) end_after(number_of("TORTURE_AFTER"));
    if (fail != NULL
        && sscanf(fail, "%15[^:]:%ld:%d:%7s", failKind, &failAt, &failErrno, failWord) != 4)
        abort();
}

__attribute__((destructor)) static void finish(void) {
    if (root == NULL || span == NULL) return;
    char text[80];
    long first = atomic_load(&firstChange), now = micros();
    int count = snprintf(text, sizeof text, "%ld %ld %ld\n", atomic_load(&changes),
                         (first == 0 ? now : first) - started, now - started);
    long file = syscall(SYS_openat, AT_FDCWD, span, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || syscall(SYS_write, file, text, count) != count) abort();
    syscall(SYS_close, file);
}

/* ---- Which files ---- */

static int below_root(const char *path) {
    return strncmp(path, root, rootLength) == 0
        && (path[rootLength] == '/' || path[rootLength] == 0);
}

/* The absolute path of a name; whether it is below the root. Links above a name are not followed:
   the programs under test are given paths without any. */
static int named(int folder, const char *path, char *absolute) {
    if (root == NULL || path == NULL) return 0;
    char above[PATH_MAX] = "";
    if (path[0] != '/') {
        char link[40];
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
                 folder);
        ssize_t count = readlink(link, above, sizeof above - 2);
        if (count < 0) return 0;
        above[count] = '/';
        above[count + 1] = 0;
    }
    if ((size_t)snprintf(absolute, PATH_MAX, "%s%s", above, path) >= PATH_MAX) return 0;
    size_t length = strlen(absolute);
    while (length > 1 && absolute[length - 1] == '/') absolute[--length] = 0;
    return below_root(absolute);
}

/* Whether an open file is below the root, and its number there. */
static int held(int file, uint64_t *inode) {
    if (root == NULL) return 0;
    char link[40], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count < 0) return 0;
    path[count] = 0;
    struct stat status;
    if (!below_root(path) || fstat(file, &status) != 0) return 0;
    *inode = status.st_ino;
    return 1;
}

/* ---- Notes, ends and failures ---- */

static void mark_hit(void) {
    if (hit == NULL) return;
    long file = syscall(SYS_openat, AT_FDCWD, hit, O_WRONLY | O_CREAT, 0600);
    if (file >= 0) syscall(SYS_close, file);
}

/* Before a change: the end of the process, or a pause, if this is the one. */
static void before_change(void) {
    long number = atomic_fetch_add(&changes, 1) + 1;
    if (number == 1) atomic_store(&firstChange, micros());
    if (number == stopAt) {
        mark_hit();
        syscall(SYS_kill, getpid(), SIGSTOP);
    }
    if (trace >= 0) flock(trace, LOCK_EX);
    if (number == killAt) {
        mark_hit();
        syscall(SYS_kill, getpid(), SIGKILL);
    }
}

static void after_change(
    int happened, enum Change change, uint64_t inode, uint64_t place, const void *first,
    size_t firstBytes, const char *second
) {
    int kept = errno;
    if (trace >= 0 && happened) {
        size_t secondBytes = second == NULL ? 0 : strlen(second);
        Record record = { change, (uint32_t)getpid(), inode, place, (uint32_t)firstBytes,
                          (uint32_t)secondBytes };
        struct iovec parts[3] = { { &record, sizeof record }, { (void *)first, firstBytes },
                                  { (void *)second, secondBytes } };
        if (syscall(SYS_writev, trace, parts, 3) < 0) abort();
    }
    if (trace >= 0) flock(trace, LOCK_UN);
    errno = kept;
}

/* Whether this call of a kind fails; errno says how. */
static int fails(const char *kind) {
    if (failAt == 0 || (strcmp(kind, failKind) != 0 && strcmp(failKind, "any") != 0)) return 0;
    long number = atomic_fetch_add(&failures, 1) + 1;
    int lasts = strcmp(failWord, "once") != 0;
    if (number < failAt || (number > failAt && !lasts)) return 0;
    mark_hit();
    errno = failErrno;
    return 1;
}

/* How much of a write happens: all of it, half (once, before it fails for good), or -1. */
static ssize_t share(size_t count) {
    if (!fails("write")) return (ssize_t)count;
    if (strcmp(failWord, "short") == 0 && count > 1 && !atomic_exchange(&isCut, 1))
        return (ssize_t)(count / 2);
    return -1;
}

/* ---- Files ---- */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char absolute[PATH_MAX];
    if (!named(folder, path, absolute))
        return (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fails("open")) return -1;
    if (!(flags & (O_CREAT | O_TRUNC)))
        return (int)syscall(SYS_openat, folder, path, flags, mode);
    before_change();
    struct stat status;
    int wasThere = lstat(absolute, &status) == 0;
    int file = (int)syscall(SYS_openat, folder, path, flags, mode);
    uint64_t inode = 0;
    if (file >= 0 && fstat(file, &status) == 0) inode = status.st_ino;
    if (file >= 0 && wasThere && (flags & O_TRUNC))
        after_change(1, TRUNCATE, inode, 0, NULL, 0, NULL);
    else
        after_change(file >= 0 && !wasThere, CREATE, inode, 0, absolute, strlen(absolute), NULL);
    return file;
}

#define OPENED(folder) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    } \
    return opened(folder, path, flags, mode)

int open(const char *path, int flags, ...) { OPENED(AT_FDCWD); }
int open64(const char *path, int flags, ...) { OPENED(AT_FDCWD); }
int openat(int folder, const char *path, int flags, ...) { OPENED(folder); }
int openat64(int folder, const char *path, int flags, ...) { OPENED(folder); }

static ssize_t written(int file, const void *bytes, size_t count, off_t offset) {
    int isPlaced = offset >= 0;
    uint64_t inode;
    if (!held(file, &inode))
        return isPlaced ? syscall(SYS_pwrite64, file, bytes, count, offset)
                        : syscall(SYS_write, file, bytes, count);
    ssize_t most = share(count);
    if (most < 0) return -1;
    before_change();
    struct stat status;
    int flags = fcntl(file, F_GETFL);
    if (!isPlaced) offset = lseek(file, 0, SEEK_CUR);
    if ((flags & O_APPEND) && fstat(file, &status) == 0) offset = status.st_size;
    ssize_t done = isPlaced ? syscall(SYS_pwrite64, file, bytes, most, offset)
                            : syscall(SYS_write, file, bytes, most);
    after_change(done > 0, WRITE, inode, (uint64_t)offset, bytes, done > 0 ? (size_t)done : 0,
                 NULL);
    return done;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return written(file, bytes, count, -1);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return written(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
    return written(file, bytes, count, offset);
}

/* A short write is an answer that every caller has to expect. */
ssize_t writev(int file, const struct iovec *parts, int count) {
    uint64_t inode;
    if (!held(file, &inode)) return syscall(SYS_writev, file, parts, count);
    for (int index = 0; index < count; index++)
        if (parts[index].iov_len > 0)
            return written(file, parts[index].iov_base, parts[index].iov_len, -1);
    return 0;
}

static int cut(int file, off_t size) {
    uint64_t inode;
    if (!held(file, &inode)) return (int)syscall(SYS_ftruncate, file, size);
    if (fails("truncate")) return -1;
    before_change();
    int result = (int)syscall(SYS_ftruncate, file, size);
    after_change(result == 0, TRUNCATE, inode, (uint64_t)size, NULL, 0, NULL);
    return result;
}

int ftruncate(int file, off_t size) { return cut(file, size); }
int ftruncate64(int file, off_t size) { return cut(file, size); }

static int synced(int file, long call) {
    uint64_t inode;
    if (!held(file, &inode)) return (int)syscall(call, file);
    if (fails("sync")) return -1;
    before_change();
    int result = forgets ? 0 : (int)syscall(call, file);
    after_change(result == 0 && !forgets, SYNC, inode, 0, NULL, 0, NULL);
    return result;
}

int fsync(int file) { return synced(file, SYS_fsync); }
int fdatasync(int file) { return synced(file, SYS_fdatasync); }

/* What copies without the bytes passing by is not offered: callers then write. */
ssize_t copy_file_range(int in, off64_t *inAt, int out, off64_t *outAt, size_t count, unsigned f) {
    uint64_t inode;
    if (!held(out, &inode)) return syscall(SYS_copy_file_range, in, inAt, out, outAt, count, f);
    errno = EOPNOTSUPP;
    return -1;
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
    uint64_t inode;
    if (!held(out, &inode)) return syscall(SYS_sendfile, out, in, offset, count);
    errno = EINVAL;
    return -1;
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
    return sendfile(out, in, offset, count);
}

/* ---- Names ---- */

static int renamed(int from, const char *path, int to, const char *other, unsigned flags) {
    char first[PATH_MAX], second[PATH_MAX];
    int isOurs = named(from, path, first);
    if (!named(to, other, second) || !isOurs)
        return (int)syscall(SYS_renameat2, from, path, to, other, flags);
    if (fails("rename")) return -1;
    before_change();
    int result = (int)syscall(SYS_renameat2, from, path, to, other, flags);
    after_change(result == 0, RENAME, 0, 0, first, strlen(first), second);
    return result;
}

int rename(const char *path, const char *other) {
    return renamed(AT_FDCWD, path, AT_FDCWD, other, 0);
}

int renameat(int from, const char *path, int to, const char *other) {
    return renamed(from, path, to, other, 0);
}

int renameat2(int from, const char *path, int to, const char *other, unsigned flags) {
    return renamed(from, path, to, other, flags);
}

static int removed(int folder, const char *path, int flags) {
    char absolute[PATH_MAX];
    if (!named(folder, path, absolute)) return (int)syscall(SYS_unlinkat, folder, path, flags);
    if (fails("unlink")) return -1;
    before_change();
    int result = (int)syscall(SYS_unlinkat, folder, path, flags);
    after_change(result == 0, flags & AT_REMOVEDIR ? RMDIR : UNLINK, 0, 0, absolute,
                 strlen(absolute), NULL);
    return result;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char *path) {
    struct stat status;
    int isFolder = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return removed(AT_FDCWD, path, isFolder ? AT_REMOVEDIR : 0);
}

static int made(int folder, const char *path, mode_t mode) {
    char absolute[PATH_MAX];
    if (!named(folder, path, absolute)) return (int)syscall(SYS_mkdirat, folder, path, mode);
    if (fails("mkdir")) return -1;
    before_change();
    int result = (int)syscall(SYS_mkdirat, folder, path, mode);
    struct stat status = { 0 };
    if (result == 0) lstat(absolute, &status);
    after_change(result == 0, MKDIR, status.st_ino, 0, absolute, strlen(absolute), NULL);
    return result;
}

int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }

static int linked(int from, const char *path, int to, const char *other, int flags) {
    char first[PATH_MAX], second[PATH_MAX];
    int isOurs = named(from, path, first);
    if (!named(to, other, second) || !isOurs)
        return (int)syscall(SYS_linkat, from, path, to, other, flags);
    if (fails("link")) return -1;
    before_change();
    int result = (int)syscall(SYS_linkat, from, path, to, other, flags);
    after_change(result == 0, LINK, 0, 0, first, strlen(first), second);
    return result;
}

int link(const char *path, const char *other) {
    return linked(AT_FDCWD, path, AT_FDCWD, other, 0);
}

int linkat(int from, const char *path, int to, const char *other, int flags) {
    return linked(from, path, to, other, flags);
}

/* ---- What changes nothing and can fail ---- */

ssize_t read(int file, void *bytes, size_t count) {
    uint64_t inode;
    if (failAt > 0 && held(file, &inode) && fails("read")) return -1;
    return syscall(SYS_read, file, bytes, count);
}

static ssize_t read_at(int file, void *bytes, size_t count, off_t offset) {
    uint64_t inode;
    if (failAt > 0 && held(file, &inode) && fails("read")) return -1;
    return syscall(SYS_pread64, file, bytes, count, offset);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
    return read_at(file, bytes, count, offset);
}

ssize_t pread64(int file, void *bytes, size_t count, off_t offset) {
    return read_at(file, bytes, count, offset);
}

static void *mapped(void *at, size_t count, int protection, int flags, int file, off_t offset) {
    uint64_t inode;
    if (failAt > 0 && file >= 0 && held(file, &inode) && fails("mmap")) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, count, protection, flags, file, offset);
}

void *mmap(void *at, size_t count, int protection, int flags, int file, off_t offset) {
    return mapped(at, count, protection, flags, file, offset);
}

void *mmap64(void *at, size_t count, int protection, int flags, int file, off64_t offset) {
    return mapped(at, count, protection, flags, file, offset);
}

int flock(int file, int operation) {
    uint64_t inode;
    if (failAt > 0 && held(file, &inode) && fails("lock")) return -1;
    if (locksNothing && held(file, &inode)) return 0;
    return (int)syscall(SYS_flock, file, operation);
}

static int controlled(int file, int command, void *argument) {
    uint64_t inode;
    int locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK
        || command == F_OFD_SETLKW;
    if (locks && failAt > 0 && held(file, &inode) && fails("lock")) return -1;
    if (locksNothing && locks && held(file, &inode)) return 0;
    if (locksNothing && (command == F_GETLK || command == F_OFD_GETLK) && held(file, &inode)) {
        ((struct flock *)argument)->l_type = F_UNLCK;
        return 0;
    }
    return (int)syscall(SYS_fcntl, file, command, argument);
}

int fcntl(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return controlled(file, command, argument);
}

int fcntl64(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return controlled(file, command, argument);
}

/* ---- The time of day ---- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += clockOffset;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    *now = (struct timeval){ time.tv_sec, time.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *now) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (now != NULL) *now = time.tv_sec;
    return time.tv_sec;
}

/* Whoever waits until a time of day has counted from ours, and the kernel waits by its own. What
   is far too early for a time of day belongs to a clock that does not jump. */
static clockid_t waited(const struct timespec *until, struct timespec *real) {
    *real = *until;
    if (until->tv_sec < 500000000) return CLOCK_MONOTONIC;
    real->tv_sec -= clockOffset;
    return CLOCK_REALTIME;
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
    const struct timespec *restrict until
) {
    struct timespec real;
    clockid_t clock = waited(until, &real);
    return pthread_cond_clockwait(condition, mutex, clock, &real);
}

int pthread_mutex_timedlock(
    pthread_mutex_t *restrict mutex, const struct timespec *restrict until
) {
    struct timespec real;
    clockid_t clock = waited(until, &real);
    return pthread_mutex_clocklock(mutex, clock, &real);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    struct timespec real;
    clockid_t clock = waited(until, &real);
    return sem_clockwait(semaphore, clock, &real);
}
