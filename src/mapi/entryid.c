/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entry ids of every kind but objects of a store (entryid-object.c). The provider's GUID at offset 4 says whose it is. The
 * ids of store objects carry the GUID of the store there, and Exchange's that of a mailbox provider: they are told by
 * their shape, which no two kinds share.
 */
#include "mapi/entryid.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "mapi/codepage.h"

enum {
    EXCHANGE_FOLDER_LEN = 46,
    EXCHANGE_MESSAGE_LEN = 70,
    BOOK_HEAD_LEN = 32,
    CODEPAGE_UTF16 = 1200,
    CONTACT_VERSION = 3,
    EXCHANGE_BOOK_VERSION = 1
};

static gboolean
take_guid(TwCursor *cur, TwGuid *ret)
{
    const guint8 *bytes;

    if (!tw_cursor_take(cur, TW_GUID_LEN, &bytes))
        return FALSE;
    *ret = tw_guid_from_bytes(bytes);
    return TRUE;
}

/* Each reader starts behind the provider's GUID and sets the error's text by returning what is wrong, NULL for fine. */

/* Base64, a NUL, and NULs up to a multiple of 4 of the whole id. */
static const char *
read_external(TwCursor *cur, GBytes **ret)
{
    g_autofree guint8 *decoded = NULL;
    const guint8 *nul = memchr(cur->next, 0, cur->left);
    gsize text_len, len = 0;
    gint state = 0;
    guint save = 0;

    if (nul == NULL)
        return "external id without its end";
    text_len = (gsize) (nul - cur->next);
    if (text_len % 4 != 0 || text_len > (gsize) (TW_ENTRYID_MAX_EXTERNAL + 2) / 3 * 4)
        return "external id of a wrong length";
    for (const guint8 *p = nul; p < cur->next + cur->left; p++) {
        if (*p != 0)
            return "something behind the external id";
    }
    decoded = g_malloc(text_len / 4 * 3 + 3);
    len = g_base64_decode_step((const char *) cur->next, text_len, decoded, &state, &save);
    if (state != 0 || len > TW_ENTRYID_MAX_EXTERNAL)
        return "external id is not base64";
    *ret = g_bytes_new(decoded, len);
    return NULL;
}

static gboolean
is_base64_text(const guint8 *text, gsize len)
{
    gsize padding = 0;

    while (len > 0 && padding < 2 && text[len - 1] == '=') {
        len--;
        padding++;
    }
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum((char) text[i]) && text[i] != '+' && text[i] != '/')
            return FALSE;
    }
    return TRUE;
}

static const char *
read_book(TwCursor *cur, TwEntryId *id)
{
    guint32 version, type, number;
    const guint8 *nul;

    if (!tw_cursor_take_u32le(cur, &version) || !tw_cursor_take_u32le(cur, &type) ||
        !tw_cursor_take_u32le(cur, &number) || version > 1)
        return "address-book head";
    if (type != TW_BOOK_CONTAINER && type != TW_BOOK_USER && type != TW_BOOK_LIST)
        return "address-book type";
    id->kind = TW_ENTRYID_BOOK;
    id->book.type = (TwBookType) type;
    id->book.number = number;
    if (version == 0)
        return cur->left == 4 && memcmp(cur->next, "\0\0\0", 4) == 0 ? NULL : "address-book tail";
    if (cur->left % 4 != 0)
        return "address-book padding";
    nul = memchr(cur->next, 0, cur->left);
    if (nul != NULL && !is_base64_text(cur->next, (gsize) (nul - cur->next)))
        return "external id is not base64";
    return read_external(cur, &id->book.external);
}

static char *
text_from_codepage(const guint8 *data, gsize len, guint codepage)
{
    g_autoptr(TwCodepageReader) reader = tw_codepage_reader_new(codepage);
    g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) TW_ENTRYID_MAX_TEXT * 4 + 1);

    if (reader == NULL)
        return NULL;
    tw_codepage_reader_append(reader, data, len, &text);
    tw_buffer_put_u8(&text, 0);
    return text.failed ? NULL : (char *) g_steal_pointer(&text.data);
}

/* A string with its NUL, of bytes or of UTF-16LE. */
static const char *
take_text(TwCursor *cur, gboolean unicode, char **ret)
{
    gsize len = 0, unit = unicode ? 2 : 1;
    const guint8 *start = cur->next;

    while (len + unit <= cur->left && !(start[len] == 0 && (!unicode || start[len + 1] == 0)))
        len += unit;
    if (len + unit > cur->left)
        return "string without its end";
    if (len > TW_ENTRYID_MAX_TEXT * unit)
        return "string too long";
    *ret = !unicode && g_utf8_validate((const char *) start, (gssize) len, NULL)
               ? g_strndup((const char *) start, len)
               : text_from_codepage(start, len, unicode ? CODEPAGE_UTF16 : TW_CODEPAGE_WESTERN);
    if (*ret == NULL)
        return "string is not text";
    return tw_cursor_skip(cur, len + unit) ? NULL : "string without its end";
}

static const char *
read_one_off(TwCursor *cur, TwEntryId *id)
{
    guint16 version;
    gboolean unicode;
    const char *wrong;

    id->kind = TW_ENTRYID_ONE_OFF;
    if (!tw_cursor_take_u16le(cur, &version) || version != 0 ||
        !tw_cursor_take_u16le(cur, &id->one_off.flags))
        return "one-off head";
    unicode = (id->one_off.flags & TW_ONE_OFF_UNICODE) != 0;
    wrong = take_text(cur, unicode, &id->one_off.name);
    if (wrong == NULL)
        wrong = take_text(cur, unicode, &id->one_off.address_type);
    if (wrong == NULL)
        wrong = take_text(cur, unicode, &id->one_off.address);
    return wrong;
}

static const char *
read_exchange_book(TwCursor *cur, TwEntryId *id)
{
    guint32 version;

    id->kind = TW_ENTRYID_EXCHANGE_BOOK;
    if (!tw_cursor_take_u32le(cur, &version) || version != EXCHANGE_BOOK_VERSION ||
        !tw_cursor_take_u32le(cur, &id->exchange_book.display_type))
        return "Exchange address-book head";
    return take_text(cur, FALSE, &id->exchange_book.dn);
}

static const char *
read_contact(TwCursor *cur, TwEntryId *id)
{
    guint32 version, inner_len;
    const guint8 *inner;

    id->kind = TW_ENTRYID_CONTACT;
    if (!tw_cursor_take_u32le(cur, &version) || version != CONTACT_VERSION ||
        !tw_cursor_take_u32le(cur, &id->contact.type) ||
        !tw_cursor_take_u32le(cur, &id->contact.index) || !tw_cursor_take_u32le(cur, &inner_len) ||
        !tw_cursor_take(cur, inner_len, &inner))
        return "contact head";
    if (id->contact.type != 4 && id->contact.type != 5)
        return "contact type";
    id->contact.message = g_bytes_new(inner, inner_len);
    return NULL;
}

static const char *
read_contact_folder(TwCursor *cur, TwEntryId *id)
{
    id->kind = TW_ENTRYID_CONTACT_FOLDER;
    if (!tw_cursor_take_u32le(cur, &id->contact_folder.type) ||
        !tw_cursor_take_u32le(cur, &id->contact_folder.offset) || cur->left == 0)
        return "contact folder head";
    id->contact_folder.inner = g_bytes_new(cur->next, cur->left);
    return NULL;
}

static gboolean
take_replica(TwCursor *cur, TwGuid *replica, guint8 counter[6])
{
    const guint8 *bytes;
    guint16 pad;

    if (!take_guid(cur, replica) || !tw_cursor_take(cur, 6, &bytes) ||
        !tw_cursor_take_u16le(cur, &pad) || pad != 0)
        return FALSE;
    memcpy(counter, bytes, 6);
    return TRUE;
}

static const char *
read_exchange(TwCursor *cur, const TwGuid *provider, TwEntryId *id)
{
    TwExchangeId *x = &id->exchange;
    gboolean message = cur->left == EXCHANGE_MESSAGE_LEN - 4 - TW_GUID_LEN;

    id->kind = TW_ENTRYID_EXCHANGE;
    x->provider = *provider;
    if (!tw_cursor_take_u16le(cur, &x->type) ||
        !take_replica(cur, &x->folder_replica, x->folder_counter))
        return "Exchange folder";
    if (message ? x->type != 7 && x->type != 9 : x->type != 1 && x->type != 3)
        return "Exchange type";
    if (message && !take_replica(cur, &x->message_replica, x->message_counter))
        return "Exchange message";
    return NULL;
}

static const char *
read_any(const guint8 *data, gsize len, TwEntryId *id)
{
    static const struct {
        TwProvider provider;
        const char *(*read)(TwCursor *cur, TwEntryId *id);
    } readers[] = {
        { TW_PROVIDER_BOOK, read_book },
        { TW_PROVIDER_ONE_OFF, read_one_off },
        { TW_PROVIDER_EXCHANGE_BOOK, read_exchange_book },
        { TW_PROVIDER_CONTACT, read_contact },
        { TW_PROVIDER_CONTACT_FOLDER, read_contact_folder },
    };
    TwCursor cur = tw_cursor_init(data, len);
    TwGuid guid;

    if (!tw_cursor_skip(&cur, 4) || !take_guid(&cur, &guid))
        return "too short";
    for (guint i = 0; i < G_N_ELEMENTS(readers); i++) {
        if (tw_guid_equal(&guid, tw_provider_guid(readers[i].provider))) {
            /* what readers return are constants */
            /* cppcheck-suppress returnDanglingLifetime */
            return readers[i].read(&cur, id);
        }
    }
    if (len == EXCHANGE_FOLDER_LEN || len == EXCHANGE_MESSAGE_LEN) {
        TwCursor copy = cur;
        const char *wrong = read_exchange(&copy, &guid, id);
        if (wrong == NULL)
            return NULL;
        memset(id, 0, sizeof *id);
    }
    id->kind = TW_ENTRYID_OBJECT;
    return tw_object_id_parse(data, len, &id->object, NULL) ? NULL : "of no known provider";
}

TwEntryId *
tw_entryid_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwEntryId) id = NULL;
    const char *wrong;

    if (len > TW_ENTRYID_MAX_LEN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "entry id of %" G_GSIZE_FORMAT " bytes",
                    len);
        return NULL;
    }
    id = g_new0(TwEntryId, 1);
    wrong = read_any(data, len, id);
    if (wrong != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "entry id of %" G_GSIZE_FORMAT " bytes: %s",
                    len, wrong);
        return NULL;
    }
    return g_steal_pointer(&id);
}

void
tw_entryid_free(TwEntryId *id)
{
    if (id == NULL)
        return;
    switch (id->kind) {
    case TW_ENTRYID_OBJECT:
    case TW_ENTRYID_EXCHANGE:
        break;
    case TW_ENTRYID_BOOK:
        g_clear_pointer(&id->book.external, g_bytes_unref);
        break;
    case TW_ENTRYID_ONE_OFF:
        g_free(id->one_off.name);
        g_free(id->one_off.address_type);
        g_free(id->one_off.address);
        break;
    case TW_ENTRYID_EXCHANGE_BOOK:
        g_free(id->exchange_book.dn);
        break;
    case TW_ENTRYID_CONTACT:
        g_clear_pointer(&id->contact.message, g_bytes_unref);
        break;
    case TW_ENTRYID_CONTACT_FOLDER:
        g_clear_pointer(&id->contact_folder.inner, g_bytes_unref);
        break;
    }
    g_free(id);
}

static void
put_head(TwBuffer *out, TwProvider provider)
{
    tw_buffer_put_zeros(out, 4);
    tw_buffer_put(out, tw_provider_guid(provider)->bytes, TW_GUID_LEN);
}

void
tw_book_id_write(const TwBookId *id, TwBuffer *out)
{
    put_head(out, TW_PROVIDER_BOOK);
    tw_buffer_put_u32le(out, id->external != NULL ? 1 : 0);
    tw_buffer_put_u32le(out, id->type);
    tw_buffer_put_u32le(out, id->number);
    if (id->external != NULL) {
        gsize len, text_len;
        const guint8 *data = g_bytes_get_data(id->external, &len);
        g_autofree char *text = g_base64_encode(data, len);

        text_len = strlen(text) + 1;
        tw_buffer_put(out, text, text_len);
        tw_buffer_put_zeros(out, (4 - text_len % 4) % 4);
    } else {
        tw_buffer_put_zeros(out, 4);
    }
}

static void
put_utf16(TwBuffer *out, const char *text)
{
    glong units = 0;
    g_autofree gunichar2 *wide = g_utf8_to_utf16(text != NULL ? text : "", -1, NULL, &units, NULL);

    for (glong i = 0; wide != NULL && i < units; i++)
        tw_buffer_put_u16le(out, wide[i]);
    tw_buffer_put_u16le(out, 0);
}

void
tw_one_off_write(const TwOneOff *one_off, TwBuffer *out)
{
    put_head(out, TW_PROVIDER_ONE_OFF);
    tw_buffer_put_u16le(out, 0);
    tw_buffer_put_u16le(out, one_off->flags | TW_ONE_OFF_UNICODE);
    put_utf16(out, one_off->name);
    put_utf16(out, one_off->address_type);
    put_utf16(out, one_off->address);
}

static void
put_bytes(TwBuffer *out, GBytes *bytes)
{
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);

    tw_buffer_put(out, data, len);
}

static void
put_exchange(TwBuffer *out, const TwExchangeId *x)
{
    tw_buffer_put_zeros(out, 4);
    tw_buffer_put(out, x->provider.bytes, TW_GUID_LEN);
    tw_buffer_put_u16le(out, x->type);
    tw_buffer_put(out, x->folder_replica.bytes, TW_GUID_LEN);
    tw_buffer_put(out, x->folder_counter, sizeof x->folder_counter);
    tw_buffer_put_zeros(out, 2);
    if (x->type == 7 || x->type == 9) {
        tw_buffer_put(out, x->message_replica.bytes, TW_GUID_LEN);
        tw_buffer_put(out, x->message_counter, sizeof x->message_counter);
        tw_buffer_put_zeros(out, 2);
    }
}

void
tw_entryid_write(const TwEntryId *id, TwBuffer *out)
{
    guint8 object[TW_OBJECT_ID_LEN];

    switch (id->kind) {
    case TW_ENTRYID_OBJECT:
        tw_buffer_put(out, object, tw_object_id_write(&id->object, object));
        break;
    case TW_ENTRYID_BOOK:
        tw_book_id_write(&id->book, out);
        break;
    case TW_ENTRYID_ONE_OFF:
        tw_one_off_write(&id->one_off, out);
        break;
    case TW_ENTRYID_EXCHANGE:
        put_exchange(out, &id->exchange);
        break;
    case TW_ENTRYID_EXCHANGE_BOOK:
        put_head(out, TW_PROVIDER_EXCHANGE_BOOK);
        tw_buffer_put_u32le(out, EXCHANGE_BOOK_VERSION);
        tw_buffer_put_u32le(out, id->exchange_book.display_type);
        tw_buffer_put(out, id->exchange_book.dn, strlen(id->exchange_book.dn) + 1);
        break;
    case TW_ENTRYID_CONTACT:
        put_head(out, TW_PROVIDER_CONTACT);
        tw_buffer_put_u32le(out, CONTACT_VERSION);
        tw_buffer_put_u32le(out, id->contact.type);
        tw_buffer_put_u32le(out, id->contact.index);
        tw_buffer_put_u32le(out, (guint32) g_bytes_get_size(id->contact.message));
        put_bytes(out, id->contact.message);
        break;
    case TW_ENTRYID_CONTACT_FOLDER:
        put_head(out, TW_PROVIDER_CONTACT_FOLDER);
        tw_buffer_put_u32le(out, id->contact_folder.type);
        tw_buffer_put_u32le(out, id->contact_folder.offset);
        put_bytes(out, id->contact_folder.inner);
        break;
    }
}

static char *
object_to_string(const TwObjectId *id)
{
    static const char *const types[] = { [TW_OBJECT_ID_STORE] = "store",
                                         [TW_OBJECT_ID_FOLDER] = "folder",
                                         [TW_OBJECT_ID_MESSAGE] = "message",
                                         [TW_OBJECT_ID_ATTACHMENT] = "attachment" };
    char store[TW_GUID_TEXT_SIZE], unique[TW_GUID_TEXT_SIZE];

    tw_guid_print(&id->store, TW_GUID_PLAIN, store);
    tw_guid_print(&id->unique, TW_GUID_PLAIN, unique);
    if (id->version == 0)
        return g_strdup_printf("%s %u in %s", types[id->type], id->number, store);
    return g_strdup_printf("%s %s in %s", types[id->type], unique, store);
}

char *
tw_entryid_to_string(const TwEntryId *id)
{
    switch (id->kind) {
    case TW_ENTRYID_OBJECT:
        return object_to_string(&id->object);
    case TW_ENTRYID_BOOK:
        return g_strdup_printf("address-book %s %u%s",
                               id->book.type == TW_BOOK_USER   ? "user"
                               : id->book.type == TW_BOOK_LIST ? "list"
                                                               : "container",
                               id->book.number,
                               id->book.external != NULL ? " with external id" : "");
    case TW_ENTRYID_ONE_OFF:
        return g_strdup("one-off recipient");
    case TW_ENTRYID_EXCHANGE:
        return g_strdup_printf("Exchange object of type %u", id->exchange.type);
    case TW_ENTRYID_EXCHANGE_BOOK:
        return g_strdup_printf("Exchange address-book entry of type %u",
                               id->exchange_book.display_type);
    case TW_ENTRYID_CONTACT:
        return g_strdup_printf("contact address %u", id->contact.index);
    case TW_ENTRYID_CONTACT_FOLDER:
        return g_strdup_printf("contact entry of type %u, slot %u", id->contact_folder.type,
                               id->contact_folder.offset);
    }
    return g_strdup("unknown entry id");
}
