#ifndef COFFER_CNETTLE_SHIM_H
#define COFFER_CNETTLE_SHIM_H
#include <nettle/sha2.h>
#endif
