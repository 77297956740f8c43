#include "CPageVFS.h"

const sqlite3_api_routines *sqlite3_api;

/* Registers the VFS in the library that loads this extension, and stays loaded. */
int sqlite3_extension_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
    (void)db;
    (void)message;
    sqlite3_api = api;
    int rc = cvfs_register();
    return rc == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : rc;
}
