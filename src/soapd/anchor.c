/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store of SYSTEM: administrators' tools open it and do all else through it. There is nothing in it, so it is not one of the
 * engine's: what clients ask of it is answered here. Source: spec/mapi-soap.md 3.4, and 5.2 for its ids, 36 bytes of version 0.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    ID_LEN = 36,
    TYPE_AT = 24,
    NUMBER_AT = 28,
    MAPI_STORE = 1,
    MAPI_FOLDER = 3,
    ACCESS_ALL = 63,
};

static const guint8 guid[] = { 0x89, 0x62, 0xff, 0xef, 0xfb, 0x7b, 0x4d, 0x63,
                               0x9b, 0xc5, 0x96, 0x7c, 0x4b, 0xb5, 0x82, 0x34 };

static gboolean
is_system(const TwSoapdCall *call)
{
    TwSessionInfo info;

    tw_session_get_info(call->session, &info);
    return info.user == TW_DIRECTORY_SYSTEM;
}

static gboolean
make_id(TwSoapdCall *call, TwSoapdAnchor which, TwSoapBytes *ret, GError **error)
{
    guint8 *id;

    if (!tw_soapd_alloc(call, ID_LEN, 1, &id, error))
        return FALSE;
    memset(id, 0, ID_LEN);
    memcpy(id + 4, guid, sizeof guid);
    id[TYPE_AT] = which == TW_SOAPD_ANCHOR_STORE ? MAPI_STORE : MAPI_FOLDER;
    id[NUMBER_AT] = (guint8) which;
    *ret = (TwSoapBytes){ id, ID_LEN };
    return TRUE;
}

TwSoapdAnchor
tw_soapd_anchor_find(const TwSoapdCall *call, TwSoapBytes id)
{
    if (id.len != ID_LEN || memcmp(id.data + 4, guid, sizeof guid) != 0 || !is_system(call))
        return TW_SOAPD_ANCHOR_NONE;
    return id.data[TYPE_AT] == MAPI_STORE ? TW_SOAPD_ANCHOR_STORE : TW_SOAPD_ANCHOR_ROOT;
}

gboolean
tw_soapd_anchor_give_store(TwSoapdCall *call, TwSoapGetStoreResponse *ret, GError **error)
{
    if (!is_system(call)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the user has no store");
        return FALSE;
    }
    ret->guid = (TwSoapBytes){ guid, sizeof guid };
    ret->lpszServerPath = tw_soapd_server_path(call);
    return make_id(call, TW_SOAPD_ANCHOR_STORE, &ret->sStoreId, error) &&
           make_id(call, TW_SOAPD_ANCHOR_ROOT, &ret->sRootId, error);
}

static TwPropValue
bytes_value(guint32 tag, TwSoapBytes bytes)
{
    return tw_value_bytes(tag, bytes.data, (guint32) bytes.len);
}

gboolean
tw_soapd_anchor_load(TwSoapdCall *call, TwSoapdAnchor which, TwSoapSaveObject *ret, GError **error)
{
    gboolean store = which == TW_SOAPD_ANCHOR_STORE;
    TwSoapBytes own, anchor, root;

    if (!make_id(call, which, &own, error) ||
        !make_id(call, TW_SOAPD_ANCHOR_STORE, &anchor, error) ||
        !make_id(call, TW_SOAPD_ANCHOR_ROOT, &root, error))
        return FALSE;
    {
        const TwPropValue values[] = {
            bytes_value(PR_ENTRYID, own),
            bytes_value(PR_RECORD_KEY, store ? (TwSoapBytes){ guid, sizeof guid } : own),
            bytes_value(PR_STORE_ENTRYID, anchor),
            bytes_value(PR_PARENT_ENTRYID, root),
            tw_value_long(PR_OBJECT_TYPE, store ? MAPI_STORE : MAPI_FOLDER),
            tw_value_long(PR_ACCESS, ACCESS_ALL),
            tw_value_str(PR_DISPLAY_NAME, store ? "SYSTEM" : ""),
            tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, 0),
            /* of the root alone: a client takes it for an empty folder */
            tw_value_long(PR_FOLDER_TYPE, 0),
            tw_value_long(PR_CONTENT_COUNT, 0),
            tw_value_long(PR_FOLDER_CHILD_COUNT, 0),
            tw_value_bool(PR_SUBFOLDERS, FALSE),
        };
        guint count = store ? 8 : (guint) G_N_ELEMENTS(values);

        if (!tw_soapd_alloc(call, count, sizeof *values, &ret->modProps.items, error))
            return FALSE;
        memcpy(ret->modProps.items, values, count * sizeof *values);
        ret->modProps.count = count;
    }
    ret->ulServerId = (guint32) which;
    ret->ulObjType = store ? MAPI_STORE : MAPI_FOLDER;
    return TRUE;
}
