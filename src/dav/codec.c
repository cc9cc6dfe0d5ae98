/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages as texts and back: iCalendar in calendars, vCard in address books. Texts that were made are kept for a while. */
#include "dav/attachment.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "mapi/global-id.h"

/* ---- reading messages ---- */

TwObject *
tw_dav_item_read(TwDavCall *call,
                 const TwGuid *store,
                 guint32 folder,
                 guint32 mid,
                 guint64 *ret_cn,
                 GError **error)
{
    g_auto(TwMessageReadArgs) read = { .store = *store, .folder = folder, .message = mid };

    if (!tw_session_message_read(call->session, &read, error))
        return NULL;
    call->place = (TwMessagePlace){
        .session = call->session, .store = *store, .folder = folder, .message = mid
    };
    call->source = tw_message_place_values(&call->place);
    call->ical.source = &call->source;
    if (ret_cn != NULL)
        *ret_cn = read.row.cn;
    return g_steal_pointer(&read.object);
}

/* ---- what others see ---- */

gboolean
tw_dav_entry_seen(const TwDavCall *call, const TwDavEntry *entry)
{
    const TwDavFolder *folder = call->target.folder;
    gboolean inbox = folder != NULL && folder->holds == TW_DAV_HOLDS_INBOX;

    return !entry->is_private || call->target.owner.own || call->target.owner.is_public ||
           (entry->kind == TW_DAV_EVENT && !inbox);
}

/* When it is, and nothing else. */
static TwObject *
mask(TwDavCall *call, const TwObject *object, GError **error)
{
    static const TwKnownName kept[] = {
        TW_PidLidGlobalObjectId,
        TW_PidLidCleanGlobalObjectId,
        TW_PidLidAppointmentStartWhole,
        TW_PidLidAppointmentEndWhole,
        TW_PidLidCommonStart,
        TW_PidLidCommonEnd,
        TW_PidLidAppointmentRecur,
        TW_PidLidAppointmentTimeZoneDefinitionRecur,
        TW_PidLidAppointmentTimeZoneDefinitionStartDisplay,
        TW_PidLidAppointmentTimeZoneDefinitionEndDisplay,
        TW_PidLidTimeZoneStruct,
        TW_PidLidAppointmentSubType,
        TW_PidLidBusyStatus,
        TW_PidLidRecurring,
    };
    static const guint32 tags[] = {
        PR_SOURCE_KEY,   PR_SEARCH_KEY, PR_ENTRYID, PR_SENSITIVITY, PR_LAST_MODIFICATION_TIME,
        PR_CREATION_TIME
    };
    g_autoptr(TwObject) out = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue value = tw_value_str(PR_MESSAGE_CLASS, "IPM.Appointment");
    TwPropValue subject = tw_value_str(PR_SUBJECT, "Private");

    if (!tw_object_set(out, &value, error) || !tw_object_set(out, &subject, error))
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(kept) + G_N_ELEMENTS(tags); i++) {
        guint32 tag =
            i < G_N_ELEMENTS(kept) ? tw_dav_named_tag(call, kept[i]) : tags[i - G_N_ELEMENTS(kept)];
        if (tag != 0 && tw_object_get(object, tag, &value) && !tw_object_set(out, &value, error))
            return NULL;
    }
    return tw_object_seal(out, error) ? g_steal_pointer(&out) : NULL;
}

TwObject *
tw_dav_entry_read(TwDavCall *call, const TwDavEntry *entry, GError **error)
{
    g_autoptr(TwObject) object = tw_dav_item_read(
        call, &call->target.owner.store, call->target.folder->number, entry->mid, NULL, error);

    if (object != NULL && entry->is_private && !call->target.owner.own &&
        !call->target.owner.is_public)
        return mask(call, object, error);
    return g_steal_pointer(&object);
}

/* ---- texts that were made ---- */

typedef struct {
    char *key; /* (owned) */
    GBytes *text;
    GList link; /* of the queue, the last used first */
} Kept;

static void
kept_free(gpointer data)
{
    Kept *kept = data;

    g_free(kept->key);
    g_bytes_unref(kept->text);
    g_free(kept);
}

void
tw_dav_texts_init(TwDavTexts *texts)
{
    texts->by_key = g_hash_table_new_full(tw_hash_str, g_str_equal, NULL, kept_free);
    g_queue_init(&texts->order);
    tw_lock_init(&texts->lock);
}

void
tw_dav_texts_clear(TwDavTexts *texts)
{
    g_hash_table_unref(texts->by_key);
    tw_lock_clear(&texts->lock);
}

GBytes *
tw_dav_texts_get(TwDavTexts *texts, const char *key)
{
    Kept *kept;
    TW_LOCK_SCOPE(&texts->lock);

    kept = g_hash_table_lookup(texts->by_key, key);
    if (kept == NULL)
        return NULL;
    g_queue_unlink(&texts->order, &kept->link);
    g_queue_push_head_link(&texts->order, &kept->link);
    return g_bytes_ref(kept->text);
}

void
tw_dav_texts_put(TwDavTexts *texts, const char *key, GBytes *text)
{
    Kept *kept;
    TW_LOCK_SCOPE(&texts->lock);

    if (g_bytes_get_size(text) > TW_DAV_MAX_KEPT_TEXT || g_hash_table_contains(texts->by_key, key))
        return;
    kept = g_new0(Kept, 1);
    kept->key = g_strdup(key);
    kept->text = g_bytes_ref(text);
    kept->link.data = kept;
    g_hash_table_insert(texts->by_key, kept->key, kept);
    g_queue_push_head_link(&texts->order, &kept->link);
    texts->bytes += g_bytes_get_size(text);
    while (texts->bytes > TW_DAV_MAX_KEPT_TEXTS) {
        const Kept *oldest = g_queue_pop_tail_link(&texts->order)->data;
        texts->bytes -= g_bytes_get_size(oldest->text);
        g_hash_table_remove(texts->by_key, oldest->key);
    }
}

/* ---- texts ---- */

/* A message of the inbox, with its method. */
static GBytes *
write_message(TwDavCall *call, const TwObject *message, GError **error)
{
    TwMailOutPart part = { .text = NULL };

    if (!tw_ical_write_part(&call->ical, message, &part, error))
        return NULL;
    g_free(part.method);
    if (part.text == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "a message about no meeting");
    return part.text;
}

static GBytes *
write_text(TwDavCall *call, const TwDavEntry *entry, TwVcardVersion version, GError **error)
{
    g_autoptr(TwObject) object = tw_dav_entry_read(call, entry, error);
    const TwObject *const objects[] = { object };
    TwVcardOptions cards = { call->names, call->dav->zone, &call->source, version };
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(GBytes) text = NULL;

    if (object == NULL)
        return NULL;
    if (call->target.folder->holds == TW_DAV_HOLDS_INBOX)
        return write_message(call, object, error);
    if (entry->kind == TW_DAV_BUSY)
        return tw_value_source_load(&call->source, object,
                                    tw_dav_named_tag(call, TW_PidLidInboundICalStream),
                                    TW_DAV_MAX_ITEM, error);
    if (entry->kind == TW_DAV_CARD)
        return tw_vcard_write(objects, 1, &cards, error);
    lines = tw_dav_attachments_take(call, entry->name, object, error);
    if (lines == NULL)
        return NULL;
    text = tw_dav_schedule_answers(
        call, object, tw_ical_write(objects, 1, TW_ICAL_NO_METHOD, NULL, &call->ical, error));
    return text != NULL ? tw_dav_text_with_lines(text, lines) : NULL;
}

GBytes *
tw_dav_entry_text(TwDavCall *call, const TwDavEntry *entry, TwVcardVersion version, GError **error)
{
    const TwDavTarget *target = &call->target;
    char guid[TW_GUID_TEXT_SIZE];
    g_autofree char *origin = tw_dav_origin(call); /* links are of the name that the client knows */
    g_autofree char *key = NULL;
    GBytes *text;

    if (target->folder->holds == TW_DAV_HOLDS_DIRECTORY)
        return tw_dav_directory_text(call, entry, version, error);
    tw_guid_print(&target->owner.store, TW_GUID_BRACED, guid);
    key = g_strdup_printf(
        "%s/%u/%" G_GUINT64_FORMAT "/%d/%d/%s", guid, entry->mid, entry->cn, (int) version,
        entry->is_private && !target->owner.own && !target->owner.is_public, origin);
    text = tw_dav_texts_get(&call->dav->texts, key);
    if (text != NULL)
        return text;
    text = write_text(call, entry, version, error);
    if (text != NULL)
        tw_dav_texts_put(&call->dav->texts, key, text);
    return text;
}

const char *
tw_dav_content_type(const TwDavEntry *entry)
{
    switch (entry->kind) {
    case TW_DAV_EVENT:
        return "text/calendar; charset=utf-8; component=vevent";
    case TW_DAV_TODO:
        return "text/calendar; charset=utf-8; component=vtodo";
    case TW_DAV_JOURNAL:
        return "text/calendar; charset=utf-8; component=vjournal";
    case TW_DAV_BUSY:
        return "text/calendar; charset=utf-8; component=vfreebusy";
    case TW_DAV_CARD:
        break;
    }
    return "text/vcard; charset=utf-8";
}

/* ---- bodies ---- */

void
tw_dav_body_clear(TwDavBody *body)
{
    g_clear_pointer(&body->ical, tw_ical_free);
    g_clear_pointer(&body->cards, g_ptr_array_unref);
    g_clear_pointer(&body->made, tw_object_free);
    g_clear_pointer(&body->own_uid, g_free);
}

static gboolean
has_type(const TwDavCall *call, const char *const *types)
{
    const char *have = tw_http_head_get(call->head, "Content-Type");
    gsize len = have != NULL ? strcspn(have, "; \t") : 0;

    if (len == 0)
        return TRUE;
    for (; *types != NULL; types++) {
        if (strlen(*types) == len && g_ascii_strncasecmp(*types, have, len) == 0)
            return TRUE;
    }
    return FALSE;
}

/* RFC 5545, 3.1 and RFC 6350, 3.1: UTF-8 without controls. */
static gboolean
is_text(GBytes *bytes)
{
    gsize len;
    const guint8 *text = g_bytes_get_data(bytes, &len);

    for (gsize i = 0; i < len; i++) {
        if (text[i] < 0x20 && text[i] != '\r' && text[i] != '\n' && text[i] != '\t')
            return FALSE;
    }
    return g_utf8_validate((const char *) text, (gssize) len, NULL);
}

/* RFC 4791, 4.1: components of one kind, beside their zones. */
static gboolean
has_one_kind(GBytes *bytes)
{
    g_autoptr(TwContentTree) tree =
        tw_lines_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const char *kind = NULL;

    for (const TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = node->next) {
        if (strcmp(node->name, "VTIMEZONE") == 0)
            continue;
        if (kind != NULL && strcmp(kind, node->name) != 0)
            return FALSE;
        kind = node->name;
    }
    return TRUE;
}

static gboolean
holds(const TwDavFolder *folder, TwDavItemKind kind)
{
    return (folder->takes & 1u << kind) != 0;
}

/* A VFREEBUSY is nothing that MAPI knows: its text is kept as it is. */
static const char *
read_busy(TwDavCall *call, GBytes *bytes, TwDavBody *ret)
{
    const guint8 *text = g_bytes_get_data(bytes, NULL);
    g_autoptr(TwContentTree) tree = tw_lines_parse(text, g_bytes_get_size(bytes), NULL);
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const TwContentNode *busy = calendar != NULL ? tw_lines_child(calendar, "VFREEBUSY") : NULL;
    const TwContentLine *uid = busy != NULL ? tw_lines_find(busy, "UID") : NULL;
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GBytes) id = uid != NULL ? tw_global_id_from_uid(uid->value, -1) : NULL;
    TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, TW_DAV_BUSY_CLASS),
        tw_value_str(PR_SUBJECT, "Free/Busy"),
        tw_value_bytes(tw_dav_named_tag(call, TW_PidLidGlobalObjectId),
                       id != NULL ? g_bytes_get_data(id, NULL) : NULL,
                       id != NULL ? g_bytes_get_size(id) : 0),
        tw_value_bytes(tw_dav_named_tag(call, TW_PidLidInboundICalStream), text,
                       g_bytes_get_size(bytes)),
    };

    if (id == NULL)
        return "valid-calendar-object-resource";
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(object, &values[i], NULL))
            return "valid-calendar-data";
    }
    ret->own_uid = tw_global_id_to_uid(g_bytes_get_data(id, NULL), g_bytes_get_size(id));
    ret->made = g_steal_pointer(&object);
    ret->object = ret->made;
    ret->uid = ret->own_uid;
    ret->kind = TW_DAV_BUSY;
    return NULL;
}

static const char *
read_calendar(TwDavCall *call, const TwDavFolder *folder, GBytes *bytes, TwDavBody *ret)
{
    const TwIcalItem *item;

    call->ical.source = NULL;
    ret->ical =
        tw_ical_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &call->ical, NULL);
    if (ret->ical == NULL)
        return "valid-calendar-data";
    if (ret->ical->items->len == 0 && ret->ical->has_busy &&
        ret->ical->method == TW_ICAL_NO_METHOD && holds(folder, TW_DAV_BUSY))
        return read_busy(call, bytes, ret);
    if (ret->ical->items->len != 1 || ret->ical->bad_items > 0 ||
        ret->ical->method != TW_ICAL_NO_METHOD || !has_one_kind(bytes))
        return "valid-calendar-object-resource";
    item = ret->ical->items->pdata[0];
    ret->object = item->object;
    ret->uid = item->uid;
    ret->kind = (TwDavItemKind) item->kind;
    return holds(folder, ret->kind) ? NULL : "supported-calendar-component";
}

/* RFC 6352, 5.1 and 6.3.2.1: one card, well formed, of a version that is served, with one UID. */
static const char *
wrong_with_card(GBytes *bytes)
{
    g_autoptr(TwContentTree) tree =
        tw_lines_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    const TwContentNode *card = tree != NULL ? tw_lines_child(tree->root, "VCARD") : NULL;
    const TwContentLine *version = card != NULL ? tw_lines_find(card, "VERSION") : NULL;
    const TwContentLine *uid = card != NULL ? tw_lines_find(card, "UID") : NULL;

    if (version == NULL || tree->bad_lines > 0 || uid == NULL || uid->value_len == 0 ||
        tw_lines_next(uid) != NULL)
        return "valid-address-data";
    return strcmp(version->value, "3.0") == 0 || strcmp(version->value, "4.0") == 0
               ? NULL
               : "supported-address-data";
}

static const char *
read_card(TwDavCall *call, const TwDavFolder *folder, GBytes *bytes, TwDavBody *ret)
{
    TwVcardOptions options = { call->names, call->dav->zone, NULL, TW_VCARD_AS_KEPT };
    const char *wrong = wrong_with_card(bytes);
    const TwVcardItem *item;

    if (wrong != NULL)
        return wrong;
    ret->cards =
        tw_vcard_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &options, NULL);
    if (ret->cards == NULL || ret->cards->len != 1 || !holds(folder, TW_DAV_CARD))
        return "valid-address-data";
    item = ret->cards->pdata[0];
    ret->object = item->object;
    ret->uid = item->uid;
    ret->kind = TW_DAV_CARD;
    return NULL;
}

gboolean
tw_dav_body_read(TwDavCall *call, const TwDavFolder *folder, GBytes *bytes, TwDavBody *ret)
{
    static const char *const calendars[] = { "text/calendar", "text/plain",
                                             "application/octet-stream", NULL };
    static const char *const cards[] = {
        "text/vcard", "text/x-vcard", "text/directory", "text/plain", "application/octet-stream",
        NULL
    };
    gboolean card = tw_dav_folder_space(folder) == TW_DAV_BOOKS;
    const char *ns = card ? TW_DAV_NS_CARDDAV : TW_DAV_NS_CALDAV;
    g_autoptr(GBytes) bare = NULL;
    const char *wrong;

    if (!has_type(call, card ? cards : calendars)) {
        tw_dav_refuse(call, 403, ns, card ? "supported-address-data" : "supported-calendar-data");
        return FALSE;
    }
    if (!is_text(bytes)) {
        tw_dav_refuse(call, 403, ns, card ? "valid-address-data" : "valid-calendar-data");
        return FALSE;
    }
    bare = card ? NULL : tw_dav_bare_text(call, bytes);
    wrong = card ? read_card(call, folder, bytes, ret)
                 : read_calendar(call, folder, bare != NULL ? bare : bytes, ret);
    if (wrong == NULL)
        return TRUE;
    tw_dav_body_clear(ret);
    tw_dav_refuse(call, 403, ns, wrong);
    return FALSE;
}

/* ---- what a text said ---- */

TwObject *
tw_dav_said_before(TwDavCall *call, const TwObject *old, TwDavSpace space)
{
    TwVcardOptions options = { call->names, call->dav->zone, &call->source, TW_VCARD_AS_KEPT };
    const TwObject *const objects[] = { old };
    g_autoptr(GBytes) text = NULL;
    g_autoptr(GPtrArray) cards = NULL;
    g_autoptr(TwIcal) ical = NULL;
    const guint8 *bytes;
    gsize len;

    text = space == TW_DAV_BOOKS
               ? tw_vcard_write(objects, 1, &options, NULL)
               : tw_ical_write(objects, 1, TW_ICAL_NO_METHOD, NULL, &call->ical, NULL);
    if (text == NULL)
        return NULL;
    bytes = g_bytes_get_data(text, &len);
    if (space == TW_DAV_BOOKS) {
        cards = tw_vcard_read(bytes, len, &options, NULL);
        return cards != NULL && cards->len == 1
                   ? tw_object_copy(((const TwVcardItem *) cards->pdata[0])->object)
                   : NULL;
    }
    ical = tw_ical_read(bytes, len, &call->ical, NULL);
    return ical != NULL && ical->items->len == 1
               ? tw_object_copy(((const TwIcalItem *) ical->items->pdata[0])->object)
               : NULL;
}
