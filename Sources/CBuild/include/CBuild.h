#ifndef TAPEDECK_CBUILD_H
#define TAPEDECK_CBUILD_H
/// The commit that this was built from, as the build said it; empty where it did not.
const char *tapedeck_commit(void);
#endif
