/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A wire to a MariaDB server that is cut at a COMMIT on command: before the server hears of it, or before its answer comes back. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct WireCut WireCut;

typedef enum {
    WIRE_WHOLE,
    WIRE_CUT_BEFORE,
    WIRE_CUT_AFTER,
} WireMode;

/* From a new socket at @path to the one at @target. */
WireCut *wire_cut_new(const char *path, const char *target);
void wire_cut_free(WireCut *wire); /* when its connections are closed */

/* The next COMMIT is cut so; the wire is whole after that. */
void wire_cut_arm(WireCut *wire, WireMode mode);

/* How many were cut. */
guint wire_cut_count(WireCut *wire);

G_END_DECLS
