/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts of a message that lie in its mail alone: the list of them, each way a message goes, changes, damage and repair. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "mapi/assert-bytes.h"
#include "mapi/tags.h"
#include "store/archive.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/inline.h"
#include "store/record.h"
#include "store/sync-private.h"
#include "store/transfer.h"

enum {
    LIMIT = 8192
};

static GBytes *
lines(const char *what, guint count)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s %u of a text that is kept once\r\n", what, i);
    return g_string_free_to_bytes(text);
}

/* "\r\n" of a part's end is not its text. */
static char *
text_of(GBytes *bytes)
{
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static GBytes *
mail_of(const char *plain, const char *html)
{
    char *mail =
        g_strdup_printf("From: a@example.org\r\nSubject: two texts\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
                        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n"
                        "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s\r\n--b--\r\n",
                        plain, html);

    return g_bytes_new_take(mail, strlen(mail));
}

typedef struct {
    Bed bed;
    char *plain, *html;
    GBytes *mail;
    guint32 mid;
} Scene;

static void
scene_new(Scene *scene)
{
    g_autoptr(GBytes) plain = lines("line", 20);
    g_autoptr(GBytes) body = lines("<p>line", 20);
    g_autofree char *inner = text_of(body);

    bed_set_inline(LIMIT);
    bed_new(&scene->bed);
    bed_set_inline(0);
    scene->plain = text_of(plain);
    scene->html = g_strdup_printf("<html><body>%s</body></html>", inner);
    scene->mail = mail_of(scene->plain, scene->html);
    scene->mid = bed_deliver_message(&scene->bed, scene->mail).mid;
}

static void
scene_free(Scene *scene)
{
    bed_free(&scene->bed);
    g_free(scene->plain);
    g_free(scene->html);
    g_bytes_unref(scene->mail);
}

static gboolean
append(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static void
assert_mail(const Scene *scene, TwStore *store, guint32 mid)
{
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    tw_message_read_mail(store, mid, 0, G_MAXUINT64, append, got, &error);
    g_assert_no_error(error);
    assert_bytes_equal(got->data, got->len, g_bytes_get_data(scene->mail, NULL),
                       g_bytes_get_size(scene->mail));
}

static void
assert_texts(const Scene *scene, TwStore *store, guint32 mid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(store, mid, NULL, &error);
    TwPropValue value;

    g_assert_no_error(error);
    g_assert_cmpstr(tw_object_get_text(object, PR_BODY, ""), ==, scene->plain);
    g_assert_true(tw_object_get(object, PR_HTML, &value));
    assert_bytes_equal(value.data, value.len, scene->html, strlen(scene->html));
}

static void
assert_whole(const Scene *scene, TwStore *store, guint32 mid)
{
    assert_texts(scene, store, mid);
    assert_mail(scene, store, mid);
}

/* ---- what lies where ---- */

typedef struct {
    TwStore *store;
    guint32 mid;
    GBytes *record, *texts, *row;
} Raw;

static gboolean
raw_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Raw *raw = data;
    g_auto(TwMessageRow) row = { 0 };
    guint32 store = tw_store_get_number(raw->store);

    if (!tw_sql_msg_get(tx, store, raw->mid, FALSE, &row, error))
        return FALSE;
    raw->record = tw_sql_tail_get(tx, store, row.bid, &raw->texts, error);
    return raw->record != NULL && tw_sql_tail_mail(tx, store, row.bid, &raw->row, error);
}

static void
assert_record(TwStore *store, guint32 mid, gboolean has_body, gboolean has_list)
{
    Raw raw = { .store = store, .mid = mid };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = NULL;
    gsize len;
    const guint8 *data;

    tw_store_read(store, raw_tx, &raw, &error);
    g_assert_no_error(error);
    data = g_bytes_get_data(raw.record, &len);
    object = tw_tail_parse(data, len, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(tw_object_has(object, PR_BODY), ==, has_body);
    g_assert_cmpint(raw.texts != NULL && g_bytes_get_size(raw.texts) > 8, ==, has_list);
    g_clear_pointer(&raw.record, g_bytes_unref);
    g_clear_pointer(&raw.texts, g_bytes_unref);
    g_clear_pointer(&raw.row, g_bytes_unref);
}

static void
test_once(void)
{
    static const char encoded[] =
        "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "a text that is another one when it is de=63oded, and no short one either\r\n";
    static const char brief[] = "From: a@example.org\r\nSubject: x\r\n\r\nbrief\r\n";
    g_autoptr(GBytes) other = g_bytes_new_static(encoded, sizeof encoded - 1);
    g_autoptr(GBytes) small = g_bytes_new_static(brief, sizeof brief - 1);
    Scene scene;

    scene_new(&scene);
    assert_record(scene.bed.store, scene.mid, FALSE, TRUE);
    assert_whole(&scene, scene.bed.store, scene.mid);
    assert_record(scene.bed.store, bed_deliver_message(&scene.bed, other).mid, TRUE, FALSE);
    assert_record(scene.bed.store, bed_deliver_message(&scene.bed, small).mid, TRUE, FALSE);
    bed_check_store(scene.bed.store, "once");
    bed_reopen(&scene.bed);
    assert_whole(&scene, scene.bed.store, scene.mid);
    scene_free(&scene);
}

/* What is saved is written whole; the mail stays. */
static void
test_saved(void)
{
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) error = NULL;
    TwPropValue importance = tw_value_long(PR_IMPORTANCE, 2), body = tw_value_str(PR_BODY, "other");
    guint64 cn;
    Scene scene;

    scene_new(&scene);
    object = tw_message_read(scene.bed.store, scene.mid, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(tw_object_set(object, &importance, NULL));
    g_assert_true(tw_message_save(scene.bed.store, scene.mid, 0, object, 0, &cn, &error));
    assert_texts(&scene, scene.bed.store, scene.mid);
    assert_record(scene.bed.store, scene.mid, TRUE, FALSE);
    bed_check_store(scene.bed.store, "saved");
    g_assert_true(tw_object_set(object, &body, NULL));
    g_assert_true(tw_message_save(scene.bed.store, scene.mid, 0, object, 0, &cn, &error));
    g_clear_pointer(&object, tw_object_free);
    object = tw_message_read(scene.bed.store, scene.mid, NULL, &error);
    g_assert_cmpstr(tw_object_get_text(object, PR_BODY, ""), ==, "other");
    bed_check_store(scene.bed.store, "other text");
    scene_free(&scene);
}

/* ---- ways ---- */

static guint32
only_message(TwStore *store, guint32 folder)
{
    Bed other = { .store = store };
    g_autoptr(GArray) mids = bed_mids(&other, folder, TW_MESSAGE_NORMAL);

    g_assert_cmpuint(mids->len, ==, 1);
    return g_array_index(mids, guint32, 0);
}

static void
test_copied_and_moved(void)
{
    g_autoptr(GError) error = NULL;
    TwMessageSet set = { .count = 1 };
    guint32 copies, moved;
    Scene scene;

    scene_new(&scene);
    set.from = scene.bed.root;
    set.mids = &scene.mid;
    copies = bed_folder(&scene.bed, scene.bed.root, "copies");
    moved = bed_folder(&scene.bed, scene.bed.root, "moved");
    g_assert_true(tw_messages_copy(scene.bed.store, &set, copies, NULL, &error));
    assert_whole(&scene, scene.bed.store, only_message(scene.bed.store, copies));
    assert_record(scene.bed.store, only_message(scene.bed.store, copies), FALSE, TRUE);
    g_assert_true(tw_messages_move(scene.bed.store, &set, moved, NULL, &error));
    assert_whole(&scene, scene.bed.store, only_message(scene.bed.store, moved));
    bed_check_store(scene.bed.store, "ways");
    scene_free(&scene);
}

static void
test_to_another_store(void)
{
    TwStoreMake make = { .partition = -1 };
    g_autoptr(GError) error = NULL;
    TwMessageSet set = { .count = 1 };
    TwStoreInfo info;
    TwStore *to;
    guint32 mid;
    Scene scene;

    scene_new(&scene);
    set.from = scene.bed.root;
    set.mids = &scene.mid;
    to = tw_store_create(scene.bed.engine, &make, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(to, &info, &error));
    g_assert_true(tw_transfer_messages(scene.bed.store, &set, to, info.root, TRUE, NULL, &error));
    mid = only_message(to, info.root);
    assert_whole(&scene, to, mid);
    assert_record(to, mid, FALSE, TRUE);
    bed_check_store(to, "there");
    tw_store_unref(to);
    scene_free(&scene);
}

typedef struct {
    const GByteArray *archive;
    gsize at;
} Source;

static gboolean
from_bytes(
    guint8 *data, gsize len, gsize *ret_got, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Source *source = user_data;

    *ret_got = MIN(len, source->archive->len - source->at);
    if (*ret_got > 0)
        memcpy(data, source->archive->data + source->at, *ret_got);
    source->at += *ret_got;
    return TRUE;
}

/* An archive has records that are whole. */
static void
test_archive(void)
{
    g_autoptr(GByteArray) archive = g_byte_array_new();
    TwArchiveOptions out = { .partition = -1 }, in = { .partition = -1, .new_guid = TRUE };
    TwArchiveCounts counts;
    g_autoptr(GError) error = NULL;
    Source source = { archive, 0 };
    TwStoreInfo info;
    TwStore *store;
    Scene scene;

    scene_new(&scene);
    tw_archive_export(scene.bed.store, &out, append, archive, &counts, &error);
    g_assert_no_error(error);
    store = tw_archive_import(scene.bed.engine, &in, from_bytes, &source, &counts, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, &error));
    assert_whole(&scene, store, only_message(store, info.root));
    bed_check_store(store, "imported");
    tw_store_unref(store);
    scene_free(&scene);
}

typedef struct {
    Scene *scene;
    const TwRestriction *restriction;
    gboolean fits;
} Fits;

static gboolean
fits_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Fits *fits = data;
    TwSyncFilter filter = { .tx = tx,
                            .store = tw_store_get_number(fits->scene->bed.store),
                            .filter = fits->restriction };

    return tw_sync_filter_fits(&filter, fits->scene->mid, &fits->fits, error);
}

/* Who synchronises by what the text says finds it. */
static void
test_filter(void)
{
    for (guint i = 0; i < 2; i++) {
        TwPropValue words = tw_value_str(PR_BODY, i == 0 ? "line 7 of" : "line 77 of");
        g_auto(TwRestrictionBuilder) builder;
        g_autoptr(TwRestriction) restriction = NULL;
        g_autoptr(GError) error = NULL;
        Scene scene;
        Fits fits = { .scene = &scene };

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING, PR_BODY, &words);
        restriction = tw_restriction_builder_finish(&builder, &error);
        g_assert_no_error(error);
        fits.restriction = restriction;
        scene_new(&scene);
        tw_store_read(scene.bed.store, fits_tx, &fits, &error);
        g_assert_no_error(error);
        g_assert_cmpint(fits.fits, ==, i == 0);
        scene_free(&scene);
    }
}

/* ---- the list ---- */

static void
seal(guint8 *data, gsize len)
{
    guint32 sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, data, 4), data + 8, len - 8));

    memcpy(data + 4, &sum, sizeof sum);
}

static gboolean
give(const guint8 *data, gsize len, GBytes *row, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);
    g_autoptr(GBytes) list = g_bytes_new_static(copy, len);
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);

    return tw_inline_texts_give(list, row, object, error);
}

static void
read_raw(Scene *scene, Raw *ret)
{
    g_autoptr(GError) error = NULL;

    *ret = (Raw){ .store = scene->bed.store, .mid = scene->mid };
    tw_store_read(scene->bed.store, raw_tx, ret, &error);
    g_assert_no_error(error);
}

static void
raw_clear(Raw *raw)
{
    g_bytes_unref(raw->record);
    g_bytes_unref(raw->texts);
    g_bytes_unref(raw->row);
}

static void
test_list(void)
{
    static const struct {
        const char *label;
        gsize at;
        guint8 byte;
    } wrong[] = {
        { "another version", 0, 1 },
        { "too many", 1, 3 },
        { "too few", 1, 1 },
        { "a reserved byte", 2, 1 },
        { "a number's tag", 8, 3 },
        { "past the end", 13, 0xff },
        { "longer than the mail", 17, 0x7f },
    };
    Scene scene;
    Raw raw;
    gsize len;
    const guint8 *data;

    scene_new(&scene);
    read_raw(&scene, &raw);
    data = g_bytes_get_data(raw.texts, &len);
    g_assert_cmpuint(len, ==, 8 + 2 * 12);
    g_assert_true(give(data, len, raw.row, NULL));
    for (gsize bit = 0; bit < 8 * len; bit++) {
        g_autofree guint8 *other = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        other[bit / 8] ^= (guint8) (1u << bit % 8);
        g_assert_false(give(other, len, raw.row, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (gsize cut = 0; cut < len; cut++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(give(data, cut, raw.row, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree guint8 *other = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", wrong[i].label);
        other[wrong[i].at] = wrong[i].byte;
        seal(other, len);
        g_assert_false(give(other, len, raw.row, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    g_assert_false(give(data, len, NULL, NULL));
    raw_clear(&raw);
    scene_free(&scene);
}

/* ---- damage ---- */

typedef struct {
    Raw raw;
    guint32 bid;
    gboolean of_list; /* else of the mail */
} Damage;

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Damage *damage = data;
    GBytes *victim = damage->of_list ? damage->raw.texts : damage->raw.row;
    gsize len;
    const guint8 *bytes = g_bytes_get_data(victim, &len);
    g_autofree guint8 *other = g_memdup2(bytes, len);
    g_autoptr(GBytes) put = NULL;

    other[len - 1] ^= 1;
    put = g_bytes_new(other, len);
    return tw_sql_tail_set(tx, tw_store_get_number(damage->raw.store), damage->bid,
                           damage->raw.record, NULL, damage->of_list ? damage->raw.row : put,
                           damage->of_list ? put : damage->raw.texts, error);
}

/* The message cannot be read then, rather than be read without its text and saved so. What is left of it is kept. */
static void
test_damage(void)
{
    TwCheckOptions look = { .deep = TRUE }, repair = { .deep = TRUE, .repair = TRUE };

    for (guint of_list = 0; of_list < 2; of_list++) {
        Damage damage = { .of_list = of_list == 1 };
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) found = NULL, again = NULL;
        g_autoptr(TwObject) object = NULL;
        guint32 whole, lost = 0, kept;
        Scene scene;

        scene_new(&scene);
        whole = bed_deliver_message(&scene.bed, scene.mail).mid;
        read_raw(&scene, &damage.raw);
        damage.bid = scene.mid; /* it was never moved */
        g_assert_true(tw_store_write(scene.bed.store, 0, FALSE, damage_tx, &damage, &error));
        g_assert_null(tw_message_read(scene.bed.store, scene.mid, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
        found =
            tw_check_store(scene.bed.engine, tw_store_get_number(scene.bed.store), &repair, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(found->len, >, 0);
        again =
            tw_check_store(scene.bed.engine, tw_store_get_number(scene.bed.store), &look, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(again->len, ==, 0);
        g_assert_true(tw_folder_find(scene.bed.store, scene.bed.root, "lost+found", &lost, &error));
        kept = only_message(scene.bed.store, lost);
        object = tw_message_read(scene.bed.store, kept, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(tw_object_get_text(object, PR_SUBJECT, ""), ==, "two texts");
        if (of_list == 1) /* its mail is whole */
            assert_mail(&scene, scene.bed.store, kept);
        assert_whole(&scene, scene.bed.store, whole);
        bed_check_store(scene.bed.store, "repaired");
        raw_clear(&damage.raw);
        scene_free(&scene);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/inline-text/once", test_once);
    g_test_add_func("/store/inline-text/saved", test_saved);
    g_test_add_func("/store/inline-text/copied-and-moved", test_copied_and_moved);
    g_test_add_func("/store/inline-text/to-another-store", test_to_another_store);
    g_test_add_func("/store/inline-text/archive", test_archive);
    g_test_add_func("/store/inline-text/filter", test_filter);
    g_test_add_func("/store/inline-text/list", test_list);
    g_test_add_func("/store/inline-text/damage", test_damage);
    return g_test_run();
}
