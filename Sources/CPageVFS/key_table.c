/*
 * Which database file has which key: one table for the whole process.
 *
 * SQLite hands a VFS nothing but a path, so the path is what a key is found by. The keys are in
 * guarded memory; an open file has a copy of its own, so that removing a key here never takes it
 * away under a file in use. Two parts of a process may have one database in hand, and open more
 * files of it: a key goes once each of them has removed it.
 */
#include "page_vfs.h"
#include <pthread.h>
#include <string.h>

typedef struct Entry {
    struct Entry *next;
    FileKeys *keys;
    long uses; /* how often it was added and not removed */
    char path[];
} Entry;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Entry *entries; /* guarded by `mutex` */

/* The link that points to the entry of `path`, or the last link when there is none. */
static Entry **find(const char *path) {
    Entry **link = &entries;
    while (*link != NULL && strcmp((*link)->path, path) != 0) link = &(*link)->next;
    return link;
}

static Entry *make_entry(const char *path, const unsigned char key[KEY_SIZE]) {
    size_t size = strlen(path) + 1;
    Entry *entry = sqlite3_malloc64(sizeof(Entry) + size);
    if (entry == NULL) return NULL;
    entry->next = NULL;
    entry->uses = 1;
    entry->keys = cipher_make_keys(key);
    memcpy(entry->path, path, size);
    if (entry->keys == NULL) {
        sqlite3_free(entry);
        return NULL;
    }
    return entry;
}

static void free_entry(Entry *entry) {
    cipher_free_keys(entry->keys);
    sqlite3_free(entry);
}

int key_table_add(const char *canonicalPath, const unsigned char key[KEY_SIZE]) {
    Entry *entry = make_entry(canonicalPath, key);
    if (entry == NULL) return SQLITE_NOMEM;
    pthread_mutex_lock(&mutex);
    Entry **link = find(canonicalPath), *old = *link;
    if (old != NULL) {
        entry->next = old->next;
        entry->uses += old->uses;
    }
    *link = entry;
    pthread_mutex_unlock(&mutex);
    if (old != NULL) free_entry(old);
    return SQLITE_OK;
}

int key_table_remove(const char *canonicalPath) {
    pthread_mutex_lock(&mutex);
    Entry **link = find(canonicalPath), *entry = *link;
    int isLast = entry != NULL && --entry->uses == 0;
    if (isLast) *link = entry->next;
    pthread_mutex_unlock(&mutex);
    if (entry == NULL) return SQLITE_NOTFOUND;
    if (isLast) free_entry(entry);
    return SQLITE_OK;
}

/* A copy of the keys of `canonicalPath`, to be freed by the caller; NULL when it has none. */
FileKeys *key_table_copy(const char *canonicalPath) {
    FileKeys *copy = NULL;
    pthread_mutex_lock(&mutex);
    Entry *entry = *find(canonicalPath);
    if (entry != NULL) copy = cipher_make_keys(entry->keys->master);
    pthread_mutex_unlock(&mutex);
    return copy;
}
