#ifndef COFFER_CSTEMMER_SHIM_H
#define COFFER_CSTEMMER_SHIM_H
#include <libstemmer.h>
#endif
