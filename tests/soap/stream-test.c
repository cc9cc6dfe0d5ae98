/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Message streams: spec/mapi-soap.md 12. */
#include "soap/stream.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mapi/tags.h"

enum {
    TAG_NAMED = 0x85070102, /* a binary under a name */
    HERE = 0x8611,          /* the id that the name has at the reader */
};

/* What the reader's functions saw. */
typedef struct {
    gboolean take;    /* large values */
    gboolean refuse;  /* the name */
    GByteArray *sunk; /* of the value that was taken */
    guint32 sunk_tag;
} Seen;

static gboolean
on_wants(const TwObject *node, guint32 tag, gpointer data)
{
    (void) node;
    (void) data;
    return tag != PR_SENSITIVITY;
}

static gboolean
on_name(const TwNamedProp *name, guint *ret_id, gpointer data, GError **error)
{
    const Seen *seen = data;

    (void) error;
    g_assert_cmpstr(name->name, ==, "x-word");
    *ret_id = seen->refuse ? 0 : HERE;
    return TRUE;
}

static gboolean
on_begin(guint32 len, gboolean *ret_taken, gpointer data, GError **error)
{
    const Seen *seen = data;

    (void) error;
    g_assert_cmpuint(len, >, TW_SOAP_STREAM_INLINE);
    *ret_taken = seen->take;
    return TRUE;
}

static gboolean
on_piece(const guint8 *bytes, gsize len, gpointer data, GError **error)
{
    Seen *seen = data;

    (void) error;
    g_byte_array_append(seen->sunk, bytes, (guint) len);
    return TRUE;
}

static gboolean
on_end(const TwObject *node, guint32 tag, gpointer data, GError **error)
{
    Seen *seen = data;

    (void) error;
    g_assert_cmpint(tw_object_get_kind(node), ==, TW_OBJECT_ATTACHMENT);
    seen->sunk_tag = tag;
    return TRUE;
}

static const TwSoapStreamFuncs funcs = {
    .wants = on_wants, .name = on_name, .begin = on_begin, .piece = on_piece, .end = on_end
};

static const TwNamedProp *
write_name(guint id, gpointer data)
{
    static const TwNamedProp name = { .set = { { 9 } }, .name = "x-word" };

    (void) data;
    return id == TAG_NAMED >> 16 ? &name : NULL;
}

static void
set(TwObject *object, TwPropValue value)
{
    g_autoptr(GError) error = NULL;

    tw_object_set(object, &value, &error);
    g_assert_no_error(error);
}

static void
set_list(TwObject *object)
{
    g_auto(TwListBuilder) list;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);
    TwPropValue value;

    tw_list_builder_init(&list, 0x1234101F);
    tw_list_builder_add(&list, "one", 3);
    tw_list_builder_add(&list, "", 0);
    g_assert_true(tw_list_builder_finish(&list, &out, &value, NULL));
    set(object, value);
}

/* One of each: types, a recipient of each kind, data, a message in a message. */
static TwObject *
new_object(gsize data_len)
{
    static const guint8 two[] = { 1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF };
    g_autofree guint8 *data = g_malloc0(data_len);
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *inner = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *child;

    set(object, tw_value_str(PR_MESSAGE_CLASS, "IPM"));
    set(object, tw_value_str(PR_SUBJECT, "gr\xc3\xbc\xc3\x9f"));
    set(object, tw_value_str(PR_BODY, ""));
    set(object, tw_value_long(PR_SENSITIVITY, 2));
    set(object, tw_value_i2(0x66500002, -2));
    set(object, tw_value_r4(0x66510004, 1.5f));
    set(object, tw_value_double(0x66520005, -2.5));
    set(object, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 0x0123456789ABCDEF));
    set(object, tw_value_i8(0x66530014, -7));
    set(object, tw_value_bool(0x6654000B, TRUE));
    set(object, tw_value_bytes(0x66550048, (const guint8 *) "0123456789abcdef", 16));
    set(object, tw_value_bytes(0x66561003, two, sizeof two));
    set(object, tw_value_bytes(TAG_NAMED, (const guint8 *) "n", 1));
    set_list(object);
    child = tw_object_add(object, TW_OBJECT_RECIPIENT, 0, NULL);
    set(child, tw_value_str(PR_DISPLAY_NAME, "Bert"));
    child = tw_object_add(object, TW_OBJECT_RECIPIENT, 1, NULL);
    set(child, tw_value_long(PR_OBJECT_TYPE, 8));
    child = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    set(child, tw_value_bytes(PR_ATTACH_DATA_BIN, data, data_len));
    child = tw_object_add(object, TW_OBJECT_ATTACHMENT, 1, NULL);
    set(inner, tw_value_str(PR_SUBJECT, "inside"));
    g_assert_true(tw_object_set_embedded(child, inner, NULL));
    return object;
}

static GByteArray *
write_object(const TwObject *object, const TwSoapStreamHow *how)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) pieces = tw_soap_stream_write(object, how, &error);
    GByteArray *all = g_byte_array_new();

    g_assert_no_error(error);
    for (guint i = 0; i < pieces->len; i++) {
        const TwSoapStreamPiece *piece = &g_array_index(pieces, TwSoapStreamPiece, i);
        gsize len;
        const guint8 *data = g_bytes_get_data(piece->bytes, &len);

        g_assert_cmpuint(len, ==, piece->len);
        g_byte_array_append(all, data, (guint) len);
    }
    return all;
}

static TwObject *
read_object(const guint8 *data, gsize len, gsize piece, Seen *seen, GError **error)
{
    g_autoptr(TwSoapStreamReader) reader = tw_soap_stream_reader_new(&funcs, seen);

    for (gsize at = 0; at < len; at += piece) {
        gsize part = MIN(piece, len - at);
        g_autofree guint8 *exact = g_memdup2(data + at, part);

        if (!tw_soap_stream_reader_feed(reader, exact, part, error))
            return NULL;
    }
    return tw_soap_stream_reader_finish(reader, error);
}

static void
check_object(const TwObject *object, guint named)
{
    TwObject *child = tw_object_at(object, TW_OBJECT_ATTACHMENT, 1);
    TwPropValue value, item;

    g_assert_cmpstr(tw_object_get_text(object, PR_SUBJECT, NULL), ==, "gr\xc3\xbc\xc3\x9f");
    g_assert_cmpstr(tw_object_get_text(object, PR_BODY, NULL), ==, "");
    g_assert_false(tw_object_has(object, PR_SENSITIVITY));
    g_assert_true(tw_object_get(object, 0x66500002, &value) && value.i2 == -2);
    g_assert_true(tw_object_get(object, 0x66510004, &value) && value.r4 == 1.5f);
    g_assert_true(tw_object_get(object, 0x66520005, &value) && value.r8 == -2.5);
    g_assert_true(tw_object_get(object, PR_CLIENT_SUBMIT_TIME, &value));
    g_assert_cmpint(value.i8, ==, 0x0123456789ABCDEF);
    g_assert_true(tw_object_get(object, 0x66530014, &value) && value.i8 == -7);
    g_assert_true(tw_object_get(object, 0x6654000B, &value) && value.truth);
    g_assert_true(tw_object_get(object, 0x66550048, &value) && value.len == 16);
    g_assert_true(tw_object_get(object, 0x66561003, &value) && tw_value_count(&value) == 2);
    g_assert_true(tw_value_item(&value, 1, &item) && item.i4 == -2);
    g_assert_true(tw_object_get(object, 0x1234101F, &value) && tw_value_count(&value) == 2);
    g_assert_true(tw_value_item(&value, 0, &item));
    g_assert_cmpstr(item.text, ==, "one");
    g_assert_cmpint(tw_object_has(object, tw_prop_tag(HERE, TW_PT_BINARY)), ==, named);
    g_assert_cmpuint(tw_object_count(object, TW_OBJECT_RECIPIENT), ==, 2);
    g_assert_cmpuint(
        tw_object_get_long(tw_object_at(object, TW_OBJECT_RECIPIENT, 1), PR_OBJECT_TYPE, 0), ==, 8);
    g_assert_cmpstr(tw_object_get_text(tw_object_get_embedded(child), PR_SUBJECT, NULL), ==,
                    "inside");
}

/* The same message comes of a stream however it is cut, and none of a part of it. */
static void
test_round_trip(void)
{
    static const guint8 begin[] = { 0, 0, 0, 1, 0, 0, 0, 14, 0, 0x1A, 0, 0x1E, 0, 0, 0, 3, 'I' };
    g_autoptr(TwObject) object = new_object(5);
    TwSoapStreamHow how = { .name = write_name };
    g_autoptr(GByteArray) stream = write_object(object, &how);

    g_assert_true(memcmp(stream->data, begin, sizeof begin) == 0);
    for (gsize piece = 1; piece < 40; piece += 13) {
        Seen seen = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(TwObject) back = read_object(stream->data, stream->len, piece, &seen, &error);

        g_assert_no_error(error);
        check_object(back, TRUE);
    }
    for (gsize len = 0; len < stream->len; len++) {
        Seen seen = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_null(read_object(stream->data, len, MAX(len, 1), &seen, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    g_byte_array_append(stream, (const guint8 *) "", 1);
    {
        Seen seen = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_null(read_object(stream->data, stream->len, 7, &seen, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* A large value is given away in pieces, or stays when nobody takes it; a name that nobody has drops its property. */
static void
test_large(void)
{
    enum {
        LEN = TW_SOAP_STREAM_INLINE + 1
    };
    g_autoptr(TwObject) object = new_object(LEN);
    TwSoapStreamHow how = { .name = write_name };
    g_autoptr(GByteArray) stream = write_object(object, &how);

    for (guint take = 0; take < 2; take++) {
        g_autoptr(GByteArray) sunk = g_byte_array_new();
        Seen seen = { .take = take != 0, .refuse = TRUE, .sunk = sunk };
        g_autoptr(GError) error = NULL;
        g_autoptr(TwObject) back = read_object(stream->data, stream->len, 1000, &seen, &error);
        TwObject *child;

        g_assert_no_error(error);
        check_object(back, FALSE);
        child = tw_object_at(back, TW_OBJECT_ATTACHMENT, 0);
        g_assert_cmpint(tw_object_has(child, PR_ATTACH_DATA_BIN), ==, take == 0);
        g_assert_cmpuint(sunk->len, ==, take != 0 ? (guint) LEN : 0);
        g_assert_cmphex(seen.sunk_tag, ==, take != 0 ? PR_ATTACH_DATA_BIN : 0);
    }
}

static void
test_bodies(void)
{
    static const struct {
        guint flags;
        gboolean html, rtf, text;
    } cases[] = {
        { 0, TRUE, TRUE, TRUE },
        { TW_SOAP_STREAM_NO_RICH, FALSE, FALSE, TRUE },
        { TW_SOAP_STREAM_BEST_BODY, TRUE, FALSE, FALSE },
    };
    g_autoptr(TwObject) object = new_object(1);

    set(object, tw_value_bytes(PR_HTML, (const guint8 *) "<p>", 3));
    set(object, tw_value_bytes(PR_RTF_COMPRESSED, (const guint8 *) "rtf", 3));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwPropValue key = tw_value_bytes(PR_SOURCE_KEY, (const guint8 *) "key", 3);
        TwSoapStreamHow how = {
            .flags = cases[i].flags, .name = write_name, .more = &key, .more_count = 1
        };
        g_autoptr(GByteArray) stream = write_object(object, &how);
        Seen seen = { 0 };
        g_autoptr(TwObject) back = read_object(stream->data, stream->len, 4096, &seen, NULL);

        g_assert_cmpint(tw_object_has(back, PR_HTML), ==, cases[i].html);
        g_assert_cmpint(tw_object_has(back, PR_RTF_COMPRESSED), ==, cases[i].rtf);
        g_assert_cmpint(tw_object_has(back, PR_BODY), ==, cases[i].text);
        g_assert_true(tw_object_has(back, PR_SOURCE_KEY));
    }
}

typedef struct {
    const char *name;
    const char *bytes;
    gsize len;
    TwError code;
} Case;

#define HEAD "\0\0\0\1"
#define CASE(name, bytes, code)                                                                    \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, code                                                       \
    }
static const Case cases[] = {
    CASE("another version", "\0\0\0\2", TW_ERROR_CORRUPT),
    CASE("more properties than ids", HEAD "\0\1\0\1", TW_ERROR_CORRUPT),
    CASE("a type that does not travel", HEAD "\0\0\0\1\x12\x34\0\xFD", TW_ERROR_CORRUPT),
    CASE("a text past the limit", HEAD "\0\0\0\1\0\x1A\0\x1E\4\0\0\1", TW_ERROR_TOO_BIG),
    CASE("items past the limit", HEAD "\0\0\0\1\x12\x34\x10\3\0\1\0\1", TW_ERROR_TOO_BIG),
    CASE("text that is no UTF-8", HEAD "\0\0\0\1\0\x1A\0\x1E\0\0\0\1\xFF", TW_ERROR_CORRUPT),
    CASE("a NUL in text", HEAD "\0\0\0\1\0\x1A\0\x1E\0\0\0\2a\0", TW_ERROR_CORRUPT),
    CASE("more objects than there may be", HEAD "\0\0\0\0\0\2\0\1", TW_ERROR_TOO_BIG),
    CASE("a folder in a message", HEAD "\0\0\0\0\0\0\0\1\0\0\0\3\0\0\0\0", TW_ERROR_CORRUPT),
    CASE("an attachment as a message",
         HEAD "\0\0\0\0\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\7\0\0\0\0",
         TW_ERROR_CORRUPT),
    CASE("a name of another kind",
         HEAD "\0\0\0\1\x85\7\0\3\0\0\0\1"
              "0123456789abcdef\0\0\0\2",
         TW_ERROR_CORRUPT),
};

static void
test_bad(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Seen seen = { 0 };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        g_assert_null(read_object((const guint8 *) cases[i].bytes, cases[i].len, cases[i].len,
                                  &seen, &error));
        g_assert_error(error, TW_ERROR, (gint) cases[i].code);
    }
}

/* Messages in messages, as deep as they may be and one deeper. */
static void
test_depth(void)
{
    for (guint depth = TW_OBJECT_MAX_DEPTH; depth <= TW_OBJECT_MAX_DEPTH + 1; depth++) {
        g_autoptr(GByteArray) stream = g_byte_array_new();
        Seen seen = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(TwObject) object = NULL;

        g_byte_array_append(stream, (const guint8 *) HEAD, 4);
        for (guint i = 0; i < depth; i++)
            g_byte_array_append(stream,
                                (const guint8 *) "\0\0\0\0\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\0"
                                                 "\0\0\0\0\0\0\0\1\0\0\0\5\0\0\0\0",
                                36);
        g_byte_array_append(stream, (const guint8 *) "\0\0\0\0\0\0\0\0", 8);
        object = read_object(stream->data, stream->len, 11, &seen, &error);
        if (depth <= TW_OBJECT_MAX_DEPTH)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
        g_assert_cmpint(object != NULL, ==, depth <= TW_OBJECT_MAX_DEPTH);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/12/round-trip", test_round_trip);
    g_test_add_func("/mapi-soap/12/large", test_large);
    g_test_add_func("/mapi-soap/11.6/bodies", test_bodies);
    g_test_add_func("/mapi-soap/12/bad", test_bad);
    g_test_add_func("/mapi-soap/12/depth", test_depth);
    return g_test_run();
}
