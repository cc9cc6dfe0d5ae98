/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids of objects in a store, with what clients wrap around them, and single-instance ids. */
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "mapi/entryid.h"

static const TwGuid providers[] = {
#define PROVIDER_ROW(name, a, b, c, ...) TW_GUID_INIT(a, b, c, __VA_ARGS__),
    TW_PROVIDER_LIST(PROVIDER_ROW)
#undef PROVIDER_ROW
};

/* What the clients' library is called in the wrapper; 18 bytes with its NUL. */
static const char wrapped_library[] = "zarafa6client.dll";

const TwGuid *
tw_provider_guid(TwProvider provider)
{
    g_return_val_if_fail((guint) provider < G_N_ELEMENTS(providers), NULL);
    return &providers[provider];
}

static gboolean
take_guid(TwCursor *cur, TwGuid *ret)
{
    const guint8 *bytes;

    if (!tw_cursor_take(cur, TW_GUID_LEN, &bytes))
        return FALSE;
    *ret = tw_guid_from_bytes(bytes);
    return TRUE;
}

/* flags, STORE_WRAP, two zero bytes, the library's name with its NUL, padding to a multiple of 4 from the start. */
static void
unwrap(TwCursor *cur)
{
    TwCursor in = *cur;
    const guint8 *nul;
    TwGuid guid;
    gsize name_len, used;

    if (!tw_cursor_skip(&in, 4) || !take_guid(&in, &guid) ||
        !tw_guid_equal(&guid, &providers[TW_PROVIDER_STORE_WRAP]) || !tw_cursor_skip(&in, 2))
        return;
    nul = memchr(in.next, 0, in.left);
    if (nul == NULL)
        return;
    name_len = (gsize) (nul - in.next) + 1;
    used = 4 + TW_GUID_LEN + 2 + name_len;
    if (tw_cursor_skip(&in, name_len) && tw_cursor_skip(&in, (4 - used % 4) % 4))
        *cur = in;
}

/* Four zero bytes, or a server's URL that ends with its NUL. */
static gboolean
take_server_part(TwCursor *cur)
{
    static const guint8 none[4] = { 0 };
    const guint8 *part = cur->next;
    gsize len = cur->left;

    if (len == 4 && memcmp(part, none, 4) == 0)
        return TRUE;
    if (len < 2 || len > TW_ENTRYID_MAX_SERVER + 1 || part[len - 1] != 0)
        return FALSE;
    for (gsize i = 0; i < len - 1; i++) {
        if (part[i] < 0x21 || part[i] > 0x7e)
            return FALSE;
    }
    return TRUE;
}

static gboolean
known_type(guint16 type)
{
    return type == TW_OBJECT_ID_STORE || type == TW_OBJECT_ID_FOLDER ||
           type == TW_OBJECT_ID_MESSAGE || type == TW_OBJECT_ID_ATTACHMENT;
}

/* No store is called as a provider is: the bare id would be read as one of that provider's. */
static gboolean
is_provider(const TwGuid *guid)
{
    for (guint i = 0; i < G_N_ELEMENTS(providers); i++) {
        if (tw_guid_equal(guid, &providers[i]))
            return TRUE;
    }
    return FALSE;
}

static gboolean
take_object(TwCursor *cur, TwObjectId *id)
{
    const guint8 *head;
    guint32 version;
    guint16 type;

    if (!tw_cursor_take(cur, 4, &head) || head[0] != 0 || head[1] != 0 || head[2] != 0 ||
        head[3] > 1 || !take_guid(cur, &id->store) || is_provider(&id->store) ||
        !tw_cursor_take_u32le(cur, &version) || version > 1 || !tw_cursor_take_u16le(cur, &type) ||
        !known_type(type) || !tw_cursor_take_u16le(cur, &id->flags))
        return FALSE;
    id->from_favorites = head[3] == 1;
    id->version = (guint8) version;
    id->type = (TwObjectType) type;
    if (version == 1 ? !take_guid(cur, &id->unique) : !tw_cursor_take_u32le(cur, &id->number))
        return FALSE;
    return take_server_part(cur);
}

gboolean
tw_object_id_parse(const guint8 *data, gsize len, TwObjectId *ret_id, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwObjectId id;

    memset(&id, 0, sizeof id);
    unwrap(&cur);
    if (!take_object(&cur, &id)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "%" G_GSIZE_FORMAT " bytes are no entry id of a store", len);
        return FALSE;
    }
    *ret_id = id;
    return TRUE;
}

static guint8 *
put_number(guint8 *out, guint32 value, guint bytes)
{
    for (guint i = 0; i < bytes; i++)
        *out++ = (guint8) (value >> (8 * i));
    return out;
}

static guint8 *
put_guid(guint8 *out, const TwGuid *guid)
{
    memcpy(out, guid->bytes, TW_GUID_LEN);
    return out + TW_GUID_LEN;
}

gsize
tw_object_id_write(const TwObjectId *id, guint8 out[TW_OBJECT_ID_LEN])
{
    guint8 *p = put_number(out, id->from_favorites ? 1u << 24 : 0, 4);

    p = put_guid(p, &id->store);
    p = put_number(p, id->version, 4);
    p = put_number(p, id->type, 2);
    p = put_number(p, id->flags, 2);
    p = id->version == 0 ? put_number(p, id->number, 4) : put_guid(p, &id->unique);
    p = put_number(p, 0, 4);
    return (gsize) (p - out);
}

gboolean
tw_object_id_equal(const TwObjectId *a, const TwObjectId *b)
{
    if (a->type != b->type || !tw_guid_equal(&a->store, &b->store))
        return FALSE;
    return a->type == TW_OBJECT_ID_STORE || (a->version == b->version && a->number == b->number &&
                                             tw_guid_equal(&a->unique, &b->unique));
}

void
tw_object_id_wrap(const TwObjectId *id, const char *server, TwBuffer *out)
{
    guint8 bare[TW_OBJECT_ID_LEN];
    gsize len = tw_object_id_write(id, bare);

    tw_buffer_put_zeros(out, 4);
    tw_buffer_put(out, providers[TW_PROVIDER_STORE_WRAP].bytes, TW_GUID_LEN);
    tw_buffer_put_zeros(out, 2);
    tw_buffer_put(out, wrapped_library, sizeof wrapped_library); /* 4 + 16 + 2 + 18 = 40 */
    tw_buffer_put(out, bare, len - 4);
    tw_buffer_put(out, server, strlen(server) + 1);
}

gboolean
tw_instance_id_parse(const guint8 *data, gsize len, TwInstanceId *ret_id, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwInstanceId id;
    TwGuid guid;
    guint32 head, version, tail;

    if (len != TW_INSTANCE_ID_LEN || !tw_cursor_take_u32le(&cur, &head) ||
        !take_guid(&cur, &guid) || !tw_cursor_take_u32le(&cur, &version) ||
        !tw_cursor_take_u32le(&cur, &id.property) || !tw_cursor_take_u32le(&cur, &id.number) ||
        !tw_cursor_take_u32le(&cur, &tail) || !take_guid(&cur, &id.server) || head != 0 ||
        version != 0 || tail != 0 || !tw_guid_equal(&guid, &providers[TW_PROVIDER_INSTANCE])) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "%" G_GSIZE_FORMAT " bytes are no single-instance id", len);
        return FALSE;
    }
    *ret_id = id;
    return TRUE;
}

void
tw_instance_id_write(const TwInstanceId *id, guint8 out[TW_INSTANCE_ID_LEN])
{
    guint8 *p = put_number(out, 0, 4);

    p = put_guid(p, &providers[TW_PROVIDER_INSTANCE]);
    p = put_number(p, 0, 4);
    p = put_number(p, id->property, 4);
    p = put_number(p, id->number, 4);
    p = put_number(p, 0, 4);
    put_guid(p, &id->server);
}
