/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Chunks in a list; the first has room. A request that is large beside a chunk gets a chunk of its own, behind
 * the first, so that the room there is not lost. Under ASan, what was not handed out is poisoned, and so
 * are 16 bytes after each piece.
 */
#include "base/arena.h"

#include <string.h>

#include "base/checked.h"

#if defined(__SANITIZE_ADDRESS__)
#    define ARENA_POISON 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define ARENA_POISON 1
#    endif
#endif
#ifdef ARENA_POISON
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(at, len) ((void) (at), (void) (len))
#    define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void) (at), (void) (len))
#endif

enum {
    ALIGNMENT = 16,
    CHUNK = 8192,     /* usable bytes of a common chunk */
    LARGE = CHUNK / 4 /* from here on a piece has its own */
};
#ifdef ARENA_POISON
#    define GAP ((gsize) ALIGNMENT)
#else
#    define GAP ((gsize) 0)
#endif

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *next;
    gsize size, used;
    _Alignas(ALIGNMENT) guint8 data[];
};

struct TwArena {
    Chunk *first; /* a common chunk, or NULL */
    Chunk *large;
    gsize used, limit;
};

TwArena *
tw_arena_new(gsize limit)
{
    TwArena *arena = g_new0(TwArena, 1);

    arena->limit = limit;
    return arena;
}

static Chunk *
new_chunk(gsize size, Chunk *next)
{
    Chunk *chunk = g_malloc(sizeof *chunk + size);

    chunk->next = next;
    chunk->size = size;
    chunk->used = 0;
    ASAN_POISON_MEMORY_REGION(chunk->data, size);
    return chunk;
}

static void
free_chunks(Chunk *chunk)
{
    while (chunk != NULL) {
        Chunk *next = chunk->next;

        ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
        g_free(chunk);
        chunk = next;
    }
}

void
tw_arena_free(TwArena *arena)
{
    if (arena == NULL)
        return;
    free_chunks(arena->first);
    free_chunks(arena->large);
    g_free(arena);
}

void
tw_arena_reset(TwArena *arena)
{
    free_chunks(arena->large);
    arena->large = NULL;
    arena->used = 0;
    if (arena->first != NULL) {
        free_chunks(arena->first->next);
        arena->first->next = NULL;
        arena->first->used = 0;
        ASAN_POISON_MEMORY_REGION(arena->first->data, arena->first->size);
    }
}

void *
tw_arena_alloc(TwArena *arena, gsize size)
{
    Chunk *chunk;
    gsize room;
    void *piece;

    if (!tw_checked_round_up(MAX(size, 1), ALIGNMENT, &room) || room > arena->limit - arena->used)
        return NULL;
    arena->used += room;
    if (room >= LARGE) {
        chunk = arena->large = new_chunk(room + GAP, arena->large);
    } else {
        if (arena->first == NULL || arena->first->size - arena->first->used < room + GAP)
            arena->first = new_chunk(CHUNK, arena->first);
        chunk = arena->first;
    }
    piece = chunk->data + chunk->used;
    chunk->used += room + GAP;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return memset(piece, 0, size);
}

void *
tw_arena_alloc_array(TwArena *arena, gsize count, gsize each)
{
    gsize size;

    return g_size_checked_mul(&size, count, each) ? tw_arena_alloc(arena, size) : NULL;
}

void *
tw_arena_copy(TwArena *arena, const void *data, gsize len)
{
    gsize size;
    void *copy;

    if (!g_size_checked_add(&size, len, 1) || (copy = tw_arena_alloc(arena, size)) == NULL)
        return NULL;
    return len > 0 ? memcpy(copy, data, len) : copy;
}

gsize
tw_arena_used(const TwArena *arena)
{
    return arena->used;
}
