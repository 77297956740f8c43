#ifndef COFFER_CGCRYPT_SHIM_H
#define COFFER_CGCRYPT_SHIM_H
#include <gcrypt.h>

// Swift imports no function that takes any number of arguments. No secret ever comes here, so that
// no locked memory is set aside. Nothing happens when the library is in use already.
static inline void coffer_gcrypt_start(void)
{
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return;
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}
#endif
