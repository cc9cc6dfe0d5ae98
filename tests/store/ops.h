/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Random operations on a store, chosen by what is in it: for tests that compare whole stores, and for threads that work on
 * the same folders. An operation that cannot be done (gone meanwhile, name taken) is an error of the caller's kind.
 */
#pragma once

#include "store/mail.h"
#include "store/store.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    TwEngine *engine;
    TwStore *store;
    GRand *rand;
    guint serial;      /* names what it makes */
    guint most;        /* messages in a folder: beyond it more is deleted than made */
    gboolean single;   /* only operations that are whole or not there after a crash */
    gboolean searches; /* also search folders, made, searched anew and stopped */
    gboolean gentle;   /* no folder is deleted, moved or renamed that another may be in */
    gboolean trim;     /* old changes are trimmed now and then */
    gint64 now;        /* of that, microseconds */
    gint made, gone;   /* messages acknowledged as made, and as deleted for good */
    const char *last;  /* what was done last */
} Ops;

TwObject *ops_object(Ops *ops, guint depth);
GBytes *ops_mail(Ops *ops);

/* One operation; FALSE with @error when it failed. */
gboolean ops_step(Ops *ops, GError **error);

/* Whether it is one that callers bring about themselves. */
gboolean ops_is_expected(const GError *error);

G_END_DECLS
