#ifndef TAPEDECK_CZSTD_SHIM_H
#define TAPEDECK_CZSTD_SHIM_H
// Zstandard's own header: apt-get install libzstd-dev.
#include <zstd.h>
#include <zstd_errors.h>
#endif
