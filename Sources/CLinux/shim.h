#ifndef COFFER_CLINUX_SHIM_H
#define COFFER_CLINUX_SHIM_H
// Linux system calls that glibc declares only variadically or not at all; no logic here.
#include <errno.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long coffer_add_key(const char *type, const char *description,
                                  const void *payload, size_t size, int keyring) {
    return syscall(SYS_add_key, type, description, payload, size, keyring);
}
static inline long coffer_keyctl(int operation, unsigned long a, unsigned long b,
                                 unsigned long c, unsigned long d) {
    return syscall(SYS_keyctl, operation, a, b, c, d);
}
static inline int coffer_set_not_dumpable(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
#endif
