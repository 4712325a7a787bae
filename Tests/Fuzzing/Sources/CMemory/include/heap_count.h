#ifndef HEAP_COUNT_H
#define HEAP_COUNT_H

#include <stddef.h>

/// Whether the heap is counted; not under a sanitizer, which has an allocator of its own.
int heap_count_works(void);
/// Forgets the highest level; the present one is what the next is measured from.
void heap_count_restart(void);
/// How far above the level of the last restart the heap has been, in bytes.
size_t heap_count_peak(void);

#endif
