/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The address book as properties: readABProps and abResolveNames. Source: spec/mapi-soap.md 15. */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    TAG_NONACTIVE = 0x67B0000B,
    TAG_ADMINISTRATOR = 0x67B10003,
    TAG_FEATURES_ON = 0x67B3101F,
    TAG_FEATURES_OFF = 0x67B4101F,
    TAG_HOME_SERVER = 0x67C1001F,
    TAG_PROXY_ADDRESSES = 0x800F101F,

    TYPE_USER = 6,
    TYPE_LIST = 8,
    FLAG_EXACT = 1, /* of abResolveNames: whole names only */
    STATE_UNRESOLVED = 0,
    STATE_AMBIGUOUS = 1,
    STATE_RESOLVED = 2,
    LISTS_MOST = 1 << 20, /* bytes of one value with several texts */
};

static const char *const features[] = { "imap", "pop3", "mobile", "outlook", "webapp", NULL };

/* ---- values ---- */

static gboolean
is_user(const TwDirectoryObject *object)
{
    return tw_directory_type(object->kind) == TW_DIRECTORY_USERS;
}

static guint32
display_type(const TwDirectoryObject *object)
{
    if (object->kind == TW_DIRECTORY_CONTACT)
        return 6;
    if (object->kind == TW_DIRECTORY_COMPANY)
        return 4;
    return is_user(object) ? 0 : 1;
}

static guint32
display_type_ex(const TwDirectoryObject *object)
{
    switch (object->kind) {
    case TW_DIRECTORY_USER:
        return 0x40000000;
    case TW_DIRECTORY_NONACTIVE_USER:
        return 0;
    case TW_DIRECTORY_ROOM:
        return 7;
    case TW_DIRECTORY_EQUIPMENT:
        return 8;
    case TW_DIRECTORY_CONTACT:
        return 6;
    case TW_DIRECTORY_GROUP:
        return 1;
    case TW_DIRECTORY_SECURITY_GROUP:
        return 0x40000009;
    case TW_DIRECTORY_DYNAMIC_GROUP:
        return 3;
    case TW_DIRECTORY_COMPANY:
        return 0x40000004;
    case TW_DIRECTORY_ADDRESS_LIST:
        break;
    }
    return 0;
}

/* A value of several texts, in the packed form of mapi/value.h. */
static gboolean
give_texts(TwSoapdCall *call, guint32 tag, const GPtrArray *texts, TwPropValue *ret)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LISTS_MOST);
    guint32 end = 0;
    TwSoapBytes span;
    GBytes *bytes;

    tw_buffer_put_u32le(&out, texts->len);
    for (guint i = 0; i < texts->len; i++) {
        end += (guint32) strlen(g_ptr_array_index(texts, i)) + 1;
        tw_buffer_put_u32le(&out, end);
    }
    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        tw_buffer_put(&out, text, strlen(text) + 1);
    }
    bytes = tw_buffer_steal_bytes(&out, NULL);
    if (bytes == NULL)
        return FALSE;
    span = tw_soapd_give_bytes(call, bytes);
    *ret = tw_value_bytes(tag, span.data, (guint32) span.len);
    return TRUE;
}

/* Each known feature is in exactly one of the two lists. */
void
tw_soapd_list_features(const TwDirectoryObject *object, gboolean on, GPtrArray *ret)
{
    for (guint i = 0; features[i] != NULL; i++) {
        gboolean off =
            object->features_off != NULL && g_strv_contains(object->features_off, features[i]);
        if (off != on)
            g_ptr_array_add(ret, (gpointer) (gsize) features[i]);
    }
}

static gboolean
give_features(TwSoapdCall *call, const TwDirectoryObject *object, guint32 tag, TwPropValue *ret)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    if (!is_user(object))
        return FALSE;
    tw_soapd_list_features(object, tag == TAG_FEATURES_ON, list);
    return give_texts(call, tag, list, ret);
}

static gboolean
give_addresses(TwSoapdCall *call, const TwDirectoryObject *object, guint32 tag, TwPropValue *ret)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

    if (*object->mail == '\0')
        return FALSE;
    g_ptr_array_add(list, g_strconcat("SMTP:", object->mail, NULL));
    for (guint i = 0; object->aliases != NULL && object->aliases[i] != NULL; i++)
        g_ptr_array_add(list, g_strconcat("smtp:", object->aliases[i], NULL));
    return give_texts(call, tag, list, ret);
}

static gboolean
give_text(guint32 tag, const char *text, TwPropValue *ret)
{
    if (text == NULL || *text == '\0')
        return FALSE;
    *ret = tw_value_str(tag, text);
    return TRUE;
}

static gboolean
give_search_key(TwSoapdCall *call, const TwDirectoryObject *object, TwPropValue *ret)
{
    const char *what = is_user(object) ? object->mail : object->name;
    g_autofree char *upper = g_utf8_strup(what, -1);
    char *key = g_strconcat("ZARAFA:", upper, NULL);

    tw_soapd_keep(call, key, g_free);
    *ret = tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) key, (guint32) strlen(key) + 1);
    return TRUE;
}

static gboolean
give_numbers(TwSoapdCall *call, guint32 tag, guint32 number, guint32 count, TwPropValue *ret)
{
    guint32 *key;

    if (!tw_soapd_alloc(call, 2, sizeof *key, &key, NULL))
        return FALSE;
    key[0] = GUINT32_TO_LE(number);
    key[1] = 0;
    *ret = tw_value_bytes(tag, (const guint8 *) key, count * 4);
    return TRUE;
}

/* What the directory keeps beside its own members. */
static gboolean
give_detail(const TwDirectoryObject *object, guint32 tag, TwPropValue *ret)
{
    TwProps props;

    return object->details != NULL && tw_props_open_bytes(object->details, &props, NULL) &&
           tw_props_get(&props, tag, ret);
}

static gboolean
give_id(TwSoapdCall *call, const TwDirectoryObject *object, TwPropValue *ret)
{
    TwSoapBytes id;

    if (!tw_soapd_book_id(call, object, &id, NULL))
        return FALSE;
    *ret = tw_value_bytes(PR_ENTRYID, id.data, (guint32) id.len);
    return TRUE;
}

gboolean
tw_soapd_book_value(TwSoapdCall *call,
                    const TwDirectoryObject *object,
                    guint32 tag,
                    TwPropValue *ret)
{
    gboolean user = is_user(object);
    const char *shown = *object->full_name != '\0' ? object->full_name : object->name;

    /* text is asked for in either form */
    switch (tw_prop_tag_is_text(tag) ? tag | 1u : tag) {
    case PR_ENTRYID:
        return give_id(call, object, ret);
    case PR_OBJECT_TYPE:
        *ret = tw_value_long(tag, user ? TYPE_USER : TYPE_LIST);
        return TRUE;
    case PR_DISPLAY_TYPE:
        *ret = tw_value_long(tag, display_type(object));
        return TRUE;
    case PR_DISPLAY_TYPE_EX:
        *ret = tw_value_long(tag, display_type_ex(object));
        return TRUE;
    case PR_DISPLAY_NAME:
    case PR_NORMALIZED_SUBJECT:
    case PR_TRANSMITABLE_DISPLAY_NAME:
        return give_text(tag, shown, ret);
    case PR_ACCOUNT:
    case PR_EMAIL_ADDRESS:
        return give_text(
            tag, object->kind == TW_DIRECTORY_CONTACT ? object->full_name : object->name, ret);
    case PR_ADDRTYPE:
        return give_text(tag, "ZARAFA", ret);
    case PR_SMTP_ADDRESS:
        return give_text(tag, object->mail, ret);
    case PR_SEARCH_KEY:
        return give_search_key(call, object, ret);
    case PR_RECORD_KEY:
        return give_numbers(call, tag, object->number, 1, ret);
    case PR_INSTANCE_KEY:
        return give_numbers(call, tag, object->number, 2, ret);
    case PR_MESSAGE_CLASS:
        return give_text(tag, user ? "IPM.Contact" : "IPM.DistList", ret);
    case PR_AB_PROVIDER_ID:
        *ret = tw_value_bytes(tag, tw_provider_guid(TW_PROVIDER_BOOK)->bytes, TW_GUID_LEN);
        return TRUE;
    case TAG_NONACTIVE:
        *ret = tw_value_bool(tag, object->kind != TW_DIRECTORY_USER);
        return user;
    case TAG_ADMINISTRATOR:
        *ret = tw_value_long(tag, (guint32) object->admin);
        return user;
    case TAG_FEATURES_ON:
    case TAG_FEATURES_OFF:
        return give_features(call, object, tag, ret);
    case TAG_PROXY_ADDRESSES:
        return give_addresses(call, object, tag, ret);
    case TAG_HOME_SERVER:
        return give_text(tag, object->home_server, ret);
    default:
        return give_detail(object, tag, ret);
    }
}

/* ---- one entry ---- */

static const guint32 shown_tags[] = {
    PR_ENTRYID,
    PR_CONTAINER_FLAGS,
    PR_DEPTH,
    0xFFFD0003,
    PR_DISPLAY_NAME,
    0xFFFB000B,
    0xFFFC0102,
    PR_EMAIL_ADDRESS,
    PR_OBJECT_TYPE,
    PR_DISPLAY_TYPE,
    PR_SEARCH_KEY,
    PR_PARENT_ENTRYID,
    PR_ADDRTYPE,
    PR_RECORD_KEY,
    PR_ACCOUNT,
    PR_SMTP_ADDRESS,
    PR_TRANSMITABLE_DISPLAY_NAME,
    TAG_PROXY_ADDRESSES,
    TAG_ADMINISTRATOR,
    TAG_NONACTIVE,
    PR_AB_PROVIDER_ID,
    TAG_HOME_SERVER,
    PR_DISPLAY_TYPE_EX,
    TAG_FEATURES_ON,
    TAG_FEATURES_OFF,
};

static TwPropValue
value_or_error(TwSoapdCall *call, const TwDirectoryObject *object, guint32 tag, gboolean *ret_has)
{
    enum {
        MAPI_E_NOT_FOUND = (int) 0x8004010F
    };
    TwPropValue value;

    *ret_has = tw_soapd_book_value(call, object, tag, &value);
    return *ret_has
               ? value
               : tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), (guint32) MAPI_E_NOT_FOUND);
}

static void
unref_object(gpointer object)
{
    tw_directory_object_unref(object);
}

gboolean
tw_soapd_read_ab_props(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapReadABPropsArgs *args = data;
    TwSoapReadPropsResponse *ret = out;
    guint count = G_N_ELEMENTS(shown_tags);
    g_auto(TwBookGetArgs) get = { 0 };

    if (args->sEntryId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_user(call, 0, args->sEntryId, &get.user, error))
        return FALSE;
    /* number 0 would be the session's own user */
    if (get.user == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    if (!tw_session_book_get(call->session, &get, error) ||
        !tw_soapd_alloc(call, count, sizeof(guint32), &ret->aPropTag.items, error) ||
        !tw_soapd_alloc(call, count, sizeof(TwPropValue), &ret->aPropVal.items, error))
        return FALSE;
    tw_soapd_keep(call, tw_directory_object_ref(get.entry), unref_object);
    for (guint i = 0; i < count; i++) {
        gboolean has;

        ret->aPropVal.items[i] = value_or_error(call, get.entry, shown_tags[i], &has);
        if (has)
            ret->aPropTag.items[ret->aPropTag.count++] = shown_tags[i];
    }
    ret->aPropVal.count = count;
    return TRUE;
}

/* ---- names ---- */

/* The text to look for in a row. */
static const TwPropValue *
wanted_name(const TwSoapPropValArray *row)
{
    for (guint32 i = 0; i < row->count; i++) {
        const TwPropValue *value = &row->items[i];
        if (tw_prop_tag_id(value->tag) == tw_prop_tag_id(PR_DISPLAY_NAME) &&
            tw_prop_tag_is_text(value->tag))
            return value;
    }
    return NULL;
}

/* The row as it came, and behind it what was asked for. */
static gboolean
answer_row(TwSoapdCall *call,
           const TwSoapAbResolveNamesArgs *args,
           const TwSoapPropValArray *row,
           const TwDirectoryObject *entry,
           TwSoapPropValArray *ret,
           GError **error)
{
    guint32 tags = args->lpaPropTag != NULL ? args->lpaPropTag->count : 0;

    if (!tw_soapd_alloc(call, (gsize) row->count + tags, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint32 i = 0; i < row->count; i++)
        ret->items[ret->count++] = row->items[i];
    for (guint32 i = 0; i < tags; i++) {
        guint32 tag = args->lpaPropTag->items[i];
        gboolean known = FALSE;

        for (guint32 j = 0; j < row->count && !known; j++)
            known = row->items[j].tag == tag;
        if (!known)
            ret->items[ret->count++] = value_or_error(call, entry, tag, &known);
    }
    return TRUE;
}

static gboolean
resolve_row(TwSoapdCall *call,
            const TwSoapAbResolveNamesArgs *args,
            const TwSoapPropValArray *row,
            TwSoapPropValArray *ret,
            guint32 *ret_state,
            GError **error)
{
    const TwPropValue *name = wanted_name(row);
    g_autofree char *text = name != NULL ? g_strndup(name->text, name->len) : NULL;
    g_auto(TwBookResolveArgs) ask = { .text = text, .exact = (args->ulFlags & FLAG_EXACT) != 0 };
    g_autoptr(GError) why = NULL;

    *ret_state = STATE_UNRESOLVED;
    if (name == NULL)
        return TRUE;
    if (tw_session_book_resolve(call->session, &ask, &why)) {
        *ret_state = STATE_RESOLVED;
        tw_soapd_keep(call, tw_directory_object_ref(ask.entry), unref_object);
        return answer_row(call, args, row, ask.entry, ret, error);
    }
    if (g_error_matches(why, TW_ERROR, TW_ERROR_AMBIGUOUS)) {
        *ret_state = STATE_AMBIGUOUS;
        return TRUE;
    }
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean
tw_soapd_ab_resolve_names(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapAbResolveNamesArgs *args = data;
    TwSoapAbResolveNamesResponse *ret = out;
    guint32 count = args->lpsRowSet != NULL ? args->lpsRowSet->count : 0;

    if (args->lpaFlags == NULL || args->lpaFlags->count != count)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_alloc(call, count, sizeof *ret->sRowSet.items, &ret->sRowSet.items, error) ||
        !tw_soapd_alloc(call, count, sizeof(guint32), &ret->aFlags.items, error))
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        guint32 *state = &ret->aFlags.items[i];

        *state = args->lpaFlags->items[i];
        if (*state != STATE_RESOLVED && !resolve_row(call, args, &args->lpsRowSet->items[i],
                                                     &ret->sRowSet.items[i], state, error))
            return FALSE;
    }
    ret->sRowSet.count = ret->aFlags.count = count;
    return TRUE;
}
