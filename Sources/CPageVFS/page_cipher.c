/*
 * How pages and log frames are sealed.
 *
 * DATABASE FILE: pages of P = 4096 bytes, numbered from 1, at (number - 1) * P.
 *
 *     page N > 1   0     4056   ciphertext of the page's first 4056 bytes
 *                  4056  24     nonce, random for every write
 *                  4080  16     tag
 *
 *     page 1       0     8      salt, random for every file  \  file id
 *                  8     8      key check                    /
 *                  16    8      form: 10 00 m m 28 40 20 20, which is bytes 16..23 of SQLite's
 *                               header; m is 1 (rollback journal), 2 (write-ahead log), or 0 for a
 *                               page 1 of zeros
 *                  24    4032   ciphertext of the page's bytes 24..4055
 *                  4056  24     nonce
 *                  4080  16     tag
 *
 * Bytes 0..15 of page 1 are SQLite's constant magic, so they are put back on reading. SQLite leaves
 * the last 40 bytes of a page alone because the page header says so (byte 20 of page 1); it reads
 * them as zeros.
 *
 * LOG FILE: SQLite's 32-byte header as it is, then frames of 24 + P bytes, counted from 0.
 *
 *     frame        0     4080   ciphertext of the sealed header (24) and the page's first 4056
 *                  4080  24     nonce
 *                  4104  16     tag
 *
 *     sealed       0     8      bytes 0..7 of SQLite's frame header: page number, database size
 *     header       8     4      durable count: so many frames were on the medium before this one
 *                               was written
 *                  12    4      zero
 *                  16    8      bytes 16..23 of SQLite's frame header: running checksum
 *
 * SQLite's header is encrypted as well because its checksum is an unkeyed sum over plaintext. Its
 * salts are not stored a second time: they are in the associated data, and are put back on reading.
 *
 * KEYS: `|` joins bytes, quoted text is ASCII, integers are little-endian.
 *
 *     key check    first 8 of BLAKE2b-256(master; "CVFS" 'K' 1 0 0 | salt)
 *     page key     BLAKE2b-256(master; "CVFS" 'D' 1 0 0 | file id)
 *     frame key    BLAKE2b-256(master; "CVFS" 'W' 1 0 0 | file id)
 *     seal         XChaCha20-Poly1305 (IETF) with the random 24-byte nonce
 *     associated   page N > 1: "CVFS" 'D' 1 0 0 | u64 N | file id
 *                  page 1:     the same | form
 *                  frame i:    "CVFS" 'W' 1 0 0 | u64 i | file id | salts (bytes 16..23 of the log)
 *
 * WHAT IS VALID
 *  (V1) A file is ours when its form is one of the three.
 *  (V2) The key is right when the key check agrees. Whoever changes the salt or the check makes the
 *       key look wrong; the page could not be read either way.
 *  (V3) A page is valid when its tag is, under its own number, the file id, and for page 1 the
 *       form.
 *  (V4) A frame is valid when its tag is, under its own index, the file id and the log's present
 *       salts, bytes 12..15 of the sealed header are zero, and it claims no more durable frames
 *       than there are before it.
 *  (V5) A page may be written when its last 40 bytes are zero, and page 1 also when it is all zeros
 *       or carries SQLite's magic and a form. So no page can be written that reserves less.
 */
#include "page_vfs.h"
#include <pthread.h>
#include <sodium.h>
#include <string.h>

enum { LABEL_SIZE = 8, SALT_SIZE = 8, FORM_OFFSET = 16, FORM_SIZE = 8 };
enum { ID_OFFSET = 16, TAIL_OFFSET = 32 }; /* in the associated data */

static const unsigned char magic[FORM_OFFSET] = "SQLite format 3"; /* with its closing zero */

static void write_label(unsigned char *label, unsigned char kind) {
    memcpy(label, "CVFS", 4);
    label[4] = kind;
    label[5] = 1;
    label[6] = label[7] = 0;
}

static void write_associated(unsigned char associated[ASSOCIATED_SIZE], unsigned char kind,
                             sqlite3_int64 number, const unsigned char id[FILE_ID_SIZE]) {
    write_label(associated, kind);
    for (int i = 0; i < 8; i++) associated[LABEL_SIZE + i] = (unsigned char)(number >> (8 * i));
    memcpy(associated + ID_OFFSET, id, FILE_ID_SIZE);
}

int bytes_are_zero(const unsigned char *bytes, size_t count) {
    return sodium_is_zero(bytes, count);
}

uint32_t read_u32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void write_u32(unsigned char *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* ---- Nonces ---- */

/*
 * Each thread takes its nonces from a stock of its own, which costs a tenth of a system call each.
 * A child process must not use what its parent has in stock: `forks` counts the forks on the way to
 * this process, and a stock of another count is thrown away. Nonces are no secrets.
 */
enum { NONCES_IN_STOCK = 64 };

static volatile unsigned forks;
static _Thread_local struct {
    unsigned char bytes[NONCES_IN_STOCK * NONCE_SIZE];
    unsigned left, forks;
} stock;

static void count_fork(void) {
    forks++;
}

static void take_nonce(unsigned char nonce[NONCE_SIZE]) {
    if (stock.left == 0 || stock.forks != forks) {
        randombytes_buf(stock.bytes, sizeof stock.bytes);
        stock.left = NONCES_IN_STOCK;
        stock.forks = forks;
    }
    memcpy(nonce, stock.bytes + --stock.left * NONCE_SIZE, NONCE_SIZE);
}

/* ---- XChaCha20-Poly1305 ---- */

/*
 * The construction of RFC 8439, section 2.8, with the nonce of draft-irtf-cfrg-xchacha-03, from
 * libsodium's parts; cvfs_test_seal lets a test compare it with libsodium's own. The parts are used
 * because its ChaCha20 takes blocks of 512 bytes at a time and is slow on what is left over: the 40
 * bytes behind a message are run through it too and then overwritten, which makes a page eight
 * whole blocks and saves a tenth of the time.
 */
typedef struct Stream {
    unsigned char key[KEY_SIZE];
    unsigned char nonce[12];
    unsigned char first[64]; /* block 0, whose first half is the key of Poly1305 */
} Stream;

static void start_stream(Stream *stream, const unsigned char key[KEY_SIZE],
                         const unsigned char nonce[NONCE_SIZE]) {
    crypto_core_hchacha20(stream->key, nonce, key, NULL);
    memset(stream->nonce, 0, 4);
    memcpy(stream->nonce + 4, nonce + 16, 8);
    crypto_stream_chacha20_ietf(stream->first, sizeof stream->first, stream->nonce, stream->key);
}

static void make_tag(const Stream *stream, const unsigned char *associated, size_t associatedSize,
                     const unsigned char *text, size_t count, unsigned char tag[TAG_SIZE]) {
    static const unsigned char padding[16];
    unsigned char sizes[16] = {0};
    crypto_onetimeauth_poly1305_state state;
    for (int i = 0; i < 8; i++) {
        sizes[i] = (unsigned char)((uint64_t)associatedSize >> (8 * i));
        sizes[8 + i] = (unsigned char)((uint64_t)count >> (8 * i));
    }
    crypto_onetimeauth_poly1305_init(&state, stream->first);
    crypto_onetimeauth_poly1305_update(&state, associated, associatedSize);
    crypto_onetimeauth_poly1305_update(&state, padding, (16 - associatedSize % 16) % 16);
    crypto_onetimeauth_poly1305_update(&state, text, count);
    crypto_onetimeauth_poly1305_update(&state, padding, (16 - count % 16) % 16);
    crypto_onetimeauth_poly1305_update(&state, sizes, sizeof sizes);
    crypto_onetimeauth_poly1305_final(&state, tag);
}

/* `message` and `sealed` have `count` + 40 bytes; the nonce and the tag become the last 40. */
static void seal(const unsigned char key[KEY_SIZE], const unsigned char nonce[NONCE_SIZE],
                 const unsigned char *associated, size_t associatedSize,
                 const unsigned char *message, size_t count, unsigned char *sealed) {
    Stream stream;
    start_stream(&stream, key, nonce);
    crypto_stream_chacha20_ietf_xor_ic(sealed, message, count + SEAL_SIZE, stream.nonce, 1,
                                       stream.key);
    memcpy(sealed + count, nonce, NONCE_SIZE);
    make_tag(&stream, associated, associatedSize, sealed, count, sealed + count + NONCE_SIZE);
    sodium_memzero(&stream, sizeof stream);
}

/* The reverse; the last 40 bytes of `message` become zeros. Nothing is decrypted on a wrong tag. */
static int unseal(const unsigned char key[KEY_SIZE], const unsigned char *associated,
                  size_t associatedSize, const unsigned char *sealed, size_t count,
                  unsigned char *message) {
    Stream stream;
    unsigned char tag[TAG_SIZE];
    start_stream(&stream, key, sealed + count);
    make_tag(&stream, associated, associatedSize, sealed, count, tag);
    int isGood = crypto_verify_16(tag, sealed + count + NONCE_SIZE) == 0;
    if (isGood) {
        crypto_stream_chacha20_ietf_xor_ic(message, sealed, count + SEAL_SIZE, stream.nonce, 1,
                                           stream.key);
        memset(message + count, 0, SEAL_SIZE);
    }
    sodium_memzero(&stream, sizeof stream);
    return isGood;
}

void cvfs_test_seal(const unsigned char key[32], const unsigned char nonce[24],
                    const unsigned char *associated, size_t associatedSize,
                    const unsigned char *message, size_t count, unsigned char *sealed) {
    seal(key, nonce, associated, associatedSize, message, count, sealed);
}

/* ---- Keys ---- */

/* Called once for the process. */
int cipher_start(void) {
    if (sodium_init() < 0 || pthread_atfork(NULL, NULL, count_fork) != 0) return SQLITE_ERROR;
    return SQLITE_OK;
}

FileKeys *cipher_make_keys(const unsigned char master[KEY_SIZE]) {
    FileKeys *keys = sodium_malloc(sizeof(FileKeys));
    if (keys == NULL) return NULL;
    memset(keys, 0, sizeof(FileKeys));
    memcpy(keys->master, master, KEY_SIZE);
    return keys;
}

void cipher_free_keys(FileKeys *keys) {
    sodium_free(keys); /* wipes, and accepts NULL */
}

static void derive(unsigned char key[KEY_SIZE], const FileKeys *keys, unsigned char kind,
                   const unsigned char *over, size_t count) {
    unsigned char message[LABEL_SIZE + FILE_ID_SIZE];
    write_label(message, kind);
    memcpy(message + LABEL_SIZE, over, count);
    crypto_generichash(key, KEY_SIZE, message, LABEL_SIZE + count, keys->master, KEY_SIZE);
}

static void key_check(unsigned char check[KEY_SIZE], const FileKeys *keys,
                      const unsigned char salt[SALT_SIZE]) {
    derive(check, keys, 'K', salt, SALT_SIZE);
}

void cipher_set_id(FileKeys *keys, const unsigned char id[FILE_ID_SIZE]) {
    memmove(keys->id, id, FILE_ID_SIZE);
    derive(keys->pages, keys, 'D', keys->id, FILE_ID_SIZE);
    derive(keys->frames, keys, 'W', keys->id, FILE_ID_SIZE);
}

void cipher_set_new_id(FileKeys *keys) {
    unsigned char id[FILE_ID_SIZE], check[KEY_SIZE];
    randombytes_buf(id, SALT_SIZE);
    key_check(check, keys, id);
    memcpy(id + SALT_SIZE, check, FILE_ID_SIZE - SALT_SIZE);
    cipher_set_id(keys, id);
}

/* ---- The front of page 1 ---- */

static int form_is_ours(const unsigned char form[FORM_SIZE]) {
    unsigned char mode = form[2];
    const unsigned char expected[FORM_SIZE] = {
        PAGE_SIZE >> 8, PAGE_SIZE & 0xff, mode, mode, SEAL_SIZE, 64, 32, 32};
    return mode <= MODE_WAL && memcmp(form, expected, FORM_SIZE) == 0;
}

/* (V1) and (V2). */
FrontAnswer cipher_judge_front(const FileKeys *keys, const unsigned char front[FRONT_SIZE]) {
    unsigned char check[KEY_SIZE];
    if (!form_is_ours(front + FORM_OFFSET)) return FRONT_FOREIGN;
    key_check(check, keys, front);
    int agrees = sodium_memcmp(check, front + SALT_SIZE, FILE_ID_SIZE - SALT_SIZE) == 0;
    sodium_memzero(check, sizeof check);
    return agrees ? FRONT_OURS : FRONT_WRONG_KEY;
}

/* The start of a page 1 as far as it can be told from its front alone. */
void cipher_blank_header(const unsigned char front[FRONT_SIZE], unsigned char *bytes, int count) {
    unsigned char header[FRONT_SIZE];
    memcpy(header, magic, FORM_OFFSET);
    memcpy(header + FORM_OFFSET, front + FORM_OFFSET, FORM_SIZE);
    memset(bytes, 0, (size_t)count);
    memcpy(bytes, header, count < FRONT_SIZE ? (size_t)count : FRONT_SIZE);
}

/* ---- Pages ---- */

/* (V5). */
int cipher_is_writable_page(const unsigned char *page, sqlite3_int64 number) {
    if (!bytes_are_zero(page + BODY_SIZE, SEAL_SIZE)) return 0;
    if (number != 1 || bytes_are_zero(page, BODY_SIZE)) return 1;
    return memcmp(page, magic, FORM_OFFSET) == 0 && page[FORM_OFFSET + 2] != MODE_BLANK &&
           form_is_ours(page + FORM_OFFSET);
}

/* Writes the clear front of page 1 and repeats its form in the associated data. */
static void write_front(const FileKeys *keys, const unsigned char *page, unsigned char *sealed,
                        unsigned char associated[ASSOCIATED_SIZE]) {
    unsigned char mode = page[FORM_OFFSET + 2];
    const unsigned char form[FORM_SIZE] = {
        PAGE_SIZE >> 8, PAGE_SIZE & 0xff, mode, mode, SEAL_SIZE, 64, 32, 32};
    memcpy(sealed, keys->id, FILE_ID_SIZE);
    memcpy(sealed + FORM_OFFSET, form, FORM_SIZE);
    memcpy(associated + TAIL_OFFSET, form, FORM_SIZE);
}

void cipher_seal_page(const FileKeys *keys, sqlite3_int64 number, const unsigned char *page,
                      unsigned char *sealed) {
    unsigned char associated[ASSOCIATED_SIZE], nonce[NONCE_SIZE];
    size_t clear = number == 1 ? FRONT_SIZE : 0;
    write_associated(associated, 'D', number, keys->id);
    if (number == 1) write_front(keys, page, sealed, associated);
    take_nonce(nonce);
    seal(keys->pages, nonce, associated, clear ? ASSOCIATED_SIZE : TAIL_OFFSET, page + clear,
         BODY_SIZE - clear, sealed + clear);
}

/* (V3). `page` may be `sealed`; it is all zeros when the answer is SQLITE_IOERR_DATA. */
int cipher_open_page(const FileKeys *keys, sqlite3_int64 number, const unsigned char *sealed,
                     unsigned char *page) {
    unsigned char associated[ASSOCIATED_SIZE];
    size_t clear = number == 1 ? FRONT_SIZE : 0;
    write_associated(associated, 'D', number, keys->id);
    if (clear) memcpy(associated + TAIL_OFFSET, sealed + FORM_OFFSET, FORM_SIZE);
    if (!unseal(keys->pages, associated, clear ? ASSOCIATED_SIZE : TAIL_OFFSET, sealed + clear,
                BODY_SIZE - clear, page + clear)) {
        memset(page, 0, PAGE_SIZE);
        return SQLITE_IOERR_DATA;
    }
    if (!clear) return SQLITE_OK;
    if (associated[TAIL_OFFSET + 2] == MODE_BLANK) {
        memset(page, 0, FRONT_SIZE);
    } else {
        memcpy(page, magic, FORM_OFFSET);
        memcpy(page + FORM_OFFSET, associated + TAIL_OFFSET, FORM_SIZE);
    }
    return SQLITE_OK;
}

/* ---- Log frames ---- */

/* Replaces the salts in `frame` by what stands in their place in a sealed header. */
void cipher_seal_frame(const FileKeys *keys, sqlite3_int64 index,
                       const unsigned char salts[SALTS_SIZE], uint32_t durableFrames,
                       unsigned char *frame, unsigned char *sealed) {
    unsigned char associated[ASSOCIATED_SIZE], nonce[NONCE_SIZE];
    write_associated(associated, 'W', index, keys->id);
    memcpy(associated + TAIL_OFFSET, salts, SALTS_SIZE);
    write_u32(frame + 8, durableFrames);
    write_u32(frame + 12, 0);
    take_nonce(nonce);
    seal(keys->frames, nonce, associated, ASSOCIATED_SIZE, frame, FRAME_HEADER_SIZE + BODY_SIZE,
         sealed);
}

/* (V4). `frame` may be `sealed`; it is all zeros when the answer is SQLITE_IOERR_DATA. */
int cipher_open_frame(const FileKeys *keys, sqlite3_int64 index,
                      const unsigned char salts[SALTS_SIZE], const unsigned char *sealed,
                      unsigned char *frame, uint32_t *durableFrames) {
    unsigned char associated[ASSOCIATED_SIZE];
    write_associated(associated, 'W', index, keys->id);
    memcpy(associated + TAIL_OFFSET, salts, SALTS_SIZE);
    int bad = !unseal(keys->frames, associated, ASSOCIATED_SIZE, sealed,
                      FRAME_HEADER_SIZE + BODY_SIZE, frame);
    *durableFrames = bad ? 0 : read_u32(frame + 8);
    if (bad || *durableFrames > index || read_u32(frame + 12) != 0) {
        memset(frame, 0, FRAME_SIZE);
        return SQLITE_IOERR_DATA;
    }
    memcpy(frame + 8, salts, SALTS_SIZE);
    return SQLITE_OK;
}
