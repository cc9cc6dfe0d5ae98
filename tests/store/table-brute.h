/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a contents table must show, the slow way: every message of the folder is read whole, matched, compared row with row and grouped. No
 * heads, no keys, no views.
 */
#pragma once

#include "mapi/sort.h"
#include "store/store.h"

#include <glib.h>

G_BEGIN_DECLS

/* A message read whole. */
typedef struct {
    TwStore *store;
    TwMessageRow row;
    TwObject *object;
    GPtrArray *held;    /* what values borrow from */
    guint32 categories; /* tag of PidNameKeywords */
} BruteMessage;

typedef struct {
    TwStore *store;
    guint32 folder;
    TwMessageState state;
    TwSortOrder order;
    guint32 instance_tag;
    TwRestriction *restriction; /* borrowed; nullable */
    /* of a search folder: what it is to find, and where; else NULL. Borrowed */
    TwRestriction *const *criteria;
    const guint32 *scope;
    guint scope_count;
    const TwCollation *collation;
    GHashTable *toggled; /* path of a heading (text) */
    const guint32 *columns;
    guint column_count;
    gboolean no_cut;
    guint32 categories; /* tag of PidNameKeywords */
} BruteSpec;

/* One row that can be seen. */
typedef struct {
    gboolean heading;
    guint32 mid, instance; /* of a leaf */
    char *path;            /* owned; of a heading */
    char *text;            /* owned: all cells but the instance keys of headings */
    guint below;           /* heading: rows below it, seen or not */
} BruteRow;

typedef struct {
    GPtrArray *messages; /* BruteMessage */
    GPtrArray *rows;     /* BruteRow */
    GHashTable *paths;   /* of all headings, seen or not */
} Brute;

/* Reads the folder and computes all. */
Brute *brute_new(const BruteSpec *spec);
void brute_free(Brute *brute);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Brute, brute_free)

TwPropSource brute_source(BruteMessage *message);
BruteMessage *brute_find(Brute *brute, guint32 mid);
/* One cell as text. */
void brute_put_cell(GString *out, const TwPropValue *cell);

G_END_DECLS
