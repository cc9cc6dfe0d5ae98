/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of default folders: what layout.c and layout-names.c share. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Columns of the table of names. */
enum {
    LAYOUT_NAME_INBOX,
    LAYOUT_NAME_SENT,
    LAYOUT_NAME_DELETED,
    LAYOUT_NAME_OUTBOX,
    LAYOUT_NAME_DRAFTS,
    LAYOUT_NAME_CALENDAR,
    LAYOUT_NAME_CONTACTS,
    LAYOUT_NAME_TASKS,
    LAYOUT_NAME_NOTES,
    LAYOUT_NAME_JOURNAL,
    LAYOUT_NAME_JUNK,
    LAYOUT_NAMES,
};

/* The same for folders that are translated into fewer languages. */
enum {
    LAYOUT_MORE_RSS,
    LAYOUT_MORE_SUGGESTED,
    LAYOUT_MORE_SYNC_ISSUES,
    LAYOUT_MORE_CONFLICTS,
    LAYOUT_MORE_LOCAL_FAILURES,
    LAYOUT_MORE_SERVER_FAILURES,
    LAYOUT_MORES,
};

typedef struct {
    const char *language;
    const char *names[LAYOUT_NAMES];
} LayoutNames;

typedef struct {
    const char *language;
    const char *names[LAYOUT_MORES];
} LayoutMoreNames;

extern const LayoutNames tw_layout_names[]; /* by language, in the order of strcmp() */
extern const guint tw_layout_names_count;
extern const LayoutMoreNames tw_layout_more_names[];
extern const guint tw_layout_more_names_count;

G_END_DECLS
