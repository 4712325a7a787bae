#include "heap_count.h"

#include <errno.h>
#include <malloc.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

int heap_count_works(void) { return 0; }
void heap_count_restart(void) {}
size_t heap_count_peak(void) { return 0; }

#else

// The allocator of glibc, with a sum around it: an executable's own malloc takes the place of the library's for everybody,
// the Swift runtime included. A worker has one thread; elsewhere a lost addition does no harm.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static size_t level, base, highest;

static void *added(void *block) {
    if (block) {
        level += malloc_usable_size(block);
        if (level > highest) highest = level;
    }
    return block;
}

void *malloc(size_t size) { return added(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return added(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return added(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return added(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = added(__libc_memalign(alignment, size));
    return *block || size == 0 ? 0 : ENOMEM;
}

void *realloc(void *block, size_t size) {
    size_t before = block ? malloc_usable_size(block) : 0;
    void *moved = __libc_realloc(block, size);
    if (!moved && size > 0) return moved;
    level -= before;
    return added(moved);
}

void free(void *block) {
    if (!block) return;
    level -= malloc_usable_size(block);
    __libc_free(block);
}

int heap_count_works(void) { return 1; }

void heap_count_restart(void) {
    base = level;
    highest = level;
}

size_t heap_count_peak(void) { return highest - base; }

#endif
