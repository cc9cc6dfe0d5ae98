/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/attachment.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "convert/mime-header.h"
#include "dav/schedule.h"
#include "net/http-uri.h"

enum {
    BY_VALUE = 1, /* PR_ATTACH_METHOD */
    ID_BYTES = 16,
};

/* ---- which ---- */

static const char *
id_of(TwDavCall *call, const TwObject *attachment)
{
    guint32 tag = tw_dav_managed_id_tag(call);

    return tag != 0 && tw_object_get_long(attachment, PR_ATTACH_METHOD, 0) == BY_VALUE
               ? tw_object_get_text(attachment, tag, NULL)
               : NULL;
}

static TwObject *
find(TwDavCall *call, const TwObject *object, const char *id)
{
    for (guint i = 0; id != NULL && i < tw_object_count(object, TW_OBJECT_ATTACHMENT); i++) {
        TwObject *attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, i);
        if (g_strcmp0(id_of(call, attachment), id) == 0)
            return attachment;
    }
    return NULL;
}

/* ---- links ---- */

static char *
url_of(TwDavCall *call, const char *name, const char *id)
{
    const TwDavTarget *target = &call->target;
    g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, name);
    g_autofree char *origin = tw_dav_origin(call);

    return g_strconcat(origin, href, "?managed-id=", id, NULL);
}

static char *
line_of(TwDavCall *call, const char *name, const TwObject *attachment, const char *id)
{
    g_autoptr(GString) out = g_string_new("ATTACH");
    const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, NULL);
    const char *file = tw_object_get_text(attachment, PR_ATTACH_LONG_FILENAME, NULL);
    g_autofree char *url = url_of(call, name, id);
    guint64 len = 0;

    (void) tw_value_source_len(attachment, PR_ATTACH_DATA_BIN, &len);
    tw_lines_put_param(out, "MANAGED-ID", id);
    if (type != NULL)
        tw_lines_put_param(out, "FMTTYPE", type);
    if (file != NULL)
        tw_lines_put_param(out, "FILENAME", file);
    g_string_append_printf(out, ";SIZE=%" G_GUINT64_FORMAT ":%s", len, url);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

GPtrArray *
tw_dav_attachments_take(TwDavCall *call, const char *name, TwObject *object, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = tw_object_count(object, TW_OBJECT_ATTACHMENT); i-- > 0;) {
        TwObject *attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, i);
        const char *id = id_of(call, attachment);
        if (id == NULL)
            continue;
        g_ptr_array_insert(lines, 0, line_of(call, name, attachment, id));
        tw_object_remove_child(object, TW_OBJECT_ATTACHMENT, tw_object_get_number(attachment));
    }
    return lines->len == 0 || tw_object_seal(object, error) ? g_steal_pointer(&lines) : NULL;
}

/* ---- through a PUT ---- */

GBytes *
tw_dav_bare_text(TwDavCall *call, GBytes *text)
{
    if (call->managed == NULL)
        call->managed = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    return tw_dav_text_without_managed(text, call->managed);
}

static gboolean
copy_attachment(TwDavCall *call, const TwObject *from, TwObject *object, GError **error)
{
    g_autoptr(GBytes) data =
        tw_value_source_load(&call->source, from, PR_ATTACH_DATA_BIN, TW_DAV_MAX_ITEM, error);
    TwObject *to = data != NULL
                       ? tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, error)
                       : NULL;
    g_autoptr(GArray) tags = tw_object_list_tags(from);
    TwPropValue value;

    if (to == NULL)
        return FALSE;
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        if (tag != PR_ATTACH_DATA_BIN && tag != PR_ATTACH_NUM && tw_object_get(from, tag, &value) &&
            !tw_object_set(to, &value, error))
            return FALSE;
    }
    value = tw_value_bytes(PR_ATTACH_DATA_BIN, g_bytes_get_data(data, NULL),
                           (guint32) g_bytes_get_size(data));
    return tw_object_set(to, &value, error);
}

gboolean
tw_dav_attachments_keep(TwDavCall *call, const TwObject *old, TwObject *object, GError **error)
{
    GHashTableIter iter;
    gpointer id;

    if (call->managed == NULL || g_hash_table_size(call->managed) == 0)
        return TRUE;
    g_hash_table_iter_init(&iter, call->managed);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        const TwObject *there = old != NULL ? find(call, old, id) : NULL;
        /* a whole calendar names those of all its items */
        if (there == NULL && call->target.whole)
            continue;
        if (there == NULL) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such managed attachment");
            return FALSE;
        }
        if (!copy_attachment(call, there, object, error))
            return FALSE;
    }
    return tw_object_seal(object, error);
}

/* ---- reading ---- */

static TwHttpQuery *
query_of(const TwDavCall *call)
{
    const char *text = call->head->query;

    return tw_http_query_parse(text, text != NULL ? strlen(text) : 0, NULL);
}

/* Nobody else's page is to be taken for one of ours: it is a file, whatever is in it. */
static void
answer_file(TwDavCall *call, const TwObject *attachment, GBytes *data)
{
    const char *type = tw_object_get_text(attachment, PR_ATTACH_MIME_TAG, NULL);
    const char *file = tw_object_get_text(attachment, PR_ATTACH_LONG_FILENAME, "");
    g_autofree char *escaped = g_uri_escape_string(file, NULL, FALSE);
    g_autofree char *field = g_strconcat("attachment; filename*=UTF-8''", escaped, NULL);
    TwHttpResponse *response = tw_http_response_new(200);

    tw_http_response_add_header(response, "Content-Disposition", field);
    tw_http_response_add_header(response, "X-Content-Type-Options", "nosniff");
    tw_http_response_set_body(response, type != NULL ? type : "application/octet-stream", data);
    tw_http_request_respond(call->http, response);
}

gboolean
tw_dav_attachment_get(TwDavCall *call, const TwDavEntry *entry)
{
    g_autoptr(TwHttpQuery) query = query_of(call);
    const char *id = query != NULL ? tw_http_query_get(query, "managed-id") : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GBytes) data = NULL;
    const TwObject *attachment;

    if (id == NULL)
        return FALSE;
    object = tw_dav_entry_read(call, entry, &error);
    attachment = object != NULL ? find(call, object, id) : NULL;
    if (attachment != NULL)
        data = tw_value_source_load(&call->source, attachment, PR_ATTACH_DATA_BIN, TW_DAV_MAX_ITEM,
                                    &error);
    if (data != NULL)
        answer_file(call, attachment, data);
    else if (error != NULL)
        tw_dav_fail(call, error);
    else
        tw_http_request_respond_error(call->http, 404);
    return TRUE;
}

/* ---- changing ---- */

typedef enum {
    ADD,
    UPDATE,
    REMOVE,
} Action;

typedef struct {
    Action action;
    const char *id; /* (nullable): what is changed */
    char *new_id;   /* (owned) (nullable): what was made */
} Change;

static gboolean
refuse(TwDavCall *call, const char *name)
{
    tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, name);
    return FALSE;
}

/* RFC 8607, 3.3; FALSE: the refusal was sent. */
static gboolean
read_action(TwDavCall *call, const TwHttpQuery *query, Change *ret)
{
    static const char *const words[] = { "attachment-add", "attachment-update",
                                         "attachment-remove" };
    const char *word = query != NULL ? tw_http_query_get(query, "action") : NULL;

    for (guint i = 0; word != NULL && i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        ret->action = (Action) i;
        ret->id = tw_http_query_get(query, "managed-id");
        if ((ret->id == NULL) != (ret->action == ADD))
            return refuse(call, "valid-managed-id-parameter");
        /* "calendar-managed-attachments-no-recurrence" */
        if (tw_http_query_get(query, "rid") != NULL)
            return refuse(call, "valid-rid-parameter");
        return TRUE;
    }
    return refuse(call, "valid-action-parameter");
}

static char *
file_name(const TwDavCall *call)
{
    static const char language[] = "UTF-8''";
    const char *field = tw_http_head_get(call->head, "Content-Disposition");
    TwMimeValue *value =
        field != NULL ? tw_mime_value_parse((const guint8 *) field, strlen(field)) : NULL;
    const TwMimeParam *extended = value != NULL ? tw_mime_value_get(value, "filename*") : NULL;
    const TwMimeParam *plain = value != NULL ? tw_mime_value_get(value, "filename") : NULL;
    char *name = NULL;

    if (extended != NULL && g_ascii_strncasecmp(extended->value, language, strlen(language)) == 0)
        name = g_uri_unescape_string(extended->value + strlen(language), NULL);
    if (name == NULL && plain != NULL && plain->value_len > 0)
        name = g_utf8_make_valid(plain->value, -1);
    if (name != NULL && !g_utf8_validate(name, -1, NULL))
        g_clear_pointer(&name, g_free);
    tw_mime_value_free(value);
    return name != NULL ? name : g_strdup("attachment");
}

static gboolean
add(TwDavCall *call, TwObject *object, GBytes *data, Change *change, GError **error)
{
    const char *field = tw_http_head_get(call->head, "Content-Type");
    g_autofree char *type = field != NULL ? g_strndup(field, strcspn(field, "; \t")) : NULL;
    g_autofree char *name = file_name(call);
    guint8 bytes[ID_BYTES];
    g_autoptr(GString) id = g_string_new(NULL);
    TwObject *attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, error);

    if (attachment == NULL)
        return FALSE;
    tw_random_bytes(bytes, sizeof bytes);
    for (guint i = 0; i < sizeof bytes; i++)
        g_string_append_printf(id, "%02x", bytes[i]);
    {
        const TwPropValue values[] = {
            tw_value_long(PR_ATTACH_METHOD, BY_VALUE),
            tw_value_bytes(PR_ATTACH_DATA_BIN, g_bytes_get_data(data, NULL),
                           (guint32) g_bytes_get_size(data)),
            tw_value_str(PR_ATTACH_LONG_FILENAME, name),
            tw_value_str(PR_ATTACH_FILENAME, name),
            tw_value_str(PR_DISPLAY_NAME, name),
            tw_value_str(PR_ATTACH_MIME_TAG,
                         type != NULL && type[0] != '\0' ? type : "application/octet-stream"),
            tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32),
            tw_value_str(tw_dav_managed_id_tag(call), id->str),
        };
        for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
            if (!tw_object_set(attachment, &values[i], error))
                return FALSE;
        }
    }
    change->new_id = g_string_free(g_steal_pointer(&id), FALSE);
    return TRUE;
}

/* Changes the message in hand; FALSE: the refusal was sent, or @error is set. */
static gboolean
apply(TwDavCall *call, TwObject *object, Change *change, GError **error)
{
    TwObject *there = find(call, object, change->id);
    g_autoptr(GBytes) data = NULL;

    if (change->action != ADD && there == NULL)
        return refuse(call, "valid-managed-id-parameter");
    if (change->action != REMOVE) {
        data = tw_http_request_get_body(call->http, TW_DAV_MAX_ITEM, NULL);
        if (data == NULL)
            return refuse(call, "max-attachment-size");
        if (change->action == ADD &&
            tw_object_count(object, TW_OBJECT_ATTACHMENT) >= TW_DAV_MAX_ATTACHMENTS)
            return refuse(call, "max-attachments-per-resource");
    }
    if (there != NULL)
        tw_object_remove_child(object, TW_OBJECT_ATTACHMENT, tw_object_get_number(there));
    return (data == NULL || add(call, object, data, change, error)) &&
           tw_object_seal(object, error);
}

/* The others of a meeting get what the organiser changed. */
static gboolean
save(TwDavCall *call,
     const TwDavEntry *entry,
     const TwObject *before,
     TwObject *object,
     guint64 cn,
     GError **error)
{
    const TwDavTarget *target = &call->target;
    g_auto(TwMessageSaveArgs) args = { .store = target->owner.store,
                                       .folder = target->folder->number,
                                       .message = entry->mid,
                                       .object = object,
                                       .cn = cn };
    g_auto(TwDavSchedule) schedule = { .messages = NULL };

    call->tells_all = TRUE;
    if ((entry->kind == TW_DAV_EVENT &&
         !tw_dav_schedule_prepare(&schedule, call, before, object, error)) ||
        !tw_session_message_save(call->session, &args, error))
        return FALSE;
    tw_dav_schedule_send(&schedule);
    return TRUE;
}

static void
answer(TwDavCall *call, const Change *change)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, NULL);
    g_autoptr(TwDavEntryRef) entry = index != NULL ? tw_dav_index_find(index, target->item) : NULL;
    g_autoptr(GBytes) text = entry != NULL && call->representation
                                 ? tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL)
                                 : NULL;
    TwHttpResponse *response = tw_http_response_new(change->action == ADD ? 201
                                                    : text != NULL        ? 200
                                                                          : 204);

    if (entry != NULL) {
        g_autofree char *tag = tw_dav_schedule_tag(call, entry);
        tw_dav_add_etag(response, entry);
        if (tag != NULL)
            tw_http_response_add_header(response, "Schedule-Tag", tag);
    }
    if (change->new_id != NULL) {
        g_autofree char *url = url_of(call, target->item, change->new_id);
        tw_http_response_add_header(response, "Cal-Managed-ID", change->new_id);
        tw_http_response_add_header(response, "Location", url);
    }
    if (text != NULL) {
        tw_http_response_add_header(response, "Preference-Applied", "return=representation");
        tw_http_response_add_header(response, "Content-Location", call->head->path);
        tw_http_response_set_body(response, tw_dav_content_type(entry), text);
    }
    tw_http_request_respond(call->http, response);
}

void
tw_dav_attachment_post(TwDavCall *call, const TwDavEntry *entry)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwHttpQuery) query = query_of(call);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;
    g_autoptr(TwObject) before = NULL;
    Change change = { .action = ADD };
    guint64 cn = 0;

    if (!read_action(call, query, &change))
        return;
    object = tw_dav_item_read(call, &target->owner.store, target->folder->number, entry->mid, &cn,
                              &error);
    if (object == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    before = tw_object_copy(object);
    if (!apply(call, object, &change, &error)) {
        if (error != NULL)
            tw_dav_fail(call, error);
    } else if (!save(call, entry, before, object, cn, &error)) {
        tw_dav_fail(call, error);
    } else {
        answer(call, &change);
    }
    g_free(change.new_id);
}
