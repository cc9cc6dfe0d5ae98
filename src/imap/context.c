/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/context.h"

#include <string.h>

enum {
    OUT_MOST = 8 << 20
};

typedef struct {
    char *tag;
    gboolean uid, sorted;
    TwImapFind find;
    GBytes *asked;
    GArray *uids; /* guint32: what the client knows to be found, in its order */
} Context;

static void
free_context(gpointer data)
{
    Context *context = data;

    g_free(context->tag);
    g_bytes_unref(context->asked);
    g_array_unref(context->uids);
    g_free(context);
}

static GArray *
uids_of(const GArray *rows)
{
    GArray *uids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), rows->len);

    for (guint i = 0; i < rows->len; i++)
        g_array_append_val(uids, g_array_index(rows, TwIndexRow, i).uid);
    return uids;
}

void
tw_imap_context_begin(TwImapPeer *peer,
                      TwImapFind find,
                      const TwCursor *asked,
                      const TwImapFound *found)
{
    TwImapView *view = &peer->view;
    Context *context;

    if (view->contexts == NULL)
        view->contexts = g_ptr_array_new_with_free_func(free_context);
    if (found->numbers || view->contexts->len == TW_IMAP_CONTEXTS_MAX) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);

        tw_imap_put_text(&out, "* NO [NOUPDATE ");
        tw_imap_put_string(&out, peer->tag, strlen(peer->tag));
        tw_imap_put_text(&out, "] This search is not kept\r\n");
        tw_imap_write(peer, &out);
        return;
    }
    context = g_new0(Context, 1);
    context->tag = g_strdup(peer->tag);
    context->uid = peer->uid;
    context->sorted = find != tw_imap_find_by_keys;
    context->find = find;
    context->asked = g_bytes_new(asked->next, asked->left);
    context->uids = uids_of(found->rows);
    g_ptr_array_add(view->contexts, context);
}

gboolean
tw_imap_context_end(TwImapView *view, const char *tag)
{
    for (guint i = 0; view->contexts != NULL && i < view->contexts->len; i++) {
        if (strcmp(((const Context *) view->contexts->pdata[i])->tag, tag) == 0)
            return g_ptr_array_remove_index(view->contexts, i) != NULL;
    }
    return FALSE;
}

/* ---- what is told ---- */

typedef struct {
    const TwImapPeer *peer;
    const Context *context;
    TwBuffer *out;
    const char *word; /* ADDTO */
    GArray *ranges;   /* TwImapRange of what is not sorted; nullable */
    gboolean any;
} Telling;

static guint32
number_of(const Telling *telling, guint32 uid)
{
    return telling->context->uid ? uid : tw_imap_uids_find(&telling->peer->view.uids, uid);
}

static void
begin(Telling *telling)
{
    if (telling->any)
        return;
    telling->any = TRUE;
    tw_imap_put_text(telling->out, "* ESEARCH (TAG ");
    tw_imap_put_string(telling->out, telling->context->tag, strlen(telling->context->tag));
    tw_imap_put_text(telling->out, telling->context->uid ? ") UID " : ") ");
    tw_imap_put_text(telling->out, telling->word);
    tw_imap_put_text(telling->out, " (");
}

/* position: from 1. */
static void
tell(Telling *telling, guint position, guint32 uid)
{
    guint32 number = number_of(telling, uid);

    if (number == 0)
        return;
    if (!telling->context->sorted) {
        if (telling->ranges == NULL)
            telling->ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
        tw_imap_ranges_add(telling->ranges, number);
        return;
    }
    if (telling->any)
        tw_buffer_put_u8(telling->out, ' ');
    begin(telling);
    tw_imap_put_number(telling->out, position);
    tw_buffer_put_u8(telling->out, ' ');
    tw_imap_put_number(telling->out, number);
}

static void
end(Telling *telling)
{
    if (telling->ranges != NULL) {
        begin(telling);
        tw_imap_put_text(telling->out, "0 ");
        tw_imap_ranges_put(telling->out, telling->ranges);
        g_clear_pointer(&telling->ranges, g_array_unref);
    }
    if (telling->any)
        tw_imap_put_text(telling->out, ")\r\n");
}

static GHashTable *
set_of(const GArray *uids)
{
    GHashTable *set = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < uids->len; i++)
        g_hash_table_add(set, GUINT_TO_POINTER(g_array_index(uids, guint32, i)));
    return set;
}

static gboolean
has(GHashTable *set, guint32 uid)
{
    return g_hash_table_contains(set, GUINT_TO_POINTER(uid));
}

/* Takes those of the set out, or those that are not of it. Of what is sorted the last one first, so that positions hold. */
static void
take_out(const TwImapPeer *peer, TwBuffer *out, Context *context, GHashTable *set, gboolean those)
{
    Telling telling = { .peer = peer, .context = context, .out = out, .word = "REMOVEFROM" };
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < context->uids->len; i++) {
        guint at = context->sorted ? context->uids->len - 1 - i : i;
        guint32 uid = g_array_index(context->uids, guint32, at);

        if (has(set, uid) == those)
            tell(&telling, at + 1, uid);
    }
    end(&telling);
    for (guint i = 0; i < context->uids->len; i++) {
        guint32 uid = g_array_index(context->uids, guint32, i);

        if (has(set, uid) != those)
            g_array_append_val(kept, uid);
    }
    g_array_set_size(context->uids, 0);
    g_array_append_vals(context->uids, kept->data, kept->len);
}

void
tw_imap_contexts_gone(TwImapPeer *peer, TwBuffer *out, const GArray *gone)
{
    const GPtrArray *contexts = peer->view.contexts;
    g_autoptr(GHashTable) set = contexts != NULL ? set_of(gone) : NULL;

    for (guint i = 0; contexts != NULL && i < contexts->len; i++)
        take_out(peer, out, contexts->pdata[i], set, TRUE);
}

/* Whether what stays is in the order in which it was. */
static gboolean
keeps_order(const Context *context, const GArray *now)
{
    g_autoptr(GHashTable) before = set_of(context->uids);
    guint at = 0;

    for (guint i = 0; i < now->len; i++) {
        guint32 uid = g_array_index(now, guint32, i);

        if (!has(before, uid))
            continue;
        if (g_array_index(context->uids, guint32, at++) != uid)
            return FALSE;
    }
    return TRUE;
}

static void
update(TwImapPeer *peer, Context *context, TwBuffer *out)
{
    TwCursor args =
        tw_cursor_init(g_bytes_get_data(context->asked, NULL), g_bytes_get_size(context->asked));
    Telling telling = { .peer = peer, .context = context, .out = out, .word = "ADDTO" };
    g_autoptr(GHashTable) wanted = NULL, known = NULL;
    g_autoptr(GArray) now = NULL, rows = NULL;
    TwImapFound found;

    /* what cannot be read now is told later */
    if (!context->find(peer, &args, &found, NULL) || found.rows == NULL)
        return;
    rows = found.rows;
    now = uids_of(rows);
    wanted = set_of(now);
    take_out(peer, out, context, wanted, FALSE);
    if (!keeps_order(context, now))
        take_out(peer, out, context, wanted, TRUE);
    known = set_of(context->uids);
    for (guint i = 0; i < now->len; i++) {
        guint32 uid = g_array_index(now, guint32, i);

        if (!has(known, uid))
            tell(&telling, i + 1, uid);
    }
    end(&telling);
    g_array_unref(context->uids);
    context->uids = g_steal_pointer(&now);
}

void
tw_imap_contexts_update(TwImapPeer *peer)
{
    const GPtrArray *contexts = peer->view.contexts;

    for (guint i = 0; contexts != NULL && i < contexts->len; i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);

        update(peer, contexts->pdata[i], &out);
        tw_imap_write(peer, &out);
    }
}
