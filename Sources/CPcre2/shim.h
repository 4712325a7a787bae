#ifndef TAPEDECK_CPCRE2_SHIM_H
#define TAPEDECK_CPCRE2_SHIM_H
// PCRE2's own header, for units of 8 bits: apt-get install libpcre2-dev.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#endif
