#ifndef TAPEDECK_CSPAWN_SHIM_H
#define TAPEDECK_CSPAWN_SHIM_H
// What glibc's spawn.h (2.29 and 2.34) and sched.h declare only with _GNU_SOURCE, which Swift's importer does not define.
#include <sched.h>
#include <spawn.h>
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
int sched_getaffinity(pid_t, size_t, cpu_set_t *);
#endif
