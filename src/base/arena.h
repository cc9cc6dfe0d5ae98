/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Memory for many small things that die together: the parse of one command, one restriction tree, one row set.
 * For one thread. Nothing outlives the arena by pointer.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct TwArena TwArena;

/**
 * tw_arena_new:
 * @limit: most bytes to hand out before tw_arena_reset(); past it every request gives NULL
 *
 * Returns: (transfer full): an empty arena
 */
TwArena *tw_arena_new(gsize limit);

/**
 * tw_arena_free:
 * @arena: (nullable): an arena; all that came from it is gone
 */
void tw_arena_free(TwArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwArena, tw_arena_free)

/**
 * tw_arena_reset:
 * @arena: an arena; all that came from it is gone, and the limit starts anew
 *
 * Keeps one chunk for what comes next.
 */
void tw_arena_reset(TwArena *arena);

/**
 * tw_arena_alloc:
 * @arena: an arena
 * @size: bytes, 0 included
 *
 * Returns: (nullable) (transfer none): zeroed memory at an alignment of 16, until the arena goes; NULL when it
 *     would pass the limit
 */
void *tw_arena_alloc(TwArena *arena, gsize size);

/**
 * tw_arena_alloc_array:
 * @arena: an arena
 * @count: elements, as the outside says
 * @each: bytes of one
 *
 * Returns: (nullable) (transfer none): as tw_arena_alloc() of the product, also NULL when that overflows
 */
void *tw_arena_alloc_array(TwArena *arena, gsize count, gsize each);

/**
 * tw_arena_new0:
 * @arena: an arena
 * @type: a type
 *
 * Returns: (nullable): a zeroed one of them
 */
#define tw_arena_new0(arena, type) ((type *) tw_arena_alloc((arena), sizeof(type)))

/**
 * tw_arena_copy:
 * @arena: an arena
 * @data: (array length=len): bytes
 * @len: how many
 *
 * Copies the bytes and puts a NUL after them, so that text can be used as a C string.
 *
 * Returns: (nullable) (transfer none): the copy
 */
void *tw_arena_copy(TwArena *arena, const void *data, gsize len);

/**
 * tw_arena_used:
 * @arena: an arena
 *
 * Returns: bytes counted against the limit so far
 */
gsize tw_arena_used(const TwArena *arena);

G_END_DECLS
