// A C file, since Swift's own flags define no texts: only it and the link are done anew for another commit.
#include "CBuild.h"

#ifndef TAPEDECK_COMMIT
#define TAPEDECK_COMMIT ""
#endif

const char *tapedeck_commit(void) { return TAPEDECK_COMMIT; }
