/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/ops.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/search-folder.h"

enum {
    MOST_AT_ONCE = 6,
    MOST_FOLDERS = 12,
};

static guint
pick(Ops *ops, guint n)
{
    return (guint) g_rand_int_range(ops->rand, 0, (gint32) n);
}

gboolean
ops_is_expected(const GError *error)
{
    return error->domain == TW_ERROR &&
           (error->code == TW_ERROR_NOT_FOUND || error->code == TW_ERROR_EXISTS ||
            error->code == TW_ERROR_INVALID || error->code == TW_ERROR_CHANGED ||
            error->code == TW_ERROR_QUOTA || error->code == TW_ERROR_UNSUPPORTED);
}

/* ---- content ---- */

/* One of few values, so that many are equal; some inline, some in segments, some in files. */
static char *
random_text(Ops *ops, gsize most)
{
    static const gsize lens[] = { 3, 40, 900, 1025, 3000, 9000, 70000 };
    gsize len = MIN(lens[pick(ops, G_N_ELEMENTS(lens))], most);
    char *text = g_strnfill(len, (char) ('a' + pick(ops, 3)));

    for (gsize i = 0; i + 8 <= len; i += 61)
        memcpy(text + i, "a line\r\n", 8);
    return text;
}

static void
set_text(TwObject *node, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(node, &value, NULL));
}

static void
set_random(Ops *ops, TwObject *node, guint32 tag)
{
    g_autofree char *text = random_text(ops, 100000);
    TwPropValue value = tw_prop_tag_type(tag) == TW_PT_UNICODE
                            ? tw_value_str(tag, text)
                            : tw_value_bytes(tag, (const guint8 *) text, strlen(text));

    g_assert_true(tw_object_set(node, &value, NULL));
}

static void /* NOLINTNEXTLINE(misc-no-recursion): depth */
add_attachment(Ops *ops, TwObject *object, guint depth)
{
    TwObject *node = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    set_text(node, PR_ATTACH_LONG_FILENAME, "file.bin");
    if (depth > 0 && pick(ops, 2) == 0) {
        TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 5);
        g_assert_true(tw_object_set(node, &method, NULL));
        g_assert_true(tw_object_set_embedded(node, ops_object(ops, depth - 1), NULL));
    } else {
        set_random(ops, node, PR_ATTACH_DATA_BIN);
    }
}

TwObject * /* NOLINTNEXTLINE(misc-no-recursion): depth */
ops_object(Ops *ops, guint depth)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *subject = g_strdup_printf("Re: subject %u", ops->serial++);

    set_text(object, PR_SUBJECT, subject);
    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    set_random(ops, object, PR_BODY);
    if (pick(ops, 4) == 0)
        set_random(ops, object, PR_HTML);
    for (guint i = pick(ops, 3); i > 0; i--) {
        TwObject *node = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
        set_text(node, PR_DISPLAY_NAME, "A Reader");
        set_text(node, PR_EMAIL_ADDRESS, "reader@example.org");
    }
    for (guint i = pick(ops, 4) / 2; i > 0; i--)
        add_attachment(ops, object, depth);
    return object;
}

GBytes *
ops_mail(Ops *ops)
{
    GString *mail = g_string_new(NULL);
    g_autofree char *body = random_text(ops, 9000);
    g_autofree char *file = random_text(ops, 9000);
    g_autofree char *coded = g_base64_encode((const guint8 *) file, strlen(file));
    gsize len = strlen(coded), total;

    g_string_append_printf(mail,
                           "From: a@example.org\r\nTo: b@example.org\r\nSubject: mail %u\r\n"
                           "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                           "--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b\r\n"
                           "Content-Type: application/octet-stream\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                           ops->serial++, body);
    for (gsize i = 0; i < len; i += 76)
        g_string_append_printf(mail, "%.76s\r\n", coded + i);
    g_string_append(mail, "--b--\r\n");
    total = mail->len;
    return g_bytes_new_take(g_string_free(mail, FALSE), total);
}

/* ---- choosing ---- */

/* 0: there is none. */
static guint32
some_folder(Ops *ops, gboolean soft)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(ops->store, NULL);
    g_autoptr(GArray) fitting = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if ((row->state == TW_FOLDER_SOFT) == soft)
            g_array_append_val(fitting, row->id);
    }
    return fitting->len > 0 ? g_array_index(fitting, guint32, pick(ops, fitting->len)) : 0;
}

static guint
count_folders(Ops *ops)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(ops->store, NULL);

    return folders != NULL ? folders->len : 0;
}

typedef struct {
    guint32 folder;
    GArray *mids;
} Chosen;

static gboolean
add_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

/* Up to MOST_AT_ONCE messages of some folder, from somewhere in its list. */
static guint
choose(Ops *ops, gboolean deleted, Chosen *ret)
{
    guint first, count;

    ret->folder = some_folder(ops, FALSE);
    ret->mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < 2; i++)
        tw_folder_list(ops->store, ret->folder, (TwMessageState) (i + (deleted ? 2 : 0)), 0,
                       G_MAXINT32, FALSE, add_mid, ret->mids, NULL);
    if (ret->mids->len == 0)
        return 0;
    first = pick(ops, ret->mids->len);
    count = MIN(ret->mids->len - first, 1 + pick(ops, MOST_AT_ONCE));
    g_array_remove_range(ret->mids, 0, first);
    g_array_set_size(ret->mids, count);
    return count;
}

static TwMessageSet
set_of(const Chosen *chosen)
{
    return (TwMessageSet){ chosen->folder, (const guint32 *) (gpointer) chosen->mids->data,
                           chosen->mids->len };
}

static gint
count_done(const GArray *done)
{
    gint count = 0;

    for (guint i = 0; i < done->len; i++)
        count += g_array_index(done, TwMessageDone, i).cn != 0;
    return count;
}

/* ---- operations ---- */

static gboolean
do_create(Ops *ops, GError **error)
{
    g_autoptr(TwObject) object = ops_object(ops, 2);
    TwMessageMake make = { .associated = pick(ops, 6) == 0, .recv_us = 1000000 };
    TwPropValue flags = tw_value_long(PR_MESSAGE_FLAGS, pick(ops, 2) * TW_MSGFLAG_READ);
    TwMessageMade made;

    g_assert_true(tw_object_set(object, &flags, NULL));
    if (!tw_message_create(ops->store, some_folder(ops, FALSE), object, &make, &made, error))
        return FALSE;
    ops->made++;
    return TRUE;
}

static gboolean
do_deliver(Ops *ops, GError **error)
{
    g_autoptr(GBytes) mail = ops_mail(ops);
    TwMailTarget target = { .store = ops->store, .folder = some_folder(ops, FALSE) };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .recv_us = 1000000 };
    TwMailResult result = { 0 };
    gboolean ok;

    if (!tw_mail_deliver(ops->engine, mail, &delivery, &result, error))
        return FALSE;
    ok = result.error == NULL;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&result.error));
    tw_mail_result_clear(&result);
    ops->made += ok ? 1 : 0;
    return ok;
}

static gboolean
do_save(Ops *ops, GError **error)
{
    Chosen chosen;
    gboolean ok = TRUE;
    guint64 cn;

    if (choose(ops, FALSE, &chosen) > 0) {
        guint32 mid = g_array_index(chosen.mids, guint32, 0);
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(TwObject) object = tw_message_read(ops->store, mid, &row, error);
        ok = object != NULL;
        if (ok) {
            set_random(ops, object, pick(ops, 2) ? PR_BODY : PR_COMMENT);
            if (pick(ops, 3) == 0)
                add_attachment(ops, object, 1);
            else if (pick(ops, 2) == 0 && tw_object_count(object, TW_OBJECT_ATTACHMENT) > 0)
                tw_object_remove_child(
                    object, TW_OBJECT_ATTACHMENT,
                    tw_object_get_number(tw_object_at(object, TW_OBJECT_ATTACHMENT, 0)));
            ok = tw_message_save(ops->store, mid, pick(ops, 2) ? row.cn : 0, object, 0, &cn, error);
        }
    }
    g_array_unref(chosen.mids);
    return ok;
}

static gboolean
do_delete(Ops *ops, gboolean soft, gboolean deleted, GError **error)
{
    Chosen chosen;
    TwMessageSet set;
    guint count = 0;
    gboolean ok;

    choose(ops, deleted, &chosen);
    set = set_of(&chosen);
    ok = tw_messages_delete(ops->store, &set, soft, &count, error);
    ops->gone += ok && !soft ? (gint) count : 0;
    g_array_unref(chosen.mids);
    return ok;
}

static gboolean
do_restore(Ops *ops, GError **error)
{
    Chosen chosen;
    TwMessageSet set;
    gboolean ok;

    choose(ops, TRUE, &chosen);
    set = set_of(&chosen);
    ok = tw_messages_restore(ops->store, &set, NULL, error);
    g_array_unref(chosen.mids);
    return ok;
}

static gboolean
do_transfer(Ops *ops, gboolean copy, GError **error)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    guint32 to = some_folder(ops, FALSE);
    Chosen chosen;
    TwMessageSet set;
    gboolean ok;

    choose(ops, FALSE, &chosen);
    set = set_of(&chosen);
    ok = copy ? tw_messages_copy(ops->store, &set, to, done, error)
              : tw_messages_move(ops->store, &set, to, done, error);
    ops->made += ok && copy ? count_done(done) : 0;
    g_array_unref(chosen.mids);
    return ok;
}

static gboolean
do_flags(Ops *ops, GError **error)
{
    static const guint32 flags[] = { TW_MSGFLAG_READ, TW_MSGFLAG_UNSENT, 0 };
    TwFlagChange change = { .flags_set = flags[pick(ops, 3)],
                            .flags_clear = flags[pick(ops, 3)],
                            .status_set = pick(ops, 2) * 8,
                            .status_clear = pick(ops, 2) * 8 };
    Chosen chosen;
    TwMessageSet set;
    guint bit;
    gboolean ok;

    choose(ops, FALSE, &chosen);
    if (pick(ops, 2) &&
        tw_folder_keyword(ops->store, chosen.folder, "Important", FALSE, &bit, NULL))
        tw_flag_change_keyword(&change, bit, pick(ops, 2) != 0);
    set = set_of(&chosen);
    ok = tw_messages_set_flags(ops->store, &set, &change, NULL, error);
    g_array_unref(chosen.mids);
    return ok;
}

static gboolean
do_keyword(Ops *ops, GError **error)
{
    static const char *const words[] = { "Important", "important", "Later", "Forwarded" };
    guint bit;

    return tw_folder_keyword(ops->store, some_folder(ops, FALSE), words[pick(ops, 4)], TRUE, &bit,
                             error);
}

static gboolean
do_folder_create(Ops *ops, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s %u", pick(ops, 2) ? "Box" : "BOX", pick(ops, 8));
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_FOLDER);
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC, .object = object };
    guint32 id;

    if (count_folders(ops) >= MOST_FOLDERS)
        return TRUE;
    set_random(ops, object, PR_COMMENT);
    return tw_folder_create(ops->store, some_folder(ops, FALSE), &make, &id, error);
}

static gboolean
do_folder_change(Ops *ops, GError **error)
{
    g_autofree char *name = g_strdup_printf("Box %u", pick(ops, 8));
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_FOLDER);
    guint32 id = some_folder(ops, FALSE), to = some_folder(ops, FALSE);

    switch (pick(ops, ops->gentle ? 1 : 3)) {
    case 0:
        set_random(ops, object, PR_COMMENT);
        return tw_folder_save_object(ops->store, id, object, error);
    case 1:
        return tw_folder_rename(ops->store, id, name, error);
    default:
        return tw_folder_move(ops->store, id, to, name, error);
    }
}

static gboolean
do_folder_delete(Ops *ops, GError **error)
{
    gboolean soft = pick(ops, 3) != 0;
    guint32 id = some_folder(ops, !soft && pick(ops, 2));

    return ops->gentle || id == 0 || tw_folder_delete(ops->store, id, soft, error);
}

static gboolean
do_folder_restore(Ops *ops, GError **error)
{
    guint32 id = some_folder(ops, TRUE);

    return id == 0 || tw_folder_restore(ops->store, id, NULL, error);
}

static gboolean
do_folder_copy(Ops *ops, GError **error)
{
    guint32 id;

    return ops->single || ops->gentle || count_folders(ops) >= MOST_FOLDERS ||
           tw_folder_copy(ops->store, some_folder(ops, FALSE), some_folder(ops, FALSE), NULL,
                          pick(ops, 2) != 0, &id, error);
}

static gboolean
do_collect(Ops *ops, GError **error)
{
    TwEngineCollected done;

    return tw_engine_collect(ops->engine, 0, pick(ops, 2) != 0, &done, error);
}

/* As if it were later: what is kept gets less. */
static gboolean
do_trim(Ops *ops, GError **error)
{
    const TwEngineLimits *limits = tw_engine_limits(ops->engine);
    gint64 later = limits->change_age_us / 2;

    ops->now += later;
    return tw_store_trim(ops->store, ops->now, NULL, error);
}

static gboolean
do_store(Ops *ops, GError **error)
{
    TwQuota quota = { .warn = pick(ops, 1000) };

    if (pick(ops, 2))
        return tw_store_set_quota(ops->store, &quota, error);
    return tw_store_set_receive_folder(ops->store, pick(ops, 2) ? "IPM.Note" : "Report",
                                       some_folder(ops, FALSE), error);
}

/* ---- search folders ---- */

static void
random_leaf(Ops *ops, TwRestrictionBuilder *builder)
{
    static const char *const texts[] = { "1", "subject 2", "mail", "a line", "bbbbb" };
    TwPropValue value = tw_value_str(PR_SUBJECT, texts[pick(ops, G_N_ELEMENTS(texts))]);

    switch (pick(ops, 7)) {
    case 0:
        tw_restriction_builder_bitmask(builder, pick(ops, 2) == 0, PR_MESSAGE_FLAGS,
                                       TW_MSGFLAG_READ);
        break;
    case 1:
        tw_restriction_builder_bitmask(builder, TRUE, PR_MSG_STATUS, 8);
        break;
    case 2:
        tw_restriction_builder_content(builder, TW_FUZZY_SUBSTRING, PR_SUBJECT, &value);
        break;
    case 3:
        value.tag = PR_BODY;
        tw_restriction_builder_content(builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, PR_BODY,
                                       &value);
        break;
    case 4:
        tw_restriction_builder_exist(builder, PR_COMMENT);
        break;
    case 5:
        value = tw_value_bool(PR_HASATTACH, TRUE);
        tw_restriction_builder_property(builder, TW_RELOP_EQ, PR_HASATTACH, &value);
        break;
    default:
        value = tw_value_long(PR_MESSAGE_SIZE, 2000);
        tw_restriction_builder_property(builder, TW_RELOP_GT, PR_MESSAGE_SIZE, &value);
    }
}

static TwRestriction *
random_restriction(Ops *ops)
{
    g_auto(TwRestrictionBuilder) builder;
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, pick(ops, 2) ? TW_RES_AND : TW_RES_OR, 0);
    for (guint i = pick(ops, 3); i > 0; i--)
        random_leaf(ops, &builder);
    tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
    random_leaf(ops, &builder);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return restriction;
}

static gboolean
set_search(Ops *ops, guint32 id, GError **error)
{
    guint32 folders[2] = { some_folder(ops, FALSE), some_folder(ops, FALSE) };
    guint32 excluded = some_folder(ops, FALSE);
    g_autoptr(TwRestriction) restriction = random_restriction(ops);
    TwSearchCriteria criteria = {
        .restriction = restriction,
        .folders = folders,
        .folder_count = 1 + pick(ops, 2),
        .excluded = &excluded,
        .excluded_count = pick(ops, 2),
    };

    return tw_search_folder_set(ops->store, id, &criteria,
                                pick(ops, 3) ? TW_SEARCH_RECURSIVE : TW_SEARCH_SHALLOW, error);
}

static guint32
some_search(Ops *ops)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(ops->store, NULL);
    g_autoptr(GArray) fitting = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->state == TW_FOLDER_LIVE && row->type == TW_FOLDER_SEARCH)
            g_array_append_val(fitting, row->id);
    }
    return fitting->len > 0 ? g_array_index(fitting, guint32, pick(ops, fitting->len)) : 0;
}

static gboolean
do_search(Ops *ops, GError **error)
{
    guint32 id = some_search(ops);
    g_autofree char *name = g_strdup_printf("Search %u", pick(ops, 6));
    TwFolderMake make = { .name = name, .type = TW_FOLDER_SEARCH };

    switch (pick(ops, 6)) {
    case 0:
        return id == 0 ||
               tw_search_folder_set(ops->store, id, NULL, pick(ops, 2) ? TW_SEARCH_STOP : 0, error);
    case 1:
        return id == 0 || set_search(ops, id, error);
    case 2:
        return id == 0 || tw_folder_delete(ops->store, id, pick(ops, 2) != 0, error);
    default:
        return tw_folder_create(ops->store, some_folder(ops, FALSE), &make, &id, error) &&
               set_search(ops, id, error);
    }
}

static guint
count_messages(Ops *ops)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(ops->store, NULL);
    guint count = 0;

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        count += row->total + row->assoc + row->deleted + row->deleted_assoc;
    }
    return count;
}

gboolean
ops_step(Ops *ops, GError **error)
{
    gboolean full = ops->most > 0 && count_messages(ops) > ops->most;

#define DO(call) (ops->last = #call, call)
    if (ops->searches && pick(ops, 12) == 0)
        return DO(do_search(ops, error));
    switch (pick(ops, 24)) {
    case 0:
        return DO(do_folder_create(ops, error));
    case 1:
        return DO(do_folder_change(ops, error));
    case 2:
        return DO(do_folder_delete(ops, error));
    case 3:
        return DO(do_folder_restore(ops, error));
    case 4:
        return DO(do_folder_copy(ops, error));
    case 5:
    case 6:
        return DO(do_save(ops, error));
    case 7:
        return DO(do_delete(ops, TRUE, FALSE, error));
    case 8:
        return DO(do_delete(ops, FALSE, FALSE, error));
    case 9:
        return DO(do_delete(ops, FALSE, TRUE, error));
    case 10:
        return DO(do_restore(ops, error));
    case 11:
    case 12:
        return DO(do_transfer(ops, FALSE, error));
    case 13:
        return full ? DO(do_delete(ops, FALSE, FALSE, error)) : DO(do_transfer(ops, TRUE, error));
    case 14:
    case 15:
        return DO(do_flags(ops, error));
    case 16:
        return DO(do_keyword(ops, error));
    case 17:
        if (ops->trim && pick(ops, 3) == 0)
            return DO(do_trim(ops, error));
        return pick(ops, 3) == 0 ? DO(do_collect(ops, error)) : DO(do_store(ops, error));
    case 18:
    case 19:
    case 20:
        return full ? DO(do_delete(ops, FALSE, FALSE, error)) : DO(do_deliver(ops, error));
    default:
        return full ? DO(do_delete(ops, FALSE, TRUE, error)) : DO(do_create(ops, error));
    }
#undef DO
}
