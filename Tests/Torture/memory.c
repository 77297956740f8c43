/*
 * Looks for secrets in the memory of a process.
 *
 *     memory PID NEEDLES
 *
 * NEEDLES is a file of pieces of 8 bytes. Every page that the process has, whatever its protection,
 * is read from /proc/PID/mem, so that what lies behind guard pages is seen too. Each place where a
 * piece stands is a line: the number of the piece, the address, the mode and the name of the
 * mapping. The last line is `read` and how many bytes there were.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 8, PAGE = 4096, STRETCH = 256 * PAGE };

static unsigned char *needles;
static size_t count;
static unsigned char starts[1 << 16]; /* whether a piece begins with these two bytes */
static uint64_t total;

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(1);
    long size = ftell(file);
    rewind(file);
    needles = malloc((size_t)size + 1);
    if (needles == NULL || fread(needles, 1, (size_t)size, file) != (size_t)size) exit(1);
    fclose(file);
    count = (size_t)size / PIECE;
    for (size_t i = 0; i < count; i++)
        starts[needles[i * PIECE] | needles[i * PIECE + 1] << 8] = 1;
}

static void look(const unsigned char *bytes, size_t size, uint64_t address, const char *mapping) {
    for (size_t at = 0; at + PIECE <= size; at++) {
        if (!starts[bytes[at] | bytes[at + 1] << 8]) continue;
        for (size_t i = 0; i < count; i++)
            if (memcmp(bytes + at, needles + i * PIECE, PIECE) == 0)
                printf("%zu %" PRIx64 " %s", i, address + at, mapping);
    }
}

/* Whether the process has a page at `address`, in memory or swapped out. */
static int is_there(int pagemap, uint64_t address) {
    static uint64_t entries[PAGE / sizeof(uint64_t)], first, known; /* of pages from `first` on */
    uint64_t page = address / PAGE;
    if (page < first || page >= first + known) {
        ssize_t got = pread(pagemap, entries, sizeof entries, (off_t)(page * sizeof entries[0]));
        if (got < (ssize_t)sizeof entries[0]) return 1;
        first = page;
        known = (uint64_t)got / sizeof entries[0];
    }
    return (entries[page - first] >> 62) != 0;
}

/* One mapping; what was read before it in the same mapping is kept for pieces over a page's end. */
static void read_mapping(int memory, int pagemap, uint64_t first, uint64_t last,
                         const char *mapping) {
    static unsigned char bytes[PIECE + STRETCH];
    size_t kept = 0;
    while (first < last) {
        if (!is_there(pagemap, first)) {
            first += PAGE;
            kept = 0;
            continue;
        }
        uint64_t end = first + PAGE;
        while (end < last && end - first < STRETCH && is_there(pagemap, end)) end += PAGE;
        ssize_t got = pread(memory, bytes + kept, (size_t)(end - first), (off_t)first);
        if (got <= 0) {
            first = end;
            kept = 0;
            continue;
        }
        total += (uint64_t)got;
        size_t size = kept + (size_t)got;
        look(bytes, size, first - kept, mapping);
        first += (uint64_t)got;
        kept = size < PIECE - 1 ? size : PIECE - 1;
        memmove(bytes, bytes + size - kept, kept);
    }
}

int main(int argc, char **argv) {
    char path[64], line[4400];
    if (argc != 3) return 64;
    load(argv[2]);
    snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/pagemap", argv[1]);
    int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "r");
    if (memory < 0 || pagemap < 0 || maps == NULL) return 1;
    while (fgets(line, sizeof line, maps) != NULL) {
        uint64_t first, last;
        int mode = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %n", &first, &last, &mode) != 2) return 1;
        read_mapping(memory, pagemap, first, last, line + mode);
    }
    printf("read %" PRIu64 "\n", total);
    return 0;
}
