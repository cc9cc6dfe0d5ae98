/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Numbers of recipients, attachments and messages in messages: ulServerId on the wire. The engine has none for them, so they
 * are made of where the node is: half a hash, with the high bit set so that none is the number of a message. Two places
 * that would have the same number are told apart by going on to the next. A client that lost its session and sends a number
 * of before is understood, as the hash is the same.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    NUMBERS_MOST = 65536, /* of one session; then it begins anew */
};

typedef struct {
    guint32 number;
    TwGuid store;
    guint32 message;
    TwPart part;
} TwSoapdChild;

static guint
hash_place(gconstpointer data)
{
    const TwSoapdChild *child = data;
    guint32 hash = 2166136261u;

    for (gsize i = 0; i < sizeof child->store.bytes; i++)
        hash = (hash ^ child->store.bytes[i]) * 16777619u;
    for (guint i = 0; i < 32; i += 8)
        hash = (hash ^ ((child->message >> i) & 0xff)) * 16777619u;
    for (gsize i = 0; i < child->part.len; i++)
        hash = (hash ^ child->part.bytes[i]) * 16777619u;
    /* neighbours differ in their last byte: spread it */
    hash ^= hash >> 16;
    hash *= 0x7feb352du;
    hash ^= hash >> 15;
    return hash;
}

static gboolean
same_place(gconstpointer a, gconstpointer b)
{
    const TwSoapdChild *one = a, *other = b;

    return tw_guid_equal(&one->store, &other->store) && one->message == other->message &&
           one->part.len == other->part.len &&
           memcmp(one->part.bytes, other->part.bytes, one->part.len) == 0;
}

void
tw_soapd_numbers_init(TwSoapdNumbers *numbers)
{
    numbers->by_number = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    numbers->by_place = g_hash_table_new(hash_place, same_place);
}

void
tw_soapd_numbers_clear(TwSoapdNumbers *numbers)
{
    g_hash_table_unref(numbers->by_place);
    g_hash_table_unref(numbers->by_number);
}

void
tw_soapd_part_of(const TwObject *node, TwPart *ret)
{
    const TwObject *line[2 * TW_PART_MAX_DEPTH + 2] = { NULL };
    guint count = 0;

    *ret = (TwPart){ 0 };
    for (const TwObject *at = node; tw_object_get_parent(at) != NULL && count < G_N_ELEMENTS(line);
         at = tw_object_get_parent(at))
        line[count++] = at;
    while (count > 0) {
        const TwObject *step = line[--count];
        TwObjectKind kind = tw_object_get_kind(step);

        tw_part_push(ret,
                     kind == TW_OBJECT_ATTACHMENT  ? TW_PART_ATTACHMENT
                     : kind == TW_OBJECT_RECIPIENT ? TW_PART_RECIPIENT
                                                   : TW_PART_EMBEDDED,
                     tw_object_get_number(step));
    }
}

guint32
tw_soapd_number_of(TwSoapdClient *client,
                   const TwGuid *store,
                   guint32 message,
                   const TwObject *node)
{
    TwSoapdChild place = { .store = *store, .message = message };
    TwSoapdChild *known;
    guint32 number;
    TW_LOCK_SCOPE(&client->lock);

    if (tw_object_get_parent(node) == NULL)
        return message;
    tw_soapd_part_of(node, &place.part);
    known = g_hash_table_lookup(client->numbers.by_place, &place);
    if (known != NULL)
        return known->number;
    if (g_hash_table_size(client->numbers.by_number) >= NUMBERS_MOST) {
        g_hash_table_remove_all(client->numbers.by_place);
        g_hash_table_remove_all(client->numbers.by_number);
    }
    number = hash_place(&place) | 0x80000000u;
    while (g_hash_table_contains(client->numbers.by_number, GUINT_TO_POINTER(number)))
        number = (number + 1) | 0x80000000u;
    place.number = number;
    known = g_memdup2(&place, sizeof place);
    g_hash_table_insert(client->numbers.by_number, GUINT_TO_POINTER(number), known);
    g_hash_table_add(client->numbers.by_place, known);
    return number;
}

gboolean
tw_soapd_number_find(TwSoapdClient *client,
                     guint32 number,
                     TwGuid *ret_store,
                     guint32 *ret_message,
                     TwPart *ret_part)
{
    const TwSoapdChild *known;
    TW_LOCK_SCOPE(&client->lock);

    known = g_hash_table_lookup(client->numbers.by_number, GUINT_TO_POINTER(number));
    if (known == NULL)
        return FALSE;
    *ret_store = known->store;
    *ret_message = known->message;
    *ret_part = known->part;
    return TRUE;
}
