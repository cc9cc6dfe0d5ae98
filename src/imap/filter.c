/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/filter.h"

#include <string.h>

static const char *const words[] = {
    [TW_IMAP_FILTER_SELECTED] = "SELECTED",
    [TW_IMAP_FILTER_SELECTED_DELAYED] = "SELECTED-DELAYED",
    [TW_IMAP_FILTER_INBOXES] = "INBOXES",
    [TW_IMAP_FILTER_PERSONAL] = "PERSONAL",
    [TW_IMAP_FILTER_SUBSCRIBED] = "SUBSCRIBED",
    [TW_IMAP_FILTER_SUBTREE] = "SUBTREE",
    [TW_IMAP_FILTER_SUBTREE_ONE] = "SUBTREE-ONE",
    [TW_IMAP_FILTER_MAILBOXES] = "MAILBOXES",
};

void
tw_imap_filter_clear(TwImapFilter *filter)
{
    g_clear_pointer(&filter->names, g_ptr_array_unref);
}

static void
clear_filter(gpointer filter)
{
    tw_imap_filter_clear(filter);
}

GArray *
tw_imap_filters_new(void)
{
    GArray *filters = g_array_new(FALSE, TRUE, sizeof(TwImapFilter));

    g_array_set_clear_func(filters, clear_filter);
    return filters;
}

/* One name, or some in parentheses. */
static gboolean
take_names(TwImapPeer *peer, TwCursor *args, GPtrArray *names)
{
    gboolean list = tw_imap_take_char(args, '(');

    do {
        char *name;

        if (names->len == TW_IMAP_FILTER_NAMES_MAX || !tw_imap_take_mailbox(peer, args, &name))
            return FALSE;
        g_ptr_array_add(names, name);
    } while (list && tw_imap_take_char(args, ' '));
    return !list || tw_imap_take_char(args, ')');
}

gboolean
tw_imap_take_filter(TwImapPeer *peer, TwCursor *args, TwImapFilter *ret)
{
    g_auto(TwImapFilter) filter = { 0 };
    guint kind = 0;

    while (kind < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[kind]))
        kind++;
    if (kind == G_N_ELEMENTS(words))
        return FALSE;
    filter.kind = (TwImapFilterKind) kind;
    if (kind >= TW_IMAP_FILTER_SUBTREE) {
        filter.names = g_ptr_array_new_with_free_func(g_free);
        if (!tw_imap_take_char(args, ' ') || !take_names(peer, args, filter.names))
            return FALSE;
    }
    *ret = filter;
    filter.names = NULL;
    return TRUE;
}

/* Whether a name is that of a mailbox, or of one above it that is no further up than allowed. */
static gboolean
is_named(const TwImapFilter *filter, const char *name)
{
    for (guint i = 0; i < filter->names->len; i++) {
        const char *top = filter->names->pdata[i];
        gsize len = strlen(top);

        if (strcmp(top, name) == 0)
            return TRUE;
        if (filter->kind == TW_IMAP_FILTER_MAILBOXES || strncmp(name, top, len) != 0 ||
            (len > 0 && name[len] != TW_IMAP_DELIMITER))
            continue;
        if (filter->kind == TW_IMAP_FILTER_SUBTREE ||
            strchr(name + len + (len > 0), TW_IMAP_DELIMITER) == NULL)
            return TRUE;
    }
    return FALSE;
}

gboolean
tw_imap_filter_means(const TwImapFilter *filter,
                     const TwImapPeer *peer,
                     const TwImapBox *box,
                     GHashTable *subscribed)
{
    switch (filter->kind) {
    case TW_IMAP_FILTER_SELECTED:
    case TW_IMAP_FILTER_SELECTED_DELAYED:
        return peer->state == TW_IMAP_SELECTED && box->folder == peer->view.folder &&
               memcmp(&box->store, &peer->view.store, sizeof box->store) == 0;
    case TW_IMAP_FILTER_INBOXES:
        return strcmp(box->name, "INBOX") == 0;
    case TW_IMAP_FILTER_PERSONAL:
        return memcmp(&box->store, &peer->store, sizeof box->store) == 0;
    case TW_IMAP_FILTER_SUBSCRIBED:
        return subscribed != NULL && g_hash_table_contains(subscribed, box->name);
    case TW_IMAP_FILTER_SUBTREE:
    case TW_IMAP_FILTER_SUBTREE_ONE:
    case TW_IMAP_FILTER_MAILBOXES:
        return is_named(filter, box->name);
    }
    return FALSE;
}

static gboolean
may_be_below(const TwImapFilter *filter, const char *top)
{
    gsize len = strlen(top);

    for (guint i = 0; filter->names != NULL && i < filter->names->len; i++) {
        const char *name = filter->names->pdata[i];

        if (*name == '\0' || strncmp(name, top, len) == 0)
            return TRUE;
    }
    return filter->kind <= TW_IMAP_FILTER_SELECTED_DELAYED ||
           filter->kind == TW_IMAP_FILTER_SUBSCRIBED;
}

guint
tw_imap_filters_tree(const GArray *filters)
{
    guint which = 0;

    for (guint i = 0; i < filters->len; i++) {
        const TwImapFilter *filter = &g_array_index(filters, TwImapFilter, i);

        if (may_be_below(filter, TW_IMAP_PUBLIC_NAME))
            which |= TW_IMAP_TREE_PUBLIC;
        if (may_be_below(filter, TW_IMAP_SHARED_NAME))
            which |= TW_IMAP_TREE_SHARED;
    }
    return which;
}
