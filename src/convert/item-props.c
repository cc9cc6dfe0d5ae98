/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/item-props.h"

#include <string.h>

#include "mapi/entryid.h"
#include "mapi/keys.h"
#include "mapi/tags.h"
#include "mapi/timezone.h"

enum {
    NO_ID = 1,
    MAX_ENTRYID = 8 * 1024,
    MAX_LIST = 16 * 1024 * 1024,
};

const TwItemRole tw_item_representing = {
    PR_SENT_REPRESENTING_ENTRYID,    PR_SENT_REPRESENTING_NAME,
    PR_SENT_REPRESENTING_ADDRTYPE,   PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    PR_SENT_REPRESENTING_SEARCH_KEY, PR_SENT_REPRESENTING_SMTP_ADDRESS,
};
const TwItemRole tw_item_sender = {
    PR_SENDER_ENTRYID,       PR_SENDER_NAME,       PR_SENDER_ADDRTYPE,
    PR_SENDER_EMAIL_ADDRESS, PR_SENDER_SEARCH_KEY, PR_SENDER_SMTP_ADDRESS,
};
const TwItemRole tw_item_recipient = {
    PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};

void
tw_item_names_init(TwItemNames *names, TwNameMap *map, gboolean create)
{
    memset(names, 0, sizeof *names);
    names->map = map;
    names->create = create;
}

void
tw_item_names_clear(TwItemNames *names)
{
    g_clear_error(&names->error);
}

guint32
tw_item_tag(TwItemNames *names, TwKnownName which)
{
    guint16 id = names->ids[which];

    if (id == 0) {
        TwNamedProp name = tw_known_name(which);
        if (!tw_name_map_get_ids(names->map, &name, 1, names->create, &id,
                                 names->error == NULL ? &names->error : NULL))
            id = 0;
        names->ids[which] = id != 0 ? id : NO_ID;
    }
    return names->ids[which] == NO_ID ? 0
                                      : tw_prop_tag(names->ids[which], tw_known_name_type(which));
}

void
tw_item_set(TwItemNames *names, TwObject *object, TwPropValue value)
{
    if (value.tag != 0)
        tw_object_set(object, &value, names->error == NULL ? &names->error : NULL);
}

void
tw_item_set_text(TwItemNames *names, TwObject *object, guint32 tag, const char *text)
{
    if (text != NULL && text[0] != '\0')
        tw_item_set(names, object, tw_value_str(tag, text));
}

void
tw_item_set_bytes(TwItemNames *names, TwObject *object, guint32 tag, GBytes *bytes)
{
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return;
    data = g_bytes_get_data(bytes, &len);
    tw_item_set(names, object, tw_value_bytes(tag, data, len));
}

void
tw_item_set_list(TwItemNames *names, TwObject *object, guint32 tag, GPtrArray *list)
{
    g_auto(TwListBuilder) builder = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MAX_LIST);
    TwPropValue value;

    if (tag == 0 || list->len == 0)
        return;
    tw_list_builder_init(&builder, tag);
    for (guint i = 0; i < list->len; i++)
        tw_list_builder_add(&builder, list->pdata[i], strlen(list->pdata[i]));
    if (tw_list_builder_finish(&builder, &out, &value, names->error == NULL ? &names->error : NULL))
        tw_item_set(names, object, value);
}

void
tw_item_set_role(TwItemNames *names,
                 TwObject *object,
                 const TwItemRole *role,
                 const char *name,
                 const char *address)
{
    g_auto(TwBuffer) entryid = TW_BUFFER_INIT(MAX_ENTRYID);
    g_autoptr(GBytes) key = tw_search_key_make("SMTP", address, NULL);
    g_autofree char *shown = g_strdup(name[0] != '\0' ? name : address);
    g_autofree char *copy = g_strdup(address);
    char type[] = "SMTP";
    TwOneOff one_off = { TW_ONE_OFF_NO_RICH_TEXT, shown, type, copy };

    tw_item_set_text(names, object, role->name, shown);
    tw_item_set_text(names, object, role->type, type);
    tw_item_set_text(names, object, role->address, address);
    tw_item_set_text(names, object, role->smtp, address);
    tw_item_set_bytes(names, object, role->search_key, key);
    if (strlen(shown) > TW_ENTRYID_MAX_TEXT || strlen(address) > TW_ENTRYID_MAX_TEXT)
        return;
    tw_one_off_write(&one_off, &entryid);
    if (!tw_buffer_failed(&entryid))
        tw_item_set(names, object, tw_value_bytes(role->entryid, entryid.data, entryid.len));
}

char *
tw_item_role_address(const TwObject *object, const TwItemRole *role)
{
    const char *smtp = tw_object_get_text(object, role->smtp, NULL);
    const char *type = tw_object_get_text(object, role->type, "");
    const char *address = tw_object_get_text(object, role->address, NULL);
    g_autoptr(TwEntryId) id = NULL;
    TwPropValue value;

    if (smtp != NULL && smtp[0] != '\0')
        return g_strdup(smtp);
    if (address != NULL && address[0] != '\0' &&
        (g_ascii_strcasecmp(type, "SMTP") == 0 ||
         (g_ascii_strcasecmp(type, "EX") != 0 && strchr(address, '@') != NULL)))
        return g_strdup(address);
    if (tw_object_get(object, role->entryid, &value))
        id = tw_entryid_parse(value.data, value.len, NULL);
    if (id != NULL && id->kind == TW_ENTRYID_ONE_OFF &&
        g_ascii_strcasecmp(id->one_off.address_type, "SMTP") == 0)
        return g_strdup(id->one_off.address);
    return NULL;
}

gboolean
tw_item_get_time(const TwObject *object, guint32 tag, gint64 *ret)
{
    TwPropValue value;

    if (tag == 0 || !tw_object_get(object, tag, &value) || value.i8 < TW_TICKS_MIN ||
        value.i8 > TW_TICKS_MAX)
        return FALSE;
    *ret = value.i8;
    return TRUE;
}

gboolean
tw_item_get_bool(const TwObject *object, guint32 tag)
{
    TwPropValue value;

    return tag != 0 && tw_object_get(object, tag, &value) && value.truth;
}

GBytes *
tw_item_get_bytes(const TwObject *object, guint32 tag)
{
    TwPropValue value;

    if (tag == 0 || !tw_object_get(object, tag, &value))
        return NULL;
    return g_bytes_new(value.data, value.len);
}
