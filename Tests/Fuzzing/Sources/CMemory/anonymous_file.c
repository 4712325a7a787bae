#define _GNU_SOURCE
#include "anonymous_file.h"

#include <sys/mman.h>

int anonymous_file(void) { return memfd_create("fuzz", 0); }
