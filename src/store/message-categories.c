/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message's categories: the keywords of its row, and what its record says. */
#include "base/error.h"
#include "store/message-props-private.h"

static void
row_keywords(const TwMessageProps *props, TwKeywordSet *ret)
{
    guint count = props->has_head ? tw_head_keyword_count(&props->head) : 0;

    *ret = (TwKeywordSet){ .map = props->row->kw };
    for (guint i = 0; i < count; i++) {
        guint number = tw_head_keyword(&props->head, i);
        if (number >= TW_KEYWORDS_BITS && number < TW_KEYWORDS_MAX_COUNT)
            tw_keyword_set_add(ret, number);
    }
}

static gboolean
has_keywords(const TwMessageProps *props)
{
    return props->row->kw != 0 || (props->has_head && tw_head_keyword_count(&props->head) > 0);
}

static const TwKeywords *
known_words(TwMessageProps *props)
{
    const TwFolderFacts *facts = tw_props_facts(props);

    return facts != NULL ? facts->words : props->own_words;
}

/* Whether @words has all that the message has: a dictionary that was read before may not. */
static gboolean
knows_all(const TwKeywords *words, const TwKeywordSet *set)
{
    guint count = words != NULL ? tw_keywords_count(words) : 0;

    return count > 0 && (count >= TW_KEYWORDS_BITS || set->map >> count == 0) &&
           (set->overflow_count == 0 || set->overflow[set->overflow_count - 1] < count);
}

static gboolean
load_words(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    TwFolderFacts *facts = tw_props_facts(props);
    TwKeywords **place = facts != NULL ? &facts->words : &props->own_words;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) failure = NULL;
    TwKeywordSet set;
    gsize len;
    const guint8 *data;

    row_keywords(props, &set);
    if (knows_all(*place, &set))
        return TRUE;
    bytes = tw_sql_keyword_get(tx, props->store->number, props->row->folder, &failure);
    if (bytes == NULL && !g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_clear_pointer(place, tw_keywords_free);
    data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;
    *place = data != NULL ? tw_keywords_parse(data, len, NULL) : NULL;
    if (*place == NULL) /* damaged: the check tells of it; here they have no names */
        *place = tw_keywords_new();
    return TRUE;
}

/* Names of both, each once. FALSE: they are too many, or the message has no keywords. */
static gboolean
merge_categories(TwMessageProps *props, guint32 tag, const TwPropValue *stored, TwPropValue *ret)
{
    g_autoptr(TwKeywords) merged = tw_keywords_new();
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    const TwKeywords *words = known_words(props);
    TwKeywordSet set, all = { 0 };

    row_keywords(props, &set);
    for (guint i = 0; words != NULL && i < tw_keywords_count(words); i++) {
        if (tw_keyword_set_has(&set, i))
            tw_keywords_add(merged, tw_keywords_get_name(words, i), NULL);
    }
    if (stored != NULL)
        tw_keywords_from_categories(merged, stored, &set, NULL);
    for (guint i = 0; i < tw_keywords_count(merged); i++)
        tw_keyword_set_add(&all, i);
    return tw_keywords_to_categories(merged, &all, tag, &out, ret) &&
           tw_props_keep_value(props, &out);
}

gboolean
tw_props_load_categories(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    guint32 tag = tw_prop_tag(tw_names_categories(props->store->engine->names), TW_PT_MV_UNICODE);
    TwPropValue stored;
    gboolean is_stored;

    if (has_keywords(props) && !load_words(props, tx, error))
        return FALSE;
    is_stored = props->object != NULL && tw_object_get(props->object, tag, &stored);
    if (!has_keywords(props) ||
        !merge_categories(props, tag, is_stored ? &stored : NULL, &props->categories))
        props->categories = is_stored ? stored : tw_value_long(TW_PT_ERROR, 0);
    return TRUE;
}

TwPropsAnswer
tw_props_give_categories(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    if (props->categories.tag == 0) {
        props->wants_categories = TRUE;
        return TW_PROPS_LATER;
    }
    if (tw_prop_tag_type(props->categories.tag) == TW_PT_ERROR)
        return TW_PROPS_ABSENT;
    return tw_props_give(props->categories, tag, ret);
}
