/*
 * Comes before every source of CPageVFS when it is compiled as an extension: the functions of
 * SQLite are then those of the library that loads it, so that all engines share one.
 */
#ifndef COFFER_BENCH_REDIRECT_H
#define COFFER_BENCH_REDIRECT_H
#include <sqlite3ext.h>
/* Not in the table of routines; the library that loads an extension has been initialised. */
#define sqlite3_initialize() SQLITE_OK
/* Comes too late in a library that is in use. */
#define sqlite3_config(...) SQLITE_MISUSE
extern const sqlite3_api_routines *sqlite3_api;
#endif
