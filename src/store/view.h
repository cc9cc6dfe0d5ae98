/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A view: the rows of a table in one order, in memory. Pure: no SQL, no locks; who owns it serialises all calls.
 *
 * Entries stand in groups. Without categories there is one group, the root. With L levels of categories the groups of
 * depth 1 to L are headings, and entries stand in those of depth L. An entry keeps its whole sort key, so that it is found again by
 * binary search; a change touches the log of the view and one move of 4 bytes a row behind it.
 *
 * Who watches a view (an open table) is told of each single step while the view is in exactly the state that the step is about: so it
 * can say what its client has to do to its own copy.
 *
 * Private to store/.
 */
#pragma once

#include "mapi/sort.h"

G_BEGIN_DECLS

enum {
    /* Bytes of a sort key that are kept: eight columns of 255 characters would be 8 KB a row. Rows whose keys are equal so
     * far stand in order of arrival. */
    TW_VIEW_MAX_KEY = 1024,
    TW_VIEW_MAX_INSTANCES = 1024, /* rows that one object may be: values of one column that count */
};

/** TW_VIEW_HEADING: in a #TwViewPlace, the heading of the group itself. */
#define TW_VIEW_HEADING G_MAXUINT32

typedef struct TwView TwView;
typedef struct TwViewGroup TwViewGroup;

struct TwViewGroup {
    TwViewGroup *parent; /* NULL: the root */
    GPtrArray *groups;   /* owned; headings below it, in order; NULL in the lowest level */
    GArray *slots;       /* guint32: entries in order; NULL but in the lowest level */
    guint8 *key;         /* owned; its part of the sort keys */
    guint8 *extreme;     /* owned; what orders it among its siblings before the key, or NULL */
    guint16 key_len, extreme_len;
    guint32 number; /* of the heading, from 1, never given twice by a view; 0: the root */
    guint32 rows, unread;
    guint depth; /* 0: the root */
};

/* One row. */
typedef struct {
    guint64 prefix;     /* first bytes of the key as a number */
    guint8 *key;        /* owned; private; NULL in the order of no keys */
    TwViewGroup *group; /* where it stands; NULL: the slot is free */
    guint32 number;     /* object */
    guint32 order;      /* which value, where an object is one row a value */
    guint32
        next; /* slot of the next row of the object, or of the next free slot; G_MAXUINT32: none */
    gboolean unread;
} TwViewEntry;

/* Where a row is: an entry (slot) or the heading of @group. A group of NULL: behind the last row. */
typedef struct {
    TwViewGroup *group;
    guint32 slot;
    guint32 index; /* where in the group it was when it was found: a guess, for it may have moved */
} TwViewPlace;

/* What a view shows. Pointers are borrowed for as long as the view lives. */
typedef struct {
    TwSortOrder order;
    guint32 instance_tag; /* column of one row a value, or 0 */
    TwCollation collation;
    gboolean collated;     /* @collation is set */
    gboolean newest_first; /* in the order of no keys: larger numbers first */
} TwViewSpec;

/* Rows of one object on their way into a view. */
typedef struct {
    GArray *rows; /* private */
    guint32 number;
    gboolean unread;
} TwViewDraft;

typedef struct TwViewListener TwViewListener;

/* Each is called within the change. leaf_leaving and group_leaving: it is still in its place. */
typedef struct {
    void (*leaf_leaving)(TwViewListener *listener, guint32 slot, gboolean moving);
    void (*leaf_gone)(TwViewListener *listener, guint32 number, guint32 order);
    void (*leaf_came)(TwViewListener *listener, guint32 slot, gboolean moved);
    void (*leaf_changed)(TwViewListener *listener, guint32 slot);
    void (*group_leaving)(TwViewListener *listener, TwViewGroup *group);
    void (*group_came)(TwViewListener *listener, TwViewGroup *group);
    void (*group_changed)(TwViewListener *listener, TwViewGroup *group);
    void (*reordered)(TwViewListener *listener); /* headings changed places */
} TwViewListenerClass;

struct TwViewListener {
    const TwViewListenerClass *class_of;
};

/**
 * tw_view_new:
 * @spec: what it shows, copied
 *
 * Returns: (transfer full): an empty view
 */
TwView *tw_view_new(const TwViewSpec *spec);

/**
 * tw_view_free:
 * @view: (nullable) (transfer full): a view that nobody watches
 */
void tw_view_free(TwView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwView, tw_view_free)

/**
 * tw_view_draft_init:
 * @draft: caller's memory; use with g_auto; used again for the next object without being cleared
 */
void tw_view_draft_init(TwViewDraft *draft);

/**
 * tw_view_draft_clear:
 * @draft: a draft
 */
void tw_view_draft_clear(TwViewDraft *draft);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwViewDraft, tw_view_draft_clear)

/**
 * tw_view_draft_empty:
 * @draft: a draft
 * @number: an object that is not in the view any more
 */
void tw_view_draft_empty(TwViewDraft *draft, guint32 number);

/**
 * tw_view_draft_make:
 * @view: a view; only what it was made with is read, so any thread may do this at any time
 * @draft: (inout): gets the rows of the object
 * @number: the object
 * @unread: whether headings count it as unread
 * @source: its properties
 */
void tw_view_draft_make(const TwView *view,
                        TwViewDraft *draft,
                        guint32 number,
                        gboolean unread,
                        const TwPropSource *source);

/**
 * tw_view_fill:
 * @view: a view that is being made
 * @draft: (inout): rows that are put into it, in any order; each object once
 */
void tw_view_fill(TwView *view, TwViewDraft *draft);

/**
 * tw_view_finish:
 * @view: a view that was filled
 *
 * Sorts it, makes its groups; from now on it is changed by tw_view_apply().
 */
void tw_view_finish(TwView *view);

/**
 * tw_view_apply:
 * @view: a view
 * @drafts: (array length=count) (inout): what each of some objects is now; none, one or many rows
 * @count: how many
 * @listeners: (element-type TwViewListener): those who watch
 *
 * Brings the view up to date with some objects.
 */
void tw_view_apply(TwView *view, TwViewDraft *drafts, guint count, GPtrArray *listeners);

/**
 * tw_view_get_spec:
 * @view: a view
 *
 * Returns: (transfer none): what it shows
 */
const TwViewSpec *tw_view_get_spec(const TwView *view);

/**
 * tw_view_get_root:
 * @view: a view
 *
 * Returns: (transfer none): its root group
 */
TwViewGroup *tw_view_get_root(TwView *view);

/**
 * tw_view_get_levels:
 * @view: a view
 *
 * Returns: levels of headings
 */
guint tw_view_get_levels(const TwView *view);

/**
 * tw_view_get_bytes:
 * @view: a view
 *
 * Returns: about how much memory it takes
 */
gsize tw_view_get_bytes(const TwView *view);

/**
 * tw_view_get_numbers:
 * @view: a view
 *
 * Returns: headings it has numbered so far
 */
guint32 tw_view_get_numbers(const TwView *view);

/**
 * tw_view_entry:
 * @view: a view
 * @slot: of an entry
 *
 * Returns: (transfer none): the entry, until the next change of the view
 */
const TwViewEntry *tw_view_entry(const TwView *view, guint32 slot);

/**
 * tw_view_find:
 * @view: a view
 * @number: an object
 * @order: which of its rows
 * @ret_slot: (out): the entry
 *
 * Returns: whether it is there
 */
gboolean tw_view_find(const TwView *view, guint32 number, guint32 order, guint32 *ret_slot);

/**
 * tw_view_find_group:
 * @view: a view
 * @number: of a heading
 *
 * Returns: (transfer none) (nullable): its group, or NULL
 */
TwViewGroup *tw_view_find_group(const TwView *view, guint32 number);

/**
 * tw_view_find_group_by_keys:
 * @view: a view
 * @path: (array length=len): as tw_view_group_path() made it
 * @len: how many bytes
 *
 * Returns: (transfer none) (nullable): the group, or NULL
 */
TwViewGroup *tw_view_find_group_by_keys(TwView *view, const guint8 *path, gsize len);

/**
 * tw_view_group_path:
 * @group: a group
 * @out: (inout): takes what names it in every view of the same spec: for each level a length (2 bytes) and its key
 */
void tw_view_group_path(const TwViewGroup *group, TwBuffer *out);

/**
 * tw_view_group_index:
 * @group: a group that is not the root
 *
 * Returns: its index in groups of its parent
 */
guint tw_view_group_index(const TwViewGroup *group);

/**
 * tw_view_slot_index:
 * @view: a view
 * @slot: of an entry
 *
 * Returns: its index in slots of its group
 */
guint tw_view_slot_index(const TwView *view, guint32 slot);

/**
 * tw_view_put_key:
 * @view: a view
 * @slot: of an entry
 * @out: (inout): takes its sort key, for tw_view_lower_bound() and to see whether it moved
 */
void tw_view_put_key(const TwView *view, guint32 slot, TwBuffer *out);

/**
 * tw_view_lower_bound:
 * @view: a view
 * @key: (array length=len): a sort key, of this or another view of the same spec
 * @len: how many bytes
 * @number: the object it was of
 * @order: which of its rows
 *
 * Returns: the place of the first entry that does not come before it; behind the last one, none
 */
TwViewPlace tw_view_lower_bound(
    TwView *view, const guint8 *key, gsize len, guint32 number, guint32 order);

/**
 * tw_view_put_path:
 * @view: a view with levels
 * @depth: how many levels, at most those of the view
 * @source: values of the sort columns
 * @out: (inout): takes a path as of tw_view_group_path(), of the heading that these values have
 */
void tw_view_put_path(const TwView *view, guint depth, const TwPropSource *source, TwBuffer *out);

/**
 * tw_view_bound_of:
 * @view: a view
 * @source: values of the sort columns
 * @number: an object
 * @order: which of its rows
 *
 * Returns: as tw_view_lower_bound() for the key that these values have
 */
TwViewPlace tw_view_bound_of(TwView *view,
                             const TwPropSource *source,
                             guint32 number,
                             guint32 order);

/**
 * tw_view_check:
 * @view: a view
 *
 * For tests: ends the program if an invariant does not hold.
 */
void tw_view_check(TwView *view);

G_END_DECLS
