/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/index-private.h"

#include <string.h>

#include "base/text.h"
#include "mapi/props.h"
#include "mapi/tags.h"

enum {
    MOST_ORDER_KEY = 4096, /* bytes of a collation key: 255 bytes of text make less than half */
};

/* ---- making rows ---- */

static void
add_row(TwDirectoryEntry *entry, TwDirectoryIndexName name, TwBuffer *key, TwDirectoryTerm term)
{
    TwDirectoryRow row = { .len = (guint32) key->len, .term = term, .entry = entry };
    guint8 *copy = g_memdup2(key->data, key->len);

    g_ptr_array_add(entry->memory, copy);
    row.key = copy;
    if (entry->rows[name] == NULL)
        entry->rows[name] = g_array_new(FALSE, FALSE, sizeof row);
    g_array_append_val(entry->rows[name], row);
    key->len = 0;
}

/* The name key of a text; what has none, which no checked object has, counts as empty. */
static char *
make_key(const char *text)
{
    char *key = tw_text_name_key(text, strlen(text), NULL);

    return key == NULL ? g_strdup("") : key;
}

static void
add_name(TwDirectoryEntry *entry, TwBuffer *key)
{
    const TwDirectoryObject *object = entry->object;

    tw_buffer_put_u8(key, (guint8) tw_directory_type(object->kind));
    tw_buffer_put_u32be(key, object->company);
    tw_buffer_put(key, entry->name_key, strlen(entry->name_key));
    add_row(entry, TW_DIRECTORY_BY_NAME, key, 0);
}

static void
add_order(TwDirectoryEntry *entry, const TwCollator *collator, TwBuffer *key)
{
    const TwDirectoryObject *object = entry->object;
    const char *shown = object->full_name[0] == '\0' ? object->name : object->full_name;
    const TwDirectoryRow *row;

    tw_buffer_put_u32be(key, object->company);
    tw_collator_put_key(collator, shown, strlen(shown), key);
    tw_buffer_put_u8(key, 0); /* no key has a zero: so the number never counts as text */
    tw_buffer_put_u32be(key, object->number);
    add_row(entry, TW_DIRECTORY_BY_ORDER, key, 0);
    row = &g_array_index(entry->rows[TW_DIRECTORY_BY_ORDER], TwDirectoryRow, 0);
    entry->order = row->key + sizeof object->company;
    entry->order_len = row->len - sizeof object->company;
}

static void
add_term(TwDirectoryEntry *entry, const char *text, TwDirectoryTerm term, TwBuffer *key)
{
    g_autofree char *folded = tw_text_name_key(text, strlen(text), NULL);

    if (folded == NULL || folded[0] == '\0')
        return;
    tw_buffer_put(key, folded, strlen(folded));
    add_row(entry, TW_DIRECTORY_BY_TERM, key, term);
}

static void
add_terms(TwDirectoryEntry *entry, TwBuffer *key)
{
    const TwDirectoryObject *object = entry->object;
    TwProps details;

    add_term(entry, object->name, TW_DIRECTORY_TERM_ACCOUNT, key);
    add_term(entry, object->full_name, TW_DIRECTORY_TERM_SHOWN, key);
    add_term(entry, object->mail, TW_DIRECTORY_TERM_ADDRESS, key);
    for (guint i = 0; object->aliases[i] != NULL; i++)
        add_term(entry, object->aliases[i], TW_DIRECTORY_TERM_ADDRESS, key);
    if (object->details == NULL || !tw_props_open_bytes(object->details, &details, NULL))
        return;
    add_term(entry, tw_props_get_text(&details, PR_GIVEN_NAME, ""), TW_DIRECTORY_TERM_PART, key);
    add_term(entry, tw_props_get_text(&details, PR_SURNAME, ""), TW_DIRECTORY_TERM_PART, key);
}

static void
add_links(TwDirectoryEntry *entry, TwBuffer *key)
{
    const TwDirectoryObject *object = entry->object;

    for (gsize i = 0; i < object->link_count; i++) {
        tw_buffer_put_u8(key, (guint8) object->links[i].relation);
        tw_buffer_put_u32be(key, object->links[i].number);
        add_row(entry, TW_DIRECTORY_BY_HELD, key, 0);
    }
}

TwDirectoryEntry *
tw_directory_entry_new(TwDirectoryObject *object, const TwCollator *collator)
{
    TwDirectoryEntry *entry = g_atomic_rc_box_new0(TwDirectoryEntry);
    g_auto(TwBuffer) key = TW_BUFFER_INIT(MOST_ORDER_KEY);

    entry->object = tw_directory_object_ref(object);
    entry->memory = g_ptr_array_new_with_free_func(g_free);
    entry->name_key = make_key(object->name);
    entry->mail_key = make_key(object->mail);
    tw_buffer_put_u32be(&key, object->number);
    add_row(entry, TW_DIRECTORY_BY_NUMBER, &key, 0);
    if (object->id != NULL && g_bytes_get_size(object->id) > 0) {
        tw_buffer_put(&key, g_bytes_get_data(object->id, NULL), g_bytes_get_size(object->id));
        add_row(entry, TW_DIRECTORY_BY_ID, &key, 0);
    }
    tw_buffer_put_u64be(&key, object->cn);
    tw_buffer_put_u32be(&key, object->number);
    add_row(entry, TW_DIRECTORY_BY_CN, &key, 0);
    add_name(entry, &key);
    add_order(entry, collator, &key);
    add_terms(entry, &key);
    add_links(entry, &key);
    return entry;
}

static void
clear_entry(gpointer data)
{
    TwDirectoryEntry *entry = data;

    for (guint i = 0; i < TW_DIRECTORY_INDEXES; i++)
        g_clear_pointer(&entry->rows[i], g_array_unref);
    g_ptr_array_unref(entry->memory);
    g_free(entry->name_key);
    g_free(entry->mail_key);
    tw_directory_object_unref(entry->object);
}

void
tw_directory_entry_unref(TwDirectoryEntry *entry)
{
    g_atomic_rc_box_release_full(entry, clear_entry);
}
