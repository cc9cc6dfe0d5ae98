/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Random operations on one store beside a model of a few lines: folders, messages, mails, flags, keywords, uids, copies,
 * moves, deletes, restores.
 * After each step all counters are equal; now and then everything is. TW_STEPS asks for more; --seed repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/dump.h"
#include "store/ops.h"

enum {
    STEPS = 2500,
    MAX_FOLDERS = 24,
    MAX_MESSAGES = 400,
    CHECK_EACH = 250,
    REOPEN_EACH = 600,
};

typedef struct {
    guint32 id, parent, deleted_with;
    guint uidnext;
    char name[16];
} MFolder;

typedef struct {
    guint32 mid, folder, uid;
    guint state, flags, status;
    guint words;   /* bit i: word_names[i] */
    char *content; /* GRefString: what dump_object() said of it before the engine had it */
    GBytes *mail;  /* (nullable): as it came */
} MMessage;

static const char *const word_names[] = { "Important", "Later", "Forwarded", "Junk", "Red",
                                          "Blue",      "Green", "To do",     "Work", "Home" };

typedef struct {
    Bed bed;
    GRand *rand;
    Ops ops; /* makes objects and mails */
    GPtrArray *folders, *messages;
    guint past_64; /* changes of a keyword past the 64th of its folder */
} Model;

static void
free_message(gpointer data)
{
    MMessage *message = data;

    g_clear_pointer(&message->content, g_ref_string_release);
    g_clear_pointer(&message->mail, g_bytes_unref);
    g_free(message);
}

static MMessage *
copy_message(const MMessage *message)
{
    MMessage *copy = g_memdup2(message, sizeof *message);

    g_ref_string_acquire(copy->content);
    if (copy->mail != NULL)
        g_bytes_ref(copy->mail);
    return copy;
}

static char *
content_of(const Bed *bed, TwObject *object)
{
    g_autofree char *text = dump_object(bed->store, object);

    return g_ref_string_new(text);
}

static guint
pick(Model *m, guint n)
{
    return (guint) g_rand_int_range(m->rand, 0, (gint32) n);
}

static MFolder *
find_folder(Model *m, guint32 id)
{
    for (guint i = 0; i < m->folders->len; i++) {
        MFolder *folder = m->folders->pdata[i];
        if (folder->id == id)
            return folder;
    }
    g_assert_not_reached();
}

static MFolder *
live_folder(Model *m)
{
    for (;;) {
        MFolder *folder = m->folders->pdata[pick(m, m->folders->len)];
        if (folder->deleted_with == 0)
            return folder;
    }
}

static gboolean
is_below(Model *m, const MFolder *folder, guint32 id)
{
    while (folder->id != id && folder->parent != folder->id)
        folder = find_folder(m, folder->parent);
    return folder->id == id;
}

/* TRUE when a live sibling has the name in any case. */
static gboolean
name_taken(Model *m, guint32 parent, const char *name, guint32 but)
{
    for (guint i = 0; i < m->folders->len; i++) {
        const MFolder *other = m->folders->pdata[i];
        gboolean hidden = other->deleted_with == other->id;
        if (other->parent == parent && other->id != but && other->id != parent && !hidden &&
            g_ascii_strcasecmp(other->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
random_name(Model *m, char name[16])
{
    g_snprintf(name, 16, "%s%u", pick(m, 2) ? "Folder" : "FOLDER", pick(m, 8));
}

static void
expect(gboolean ok, gboolean expected, GError **error, const char *what)
{
    if (ok != expected)
        g_error("%s: %s", what, ok ? "should fail" : (*error)->message);
    g_clear_error(error);
}

/* ---- folders ---- */

static void
step_create_folder(Model *m)
{
    MFolder *parent = live_folder(m);
    TwFolderMake make = { .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    MFolder made = { .parent = parent->id, .uidnext = 1 };
    gboolean ok;

    if (m->folders->len >= MAX_FOLDERS)
        return;
    random_name(m, made.name);
    make.name = made.name;
    ok = tw_folder_create(m->bed.store, parent->id, &make, &made.id, &error);
    expect(ok, !name_taken(m, parent->id, made.name, 0), &error, "create a folder");
    if (ok)
        g_ptr_array_add(m->folders, g_memdup2(&made, sizeof made));
}

static void
step_move_folder(Model *m)
{
    MFolder *folder = live_folder(m);
    MFolder *to = live_folder(m);
    g_autoptr(GError) error = NULL;
    gboolean root = folder->parent == folder->id, ok;
    char name[16];

    random_name(m, name);
    ok = tw_folder_move(m->bed.store, folder->id, to->id, name, &error);
    expect(ok, !root && !is_below(m, to, folder->id) && !name_taken(m, to->id, name, folder->id),
           &error, "move a folder");
    if (ok) {
        folder->parent = to->id;
        memcpy(folder->name, name, sizeof name);
    }
}

static void
drop_folder(Model *m, guint32 top)
{
    g_autoptr(GHashTable) inside = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < m->folders->len; i++) {
        MFolder *folder = m->folders->pdata[i];
        if (is_below(m, folder, top))
            g_hash_table_add(inside, GUINT_TO_POINTER(folder->id));
    }
    for (guint i = m->messages->len; i > 0; i--) {
        MMessage *message = m->messages->pdata[i - 1];
        if (g_hash_table_contains(inside, GUINT_TO_POINTER(message->folder)))
            g_ptr_array_remove_index_fast(m->messages, i - 1);
    }
    for (guint i = m->folders->len; i > 0; i--) {
        MFolder *folder = m->folders->pdata[i - 1];
        if (g_hash_table_contains(inside, GUINT_TO_POINTER(folder->id)))
            g_ptr_array_remove_index(m->folders, i - 1);
    }
}

static void
step_delete_folder(Model *m)
{
    MFolder *folder = m->folders->pdata[pick(m, m->folders->len)];
    gboolean soft = pick(m, 3) != 0, root = folder->parent == folder->id, ok;
    g_autoptr(GError) error = NULL;

    ok = tw_folder_delete(m->bed.store, folder->id, soft, &error);
    expect(ok, !root && (!soft || folder->deleted_with == 0), &error, "delete a folder");
    if (!ok)
        return;
    if (!soft) {
        drop_folder(m, folder->id);
        return;
    }
    for (guint i = 0; i < m->folders->len; i++) {
        MFolder *other = m->folders->pdata[i];
        if (other->deleted_with == 0 && is_below(m, other, folder->id))
            other->deleted_with = folder->id;
    }
}

static void
step_restore_folder(Model *m)
{
    MFolder *folder = m->folders->pdata[pick(m, m->folders->len)];
    g_autoptr(GError) error = NULL;
    gboolean ok, expected = folder->deleted_with == folder->id;

    if (expected)
        expected = find_folder(m, folder->parent)->deleted_with == 0 &&
                   !name_taken(m, folder->parent, folder->name, folder->id);
    ok = tw_folder_restore(m->bed.store, folder->id, NULL, &error);
    expect(ok, expected, &error, "restore a folder");
    for (guint i = 0; ok && i < m->folders->len; i++) {
        MFolder *other = m->folders->pdata[i];
        if (other != folder && other->deleted_with == folder->id)
            other->deleted_with = 0;
    }
    if (ok)
        folder->deleted_with = 0;
}

/* ---- messages ---- */

static guint32
take_uid(MFolder *folder, const MMessage *message)
{
    return message->state == TW_MESSAGE_NORMAL ? folder->uidnext++ : 0;
}

static void
step_create_message(Model *m)
{
    MFolder *folder = live_folder(m);
    MMessage message = { .folder = folder->id };
    TwMessageMake make = { .associated = pick(m, 6) == 0 };
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    if (m->messages->len >= MAX_MESSAGES)
        return;
    message.state = make.associated ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL;
    object = ops_object(&m->ops, 2);
    message.content = content_of(&m->bed, object);
    if (pick(m, 2) == 0) {
        TwPropValue read = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
        g_assert_true(tw_object_set(object, &read, NULL));
        message.flags = TW_MSGFLAG_READ;
    }
    tw_message_create(m->bed.store, folder->id, object, &make, &made, &error);
    g_assert_no_error(error);
    message.mid = made.mid;
    message.uid = take_uid(folder, &message);
    g_assert_cmpuint(made.uid, ==, message.uid);
    g_ptr_array_add(m->messages, g_memdup2(&message, sizeof message));
}

static void
step_deliver(Model *m)
{
    MFolder *folder = live_folder(m);
    MMessage message = { .folder = folder->id };
    TwMailTarget target = { .store = m->bed.store, .folder = folder->id };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .recv_us = 0 };
    TwMailResult result = { 0 };
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) error = NULL;

    if (m->messages->len >= MAX_MESSAGES)
        return;
    message.mail = ops_mail(&m->ops);
    tw_mail_deliver(m->bed.engine, message.mail, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    message.mid = result.made.mid;
    message.uid = take_uid(folder, &message);
    g_assert_cmpuint(result.made.uid, ==, message.uid);
    object = tw_message_read(m->bed.store, message.mid, NULL, &error);
    g_assert_no_error(error);
    message.content = content_of(&m->bed, object);
    g_ptr_array_add(m->messages, g_memdup2(&message, sizeof message));
}

/* Up to eight messages of one list of one folder. */
static MFolder *
some_messages(Model *m, gboolean deleted, GPtrArray *ret, GArray *ret_mids)
{
    MFolder *folder = live_folder(m);

    for (guint i = 0; i < m->messages->len && ret->len < 8; i++) {
        MMessage *message = m->messages->pdata[i];
        if (message->folder == folder->id && (message->state >= 2) == deleted && pick(m, 3) != 0) {
            g_ptr_array_add(ret, message);
            g_array_append_val(ret_mids, message->mid);
        }
    }
    return folder;
}

static void
step_delete_messages(Model *m, gboolean soft, gboolean deleted)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    MFolder *folder = some_messages(m, deleted, some, mids);
    TwMessageSet set = { folder->id, (guint32 *) (gpointer) mids->data, mids->len };
    g_autoptr(GError) error = NULL;
    guint count;

    tw_messages_delete(m->bed.store, &set, soft, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count, ==, some->len);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        if (soft) {
            message->state += 2;
            message->uid = 0;
        } else
            g_ptr_array_remove_fast(m->messages, message);
    }
}

static void
step_restore_messages(Model *m)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    MFolder *folder = some_messages(m, TRUE, some, mids);
    TwMessageSet set = { folder->id, (guint32 *) (gpointer) mids->data, mids->len };
    g_autoptr(GError) error = NULL;

    tw_messages_restore(m->bed.store, &set, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        message->state -= 2;
        message->uid = take_uid(folder, message);
    }
}

/* So many others that what comes new from then on is past the 64th. */
static void
fill_words(Model *m, guint32 folder)
{
    for (guint i = 0; i < 66; i++) {
        g_autofree char *name = g_strdup_printf("word %u", i);
        guint bit;
        g_assert_true(tw_folder_keyword(m->bed.store, folder, name, TRUE, &bit, NULL));
    }
}

static void
step_words(Model *m)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    MFolder *folder = some_messages(m, FALSE, some, mids);
    TwMessageSet set = { folder->id, (guint32 *) (gpointer) mids->data, mids->len };
    TwFlagChange change = { 0 };
    g_autoptr(GError) error = NULL;
    guint word = pick(m, G_N_ELEMENTS(word_names)), bit;
    gboolean on = pick(m, 3) != 0;

    if (pick(m, 8) == 0)
        fill_words(m, folder->id);
    tw_folder_keyword(m->bed.store, folder->id, word_names[word], TRUE, &bit, &error);
    g_assert_no_error(error);
    g_assert_true(tw_flag_change_keyword(&change, bit, on));
    m->past_64 += bit >= 64;
    tw_messages_set_flags(m->bed.store, &set, &change, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        message->words = on ? message->words | 1u << word : message->words & ~(1u << word);
    }
}

static void
step_transfer(Model *m, gboolean copy)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    MFolder *folder = some_messages(m, FALSE, some, mids);
    MFolder *to = live_folder(m);
    TwMessageSet set = { folder->id, (guint32 *) (gpointer) mids->data, mids->len };
    g_autoptr(GError) error = NULL;

    if (m->messages->len >= MAX_MESSAGES && copy)
        return;
    if (copy)
        tw_messages_copy(m->bed.store, &set, to->id, done, &error);
    else if (to != folder)
        tw_messages_move(m->bed.store, &set, to->id, done, &error);
    else
        return;
    g_assert_no_error(error);
    g_assert_cmpuint(done->len, ==, some->len);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        const TwMessageDone *one = &g_array_index(done, TwMessageDone, i);
        if (copy) {
            message = copy_message(message);
            g_ptr_array_add(m->messages, message);
        }
        message->mid = one->new_mid;
        message->folder = to->id;
        message->uid = take_uid(to, message);
        g_assert_cmpuint(one->uid, ==, message->uid);
    }
}

static void
step_flags(Model *m)
{
    static const guint flags[] = { TW_MSGFLAG_READ, TW_MSGFLAG_UNSENT };
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    MFolder *folder = some_messages(m, FALSE, some, mids);
    TwMessageSet set = { folder->id, (guint32 *) (gpointer) mids->data, mids->len };
    TwFlagChange change = { .flags_set = pick(m, 2) ? flags[pick(m, 2)] : 0,
                            .flags_clear = flags[pick(m, 2)],
                            .status_set = pick(m, 2) ? 8 : 0,
                            .status_clear = pick(m, 2) ? 8 : 0 };
    g_autoptr(GError) error = NULL;

    tw_messages_set_flags(m->bed.store, &set, &change, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        message->flags = (message->flags & ~change.flags_clear) | change.flags_set;
        message->status = (message->status & ~change.status_clear) | change.status_set;
    }
}

static void
step_save(Model *m)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;
    guint64 cn;

    some_messages(m, FALSE, some, mids);
    for (guint i = 0; i < some->len; i++) {
        MMessage *message = some->pdata[i];
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(TwObject) object = NULL;
        char *content;
        object = ops_object(&m->ops, 2);
        g_assert_true(tw_message_get(m->bed.store, message->mid, &row, NULL));
        content = content_of(&m->bed, object);
        g_assert_false(
            tw_message_save(m->bed.store, message->mid, row.cn + 1, object, 0, &cn, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CHANGED);
        g_clear_error(&error);
        tw_message_save(m->bed.store, message->mid, row.cn, object, 0, &cn, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(cn, >, row.cn);
        g_ref_string_release(message->content);
        message->content = g_steal_pointer(&content);
        /* for those who read mails it is another one */
        message->uid = take_uid(find_folder(m, message->folder), message);
        g_clear_pointer(&message->mail, g_bytes_unref);
    }
}

/* ---- copying folders ---- */

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static int
by_mid(gconstpointer a, gconstpointer b)
{
    const MMessage *x = *(MMessage *const *) a, *y = *(MMessage *const *) b;

    return x->mid < y->mid ? -1 : x->mid > y->mid;
}

/* The messages of one list, in its order, and those that the copy has. */
static void
copy_list(Model *m, const MFolder *from, MFolder *to, guint state)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < m->messages->len; i++) {
        MMessage *message = m->messages->pdata[i];
        if (message->folder == from->id && message->state == state)
            g_ptr_array_add(some, message);
    }
    g_ptr_array_sort(some, by_mid);
    g_assert_true(tw_folder_list(m->bed.store, to->id, (TwMessageState) state, 0, G_MAXINT32, FALSE,
                                 note_mid, mids, NULL));
    g_assert_cmpuint(mids->len, ==, some->len);
    for (guint i = 0; i < some->len; i++) {
        MMessage *copy = copy_message(some->pdata[i]);
        copy->mid = g_array_index(mids, guint32, i);
        copy->folder = to->id;
        copy->uid = take_uid(to, copy);
        g_ptr_array_add(m->messages, copy);
    }
}

/* A copy of one folder without those below it; of trees: store-test.c. */
static void
step_copy_folder(Model *m)
{
    MFolder *from = live_folder(m);
    MFolder *parent = live_folder(m);
    MFolder made = { .parent = parent->id, .uidnext = 1 };
    g_autoptr(GError) error = NULL;
    gboolean ok;

    if (m->folders->len >= MAX_FOLDERS || m->messages->len >= MAX_MESSAGES)
        return;
    random_name(m, made.name);
    ok = tw_folder_copy(m->bed.store, from->id, parent->id, made.name, FALSE, &made.id, &error);
    expect(ok,
           from->parent != from->id && !name_taken(m, parent->id, made.name, 0) &&
               !is_below(m, parent, from->id),
           &error, "copy a folder");
    if (!ok)
        return;
    for (guint state = 0; state < 2; state++)
        copy_list(m, from, &made, state);
    g_ptr_array_add(m->folders, g_memdup2(&made, sizeof made));
}

/* ---- comparing ---- */

static void
compare_counters(Model *m)
{
    g_autoptr(GPtrArray) rows = tw_store_folders(m->bed.store, NULL);

    g_assert_cmpuint(rows->len, ==, m->folders->len);
    for (guint i = 0; i < rows->len; i++) {
        const TwFolderRow *row = rows->pdata[i];
        const MFolder *folder = find_folder(m, row->id);
        guint count[4] = { 0 }, unread = 0;
        for (guint j = 0; j < m->messages->len; j++) {
            const MMessage *message = m->messages->pdata[j];
            if (message->folder != row->id)
                continue;
            count[message->state]++;
            unread += message->state == 0 && !(message->flags & TW_MSGFLAG_READ);
        }
        g_assert_cmpuint(row->parent, ==, folder->parent);
        g_assert_cmpuint(row->deleted_with, ==, folder->deleted_with);
        g_assert_cmpuint(row->total, ==, count[0]);
        g_assert_cmpuint(row->assoc, ==, count[1]);
        g_assert_cmpuint(row->deleted, ==, count[2]);
        g_assert_cmpuint(row->deleted_assoc, ==, count[3]);
        g_assert_cmpuint(row->unread, ==, unread);
        g_assert_cmpuint(row->uidnext, ==, folder->uidnext);
    }
}

static gboolean
add_bytes(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

/* The keywords of a message by the folder's names for its bits. */
static guint
words_of(const Bed *bed, guint32 folder, const TwMessageRow *row)
{
    g_auto(GStrv) names = tw_folder_keywords(bed->store, folder, NULL);
    TwKeywordSet set;
    guint words = 0, found = 0;

    tw_message_row_keywords(row, &set);
    for (guint number = 0; names[number] != NULL; number++) {
        if (!tw_keyword_set_has(&set, number))
            continue;
        found++;
        for (guint i = 0; i < G_N_ELEMENTS(word_names); i++)
            words |= g_str_equal(names[number], word_names[i]) ? 1u << i : 0;
    }
    g_assert_cmpuint(found, ==,
                     (guint) __builtin_popcount(words)); /* no other, none without a name */
    g_assert_cmpuint(found, ==, (guint) __builtin_popcountll(set.map) + set.overflow_count);
    return words;
}

static void
compare_messages(Model *m)
{
    for (guint i = 0; i < m->messages->len; i++) {
        const MMessage *message = m->messages->pdata[i];
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(TwObject) object = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_autofree char *text = NULL;
        if (find_folder(m, message->folder)->deleted_with != 0)
            continue;
        object = tw_message_read(m->bed.store, message->mid, &row, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(row.folder, ==, message->folder);
        g_assert_cmpuint(row.state, ==, message->state);
        g_assert_cmpuint(row.flags & (TW_MSGFLAG_READ | TW_MSGFLAG_UNSENT), ==, message->flags);
        g_assert_cmpuint(row.status, ==, message->status);
        g_assert_cmpuint(row.uid, ==, message->uid);
        g_assert_cmpuint(words_of(&m->bed, message->folder, &row), ==, message->words);
        text = dump_object(m->bed.store, object);
        g_assert_cmpstr(text, ==, message->content);
        tw_message_read_mail(m->bed.store, message->mid, 0, G_MAXUINT64, add_bytes, bytes, &error);
        if (message->mail == NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        else
            g_assert_no_error(error);
        if (message->mail != NULL) {
            g_assert_cmpuint(bytes->len, ==, g_bytes_get_size(message->mail));
            g_assert_cmpint(memcmp(bytes->data, g_bytes_get_data(message->mail, NULL), bytes->len),
                            ==, 0);
        }
    }
}

static void
step(Model *m)
{
    switch (pick(m, 20)) {
    case 0:
        step_create_folder(m);
        break;
    case 1:
        step_move_folder(m);
        break;
    case 2:
        if (pick(m, 3) == 0)
            step_delete_folder(m);
        break;
    case 3:
        step_restore_folder(m);
        break;
    case 4:
        step_delete_messages(m, TRUE, FALSE);
        break;
    case 5:
        step_delete_messages(m, FALSE, pick(m, 2) == 0);
        break;
    case 6:
        step_restore_messages(m);
        break;
    case 7:
        step_transfer(m, TRUE);
        break;
    case 8:
        step_transfer(m, FALSE);
        break;
    case 9:
        step_save(m);
        break;
    case 10:
    case 11:
        step_flags(m);
        break;
    case 12:
        step_words(m);
        break;
    case 13:
    case 14:
        step_deliver(m);
        break;
    case 15:
        step_copy_folder(m);
        break;
    default:
        step_create_message(m);
    }
}

static void
test_model(void)
{
    const char *wish = g_getenv("TW_STEPS");
    guint steps = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : STEPS;
    guint32 seed = (guint32) g_test_rand_int();
    Model m = { .rand = g_rand_new_with_seed(seed) };
    MFolder root = { .uidnext = 1 };

    g_test_message("seed %u", seed);
    bed_new(&m.bed);
    m.folders = g_ptr_array_new_with_free_func(g_free);
    m.messages = g_ptr_array_new_with_free_func(free_message);
    m.ops.rand = m.rand;
    root.id = root.parent = m.bed.root;
    g_ptr_array_add(m.folders, g_memdup2(&root, sizeof root));
    fill_words(&m, root.id);
    for (guint i = 1; i <= steps; i++) {
        step(&m);
        compare_counters(&m);
        if (i % REOPEN_EACH == 0)
            bed_reopen(&m.bed);
        if (i % CHECK_EACH == 0) {
            compare_messages(&m);
            bed_check_store(m.bed.store, "model");
        }
    }
    g_test_message("%u changes of keywords past the 64th", m.past_64);
    bed_free(&m.bed);
    g_ptr_array_unref(m.folders);
    g_ptr_array_unref(m.messages);
    g_rand_free(m.rand);
}

/* Small values lie in the partition. */
static void
test_model_inline(void)
{
    bed_set_inline(4096);
    test_model();
    bed_set_inline(0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/model", test_model);
    g_test_add_func("/store/model-inline", test_model_inline);
    return g_test_run();
}
