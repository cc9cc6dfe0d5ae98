/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/metadata.h"

#include <string.h>

#include "base/cursor.h"

static void
clear_entry(gpointer data)
{
    TwImapMetadatum *entry = data;

    g_free(entry->name);
    g_clear_pointer(&entry->value, g_bytes_unref);
}

GArray *
tw_imap_metadata_new(void)
{
    GArray *entries = g_array_new(FALSE, TRUE, sizeof(TwImapMetadatum));

    g_array_set_clear_func(entries, clear_entry);
    return entries;
}

gboolean
tw_imap_metadata_name_valid(const char *name)
{
    gsize len = strlen(name);

    if (len > TW_IMAP_METADATA_NAME_MAX || name[len - 1] == '/' || strstr(name, "//") != NULL ||
        !(g_str_has_prefix(name, "/private/") || g_str_has_prefix(name, "/shared/")))
        return FALSE;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '*' || *at == '%' || g_ascii_isupper(*at))
            return FALSE;
    }
    return TRUE;
}

GArray *
tw_imap_metadata_parse(const guint8 *data, gsize len)
{
    GArray *entries = tw_imap_metadata_new();
    TwCursor cur = tw_cursor_init(data, len);
    const guint8 *name, *value;
    guint16 name_len;
    guint32 value_len;

    while (entries->len < TW_IMAP_METADATA_ENTRIES_MAX && tw_cursor_take_u16le(&cur, &name_len) &&
           tw_cursor_take(&cur, name_len, &name) && tw_cursor_take_u32le(&cur, &value_len) &&
           value_len <= TW_IMAP_METADATA_VALUE_MAX && tw_cursor_take(&cur, value_len, &value)) {
        TwImapMetadatum entry = { .name = g_strndup((const char *) name, name_len) };

        if (strlen(entry.name) != name_len || name_len == 0 ||
            !tw_imap_metadata_name_valid(entry.name)) {
            clear_entry(&entry);
            break;
        }
        entry.value = g_bytes_new(value, value_len);
        g_array_append_val(entries, entry);
        /* cppcheck-suppress memleak ; the array owns what it has */
    }
    return entries;
}

void
tw_imap_metadata_write(const GArray *entries, TwBuffer *out)
{
    for (guint i = 0; i < entries->len; i++) {
        const TwImapMetadatum *entry = &g_array_index(entries, TwImapMetadatum, i);
        gsize name_len = strlen(entry->name), len;
        const guint8 *value = g_bytes_get_data(entry->value, &len);

        tw_buffer_put_u16le(out, (guint16) name_len);
        tw_buffer_put(out, entry->name, name_len);
        tw_buffer_put_u32le(out, (guint32) len);
        tw_buffer_put(out, value, len);
    }
}

gboolean
tw_imap_metadata_set(GArray *entries, const char *name, GBytes *value)
{
    TwImapMetadatum fresh = { 0 };

    for (guint i = 0; i < entries->len; i++) {
        if (strcmp(g_array_index(entries, TwImapMetadatum, i).name, name) == 0) {
            g_array_remove_index(entries, i);
            break;
        }
    }
    if (value == NULL)
        return TRUE;
    if (entries->len == TW_IMAP_METADATA_ENTRIES_MAX)
        return FALSE;
    fresh.name = g_strdup(name);
    fresh.value = g_bytes_ref(value);
    g_array_append_val(entries, fresh);
    /* cppcheck-suppress memleak ; the array owns what it has */
    return TRUE;
}
