/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages that did not come as mails, made into such. The same version of a message gives the same bytes each time: what
 * flags and keywords change is left out of them, and a save that changes the rest gives the message a new uid. So bytes that
 * were forgotten are made anew, and a client does not see it.
 */
#include <string.h>

#include "convert/mail-out.h"
#include "imap/imap-private.h"
#include "mapi/entryid.h"
#include "mapi/part.h"
#include "mapi/tags.h"

enum {
    MADE_MOST = 128 << 20, /* bytes of one mail */
};

/* ---- named properties ---- */

typedef struct {
    TwNameMap base;
    TwSession *session; /* borrowed */
    GPtrArray *kept;    /* TwNamedProp that were given out */
} Names;

static gboolean
get_ids(TwNameMap *base,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    Names *own = (Names *) base;
    g_auto(TwNamesToIdsArgs) args = { .names = { names, (guint) count }, .create = create };

    if (!tw_session_names_to_ids(own->session, &args, error))
        return FALSE;
    for (gsize i = 0; i < count; i++)
        ret_ids[i] = (guint16) g_array_index(args.ids, guint32, i);
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *base, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    Names *own = (Names *) base;
    g_autofree guint32 *wide = g_new(guint32, MAX(count, 1));
    g_auto(TwIdsToNamesArgs) args = { .ids = { wide, (guint) count } };

    for (gsize i = 0; i < count; i++)
        wide[i] = ids[i];
    if (!tw_session_ids_to_names(own->session, &args, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwNamedProp *name = args.names->pdata[i];

        ret_names[i] = NULL;
        if (name != NULL) {
            TwNamedProp *copy = tw_named_prop_copy(name);

            g_ptr_array_add(own->kept, copy);
            ret_names[i] = copy;
        }
    }
    return TRUE;
}

static void
free_names(TwNameMap *base)
{
    Names *own = (Names *) base;

    g_ptr_array_unref(own->kept);
    g_free(own);
}

static TwNameMap *
names_of(TwSession *session)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, free_names };
    Names *own = g_new0(Names, 1);

    own->base.funcs = &funcs;
    own->session = session;
    own->kept = g_ptr_array_new_with_free_func(g_free);
    return &own->base;
}

/* ---- large values ---- */

typedef struct {
    TwSession *session;
    const TwGuid *store;
    guint32 folder, message;
} Place;

static void
put_steps(TwPart *part, const TwObject *node)
{
    const TwObject *nodes[2 * TW_PART_MAX_DEPTH + 4];
    guint count = 0;

    for (; tw_object_get_parent(node) != NULL && count < G_N_ELEMENTS(nodes);
         node = tw_object_get_parent(node))
        nodes[count++] = node;
    while (count-- > 0) {
        TwObjectKind kind = tw_object_get_kind(nodes[count]);

        tw_part_push(part,
                     kind == TW_OBJECT_ATTACHMENT  ? TW_PART_ATTACHMENT
                     : kind == TW_OBJECT_RECIPIENT ? TW_PART_RECIPIENT
                                                   : TW_PART_EMBEDDED,
                     tw_object_get_number(nodes[count]));
    }
}

static gboolean
read_value(gpointer data,
           const TwObject *node,
           guint32 tag,
           guint64 offset,
           void *buf,
           gsize len,
           gsize *ret_len,
           GError **error)
{
    const Place *place = data;
    TwPart part = { .len = 0 };
    g_autoptr(GBytes) path = NULL;
    g_auto(TwValueReadArgs) args = { .store = *place->store,
                                     .folder = place->folder,
                                     .message = place->message,
                                     .offset = offset,
                                     .most = (guint32) MIN(len, (gsize) TW_SESSION_MOST_BYTES) };

    put_steps(&part, node);
    tw_part_push(&part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
    path = g_bytes_new(part.bytes, part.len);
    args.path = path;
    if (!tw_session_value_read(place->session, &args, error))
        return FALSE;
    *ret_len = MIN(len, g_bytes_get_size(args.bytes));
    if (*ret_len > 0)
        memcpy(buf, g_bytes_get_data(args.bytes, NULL), *ret_len);
    return TRUE;
}

/* ---- addresses ---- */

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

/* ---- bytes ---- */

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

static GBytes *
make(TwImapPeer *peer,
     const TwGuid *store,
     guint32 folder,
     guint32 message,
     guint64 *ret_cn,
     GError **error)
{
    g_autoptr(TwNameMap) names = names_of(peer->session);
    Place place = { peer->session, store, folder, message };
    TwValueSource source = { .read = read_value, .data = &place };
    TwMailOptions options = { .names = names,
                              .source = &source,
                              .resolve = resolve,
                              .data = peer->session,
                              .tnef = TW_MAIL_TNEF_NEVER,
                              .flags = TW_MAIL_BCC | TW_MAIL_RECEIVED };
    g_auto(TwMessageReadArgs) read = { .store = *store, .folder = folder, .message = message };

    if (!tw_session_message_read(peer->session, &read, error))
        return NULL;
    leave_out_state(names, read.object);
    *ret_cn = read.row.cn;
    return tw_mail_write_bytes(read.object, &options, MADE_MOST, error);
}

static TwImapCacheKey
key_of(const TwGuid *store, guint32 message, guint64 cn)
{
    return (TwImapCacheKey){ .store = *store, .message = message, .cn = cn };
}

GBytes *
tw_imap_made_bytes(
    TwImapPeer *peer, const TwGuid *store, guint32 folder, guint32 message, GError **error)
{
    g_auto(TwMessageGetArgs) get = { .store = *store, .folder = folder, .message = message };
    TwImapCacheKey key;
    GBytes *bytes;

    /* asked each time: whether the session may read it, and which version it is */
    if (!tw_session_message_get(peer->session, &get, error))
        return NULL;
    key = key_of(store, message, get.row.cn);
    bytes = tw_imap_cache_get(tw_imap_mails(peer->imap), &key);
    if (bytes != NULL)
        return bytes;
    bytes = make(peer, store, folder, message, &key.cn, error);
    if (bytes != NULL)
        tw_imap_cache_put(tw_imap_mails(peer->imap), &key, bytes);
    return bytes;
}

GBytes *
tw_imap_made_summary(TwImapPeer *peer, const TwGuid *store, const TwMessageRow *row)
{
    TwImapCacheKey key = key_of(store, row->mid, row->cn);

    return tw_imap_cache_get(tw_imap_summaries(peer->imap), &key);
}

void
tw_imap_made_keep_summary(TwImapPeer *peer,
                          const TwGuid *store,
                          const TwMessageRow *row,
                          GBytes *summary)
{
    TwImapCacheKey key = key_of(store, row->mid, row->cn);

    tw_imap_cache_put(tw_imap_summaries(peer->imap), &key, summary);
}
