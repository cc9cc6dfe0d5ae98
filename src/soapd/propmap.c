/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Properties of the address book as pairs of a tag and text, which users, groups and companies carry beside their members: the
 * directory's details, and the lists of doors that are open and shut. Source: spec/mapi-soap.md 4.8.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    TAG_FEATURES_ON = 0x67B3101F,
    TAG_FEATURES_OFF = 0x67B4101F,
    PAIRS_MOST = 1000,
};

/* ---- to the wire ---- */

static gboolean
give_list(TwSoapdCall *call,
          guint32 tag,
          const GPtrArray *texts,
          TwSoapPropmapMVPairArray *ret,
          GError **error)
{
    TwSoapPropmapMVPair *pair = &ret->items[ret->count++];

    pair->ulPropId = tag;
    if (!tw_soapd_alloc(call, texts->len, sizeof *pair->sValues.items, &pair->sValues.items, error))
        return FALSE;
    for (guint i = 0; i < texts->len; i++)
        pair->sValues.items[pair->sValues.count++] = g_ptr_array_index(texts, i);
    return TRUE;
}

static gboolean
give_detail(TwSoapdCall *call,
            const TwPropValue *value,
            TwSoapPropmapPairArray *pairs,
            TwSoapPropmapMVPairArray *lists,
            GError **error)
{
    g_autoptr(GPtrArray) texts = NULL;

    if (!tw_prop_tag_is_text(value->tag))
        return TRUE;
    if (!tw_prop_tag_is_multi(value->tag)) {
        pairs->items[pairs->count++] =
            (TwSoapPropmapPair){ value->tag | 1u, tw_soapd_text(call, value->text) };
        return TRUE;
    }
    texts = g_ptr_array_new();
    for (guint i = 0; i < tw_value_count(value); i++) {
        TwPropValue item;

        if (tw_value_item(value, i, &item))
            g_ptr_array_add(
                texts, (gpointer) (gsize) tw_soapd_text(call, item.text)); /* NOLINT: only read */
    }
    return give_list(call, value->tag | 1u, texts, lists, error);
}

static gboolean
give_features(TwSoapdCall *call,
              const TwDirectoryObject *from,
              TwSoapPropmapMVPairArray *ret,
              GError **error)
{
    static const guint32 tags[] = { TAG_FEATURES_ON, TAG_FEATURES_OFF };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_autoptr(GPtrArray) list = g_ptr_array_new();

        tw_soapd_list_features(from, tags[i] == TAG_FEATURES_ON, list);
        if (!give_list(call, tags[i], list, ret, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_soapd_give_propmap(TwSoapdCall *call,
                      const TwDirectoryObject *from,
                      TwSoapPropmapPairArray **ret,
                      TwSoapPropmapMVPairArray **ret_lists,
                      GError **error)
{
    TwPropValue value;
    TwProps props;
    guint count = 0;
    gboolean has = from->details != NULL && tw_props_open_bytes(from->details, &props, NULL);

    while (has && tw_props_at(&props, count, &value))
        count++;
    if (!tw_soapd_alloc(call, 1, sizeof **ret, ret, error) ||
        !tw_soapd_alloc(call, 1, sizeof **ret_lists, ret_lists, error) ||
        !tw_soapd_alloc(call, count, sizeof *(*ret)->items, &(*ret)->items, error) ||
        !tw_soapd_alloc(call, (gsize) count + 2, sizeof *(*ret_lists)->items, &(*ret_lists)->items,
                        error))
        return FALSE;
    if (tw_directory_type(from->kind) == TW_DIRECTORY_USERS &&
        !give_features(call, from, *ret_lists, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        if (tw_props_at(&props, i, &value) && !give_detail(call, &value, *ret, *ret_lists, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- from the wire ---- */

static void
set_text(TwPropsBuilder *builder, guint32 tag, const char *text)
{
    if (text == NULL)
        return;
    if (*text == '\0')
        tw_props_builder_remove(builder, tag);
    else
        tw_props_builder_set(builder, tw_value_str(tag, text));
}

/* Single values count under 8-bit and binary tags alone, as with the peer. */
static void
take_pair(TwPropsBuilder *builder, const TwSoapPropmapPair *pair)
{
    g_autofree guint8 *bytes = NULL;
    gsize len = 0;

    if (tw_prop_tag_type(pair->ulPropId) == TW_PT_STRING8) {
        set_text(builder, pair->ulPropId | 1u, pair->lpszValue);
    } else if (tw_prop_tag_type(pair->ulPropId) == TW_PT_BINARY && pair->lpszValue != NULL) {
        bytes = g_base64_decode(pair->lpszValue, &len);
        tw_props_builder_set(builder, tw_value_bytes(pair->ulPropId, bytes, len));
    }
}

static gboolean
take_list(TwPropsBuilder *builder, const TwSoapPropmapMVPair *pair, GError **error)
{
    guint32 tag = pair->ulPropId | 1u;
    g_auto(TwListBuilder) list;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_DIRECTORY_MOST_DETAILS);
    TwPropValue value;

    tw_list_builder_init(&list, tag);
    if (!tw_prop_tag_is_multi(tag) || !tw_prop_tag_is_text(tag))
        return TRUE;
    for (guint32 i = 0; i < pair->sValues.count; i++) {
        const char *text = pair->sValues.items[i] != NULL ? pair->sValues.items[i] : "";
        tw_list_builder_add(&list, text, strlen(text));
    }
    if (pair->sValues.count == 0) {
        tw_props_builder_remove(builder, tag);
        return TRUE;
    }
    if (!tw_list_builder_finish(&list, &out, &value, error))
        return FALSE;
    tw_props_builder_set(builder, value);
    return TRUE;
}

/* A list of names, ended by NULL, for the call. */
static gboolean
take_names(TwSoapdCall *call, const TwSoapMvString8 *from, const char *const **ret, GError **error)
{
    const char **names;

    if (from->count > TW_DIRECTORY_MOST_FEATURES)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_alloc(call, (gsize) from->count + 1, sizeof *names, &names, error))
        return FALSE;
    for (guint32 i = 0; i < from->count; i++)
        names[i] = from->items[i] != NULL ? from->items[i] : "";
    names[from->count] = NULL;
    *ret = names;
    return TRUE;
}

/* One list that is sent leaves the other as it was, but for what moved. */
static gboolean
take_features(TwSoapdCall *call,
              const TwSoapPropmapMVPair *pair,
              TwDirectoryObject *values,
              guint32 *io_fields,
              GError **error)
{
    gboolean on = (pair->ulPropId | 1u) == TAG_FEATURES_ON;

    *io_fields |= TW_DIRECTORY_SET_FEATURES;
    return take_names(call, &pair->sValues, on ? &values->features_on : &values->features_off,
                      error);
}

gboolean
tw_soapd_take_propmap(TwSoapdCall *call,
                      const TwSoapPropmapPairArray *pairs,
                      const TwSoapPropmapMVPairArray *lists,
                      const TwDirectoryObject *before,
                      TwDirectoryObject *values,
                      guint32 *io_fields,
                      GError **error)
{
    guint pair_count = pairs != NULL ? pairs->count : 0,
          list_count = lists != NULL ? lists->count : 0;
    g_auto(TwPropsBuilder) builder;
    guint details = pair_count;
    GBytes *bytes;
    TwProps props;

    tw_props_builder_init(&builder);
    if (pair_count > PAIRS_MOST || list_count > PAIRS_MOST)
        return tw_soapd_fail(TW_SOAP_RESULT_TOO_BIG, error);
    if (before != NULL) {
        values->features_on = before->features_on;
        values->features_off = before->features_off;
    }
    if (before != NULL && before->details != NULL &&
        tw_props_open_bytes(before->details, &props, NULL))
        tw_props_builder_merge(&builder, &props);
    for (guint i = 0; i < pair_count; i++)
        take_pair(&builder, &pairs->items[i]);
    for (guint i = 0; i < list_count; i++) {
        const TwSoapPropmapMVPair *pair = &lists->items[i];
        guint32 tag = pair->ulPropId | 1u;
        gboolean features = tag == TAG_FEATURES_ON || tag == TAG_FEATURES_OFF;

        details += !features;
        if (!(features ? take_features(call, pair, values, io_fields, error)
                       : take_list(&builder, pair, error)))
            return FALSE;
    }
    if (details == 0)
        return TRUE;
    bytes = tw_props_builder_finish_bytes(&builder, error);
    if (bytes == NULL)
        return FALSE;
    values->details = bytes;
    *io_fields |= TW_DIRECTORY_SET_DETAILS;
    (void) tw_soapd_give_bytes(call, bytes); /* goes with the call */
    return TRUE;
}
