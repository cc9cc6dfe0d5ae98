/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/tags.h"

#include <string.h>

#include "base/number.h"

static const TwTagInfo tags[] = {
#define TAG_ROW(row_name, id, type, row_canonical)                                                 \
    { .tag = (guint32) row_name, .name = #row_name, .canonical = (row_canonical) },
    TW_TAGS_LIST(TAG_ROW)
#undef TAG_ROW
};

gboolean
tw_tag_is_entryid(guint32 tag)
{
    const TwTagInfo *row = tw_tag_info(tag);

    return row != NULL && tw_prop_tag_base_type(tag) == TW_PT_BINARY &&
           (g_str_has_suffix(row->name, "_ENTRYID") || g_str_has_suffix(row->name, "_ENTRYIDS"));
}

const TwTagInfo *
tw_tag_list(gsize *ret_count)
{
    *ret_count = G_N_ELEMENTS(tags);
    return tags;
}

/* The first row whose id is not below @id. */
static gsize
first_at_least(guint id)
{
    gsize low = 0, high = G_N_ELEMENTS(tags);

    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (tw_prop_tag_id(tags[middle].tag) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const TwTagInfo *
tw_tag_info_by_id(guint id, gsize *ret_count)
{
    gsize first = first_at_least(id), end = first;

    while (end < G_N_ELEMENTS(tags) && tw_prop_tag_id(tags[end].tag) == id)
        end++;
    if (ret_count != NULL)
        *ret_count = end - first;
    return end > first ? &tags[first] : NULL;
}

const TwTagInfo *
tw_tag_info(guint32 tag)
{
    gsize count;
    const TwTagInfo *row = tw_tag_info_by_id(tw_prop_tag_id(tag), &count);

    for (gsize i = 0; i < count; i++) {
        if (tw_prop_tag_to_unicode(row[i].tag) == tw_prop_tag_to_unicode(tag))
            return &row[i];
    }
    return NULL;
}

/* Whether @text, without underscores and case, is @name. */
static gboolean
same_words(const char *text, gsize len, const char *name)
{
    gsize at = 0;

    for (;;) {
        while (at < len && text[at] == '_')
            at++;
        while (*name == '_')
            name++;
        if (at == len || *name == '\0')
            return at == len && *name == '\0';
        if (g_ascii_tolower(text[at]) != g_ascii_tolower(*name))
            return FALSE;
        at++;
        name++;
    }
}

static gboolean
has_prefix(const char *text, gsize len, const char *prefix)
{
    gsize prefix_len = strlen(prefix);

    return len > prefix_len && g_ascii_strncasecmp(text, prefix, prefix_len) == 0;
}

static gboolean
find_words(const char *words, gsize len, guint32 *ret_tag)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        const char *canonical = tags[i].canonical;
        if (same_words(words, len, tags[i].name + strlen("PR_")) ||
            (canonical != NULL && same_words(words, len, canonical))) {
            *ret_tag = tags[i].tag;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
parse_number(const char *text, gsize len, guint32 *ret_tag)
{
    guint64 value;

    if (len == 10 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        len -= 2;
    }
    if (len != 8 || !tw_parse_hex_u64(text, len, &value))
        return FALSE;
    *ret_tag = (guint32) value;
    return TRUE;
}

/* PR_SUBJECT_A and PR_SUBJECT_W: the ending stands for a type of text. */
static gboolean
find_text_form(const char *words, gsize len, guint32 *ret_tag)
{
    guint32 tag;
    char ending;

    if (len < 3 || words[len - 2] != '_')
        return FALSE;
    ending = g_ascii_toupper(words[len - 1]);
    if ((ending != 'A' && ending != 'W') || !find_words(words, len - 2, &tag) ||
        !tw_prop_tag_is_text(tag))
        return FALSE;
    *ret_tag = ending == 'A' ? tag - 1 : tag;
    return TRUE;
}

gboolean
tw_tag_from_name(const char *name, gsize len, guint32 *ret_tag)
{
    if (parse_number(name, len, ret_tag))
        return TRUE;
    if (has_prefix(name, len, "PR_")) {
        name += strlen("PR_");
        len -= strlen("PR_");
    } else if (has_prefix(name, len, "PidTag")) {
        name += strlen("PidTag");
        len -= strlen("PidTag");
    } else {
        return FALSE;
    }
    return find_words(name, len, ret_tag) || find_text_form(name, len, ret_tag);
}

char *
tw_tag_to_string(guint32 tag)
{
    const TwTagInfo *row = tw_tag_info(tag);

    if (row == NULL)
        return g_strdup_printf("0x%08X", tag);
    return g_strconcat(row->name, row->tag != tag ? "_A" : NULL, NULL);
}
