/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Random operations on one store beside a model of a few lines: folders, messages, flags, copies, moves, deletes, restores.
 * After each step all counters are equal; now and then everything is. TW_STEPS asks for more; --seed repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"

enum {
    STEPS = 2500,
    MAX_FOLDERS = 24,
    MAX_MESSAGES = 400,
    CHECK_EACH = 250,
    REOPEN_EACH = 600,
};

typedef struct {
    guint32 id, parent, deleted_with;
    gboolean gone;
    char name[16];
} MFolder;

typedef struct {
    guint32 mid, folder;
    guint state, flags, status;
    guint64 kw;
    char subject[24];
    gsize body_len;
} MMessage;

typedef struct {
    Bed bed;
    GRand *rand;
    GPtrArray *folders, *messages;
    guint serial;
} Model;

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
    MFolder made = { .parent = parent->id };
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
    g_snprintf(message.subject, sizeof message.subject, "Subject %u", m->serial++);
    message.body_len = 24 + (pick(m, 4) == 0 ? pick(m, 5000) : pick(m, 200));
    message.state = make.associated ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL;
    object = bed_object(message.subject, message.body_len);
    if (pick(m, 2) == 0) {
        TwPropValue read = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
        g_assert_true(tw_object_set(object, &read, NULL));
        message.flags = TW_MSGFLAG_READ;
    }
    tw_message_create(m->bed.store, folder->id, object, &make, &made, &error);
    g_assert_no_error(error);
    message.mid = made.mid;
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
        if (soft)
            message->state += 2;
        else
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
    for (guint i = 0; i < some->len; i++)
        ((MMessage *) some->pdata[i])->state -= 2;
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
            message = g_memdup2(message, sizeof *message);
            g_ptr_array_add(m->messages, message);
        }
        message->mid = one->new_mid;
        message->folder = to->id;
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
        g_snprintf(message->subject, sizeof message->subject, "Saved %u", m->serial++);
        message->body_len = 24 + pick(m, 3000);
        object = bed_object(message->subject, message->body_len);
        g_assert_true(tw_message_get(m->bed.store, message->mid, &row, NULL));
        g_assert_false(
            tw_message_save(m->bed.store, message->mid, row.cn + 1, object, 0, &cn, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CHANGED);
        g_clear_error(&error);
        tw_message_save(m->bed.store, message->mid, row.cn, object, 0, &cn, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(cn, >, row.cn);
    }
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
    }
}

static void
compare_messages(Model *m)
{
    for (guint i = 0; i < m->messages->len; i++) {
        const MMessage *message = m->messages->pdata[i];
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(TwObject) object = NULL;
        g_autoptr(GError) error = NULL;
        TwPropValue body;
        TwBlobRef ref;
        if (find_folder(m, message->folder)->deleted_with != 0)
            continue;
        object = tw_message_read(m->bed.store, message->mid, &row, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(row.folder, ==, message->folder);
        g_assert_cmpuint(row.state, ==, message->state);
        g_assert_cmpuint(row.flags & (TW_MSGFLAG_READ | TW_MSGFLAG_UNSENT), ==, message->flags);
        g_assert_cmpuint(row.status, ==, message->status);
        g_assert_cmpstr(tw_object_get_text(object, PR_SUBJECT, NULL), ==, message->subject);
        if (message->body_len > m->bed.config.inline_len) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
            g_assert_true(tw_object_get_blob(object, PR_BODY, &ref, NULL));
            g_assert_true(tw_store_read_value(m->bed.store, &ref, 0, 1 << 20, &out, &error));
            g_assert_cmpuint(out.len, ==, message->body_len);
            g_assert_cmpint(memcmp(out.data, message->subject, strlen(message->subject)), ==, 0);
        } else {
            g_assert_true(tw_object_get(object, PR_BODY, &body));
            g_assert_cmpuint(body.len, ==, message->body_len);
        }
    }
}

static void
step(Model *m)
{
    switch (pick(m, 16)) {
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
    MFolder root = { 0 };

    g_test_message("seed %u", seed);
    bed_new(&m.bed);
    m.folders = g_ptr_array_new_with_free_func(g_free);
    m.messages = g_ptr_array_new_with_free_func(g_free);
    root.id = root.parent = m.bed.root;
    g_ptr_array_add(m.folders, g_memdup2(&root, sizeof root));
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
    bed_free(&m.bed);
    g_ptr_array_unref(m.folders);
    g_ptr_array_unref(m.messages);
    g_rand_free(m.rand);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/model", test_model);
    return g_test_run();
}
