/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The keywords of a message in its row: the first 64 of the folder as bits of kw, the others as a list in its head. What is
 * said in the words of one folder, said in those of another. And categories, which are keywords by another name: taken out of
 * an object before it is written, given to it when it is read.
 */
#include <string.h>

#include "base/error.h"
#include "store/message-private.h"
#include "store/message-props.h"

enum {
    HEAD_COUNT_AT = 30 /* head.h: how many keywords lie before the strings */
};

void
tw_message_row_keywords(const TwMessageRow *row, TwKeywordSet *ret)
{
    TwHead head;
    gsize len;
    const guint8 *data;

    *ret = (TwKeywordSet){ .map = row->kw };
    if (row->head == NULL)
        return;
    data = g_bytes_get_data(row->head, &len);
    if (!tw_head_open(data, len, &head, NULL))
        return;
    for (guint i = 0; i < tw_head_keyword_count(&head); i++) {
        guint number = tw_head_keyword(&head, i);
        if (number >= TW_KEYWORDS_BITS && number < TW_KEYWORDS_MAX_COUNT)
            tw_keyword_set_add(ret, number);
    }
}

gboolean
tw_flag_change_keyword(TwFlagChange *change, guint number, gboolean set)
{
    TwKeywordSet words = { .map = set ? change->kw_set : change->kw_clear };
    guint16 *list = set ? change->more_set : change->more_clear;
    guint *count = set ? &change->more_set_count : &change->more_clear_count;

    if (number >= TW_KEYWORDS_MAX_COUNT || *count > TW_KEYWORDS_MAX_OVERFLOW)
        return FALSE;
    memcpy(words.overflow, list, *count * sizeof *list);
    words.overflow_count = *count;
    if (!tw_keyword_set_add(&words, number))
        return FALSE;
    *(set ? &change->kw_set : &change->kw_clear) = words.map;
    memcpy(list, words.overflow, words.overflow_count * sizeof *list);
    *count = words.overflow_count;
    return TRUE;
}

GBytes *
tw_head_with_keywords(GBytes *bytes, const TwKeywordSet *words)
{
    TwHead head;
    gsize len, old, begin, had;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    guint count = words->overflow_count;
    guint16 raw;
    guint8 *copy;

    if (!tw_head_open(data, len, &head, NULL))
        return NULL;
    old = (gsize) (head.string[0] - data);
    had = (gsize) 2 * tw_head_keyword_count(&head);
    begin = old - had;
    copy = g_malloc(len - had + (gsize) 2 * count);
    memcpy(copy, data, begin);
    for (guint i = 0; i < count; i++) {
        raw = GUINT16_TO_LE(words->overflow[i]);
        memcpy(copy + begin + (gsize) 2 * i, &raw, sizeof raw);
    }
    memcpy(copy + begin + (gsize) 2 * count, data + old, len - old);
    copy[HEAD_COUNT_AT] = (guint8) count;
    return g_bytes_new_take(copy, len - had + (gsize) 2 * count);
}

gboolean
tw_message_row_set_keywords(TwMessageRow *row, const TwKeywordSet *words)
{
    TwKeywordSet before;
    GBytes *head;

    tw_message_row_keywords(row, &before);
    row->kw = words->map;
    if (row->head == NULL || (before.overflow_count == words->overflow_count &&
                              memcmp(before.overflow, words->overflow,
                                     words->overflow_count * sizeof *words->overflow) == 0))
        return FALSE;
    head = tw_head_with_keywords(row->head, words);
    if (head == NULL)
        return FALSE;
    g_bytes_unref(row->head);
    row->head = head;
    return TRUE;
}

/* ---- of one folder, of another ---- */

TwKeywords *
tw_words_load(TwWork *work, guint32 folder, GError **error)
{
    g_autoptr(GBytes) bytes = tw_sql_keyword_get(work->tx, work->row.store, folder, error);
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    return tw_keywords_parse(data, len, error);
}

static void
translate_one(const TwKeywords *from, TwKeywords *to, guint number, guint most, TwKeywordSet *out)
{
    const char *name = tw_keywords_get_name(from, number);
    int there = name != NULL ? tw_keywords_find(to, name) : -1;

    if (there < 0 && name != NULL && tw_keywords_count(to) < most)
        there = tw_keywords_add(to, name, NULL);
    if (there >= 0)
        tw_keyword_set_add(out, (guint) there);
}

void
tw_words_translate(const TwKeywords *from, TwKeywords *to, guint most, TwKeywordSet *words)
{
    TwKeywordSet out = { 0 };

    for (guint bit = 0; bit < TW_KEYWORDS_BITS; bit++) {
        if (words->map >> bit & 1)
            translate_one(from, to, bit, most, &out);
    }
    for (guint i = 0; i < words->overflow_count; i++)
        translate_one(from, to, words->overflow[i], most, &out);
    *words = out;
}

gboolean
tw_words_keep(TwWork *work, TwFolderRow *folder, const TwKeywords *words, GError **error)
{
    g_autoptr(GBytes) bytes = tw_keywords_write(words);
    TwFolderRow *parent = tw_work_folder(work, folder->parent, FALSE, error);

    if (parent == NULL)
        return FALSE;
    folder->cn = tw_work_change(work, TW_CHANGE_FOLDER, folder->id, folder->id, 0, error);
    parent->hicn_hier = folder->cn;
    folder->dirty = parent->dirty = TRUE;
    return folder->cn != 0 &&
           tw_sql_keyword_set(work->tx, work->row.store, folder->id, bytes, error);
}

/* ---- categories ---- */

static guint32
categories_tag(TwStore *store)
{
    guint16 id = tw_names_categories(store->engine->names);

    return id != 0 ? tw_prop_tag(id, TW_PT_MV_UNICODE) : 0;
}

void
tw_words_take(TwStore *store, TwObject *object, TwKeywords **ret)
{
    g_autoptr(TwKeywords) words = tw_keywords_new();
    guint32 tag = categories_tag(store);
    TwKeywordSet set;
    TwPropValue value;

    *ret = NULL;
    if (tag == 0)
        return;
    /* what cannot be keywords stays a property */
    if (tw_object_has(object, tag) && (!tw_object_get(object, tag, &value) ||
                                       !tw_keywords_from_categories(words, &value, &set, NULL)))
        return;
    tw_object_remove(object, tag);
    *ret = g_steal_pointer(&words);
}

void
tw_words_return(TwStore *store, TwObject *object, TwKeywords *words)
{
    g_auto(TwBuffer) out =
        TW_BUFFER_INIT((gsize) TW_KEYWORDS_MAX_COUNT * (TW_KEYWORDS_MAX_NAME + 16));
    TwKeywordSet set = { 0 };
    TwPropValue value;

    for (guint i = 0; words != NULL && i < tw_keywords_count(words); i++)
        tw_keyword_set_add(&set, i);
    if (words != NULL &&
        tw_keywords_to_categories(words, &set, categories_tag(store), &out, &value))
        tw_object_set(object, &value, NULL); /* it has had them before */
    tw_keywords_free(words);
}

static gboolean
put_one(TwWork *work, TwKeywords *known, const char *name, TwKeywordSet *set, GError **error)
{
    guint most = work->store->engine->config.limits.keywords;
    int number = tw_keywords_find(known, name);

    if (number < 0 && tw_keywords_count(known) >= most) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a folder has at most %u keywords", most);
        return FALSE;
    }
    if (number < 0)
        number = tw_keywords_add(known, name, error);
    if (number < 0)
        return FALSE;
    if (tw_keyword_set_add(set, (guint) number))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many keywords of one message");
    return FALSE;
}

gboolean
tw_words_put(
    TwWork *work, TwFolderRow *folder, const TwKeywords *words, TwMessageRow *row, GError **error)
{
    g_autoptr(TwKeywords) known = NULL;
    TwKeywordSet set = { 0 };
    guint before;

    if (tw_keywords_count(words) > 0) {
        known = tw_words_load(work, folder->id, error);
        if (known == NULL)
            return FALSE;
        before = tw_keywords_count(known);
        for (guint i = 0; i < tw_keywords_count(words); i++) {
            if (!put_one(work, known, tw_keywords_get_name(words, i), &set, error))
                return FALSE;
        }
        if (tw_keywords_count(known) > before && !tw_words_keep(work, folder, known, error))
            return FALSE;
    }
    tw_message_row_set_keywords(row, &set);
    return TRUE;
}

gboolean
tw_words_give(TwDbTx *tx, TwStore *store, const TwMessageRow *row, TwObject *object, GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    guint32 tag = categories_tag(store);
    TwPropValue value;
    gsize len;
    const guint8 *head;

    if (tag == 0)
        return TRUE;
    head = g_bytes_get_data(row->head, &len);
    tw_message_props_open(&props, store, tx, row, head, len);
    tw_message_props_use(&props, object);
    if (tw_message_props_get(&props, tag, &value))
        return tw_object_set(object, &value, error);
    if (props.error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&props.error));
    return FALSE;
}
