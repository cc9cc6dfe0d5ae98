/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The address book as properties: readABProps and abResolveNames. Source: spec/mapi-soap.md 15. */
#include <string.h>

#include "mapi/result.h"
#include "soapd/soapd-private.h"

enum {
    FLAG_EXACT = 1, /* of abResolveNames: whole names only */
    STATE_UNRESOLVED = 0,
    STATE_AMBIGUOUS = 1,
    STATE_RESOLVED = 2,
};

static const char *const features[] = { "imap", "pop3", "mobile", "outlook", "webapp", NULL };

/* Each known feature is in exactly one of the two lists. */
void
tw_soapd_list_features(const TwDirectoryObject *object, gboolean on, GPtrArray *ret)
{
    for (guint i = 0; features[i] != NULL; i++) {
        gboolean off =
            object->features_off != NULL && g_strv_contains(object->features_off, features[i]);
        if (off != on)
            g_ptr_array_add(ret, (gpointer) (gsize) features[i]); /* NOLINT: only read */
    }
}

/* An entry of the address book in hand. */
typedef struct {
    const TwDirectoryObject *object; /* (nullable): not of a container */
    TwProps props;
} Entry;

static void
unref_object(gpointer object)
{
    tw_directory_object_unref(object);
}

/* ---- one entry ---- */

/* Order and content are the peer's: spec/mapi-soap.md 15.3. */
static const guint32 people_tags[] = {
    PR_ENTRYID,         PR_CONTAINER_FLAGS,
    PR_DEPTH,           0xFFFD0003, /* container id */
    PR_DISPLAY_NAME,    0xFFFB000B, /* is master */
    0xFFFC0102,                     /* parent id */
    PR_EMAIL_ADDRESS,   PR_OBJECT_TYPE,
    PR_DISPLAY_TYPE,    PR_SEARCH_KEY,
    PR_PARENT_ENTRYID,  PR_ADDRTYPE,
    PR_RECORD_KEY,      PR_ACCOUNT,
    PR_SMTP_ADDRESS,    PR_TRANSMITABLE_DISPLAY_NAME,
    0x8006001F,                     /* home MDB */
    0x8007001F,                     /* home MTA */
    0x800F101F,                     /* proxy addresses */
    0x67B10003,                     /* level of administration */
    0x67B0000B,                     /* does not log on */
    0x6748001F,                     /* company */
    0x8C6A1102,                     /* certificates */
    PR_AB_PROVIDER_ID,  0xFFF9001F, /* hierarchy path */
    0x67831102,                     /* who may send as it */
    0x67C1001F,                     /* home server */
    PR_DISPLAY_TYPE_EX, 0x80081102, /* member of */
    0x67B3101F,                     /* doors that are open */
    0x67B4101F,                     /* and shut */
    0x67C4101F,                     /* archive servers */
    0x67C5101F,                     /* archive couplings */
    0x08070003,                     /* capacity of a room */
    0x0809001F,                     /* description of a room */
    0x3A30001F,                     /* assistant */
};

static const guint32 container_tags[] = {
    PR_ENTRYID,    PR_CONTAINER_FLAGS, PR_DEPTH,          0xFFFD0003,      PR_DISPLAY_NAME,
    0xFFFB000B,    0xFFFC0102,         PR_OBJECT_TYPE,    PR_DISPLAY_TYPE, PR_SEARCH_KEY,
    PR_RECORD_KEY, PR_PARENT_ENTRYID,  PR_AB_PROVIDER_ID, 0xFFF9001F,      PR_ACCOUNT,
    0x67C1001F,    0x6748001F,
};

static gboolean
give_id(TwSoapdCall *call, const TwDirectoryObject *object, guint32 tag, TwPropValue *ret)
{
    TwSoapBytes id;

    if (!tw_soapd_book_id(call, object, &id, NULL))
        return FALSE;
    *ret = tw_value_bytes(tag, id.data, id.len);
    return TRUE;
}

/* Ids are made for what the client understands, names for how somebody logs on; all else is the session's. */
static gboolean
entry_value(TwSoapdCall *call, const Entry *entry, guint32 tag, TwPropValue *ret)
{
    guint id = tw_prop_tag_id(tag);
    gboolean user = entry->object != NULL &&
                    tw_directory_type(entry->object->kind) == TW_DIRECTORY_USERS &&
                    entry->object->kind != TW_DIRECTORY_CONTACT;

    if (tag == PR_ENTRYID && entry->object != NULL && entry->object->kind != TW_DIRECTORY_COMPANY)
        return give_id(call, entry->object, tag, ret);
    if (user && tw_prop_tag_is_text(tag) &&
        (id == tw_prop_tag_id(PR_ACCOUNT) || id == tw_prop_tag_id(PR_EMAIL_ADDRESS))) {
        *ret = tw_value_str(tag, tw_soapd_login_name(call, entry->object));
        return TRUE;
    }
    if (!tw_props_get(&entry->props, tag, ret))
        return FALSE;
    if (tw_prop_tag_is_text(ret->tag))
        ret->tag = tag; /* in the form that was asked for */
    return TRUE;
}

static TwPropValue
value_or_error(TwSoapdCall *call, const Entry *entry, guint32 tag, gboolean *ret_has)
{
    TwPropValue value;

    *ret_has = entry_value(call, entry, tag, &value);
    return *ret_has ? value
                    : tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), MAPI_E_NOT_FOUND);
}

/* Keeps what came out of session/ for the call. */
static gboolean
keep_entry(TwSoapdCall *call, TwDirectoryObject *object, GBytes **props, Entry *ret, GError **error)
{
    TwSoapBytes bytes = tw_soapd_give_bytes(call, g_steal_pointer(props));

    if (object != NULL)
        tw_soapd_keep(call, tw_directory_object_ref(object), unref_object);
    ret->object = object;
    return tw_props_open(bytes.data, bytes.len, &ret->props, error);
}

/* A container, built in or a company or list. */
static gboolean
is_container(const guint8 *data, gsize len)
{
    g_autoptr(TwEntryId) id = tw_entryid_parse(data, len, NULL);

    return id != NULL && id->kind == TW_ENTRYID_BOOK && id->book.type == TW_BOOK_CONTAINER;
}

static gboolean
find_entry(TwSoapdCall *call, TwSoapBytes id, gboolean container, Entry *ret, GError **error)
{
    g_auto(TwBookGetArgs) get = { .compute = TRUE };
    g_auto(TwBookPlaceArgs) built_in = { 0 };

    if (container) {
        if (!tw_soapd_find_container(call, id, &built_in.place, &get.user, error))
            return FALSE;
        if (built_in.place != TW_BOOK_PLACE_OBJECT)
            return tw_session_book_place(call->session, &built_in, error) &&
                   keep_entry(call, NULL, &built_in.props, ret, error);
    } else if (!tw_soapd_find_user(call, 0, id, &get.user, error)) {
        return FALSE;
    }
    /* number 0 would be the session's own user */
    if (get.user == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    return tw_session_book_get(call->session, &get, error) &&
           keep_entry(call, get.entry, &get.props, ret, error);
}

gboolean
tw_soapd_read_ab_props(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapReadABPropsArgs *args = data;
    TwSoapReadPropsResponse *ret = out;
    gboolean container;
    const guint32 *tags;
    Entry entry;
    guint count;

    if (args->sEntryId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    container = is_container(args->sEntryId.data, args->sEntryId.len);
    tags = container ? container_tags : people_tags;
    count = container ? G_N_ELEMENTS(container_tags) : G_N_ELEMENTS(people_tags);
    if (!find_entry(call, args->sEntryId, container, &entry, error) ||
        !tw_soapd_alloc(call, count, sizeof(guint32), &ret->aPropTag.items, error) ||
        !tw_soapd_alloc(call, count, sizeof(TwPropValue), &ret->aPropVal.items, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        gboolean has;

        ret->aPropVal.items[i] = value_or_error(call, &entry, tags[i], &has);
        if (has)
            ret->aPropTag.items[ret->aPropTag.count++] = tags[i];
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
           const Entry *entry,
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
    g_auto(TwBookResolveArgs)
        ask = { .text = text, .exact = (args->ulFlags & FLAG_EXACT) != 0, .compute = TRUE };
    g_autoptr(GError) why = NULL;

    *ret_state = STATE_UNRESOLVED;
    if (name == NULL)
        return TRUE;
    if (tw_session_book_resolve(call->session, &ask, &why)) {
        Entry entry;

        *ret_state = STATE_RESOLVED;
        return keep_entry(call, ask.entry, &ask.props, &entry, error) &&
               answer_row(call, args, row, &entry, ret, error);
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
