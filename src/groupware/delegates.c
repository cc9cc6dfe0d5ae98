/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/delegates.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"

enum {
    FLAG_PRIVATE = 1,    /* of PR_DELEGATE_FLAGS */
    LIST_MOST = 8 << 20, /* bytes of one list of names or entry ids */
};

/* ---- a list ---- */

static void
clear_delegate(gpointer data)
{
    TwDelegate *delegate = data;

    g_free(delegate->name);
    g_clear_pointer(&delegate->id, g_bytes_unref);
}

static GArray *
new_list(void)
{
    GArray *list = g_array_new(FALSE, TRUE, sizeof(TwDelegate));

    g_array_set_clear_func(list, clear_delegate);
    return list;
}

void
tw_delegates_clear(TwDelegates *delegates)
{
    g_clear_pointer(&delegates->list, g_array_unref);
    *delegates = (TwDelegates){ 0 };
}

static TwDelegate *
find_user(const TwDelegates *delegates, guint32 user)
{
    for (guint i = 0; delegates->list != NULL && i < delegates->list->len; i++) {
        TwDelegate *one = &g_array_index(delegates->list, TwDelegate, i);
        if (one->user == user)
            return one;
    }
    return NULL;
}

const TwDelegate *
tw_delegates_find(const TwDelegates *delegates, guint32 user)
{
    return user != 0 ? find_user(delegates, user) : NULL;
}

void
tw_delegates_add(TwDelegates *delegates, guint32 user, gboolean sees_private)
{
    TwDelegate *there = find_user(delegates, user);
    TwDelegate fresh = { .user = user, .sees_private = sees_private };

    if (there != NULL) {
        there->sees_private = sees_private;
        return;
    }
    if (delegates->list == NULL)
        delegates->list = new_list();
    g_array_append_val(delegates->list, fresh);
}

gboolean
tw_delegates_remove(TwDelegates *delegates, guint32 user)
{
    TwDelegate *there = user != 0 ? find_user(delegates, user) : NULL;

    if (there == NULL)
        return FALSE;
    g_array_remove_index(delegates->list,
                         (guint) (there - &g_array_index(delegates->list, TwDelegate, 0)));
    return TRUE;
}

/* ---- reading ---- */

static gboolean
is_set(const TwObject *message, guint32 tag)
{
    TwPropValue value;

    return tw_object_get(message, tag, &value) && value.tag == tag && value.u4 != 0;
}

static gboolean
get_list(const TwObject *message, guint32 tag, TwPropValue *ret)
{
    return tw_object_get(message, tag, ret) && ret->tag == tag;
}

void
tw_delegates_read(const TwObject *message, TwDelegates *ret)
{
    TwPropValue ids, names, flags, item;
    gboolean has_names = get_list(message, PR_SCHDINFO_DELEGATE_NAMES, &names);
    gboolean has_flags = get_list(message, PR_DELEGATE_FLAGS, &flags);

    *ret = (TwDelegates){
        .list = new_list(),
        .boss_copy = is_set(message, PR_SCHDINFO_BOSS_WANTS_COPY),
        .boss_info = is_set(message, PR_SCHDINFO_BOSS_WANTS_INFO),
        .accept = is_set(message, PR_PROCESS_MEETING_REQUESTS),
        .decline_recurring = is_set(message, PR_DECLINE_RECURRING_MEETING_REQUESTS),
        .decline_conflicts = is_set(message, PR_DECLINE_CONFLICTING_MEETING_REQUESTS),
        .months = tw_object_get_long(message, PR_FREEBUSY_COUNT_MONTHS, 0),
    };
    if (!get_list(message, PR_SCHDINFO_DELEGATE_ENTRYIDS, &ids))
        return;
    for (guint i = 0; i < TW_DELEGATES_MOST && tw_value_item(&ids, i, &item); i++) {
        TwDelegate one = { .id = g_bytes_new(item.data, item.len) };
        if (has_names && tw_value_item(&names, i, &item))
            one.name = g_strndup(item.text, item.len);
        if (has_flags && tw_value_item(&flags, i, &item))
            one.sees_private = (item.u4 & FLAG_PRIVATE) != 0;
        g_array_append_val(ret->list, one);
        /* cppcheck-suppress memleak ; the array owns what it has */
    }
}

/* ---- writing ---- */

/* One of the three lists; an empty one is no property. */
static gboolean
set_list(const GArray *list, guint32 tag, TwObject *message, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LIST_MOST);
    g_auto(TwListBuilder) builder;
    TwPropValue value;

    tw_list_builder_init(&builder, tag);
    for (guint i = 0; i < list->len; i++) {
        const TwDelegate *one = &g_array_index(list, TwDelegate, i);
        gsize len;
        const void *id = g_bytes_get_data(one->id, &len);
        if (tag == PR_SCHDINFO_DELEGATE_NAMES)
            tw_list_builder_add(&builder, one->name, strlen(one->name));
        else
            tw_list_builder_add(&builder, id, len);
    }
    return tw_list_builder_finish(&builder, &out, &value, error) &&
           tw_object_set(message, &value, error);
}

static gboolean
set_flags(const GArray *list, TwObject *message, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LIST_MOST);
    TwPropValue value;

    for (guint i = 0; i < list->len; i++)
        tw_buffer_put_u32le(
            &out, g_array_index(list, TwDelegate, i).sees_private ? (guint32) FLAG_PRIVATE : 0);
    value = tw_value_bytes(PR_DELEGATE_FLAGS, out.data, out.len);
    return tw_object_set(message, &value, error);
}

static gboolean
set_lists(const GArray *list, TwObject *message, GError **error)
{
    if (list != NULL && list->len > 0)
        return set_list(list, PR_SCHDINFO_DELEGATE_NAMES, message, error) &&
               set_list(list, PR_SCHDINFO_DELEGATE_ENTRYIDS, message, error) &&
               set_flags(list, message, error);
    tw_object_remove(message, PR_SCHDINFO_DELEGATE_NAMES);
    tw_object_remove(message, PR_SCHDINFO_DELEGATE_ENTRYIDS);
    tw_object_remove(message, PR_DELEGATE_FLAGS);
    return TRUE;
}

gboolean
tw_delegates_write(const TwDelegates *delegates, TwObject *message, GError **error)
{
    gboolean any = delegates->list != NULL && delegates->list->len > 0;
    const TwPropValue values[] = {
        tw_value_bool(PR_SCHDINFO_BOSS_WANTS_COPY, delegates->boss_copy),
        tw_value_bool(PR_SCHDINFO_BOSS_WANTS_INFO, delegates->boss_info),
        tw_value_bool(PR_SCHDINFO_DONT_MAIL_DELEGATES, any),
        tw_value_long(PR_SCHDINFO_RESOURCE_TYPE, 0),
        tw_value_bool(PR_PROCESS_MEETING_REQUESTS, delegates->accept),
        tw_value_bool(PR_DECLINE_RECURRING_MEETING_REQUESTS, delegates->decline_recurring),
        tw_value_bool(PR_DECLINE_CONFLICTING_MEETING_REQUESTS, delegates->decline_conflicts),
    };
    TwPropValue months = tw_value_long(PR_FREEBUSY_COUNT_MONTHS, delegates->months);

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(message, &values[i], error))
            return FALSE;
    }
    return set_lists(delegates->list, message, error) &&
           (delegates->months == 0 || tw_object_set(message, &months, error));
}
