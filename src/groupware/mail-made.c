/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/mail-made.h"

#include <string.h>

#include "base/error.h"
#include "groupware/meeting-mail.h"
#include "groupware/session-names.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"

/* TwMailResolveFunc: of somebody of the address book that the session may know of. */
static char *
resolve(gpointer data, const guint8 *bytes, gsize len)
{
    TwSession *session = data;
    g_autoptr(TwEntryId) id = tw_entryid_parse(bytes, len, NULL);
    g_auto(TwIdFindArgs) find = { 0 };
    g_auto(TwBookGetArgs) get = { 0 };
    const TwDirectoryObject *entry = NULL;

    if (id == NULL || id->kind != TW_ENTRYID_BOOK || id->book.type == TW_BOOK_CONTAINER)
        return NULL;
    if (id->book.external != NULL) {
        find.id = id->book.external;
        if (tw_session_id_find(session, &find, NULL))
            entry = find.entry;
    } else if (id->book.number != 0) {
        get.user = id->book.number;
        if (tw_session_book_get(session, &get, NULL))
            entry = get.entry;
    }
    return entry != NULL && strchr(entry->mail, '@') != NULL ? g_strdup(entry->mail) : NULL;
}

/* What a flag or a keyword changes without another uid. */
static void
leave_out_state(TwNameMap *names, TwObject *object)
{
    static const TwKnownName known[] = { TW_PidNameKeywords, TW_PidLidFlagRequest };

    tw_object_remove(object, PR_READ_RECEIPT_REQUESTED);
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        TwNamedProp name = tw_known_name(known[i]);
        const TwNamedProp *const list[] = { &name };
        guint16 id = 0;

        if (names->funcs->get_ids(names, list, 1, FALSE, &id, NULL) && id != 0)
            tw_object_remove(object, tw_prop_tag(id, TW_PT_UNSPECIFIED));
    }
}

gboolean
tw_mail_made_write(
    TwMessagePlace *place, guint64 *ret_cn, TwMailSinkFunc sink, gpointer data, GError **error)
{
    g_autoptr(TwNameMap) names = tw_session_names_new(place->session);
    TwValueSource source = tw_message_place_values(place);
    TwMailOptions options = { .names = names,
                              .source = &source,
                              .resolve = resolve,
                              .data = place->session,
                              .tnef = TW_MAIL_TNEF_NEVER,
                              .flags = TW_MAIL_BCC | TW_MAIL_RECEIVED };
    TwMeetingWriter meeting;
    g_auto(TwMessageReadArgs)
        read = { .store = place->store, .folder = place->folder, .message = place->message };

    if (!tw_session_message_read(place->session, &read, error))
        return FALSE;
    leave_out_state(names, read.object);
    if (ret_cn != NULL)
        *ret_cn = read.row.cn;
    tw_meeting_mail_prepare(&meeting, &options);
    return tw_mail_write(read.object, &options, sink, data, error);
}

/* ---- all of it ---- */

typedef struct {
    GByteArray *bytes;
    gsize most;
} Collected;

static gboolean
collect(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    Collected *all = data;

    if (len > all->most - all->bytes->len) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a mail of more than %zu bytes", all->most);
        return FALSE;
    }
    g_byte_array_append(all->bytes, bytes, (guint) len);
    return TRUE;
}

GBytes *
tw_mail_made_bytes(TwMessagePlace *place, gsize most, guint64 *ret_cn, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Collected all = { bytes, MIN(most, (gsize) G_MAXINT32) };

    if (!tw_mail_made_write(place, ret_cn, collect, &all, error))
        return NULL;
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

static gboolean
count(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    guint64 *total = data;

    (void) bytes;
    (void) error;
    *total += len;
    return TRUE;
}

gboolean
tw_mail_made_size(TwMessagePlace *place, guint64 *ret, GError **error)
{
    guint64 total = 0;

    if (!tw_mail_made_write(place, NULL, count, &total, error))
        return FALSE;
    *ret = total;
    return TRUE;
}
