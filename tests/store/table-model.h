/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The model of table-model-test.c: a store that changes at random, and its tables. */
#pragma once

#include "base/collate.h"
#include "store/bed.h"
#include "store/table-brute.h"
#include "store/table.h"

G_BEGIN_DECLS

enum {
    STEPS = 500,
    CLIENTS = 7,
    FOUND = 5, /* from here on, clients of the search folder */
    MOST_MESSAGES = 40,
    CATEGORIES = 0x8501101F, /* PidNameKeywords: the first name that is given a number */
    TAG_WORDS = 0x8601101F,  /* a list of texts */
    TAG_NUMBER = 0x86020003,
    TAG_BYTES = 0x86030102,
};

typedef struct {
    guint8 key[TW_INSTANCE_KEY_LEN];
    char *text;
} CopyRow;

/* A client: a table, what it should show, and a copy that follows events. */
typedef struct {
    TwTable *table;
    BruteSpec spec;
    guint32 columns[12];
    TwCollation collation;
    GPtrArray *copy;    /* CopyRow */
    guint32 cursor;     /* mid that is read next; 0: not known */
    guint bookmark;     /* 0: none */
    guint32 bookmarked; /* mid */
    gboolean touched;   /* the bookmarked message changed */
    guint64 token;
} Client;

typedef struct {
    Bed bed;
    TwTables *tables;
    TwCollations *collations;
    GRand *rand;
    guint32 folders[2], search;
    TwRestriction *criteria; /* of the search folder */
    GArray *mids;            /* all messages that were ever made, guint32 */
    Client clients[CLIENTS];
    guint serial;
    guint changed_events, row_events;
} Model;

guint model_pick(Model *m, guint n);
void model_change_something(Model *m);
TwRestriction *model_make_restriction(Model *m);
void model_wait_for_search(Model *m);
void model_set_criteria(Model *m);
TwRestriction *model_make_find(Model *m, TwRestriction **ret_inner);

G_END_DECLS
