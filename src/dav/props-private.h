/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties of resources: what the files of the table share. */
#pragma once

#include "dav/dav-private.h"

G_BEGIN_DECLS

/* One property that is asked of one resource. */
typedef struct {
    TwDavCall *call;
    const TwDavView *view;
    const TwDavElement *prop; /* (nullable): as it was asked for, with what stands in it */
    GString *out;
} TwDavAsked;

/* Adds what stands in the property; FALSE: the resource has none. */
typedef gboolean (*TwDavPutFunc)(TwDavAsked *asked);

typedef struct {
    const char *ns, *name;
    guint kinds;        /* bits of #TwDavKind */
    gboolean on_demand; /* not among "allprop" */
    TwDavPutFunc put;
} TwDavPropRow;

extern const TwDavPropRow tw_dav_acl_props[];
extern const TwDavPropRow tw_dav_plain_props[];
extern const guint tw_dav_acl_prop_count, tw_dav_plain_prop_count;

G_END_DECLS
