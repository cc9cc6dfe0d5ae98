/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small values in the partition: their form, where the limit lies, flushes, both forms side by side, damage and repair. */
#include "store/inline.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/dictionary.h"
#include "store/store-private.h"

enum {
    LIMIT = 4096
};

/* ---- the form ---- */

static GBytes *
open_exact(const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);
    g_autoptr(GBytes) row = g_bytes_new_static(copy, len);
    GBytes *plain = tw_inline_open(row, error);
    GBytes *own =
        plain != NULL ? g_bytes_new(g_bytes_get_data(plain, NULL), g_bytes_get_size(plain)) : NULL;

    g_clear_pointer(&plain, g_bytes_unref);
    return own;
}

static GBytes *
text_of(gsize len, gboolean packs)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) len);
    guint8 *data = g_malloc(len + 1);

    for (gsize i = 0; i < len; i++)
        data[i] = packs ? (guint8) "Subject: giraffes\r\n"[i % 19] : (guint8) g_rand_int(rand);
    return g_bytes_new_take(data, len);
}

static void
test_form(void)
{
    static const gsize sizes[] = { 0, 1, 11, 12, 13, 300, LIMIT, TW_INLINE_MAX_LEN };

    for (guint i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) plain = text_of(sizes[i / 2], i % 2 == 0);
        g_autoptr(GBytes) row = tw_inline_pack(plain);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) back =
            open_exact(g_bytes_get_data(row, NULL), g_bytes_get_size(row), &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(plain, back));
        g_assert_cmpuint(g_bytes_get_size(row), <=, sizes[i / 2] + TW_INLINE_HEADER_LEN);
    }
}

static void
test_cut_and_flipped(void)
{
    for (guint packs = 0; packs < 2; packs++) {
        g_autoptr(GBytes) plain = text_of(200, packs == 1);
        g_autoptr(GBytes) row = tw_inline_pack(plain);
        gsize len;
        const guint8 *data = g_bytes_get_data(row, &len);
        for (gsize at = 0; at < len; at++) {
            g_autoptr(GError) error = NULL;
            g_assert_null(open_exact(data, at, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
        for (gsize bit = 0; bit < len * 8; bit++) {
            g_autofree guint8 *flipped = g_memdup2(data, len);
            g_autoptr(GError) error = NULL;
            flipped[bit / 8] ^= (guint8) (1u << bit % 8);
            g_assert_null(open_exact(flipped, len, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

static void
seal(guint8 *row, gsize len)
{
    guint32 sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, row, 4), row + 8, len - 8));

    memcpy(row + 4, &sum, sizeof sum);
}

/* Rows whose sum is right. */
static void
test_wrong_form(void)
{
    static const struct {
        const char *label;
        guint at;
        guint8 byte;
        int code;
    } cases[] = {
        { "newer version", 0, 2, TW_ERROR_UNSUPPORTED },
        { "version 0", 0, 0, TW_ERROR_UNSUPPORTED },
        { "unknown coding", 1, 1, TW_ERROR_CORRUPT },
        { "plain with a dictionary", 1, 0, TW_ERROR_CORRUPT },
        { "reserved byte", 2, 1, TW_ERROR_CORRUPT },
        { "reserved byte", 3, 1, TW_ERROR_CORRUPT },
        { "unknown dictionary", 8, 77, TW_ERROR_CORRUPT },
        { "no frame", 12, 0, TW_ERROR_CORRUPT },
    };
    g_autoptr(GBytes) plain = text_of(500, TRUE);
    g_autoptr(GBytes) row = tw_inline_pack(plain);
    gsize len;
    const guint8 *data = g_bytes_get_data(row, &len);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *other = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        other[cases[i].at] = cases[i].byte;
        seal(other, len);
        g_test_message("%s", cases[i].label);
        g_assert_null(open_exact(other, len, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

static void
test_too_big(void)
{
    gsize len = TW_INLINE_HEADER_LEN + TW_INLINE_MAX_LEN + 1;
    g_autofree guint8 *row = g_malloc0(len);
    g_autoptr(GBytes) most = NULL;
    g_autoptr(GError) error = NULL;

    row[0] = 1;
    seal(row, len);
    g_assert_null(open_exact(row, len, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    seal(row, len - 1);
    most = open_exact(row, len - 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(most), ==, TW_INLINE_MAX_LEN);
}

/* ---- the choice ---- */

typedef struct {
    TwFaultFs *fs;
    gint64 flush_us;
} Clock;

/* A disk whose flush takes that long, by a clock that counts flushes. */
static gint64
tell(gpointer data)
{
    const Clock *clock = data;

    return (gint64) tw_fault_fs_count(clock->fs, TW_FAULT_SYNC) * clock->flush_us;
}

static void
test_choice(void)
{
    static const struct {
        TwInlineMode mode;
        gint64 flush_us;
        gsize limit;
    } cases[] = {
        { TW_INLINE_AUTO, 50, 0 },
        { TW_INLINE_AUTO, TW_INLINE_FLUSH_US, 0 },
        { TW_INLINE_AUTO, TW_INLINE_FLUSH_US + 1, LIMIT },
        { TW_INLINE_AUTO, 12000, LIMIT },
        { TW_INLINE_NEVER, 12000, 0 },
        { TW_INLINE_ALWAYS, 50, LIMIT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
        TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
        Clock clock = { fs, cases[i].flush_us };
        g_autoptr(GPtrArray) names = NULL;
        config.fs = tw_fault_fs_get(fs);
        config.path = "/data";
        config.inline_mode = cases[i].mode;
        config.inline_most = LIMIT;
        g_assert_true(tw_file_mkdir(config.fs, "/data", NULL));
        g_assert_cmpuint(tw_inline_limit(&config, tell, &clock), ==, cases[i].limit);
        names = tw_file_list(config.fs, "/data", NULL);
        g_assert_cmpuint(names->len, ==, 0); /* nothing is left behind */
        if (cases[i].mode != TW_INLINE_AUTO)
            g_assert_cmpuint(tw_fault_fs_count(fs, TW_FAULT_SYNC), ==, 0);
    }
}

static void
test_not_measured(void)
{
    static const TwFaultCalls calls[] = { TW_FAULT_OPEN, TW_FAULT_WRITE, TW_FAULT_SYNC };

    for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
        TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
        TwFault fault = { .calls = calls[i], .nth = 1, .number = EIO };
        Clock clock = { fs, 12000 };
        config.fs = tw_fault_fs_get(fs);
        config.path = "/data";
        config.inline_mode = TW_INLINE_AUTO;
        g_assert_true(tw_file_mkdir(config.fs, "/data", NULL));
        tw_fault_fs_arm(fs, &fault);
        g_assert_cmpuint(tw_inline_limit(&config, tell, &clock), ==, 0);
        g_assert_cmpuint(tw_fault_fs_disarm(fs), ==, 1);
    }
}

/* ---- where it lies ---- */

static GBytes *
mail_of(gsize len)
{
    static guint serial;
    GString *mail = g_string_new(NULL);

    g_string_append_printf(mail, "Subject: mail %u\r\nMessage-ID: <%u@example.org>\r\n\r\n", serial,
                           serial);
    serial++;
    while (mail->len < len)
        g_string_append_c(mail, (char) ('a' + mail->len % 26));
    g_assert_cmpuint(mail->len, ==, len);
    return g_string_free_to_bytes(mail);
}

static guint32
deliver(Bed *bed, GBytes *mail, guint copies)
{
    TwMailTarget targets[3];
    TwMailResult results[3];
    TwMailDelivery delivery = { .targets = targets, .target_count = copies };
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < copies; i++)
        targets[i] = (TwMailTarget){ .store = bed->store, .folder = bed->root };
    tw_mail_deliver(bed->engine, mail, &delivery, results, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < copies; i++)
        g_assert_no_error(results[i].error);
    return results[copies - 1].made.mid;
}

typedef struct {
    guint32 store, mid;
    GBytes *mail;   /* in its row */
    GArray *values; /* TwValueRow */
    gsize flip;     /* this bit of it is turned over */
    gboolean cut;   /* and half of it goes */
} Look;

static gboolean
look_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Look *look = data;
    g_auto(TwMessageRow) row = { 0 };

    if (!tw_sql_msg_get(tx, look->store, look->mid, FALSE, &row, error) ||
        !tw_sql_tail_mail(tx, look->store, row.bid, &look->mail, error))
        return FALSE;
    look->values = tw_sql_blobref_list(tx, look->store, row.bid, error);
    return look->values != NULL;
}

static Look
look_at(Bed *bed, guint32 mid)
{
    Look look = { .store = tw_store_get_number(bed->store), .mid = mid };
    g_autoptr(GError) error = NULL;

    tw_store_read(bed->store, look_tx, &look, &error);
    g_assert_no_error(error);
    return look;
}

static void
assert_lies(Bed *bed, guint32 mid, gboolean in_row, guint values)
{
    Look look = look_at(bed, mid);

    g_assert_true((look.mail != NULL) == in_row);
    g_assert_cmpuint(look.values->len, ==, values);
    g_clear_pointer(&look.mail, g_bytes_unref);
    g_array_unref(look.values);
}

static gboolean
append(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static void
assert_mail(Bed *bed, guint32 mid, GBytes *mail)
{
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    tw_message_read_mail(bed->store, mid, 0, G_MAXUINT64, append, got, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(got->len, ==, g_bytes_get_size(mail));
    g_assert_cmpint(memcmp(got->data, g_bytes_get_data(mail, NULL), got->len), ==, 0);
}

static void
new_bed(Bed *bed, gsize most)
{
    bed_set_inline(most);
    bed_new(bed);
    bed_set_inline(0);
}

static void
switch_to(Bed *bed, TwInlineMode mode)
{
    bed->config.inline_mode = mode;
    bed_reopen(bed);
}

/* A mail takes as many bytes of the limit as it has receivers. */
static void
test_sizes(void)
{
    static const struct {
        gsize len;
        guint copies;
        gboolean in_row;
    } cases[] = {
        { 60, 1, TRUE },         { LIMIT - 1, 1, TRUE },      { LIMIT, 1, TRUE },
        { LIMIT + 1, 1, FALSE }, { LIMIT / 2, 2, TRUE },      { LIMIT / 2 + 1, 2, FALSE },
        { LIMIT / 3, 3, TRUE },  { LIMIT / 3 + 1, 3, FALSE }, { 4 * LIMIT, 1, FALSE },
    };
    Bed bed;

    new_bed(&bed, LIMIT);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) mail = mail_of(cases[i].len);
        guint32 mid = deliver(&bed, mail, cases[i].copies);
        assert_lies(&bed, mid, cases[i].in_row, cases[i].in_row ? 0 : 1);
        assert_mail(&bed, mid, mail);
    }
    bed_check_store(bed.store, "sizes");
    bed_free(&bed);
}

/* Attachments of a small mail lie in it, and are no values of their own. */
static void
test_attachment(void)
{
    g_autoptr(GString) text = g_string_new("Content-Type: image/png\r\nContent-Transfer-Encoding: "
                                           "base64\r\n\r\n");
    g_autoptr(GBytes) mail = NULL;
    guint32 mid;
    Bed bed;

    for (guint i = 0; i < 30; i++)
        g_string_append_printf(
            text, "%s\r\n",
            "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"
            "QUJDQUJD");
    mail = g_bytes_new(text->str, text->len);
    new_bed(&bed, LIMIT);
    mid = deliver(&bed, mail, 1);
    assert_lies(&bed, mid, TRUE, 0);
    assert_mail(&bed, mid, mail);
    switch_to(&bed, TW_INLINE_NEVER);
    mid = deliver(&bed, mail, 1);
    assert_lies(&bed, mid, FALSE, 2);
    assert_mail(&bed, mid, mail);
    bed_free(&bed);
}

static void
assert_blobs(Bed *bed, guint32 mid, guint count)
{
    Look look = look_at(bed, mid);
    g_autoptr(GHashTable) ids =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);

    for (guint i = 0; i < look.values->len; i++) {
        const TwValueRow *row = &g_array_index(look.values, TwValueRow, i);
        g_hash_table_add(ids, g_bytes_new(row->id.bytes, sizeof row->id.bytes));
    }
    g_assert_cmpuint(g_hash_table_size(ids), ==, count);
    g_clear_pointer(&look.mail, g_bytes_unref);
    g_array_unref(look.values);
}

/* Texts and attachments that are not encoded are kept once, for the message and for its mail. */
static void
test_text_is_kept_once(void)
{
    static const char *const types[] = { "text/plain; charset=utf-8", "text/html; charset=utf-8",
                                         "application/x\r\nContent-Disposition: attachment" };
    g_autoptr(GString) text =
        g_string_new("Subject: x\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
                     "--m\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n");
    TwPropValue value = tw_value_str(PR_BODY, "another text");
    g_autoptr(GBytes) mail = NULL;
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    TwMessageMade made;
    guint64 cn;
    Bed bed;

    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_string_append_printf(text, "--%s\r\nContent-Type: %s\r\n\r\n", i < 2 ? "b" : "m",
                               types[i]);
        for (guint line = 0; line < 400; line++)
            g_string_append_printf(text, "%u: line %u of a text\r\n", i, line);
        if (i == 1)
            g_string_append(text, "--b--\r\n");
    }
    g_string_append(text, "--m--\r\n");
    mail = g_bytes_new(text->str, text->len);
    new_bed(&bed, LIMIT);
    made = bed_deliver_message(&bed, mail);
    assert_lies(&bed, made.mid, TRUE, 6); /* three of the mail, the same three of the message */
    assert_blobs(&bed, made.mid, 3);
    assert_mail(&bed, made.mid, mail);
    switch_to(&bed, TW_INLINE_NEVER);
    assert_mail(&bed, made.mid, mail);
    made = bed_deliver_message(&bed, mail);
    assert_lies(&bed, made.mid, FALSE, 7);
    assert_blobs(&bed, made.mid, 4);
    assert_mail(&bed, made.mid, mail);
    bed_check_store(bed.store, "shared text");
    object = tw_message_read(bed.store, made.mid, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_save(bed.store, made.mid, made.cn, object, 0, &cn, &error));
    assert_lies(&bed, made.mid, FALSE,
                2); /* the other text and the attachment are the message's own */
    g_assert_false(tw_message_read_mail(bed.store, made.mid, 0, G_MAXUINT64, append, got, NULL));
    bed_check_store(bed.store, "another text");
    bed_free(&bed);
}

/* Either all properties lie in the record, or as few as ever. */
static void
test_properties(void)
{
    static const struct {
        gsize body;
        guint more; /* values of LIMIT bytes beside it */
        guint values;
    } cases[] = {
        { 1024, 0, 0 },      { 1025, 0, 0 },  { LIMIT, 0, 0 },
        { LIMIT + 1, 0, 1 }, { LIMIT, 3, 0 }, { LIMIT, 4, 5 },
    };
    Bed bed;

    new_bed(&bed, LIMIT);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwObject) object = bed_object("properties", cases[i].body);
        g_autoptr(TwObject) back = NULL;
        g_autofree guint8 *bytes = g_malloc0(LIMIT);
        g_autoptr(GError) error = NULL;
        TwMessageMade made;
        TwPropValue body;
        for (guint k = 0; k < cases[i].more; k++) {
            TwPropValue value = tw_value_bytes(0x67000102 + (k << 16), bytes, LIMIT);
            g_assert_true(tw_object_set(object, &value, NULL));
        }
        g_assert_true(tw_message_create(bed.store, bed.root, object, NULL, &made, &error));
        assert_lies(&bed, made.mid, FALSE, cases[i].values);
        back = tw_message_read(bed.store, made.mid, NULL, &error);
        g_assert_no_error(error);
        if (cases[i].values == 0) {
            g_assert_true(tw_object_get(back, PR_BODY, &body));
            g_assert_cmpuint(body.len, ==, cases[i].body);
        }
    }
    bed_check_store(bed.store, "properties");
    bed_free(&bed);
}

/* ---- flushes ---- */

/* The log begins anew now and then, which costs flushes of its own: the fewest that a mail takes are what it costs. */
static void
test_flushes(void)
{
    for (guint in_row = 0; in_row < 2; in_row++) {
        guint64 fewest = G_MAXUINT64;
        Bed bed;
        new_bed(&bed, in_row ? LIMIT : 0);
        for (guint i = 0; i < 20; i++) {
            g_autoptr(GBytes) mail = mail_of(LIMIT);
            guint64 before = tw_fault_fs_count(bed.fs, TW_FAULT_SYNC);
            deliver(&bed, mail, 1);
            fewest = MIN(fewest, tw_fault_fs_count(bed.fs, TW_FAULT_SYNC) - before);
        }
        g_assert_cmpuint(fewest, ==, in_row ? 1 : 2);
        bed_free(&bed);
    }
}

/* ---- both forms ---- */

static void
set_flag(Bed *bed, guint32 mid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(bed->store, mid, NULL, &error);
    TwPropValue value = tw_value_long(PR_FLAG_STATUS, 2);
    guint64 cn;

    g_assert_no_error(error);
    g_assert_true(tw_object_set(object, &value, NULL));
    tw_message_save(bed->store, mid, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
}

static guint32
copy(Bed *bed, guint32 mid, guint32 folder)
{
    TwMessageSet set = { bed->root, &mid, 1 };
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;

    tw_messages_copy(bed->store, &set, folder, done, &error);
    g_assert_no_error(error);
    return g_array_index(done, TwMessageDone, 0).new_mid;
}

/* Mails of one limit are read, marked, copied and deleted under the other. */
static void
test_switched(void)
{
    g_autoptr(GBytes) small = mail_of(LIMIT - 100);
    g_autoptr(GBytes) other = mail_of(LIMIT - 99);
    guint32 in_row, in_blob, copies[2], folder;
    TwMessageSet set;
    g_autoptr(GError) error = NULL;
    Bed bed;

    new_bed(&bed, LIMIT);
    folder = bed_folder(&bed, bed.root, "copies");
    in_row = deliver(&bed, small, 1);
    switch_to(&bed, TW_INLINE_NEVER);
    in_blob = deliver(&bed, other, 1);
    for (guint round = 0; round < 4; round++) {
        assert_mail(&bed, in_row, small);
        assert_mail(&bed, in_blob, other);
        set_flag(&bed, in_row);
        set_flag(&bed, in_blob);
        assert_lies(&bed, in_row, TRUE, 0);
        assert_lies(&bed, in_blob, FALSE, 1);
        copies[0] = copy(&bed, in_row, folder);
        copies[1] = copy(&bed, in_blob, folder);
        assert_lies(&bed, copies[0], TRUE, 0);
        assert_lies(&bed, copies[1], FALSE, 1);
        assert_mail(&bed, copies[0], small);
        assert_mail(&bed, copies[1], other);
        set = (TwMessageSet){ folder, copies, 2 };
        g_assert_true(tw_messages_delete(bed.store, &set, round % 2 == 0, NULL, &error));
        bed_check_store(bed.store, "switched");
        switch_to(&bed, round % 2 == 0 ? TW_INLINE_ALWAYS : TW_INLINE_NEVER);
    }
    bed_free(&bed);
}

/* The same long body written again is no other message, wherever either lies. */
static void
test_saved_again(void)
{
    g_autofree char *text = g_strnfill(2000, 'x');
    g_autoptr(GBytes) mail = mail_of(1000);
    TwMailTarget target;
    TwMailResult result;
    g_autoptr(TwObject) with = tw_object_new(TW_OBJECT_MESSAGE);
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .with = with };
    TwPropValue body = tw_value_str(PR_BODY, text);
    g_autoptr(GError) error = NULL;
    Bed bed;

    g_assert_true(tw_object_set(with, &body, NULL));
    new_bed(&bed, LIMIT);
    target = (TwMailTarget){ .store = bed.store, .folder = bed.root };
    g_assert_true(tw_mail_deliver(bed.engine, mail, &delivery, &result, &error));
    for (guint round = 0; round < 4; round++) {
        g_autoptr(TwObject) object = tw_message_read(bed.store, result.made.mid, NULL, &error);
        guint64 cn;
        g_assert_no_error(error);
        g_assert_true(tw_object_set(object, &body, NULL));
        g_assert_true(tw_message_save(bed.store, result.made.mid, 0, object, 0, &cn, &error));
        assert_mail(&bed, result.made.mid, mail);
        switch_to(&bed, round % 2 == 0 ? TW_INLINE_NEVER : TW_INLINE_ALWAYS);
    }
    bed_check_store(bed.store, "saved again");
    bed_free(&bed);
}

/* ---- damage ---- */

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Look *look = data;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GBytes) record = NULL;
    gsize len;
    const guint8 *bytes = g_bytes_get_data(look->mail, &len);
    g_autofree guint8 *other = g_memdup2(bytes, len);
    g_autoptr(GBytes) put = NULL;

    other[look->flip / 8] ^= (guint8) (1u << look->flip % 8);
    put = g_bytes_new(other, look->cut ? len / 2 : len);
    if (!tw_sql_msg_get(tx, look->store, look->mid, FALSE, &row, error))
        return FALSE;
    record = tw_sql_tail_get(tx, look->store, row.bid, NULL, error);
    return record != NULL &&
           tw_sql_tail_set(tx, look->store, row.bid, record, NULL, put, NULL, error);
}

static void
assert_found(Bed *bed, const TwCheckOptions *options, guint count, TwCheckWhat what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found =
        tw_check_store(bed->engine, tw_store_get_number(bed->store), options, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, count);
    if (count > 0)
        g_assert_cmpint(((TwCheckFinding *) found->pdata[0])->what, ==, what);
}

static void
test_damage(void)
{
    TwCheckOptions deep = { .deep = TRUE }, repair = { .deep = TRUE, .repair = TRUE };

    for (guint round = 0; round < 6; round++) {
        g_autoptr(GBytes) mail = mail_of(900), other = mail_of(901);
        g_autoptr(GByteArray) got = g_byte_array_new();
        g_autoptr(TwObject) object = NULL;
        g_autoptr(GError) error = NULL;
        guint32 mid, whole;
        Look look;
        Bed bed;
        new_bed(&bed, LIMIT);
        mid = deliver(&bed, mail, 1);
        whole = deliver(&bed, other, 1);
        look = look_at(&bed, mid);
        look.flip =
            (gsize) g_test_rand_int_range(0, (gint32) (g_bytes_get_size(look.mail) / 2 * 8));
        look.cut = round % 2 == 1;
        g_test_message("bit %zu", look.flip);
        g_assert_true(tw_store_write(bed.store, 0, FALSE, damage_tx, &look, &error));
        g_assert_false(tw_message_read_mail(bed.store, mid, 0, G_MAXUINT64, append, got, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
        object = tw_message_read(bed.store, mid, NULL, &error); /* the rest of it is there */
        g_assert_no_error(error);
        assert_mail(&bed, whole, other);
        assert_found(&bed, &deep, 1, TW_CHECK_MAIL);
        assert_found(&bed, &repair, 1, TW_CHECK_MAIL);
        assert_found(&bed, &deep, 0, TW_CHECK_MAIL);
        assert_mail(&bed, whole, other);
        bed_check_store(bed.store, "repaired");
        g_bytes_unref(look.mail);
        g_array_unref(look.values);
        bed_free(&bed);
    }
}

/* ---- rows that are not there ---- */

enum {
    DROP_MAIL,
    DROP_TAIL,
    DROP_MESSAGE,
    DROP_CHANGE,
    TAIL_OF_OLD,
    LOST_STATEMENTS
};

static const TwDbSql lost_rows[] = {
    [DROP_MAIL] = { .sql = "DELETE FROM mail WHERE id = ?" },
    [DROP_TAIL] = { .sql = "DELETE FROM tail WHERE id = ?" },
    [DROP_MESSAGE] = { .sql = "DELETE FROM msg WHERE store = ? AND bid = ?" },
    [DROP_CHANGE] = { .sql = "DELETE FROM chg WHERE store = ? AND id = ?" },
    [TAIL_OF_OLD] = { .sql = "UPDATE tail SET mail = (SELECT row FROM mail WHERE mail.id = "
                             "tail.id) WHERE id = ?" },
};
static const TwDbSqlSet lost_set = { "lost", lost_rows, G_N_ELEMENTS(lost_rows) };

typedef struct {
    guint32 store, bid;
    const guint *statements; /* LOST_STATEMENTS at the end */
} Lose;

static gboolean
lose_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Lose *lose = data;

    for (const guint *which = lose->statements; *which != LOST_STATEMENTS; which++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &lost_set, *which);
        if (*which == DROP_MESSAGE || *which == DROP_CHANGE) {
            tw_db_bind_i64(st, 0, lose->store);
            tw_db_bind_i64(st, 1, lose->bid);
        } else
            tw_db_bind_i64(st, 0, (gint64) ((guint64) lose->store << 32 | lose->bid));
        if (!tw_db_run(st, error))
            return FALSE;
        g_assert_cmpint(tw_db_changes(st), ==, 1);
    }
    return TRUE;
}

/* @mid was never moved: it has the number of its body. */
static void
lose_rows(Bed *bed, guint32 mid, const guint *statements)
{
    Lose lose = { tw_store_get_number(bed->store), mid, statements };

    bed_reopen_after(bed, &lost_set, lose_tx, &lose);
}

/* The record says that there is a mail, and there is none: damage, not a message without bytes. */
static void
test_row_gone(void)
{
    static const guint statements[] = { DROP_MAIL, LOST_STATEMENTS };
    TwCheckOptions look = { 0 }, repair = { .repair = TRUE };
    g_autoptr(GBytes) mail = mail_of(900), other = mail_of(901);
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) error = NULL;
    guint32 mid, whole;
    Bed bed;

    new_bed(&bed, LIMIT);
    mid = deliver(&bed, mail, 1);
    whole = deliver(&bed, other, 1);
    lose_rows(&bed, mid, statements);
    g_assert_false(tw_message_read_mail(bed.store, mid, 0, G_MAXUINT64, append, got, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    object = tw_message_read(bed.store, mid, NULL, &error);
    g_assert_no_error(error);
    assert_found(&bed, &look, 1, TW_CHECK_MAIL);
    assert_found(&bed, &repair, 1, TW_CHECK_MAIL);
    assert_found(&bed, &look, 0, TW_CHECK_MAIL);
    assert_mail(&bed, whole, other);
    bed_check_store(bed.store, "repaired");
    bed_free(&bed);
}

/* A mail that neither a record nor a message knows is kept. */
static void
test_row_of_nobody(void)
{
    static const guint statements[] = { DROP_TAIL, DROP_MESSAGE, DROP_CHANGE, LOST_STATEMENTS };
    TwCheckOptions repair = { .repair = TRUE };
    g_autoptr(GBytes) mail = mail_of(900);
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GArray) mids = NULL;
    g_autoptr(GError) error = NULL;
    gboolean told = FALSE;
    guint32 lost = 0;
    Bed bed;

    new_bed(&bed, LIMIT);
    lose_rows(&bed, deliver(&bed, mail, 1), statements);
    found = tw_check_store(bed.engine, tw_store_get_number(bed.store), &repair, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *finding = found->pdata[i];
        told = told || (finding->what == TW_CHECK_VALUE_ORPHAN && finding->repaired);
    }
    g_assert_true(told);
    g_assert_true(tw_folder_find(bed.store, bed.root, "lost+found", &lost, &error));
    mids = bed_mids(&bed, lost, TW_MESSAGE_NORMAL);
    g_assert_cmpuint(mids->len, ==, 1);
    assert_mail(&bed, g_array_index(mids, guint32, 0), mail);
    bed_check_store(bed.store, "repaired");
    bed_free(&bed);
}

/* As schema 6 and 7 have it: the mail in the record's row. */
static void
test_row_of_old(void)
{
    static const guint statements[] = { TAIL_OF_OLD, DROP_MAIL, LOST_STATEMENTS };
    TwCheckOptions look = { .deep = TRUE };
    g_autoptr(GBytes) mail = mail_of(900);
    g_autoptr(GArray) copies = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set = { .count = 1 };
    guint32 mid, to;
    Bed bed;

    new_bed(&bed, LIMIT);
    mid = deliver(&bed, mail, 1);
    lose_rows(&bed, mid, statements);
    assert_lies(&bed, mid, TRUE, 0);
    assert_mail(&bed, mid, mail);
    set.from = bed.root;
    set.mids = &mid;
    to = bed_folder(&bed, bed.root, "to");
    g_assert_true(tw_messages_copy(bed.store, &set, to, NULL, &error));
    copies = bed_mids(&bed, to, TW_MESSAGE_NORMAL);
    assert_mail(&bed, g_array_index(copies, guint32, 0), mail);
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, &error));
    assert_mail(&bed, g_array_index(copies, guint32, 0), mail);
    assert_found(&bed, &look, 0, TW_CHECK_MAIL);
    bed_check_store(bed.store, "old");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/inline/form", test_form);
    g_test_add_func("/store/inline/cut-and-flipped", test_cut_and_flipped);
    g_test_add_func("/store/inline/wrong-form", test_wrong_form);
    g_test_add_func("/store/inline/too-big", test_too_big);
    g_test_add_func("/store/inline/choice", test_choice);
    g_test_add_func("/store/inline/not-measured", test_not_measured);
    g_test_add_func("/store/inline/sizes", test_sizes);
    g_test_add_func("/store/inline/attachment", test_attachment);
    g_test_add_func("/store/inline/properties", test_properties);
    g_test_add_func("/store/inline/text-once", test_text_is_kept_once);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/inline/flushes", test_flushes);
    g_test_add_func("/store/inline/switched", test_switched);
    g_test_add_func("/store/inline/saved-again", test_saved_again);
    g_test_add_func("/store/inline/damage", test_damage);
    g_test_add_func("/store/inline/row-gone", test_row_gone);
    g_test_add_func("/store/inline/row-of-nobody", test_row_of_nobody);
    g_test_add_func("/store/inline/row-of-old", test_row_of_old);
    return g_test_run();
}
