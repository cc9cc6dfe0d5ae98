/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/keywords.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    KEYWORDS_VERSION = 1,
    HEADER_LEN = 4,
    MAX_LEN = HEADER_LEN + TW_KEYWORDS_MAX_COUNT * (1 + TW_KEYWORDS_MAX_NAME),
    FOLDED_MAX = TW_KEYWORDS_MAX_NAME * 24 /* a folded name: decomposed, and of other letters */
};

struct TwKeywords {
    GPtrArray *names;    /* owned texts; index is the number */
    GHashTable *numbers; /* folded name to number + 1 */
};

TwKeywords *
tw_keywords_new(void)
{
    TwKeywords *keywords = g_new0(TwKeywords, 1);

    keywords->names = g_ptr_array_new_with_free_func(g_free);
    keywords->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return keywords;
}

void
tw_keywords_free(TwKeywords *keywords)
{
    if (keywords == NULL)
        return;
    g_ptr_array_unref(keywords->names);
    g_hash_table_unref(keywords->numbers);
    g_free(keywords);
}

static gboolean
check_name(const char *name, gsize len, GError **error)
{
    if (len > TW_KEYWORDS_MAX_NAME) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "keyword of %" G_GSIZE_FORMAT " bytes", len);
        return FALSE;
    }
    if (len == 0 || !tw_utf8_valid(name, len, NULL) || g_ascii_isspace(name[0]) ||
        g_ascii_isspace(name[len - 1]))
        goto invalid;
    for (gsize i = 0; i < len; i++) {
        if ((guchar) name[i] < 0x20 || name[i] == 0x7f)
            goto invalid;
    }
    return TRUE;

invalid:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "keyword that is no name");
    return FALSE;
}

/* The form in which names are compared, or NULL when it is out of all bounds. */
static char *
fold(const char *name, gsize len)
{
    g_auto(TwBuffer) folded = TW_BUFFER_INIT(FOLDED_MAX);

    if (!tw_text_put_folded(&folded, name, len, TW_TEXT_IGNORE_CASE))
        return NULL;
    return g_strndup((const char *) folded.data, folded.len);
}

int
tw_keywords_find(const TwKeywords *keywords, const char *name)
{
    gsize len = strlen(name);
    g_autofree char *key = check_name(name, len, NULL) ? fold(name, len) : NULL;

    return key == NULL ? -1 : GPOINTER_TO_INT(g_hash_table_lookup(keywords->numbers, key)) - 1;
}

int
tw_keywords_add(TwKeywords *keywords, const char *name, GError **error)
{
    gsize len = strlen(name);
    g_autofree char *key = NULL;
    int number;

    if (!check_name(name, len, error))
        return -1;
    key = fold(name, len);
    if (key == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "keyword too long to compare");
        return -1;
    }
    number = GPOINTER_TO_INT(g_hash_table_lookup(keywords->numbers, key)) - 1;
    if (number >= 0)
        return number;
    if (keywords->names->len >= TW_KEYWORDS_MAX_COUNT) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d keywords in a folder",
                    TW_KEYWORDS_MAX_COUNT);
        return -1;
    }
    g_ptr_array_add(keywords->names, g_strdup(name));
    g_hash_table_insert(keywords->numbers, g_steal_pointer(&key),
                        GUINT_TO_POINTER(keywords->names->len));
    return (int) keywords->names->len - 1;
}

TwKeywords *
tw_keywords_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwKeywords) keywords = tw_keywords_new();
    TwCursor cur = tw_cursor_init(data, len);
    guint8 version, zero;
    guint16 count;

    if (len == 0)
        return g_steal_pointer(&keywords);
    if (!tw_cursor_take_u8(&cur, &version))
        goto corrupt;
    if (version != KEYWORDS_VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "keywords: version %u", version);
        return NULL;
    }
    if (!tw_cursor_take_u8(&cur, &zero) || zero != 0 || !tw_cursor_take_u16le(&cur, &count) ||
        count > TW_KEYWORDS_MAX_COUNT)
        goto corrupt;
    for (guint i = 0; i < count; i++) {
        const guint8 *text;
        guint8 text_len;
        g_autofree char *name = NULL;

        if (!tw_cursor_take_u8(&cur, &text_len) || !tw_cursor_take(&cur, text_len, &text) ||
            !check_name((const char *) text, text_len, NULL))
            goto corrupt;
        name = g_strndup((const char *) text, text_len);
        if (tw_keywords_add(keywords, name, NULL) != (int) i)
            goto corrupt; /* twice */
    }
    if (cur.left == 0)
        return g_steal_pointer(&keywords);

corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "keywords: not of the form of version 1");
    return NULL;
}

GBytes *
tw_keywords_write(const TwKeywords *keywords)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MAX_LEN);

    tw_buffer_put_u8(&out, KEYWORDS_VERSION);
    tw_buffer_put_u8(&out, 0);
    tw_buffer_put_u16le(&out, (guint16) keywords->names->len);
    for (guint i = 0; i < keywords->names->len; i++) {
        const char *name = keywords->names->pdata[i];
        gsize len = strlen(name);

        tw_buffer_put_u8(&out, (guint8) len);
        tw_buffer_put(&out, name, len);
    }
    return tw_buffer_steal_bytes(&out, NULL);
}

guint
tw_keywords_count(const TwKeywords *keywords)
{
    return keywords->names->len;
}

const char *
tw_keywords_get_name(const TwKeywords *keywords, guint number)
{
    return number < keywords->names->len ? keywords->names->pdata[number] : NULL;
}

/* Index of the first overflow number that is not lower. */
static guint
overflow_index(const TwKeywordSet *set, guint number)
{
    guint i = 0;

    while (i < set->overflow_count && set->overflow[i] < number)
        i++;
    return i;
}

gboolean
tw_keyword_set_has(const TwKeywordSet *set, guint number)
{
    guint i;

    if (number < TW_KEYWORDS_BITS)
        return (set->map >> number & 1) != 0;
    i = overflow_index(set, number);
    return i < set->overflow_count && set->overflow[i] == number;
}

gboolean
tw_keyword_set_add(TwKeywordSet *set, guint number)
{
    guint i;

    g_return_val_if_fail(number < TW_KEYWORDS_MAX_COUNT, FALSE);
    if (number < TW_KEYWORDS_BITS) {
        set->map |= G_GUINT64_CONSTANT(1) << number;
        return TRUE;
    }
    if (tw_keyword_set_has(set, number))
        return TRUE;
    if (set->overflow_count >= TW_KEYWORDS_MAX_OVERFLOW)
        return FALSE;
    i = overflow_index(set, number);
    memmove(set->overflow + i + 1, set->overflow + i,
            (set->overflow_count - i) * sizeof *set->overflow);
    set->overflow[i] = (guint16) number;
    set->overflow_count++;
    return TRUE;
}

gboolean
tw_keyword_set_remove(TwKeywordSet *set, guint number)
{
    guint i = overflow_index(set, number);

    if (!tw_keyword_set_has(set, number))
        return FALSE;
    if (number < TW_KEYWORDS_BITS) {
        set->map &= ~(G_GUINT64_CONSTANT(1) << number);
        return TRUE;
    }
    set->overflow_count--;
    memmove(set->overflow + i, set->overflow + i + 1,
            (set->overflow_count - i) * sizeof *set->overflow);
    return TRUE;
}

gboolean
tw_keywords_from_categories(TwKeywords *keywords,
                            const TwPropValue *categories,
                            TwKeywordSet *ret,
                            GError **error)
{
    TwKeywordSet set = { 0 };
    TwPropValue item;

    if (tw_prop_tag_type(categories->tag) != TW_PT_MV_UNICODE) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "categories are a list of texts");
        return FALSE;
    }
    for (guint i = 0; tw_value_item(categories, i, &item); i++) {
        g_autofree char *name = g_strstrip(g_strndup(item.text, item.len));
        int number;

        if (name[0] == '\0')
            continue;
        number = tw_keywords_add(keywords, name, error);
        if (number < 0)
            return FALSE;
        if (!tw_keyword_set_add(&set, (guint) number)) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d keywords past the 64th",
                        TW_KEYWORDS_MAX_OVERFLOW);
            return FALSE;
        }
    }
    *ret = set;
    return TRUE;
}

gboolean
tw_keywords_to_categories(const TwKeywords *keywords,
                          const TwKeywordSet *set,
                          guint32 tag,
                          TwBuffer *out,
                          TwPropValue *ret)
{
    g_auto(TwListBuilder) list = { 0 };
    guint count = 0;

    tw_list_builder_init(&list, tag);
    for (guint i = 0; i < keywords->names->len; i++) {
        if (tw_keyword_set_has(set, i)) {
            const char *name = keywords->names->pdata[i];
            tw_list_builder_add(&list, name, strlen(name));
            count++;
        }
    }
    return count > 0 && tw_list_builder_finish(&list, out, ret, NULL);
}
