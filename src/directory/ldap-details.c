/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the map of properties (spec/config-and-cli.md 4.6) takes from an entry: details of the address book, photo, features. */
#include "directory/ldap-private.h"

#include "base/config.h"
#include "mapi/props.h"
#include "mapi/proptype.h"

enum {
    TAG_FEATURES_ON = 0x67b3,
    TAG_FEATURES_OFF = 0x67b4,
    TAG_HIDDEN = 0x67a7,
    TAG_PHOTO = 0x8c9e,
};

/* Tags that name other entries, by their distinguished names: no text of this one. */
static gboolean
is_name(guint32 tag)
{
    static const guint16 names[] = { 0x3a30, 0x8005, 0x8008, 0x800c, 0x800e };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (tag >> 16 == names[i])
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_text(GBytes *value)
{
    gsize len;
    const char *text = g_bytes_get_data(value, &len);

    return len > 0 && g_utf8_validate(text, (gssize) len, NULL);
}

static void
add_list(TwPropsBuilder *builder, guint32 tag, const GPtrArray *values)
{
    g_auto(TwListBuilder) list;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_DIRECTORY_MOST_DETAILS);
    TwPropValue value;
    guint count = 0;

    tw_list_builder_init(&list, tag);
    for (guint i = 0; i < values->len; i++) {
        gsize len;
        const char *bytes = g_bytes_get_data(values->pdata[i], &len);
        if (tw_prop_tag_is_text(tag) && !is_text(values->pdata[i]))
            continue;
        tw_list_builder_add(&list, bytes, len);
        count++;
    }
    if (count > 0 && tw_list_builder_finish(&list, &out, &value, NULL))
        tw_props_builder_set(builder, value);
}

static void
add_single(TwPropsBuilder *builder, guint32 tag, GBytes *first)
{
    gsize len;
    const char *bytes = g_bytes_get_data(first, &len);

    if (tw_prop_tag_is_text(tag) && is_text(first))
        tw_props_builder_set(builder, tw_value_text(tag, bytes, len));
    else if (tw_prop_tag_type(tag) == TW_PT_BINARY && len > 0)
        tw_props_builder_set(builder, tw_value_bytes(tag, (const guint8 *) bytes, len));
}

static char **
features_of(const GPtrArray *values)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();

    for (guint i = 0; i < values->len && i < TW_DIRECTORY_MOST_FEATURES; i++) {
        gsize len;
        const char *bytes = g_bytes_get_data(values->pdata[i], &len);
        g_autofree char *name = is_text(values->pdata[i]) ? g_strndup(bytes, len) : NULL;
        g_autofree char *lower = name != NULL ? g_ascii_strdown(name, -1) : NULL;
        if (lower != NULL)
            g_strv_builder_add(out, lower);
    }
    return g_strv_builder_end(out);
}

static gboolean
is_true(GBytes *first)
{
    gsize len;
    const char *bytes = g_bytes_get_data(first, &len);

    return len > 0 && ((len == 1 && *bytes >= '1' && *bytes <= '9') ||
                       (len == 4 && g_ascii_strncasecmp(bytes, "true", 4) == 0));
}

void
tw_ldap_details_read(const GPtrArray *map, const TwLdapEntry *entry, TwLdapDetails *ret)
{
    g_auto(TwPropsBuilder) builder;
    TwPropsBuilder *to = &builder;

    *ret = (TwLdapDetails){ 0 };
    tw_props_builder_init(to);
    for (guint i = 0; i < map->len; i++) {
        const TwConfigPropmapLine *line = g_ptr_array_index(map, i);
        /* 8-bit text is Unicode here; of its types only the lowest bit differs */
        guint32 tag = (line->tag & 0xfff) == TW_PT_STRING8 ? line->tag | 1u : line->tag;
        const GPtrArray *values =
            *line->attribute != '\0' ? tw_ldap_values(entry, line->attribute) : NULL;
        if (values == NULL || values->len == 0 || is_name(tag))
            continue;
        if (tag >> 16 == TAG_FEATURES_ON || tag >> 16 == TAG_FEATURES_OFF) {
            char ***list = tag >> 16 == TAG_FEATURES_ON ? &ret->features_on : &ret->features_off;
            g_strfreev(*list);
            *list = features_of(values);
        } else if (tag >> 16 == TAG_PHOTO) {
            if (ret->photo == NULL && g_bytes_get_size(values->pdata[0]) <= TW_DIRECTORY_MOST_PHOTO)
                ret->photo = g_bytes_ref(values->pdata[0]);
        } else if (tag >> 16 == TAG_HIDDEN) {
            ret->hidden |= is_true(values->pdata[0]);
        } else if (tw_prop_tag_is_multi(tag)) {
            add_list(to, tag, values);
        } else {
            add_single(to, tag, values->pdata[0]);
        }
    }
    ret->bag = tw_props_builder_finish_bytes(to, NULL);
    if (ret->bag != NULL && g_bytes_get_size(ret->bag) > TW_DIRECTORY_MOST_DETAILS)
        g_clear_pointer(&ret->bag, g_bytes_unref);
}

void
tw_ldap_details_clear(TwLdapDetails *details)
{
    g_clear_pointer(&details->bag, g_bytes_unref);
    g_clear_pointer(&details->photo, g_bytes_unref);
    g_clear_pointer(&details->features_on, g_strfreev);
    g_clear_pointer(&details->features_off, g_strfreev);
}
