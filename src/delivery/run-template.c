/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Templates that rules answer by: hidden messages of the Inbox. A rule names one by its entry id, and by a GUID that the template
 * has as PR_REPLY_TEMPLATE_ID: a mailbox that was moved or restored has other entry ids, and the same GUIDs.
 */
#include "delivery/run-private.h"

#include <string.h>

#include "mapi/tags.h"

#define TEMPLATE_CLASS "IPM.Note.Rules."

enum {
    MOST_HIDDEN = 1000, /* hidden messages of an Inbox that are looked at */
};

static TwObject *
read_message(const TwRun *run, const TwBox *box, guint32 message, GError **error)
{
    g_auto(TwMessageReadArgs) read = { .store = box->place.store, .message = message };

    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_READ, &read, error))
        return NULL;
    return g_steal_pointer(&read.object);
}

static TwObject *
by_entry_id(const TwRun *run, const TwBox *box, const TwAction *action, GError **error)
{
    g_autoptr(GBytes) id = g_bytes_new(action->message, action->message_len);
    g_auto(TwEntryIdFindArgs) find = { .entry_id = id };

    if (!tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_ENTRY_ID_FIND, &find, error))
        return NULL;
    if (find.type == TW_OBJECT_ID_MESSAGE && tw_guid_equal(&find.store, &box->place.store))
        return read_message(run, box, find.message, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "it names no template here");
    return NULL;
}

static gboolean
may_be_template(const TwMessageRow *row)
{
    gsize len;
    const guint8 *data = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
    TwPropValue value;
    TwHead head;

    return data != NULL && tw_head_open(data, len, &head, NULL) &&
           tw_head_get(&head, PR_MESSAGE_CLASS, &value) == TW_HEAD_FOUND &&
           g_ascii_strncasecmp(value.text, TEMPLATE_CLASS, strlen(TEMPLATE_CLASS)) == 0;
}

static TwObject *
by_guid(const TwRun *run, const TwBox *box, const TwAction *action)
{
    static const guint8 none[TW_GUID_LEN] = { 0 };
    g_auto(TwMessageListArgs) list = { .store = box->place.store,
                                       .folder = box->inbox,
                                       .state = TW_MESSAGE_ASSOC,
                                       .most = MOST_HIDDEN,
                                       .heads = TRUE };

    if (memcmp(action->guid, none, sizeof none) == 0 ||
        !tw_delivery_call(run->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_LIST, &list, NULL))
        return NULL;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);
        g_autoptr(TwObject) object =
            may_be_template(row) ? read_message(run, box, row->mid, NULL) : NULL;
        TwPropValue value;

        if (object != NULL && tw_object_get(object, PR_REPLY_TEMPLATE_ID, &value) &&
            value.len == sizeof action->guid && memcmp(value.data, action->guid, value.len) == 0)
            return g_steal_pointer(&object);
    }
    return NULL;
}

TwObject *
tw_run_template(const TwRun *run, const TwBox *box, const TwAction *action, GError **error)
{
    g_autoptr(GError) local = NULL;
    TwObject *object = by_entry_id(run, box, action, &local);

    if (object == NULL && (g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND) ||
                           g_error_matches(local, TW_ERROR, TW_ERROR_INVALID)))
        object = by_guid(run, box, action);
    if (object == NULL)
        g_propagate_error(error, g_steal_pointer(&local));
    return object;
}
