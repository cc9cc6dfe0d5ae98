/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The list is made at log-on and never changes: numbers are places in it. It is no lock. What others take away meanwhile is
 * found out when it is asked for; what arrives meanwhile belongs to the next session.
 */
#include "groupware/mail-made.h"
#include "pop3/pop3-private.h"

enum {
    HEADS_AT_ONCE = 500,
    MOST_MADE = 1000, /* written at log-on to know how long they are; more have no mail */
};

/* ---- making it ---- */

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    const guint32 *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* What did not come as a mail is made into one; what cannot be has none. */
static gboolean
make(TwPop3Drop *drop, TwSession *session, TwPop3Entry *entry)
{
    TwMessagePlace place = {
        .session = session, .store = drop->store, .folder = drop->folder, .message = entry->mid
    };
    guint64 size;

    if (drop->made >= MOST_MADE || !tw_mail_made_size(&place, &size, NULL) ||
        size > TW_POP3_MADE_MOST)
        return FALSE;
    drop->made++;
    entry->size = (guint32) size;
    return TRUE;
}

static void
add(TwPop3Drop *drop, TwSession *session, const TwMailRow *row)
{
    TwPop3Entry entry = { .mid = row->row.mid };
    guint32 header_len;
    TwHead head;

    if (row->row.head == NULL || !tw_head_open(g_bytes_get_data(row->row.head, NULL),
                                               g_bytes_get_size(row->row.head), &head, NULL))
        return;
    entry.eid = tw_head_get_eid(&head);
    entry.has_mail = tw_head_get_mail(&head, &entry.size, &header_len);
    entry.made = !entry.has_mail && make(drop, session, &entry);
    g_array_append_val(drop->entries, entry);
}

/* Adds those of some messages that are still there, in their order. */
static gboolean
add_some(TwPop3Drop *drop, TwSession *session, const TwIndexRow *rows, guint count, GError **error)
{
    guint32 mids[HEADS_AT_ONCE];
    g_auto(TwMailRowsArgs)
        args = { .store = drop->store, .folder = drop->folder, .messages = { mids, count } };
    g_autoptr(GHashTable) by_mid = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < count; i++)
        mids[i] = rows[i].mid;
    qsort(mids, count, sizeof *mids, compare_mids);
    if (!tw_session_mail_rows(session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.rows->len; i++) {
        TwMailRow *row = &g_array_index(args.rows, TwMailRow, i);

        g_hash_table_insert(by_mid, GUINT_TO_POINTER(row->row.mid), row);
    }
    for (guint i = 0; i < count; i++) {
        const TwMailRow *row = g_hash_table_lookup(by_mid, GUINT_TO_POINTER(rows[i].mid));

        if (row != NULL)
            add(drop, session, row);
    }
    return TRUE;
}

gboolean
tw_pop3_drop_open(TwPop3Drop *drop, TwSession *session, GError **error)
{
    g_auto(TwStoreFindArgs) find = { 0 };
    g_auto(TwReceiveFolderArgs) receive = { .message_class = "IPM.Note" };
    g_auto(TwFolderWindowArgs) window = { 0 };

    if (!tw_session_store_find(session, &find, error))
        return FALSE;
    drop->store = receive.store = window.store = find.store;
    if (!tw_session_receive_folder(session, &receive, error))
        return FALSE;
    drop->folder = window.folder = receive.folder;
    if (!tw_session_folder_window(session, &window, error))
        return FALSE;
    if (window.rows->len > TW_SESSION_MOST_NUMBERS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "pop3: %u messages", window.rows->len);
        return FALSE;
    }
    drop->entries = g_array_sized_new(FALSE, FALSE, sizeof(TwPop3Entry), window.rows->len);
    for (guint at = 0; at < window.rows->len; at += HEADS_AT_ONCE) {
        guint count = MIN(window.rows->len - at, (guint) HEADS_AT_ONCE);

        if (!add_some(drop, session, &g_array_index(window.rows, TwIndexRow, at), count, error))
            return FALSE;
    }
    tw_pop3_drop_reset(drop);
    return TRUE;
}

void
tw_pop3_drop_clear(TwPop3Drop *drop)
{
    g_clear_pointer(&drop->entries, g_array_unref);
    *drop = (TwPop3Drop){ 0 };
}

/* ---- using it ---- */

TwPop3Entry *
tw_pop3_drop_get(const TwPop3Drop *drop, guint32 number)
{
    TwPop3Entry *entry;

    if (number == 0 || number > drop->entries->len)
        return NULL;
    entry = &g_array_index(drop->entries, TwPop3Entry, number - 1);
    return entry->deleted ? NULL : entry;
}

void
tw_pop3_drop_delete(TwPop3Drop *drop, TwPop3Entry *entry)
{
    entry->deleted = TRUE;
    drop->count--;
    drop->bytes -= entry->size;
}

void
tw_pop3_drop_reset(TwPop3Drop *drop)
{
    drop->count = drop->entries->len;
    drop->bytes = 0;
    for (guint i = 0; i < drop->entries->len; i++) {
        TwPop3Entry *entry = &g_array_index(drop->entries, TwPop3Entry, i);

        entry->deleted = FALSE;
        drop->bytes += entry->size;
    }
}

gboolean
tw_pop3_drop_update(TwPop3Drop *drop, TwSession *session, GError **error)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMessagesDeleteArgs) args = { .store = drop->store, .folder = drop->folder };

    for (guint i = 0; i < drop->entries->len; i++) {
        const TwPop3Entry *entry = &g_array_index(drop->entries, TwPop3Entry, i);

        if (entry->deleted)
            g_array_append_val(mids, entry->mid);
    }
    if (mids->len == 0)
        return TRUE;
    args.messages = (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
    return tw_session_messages_delete(session, &args, error);
}
