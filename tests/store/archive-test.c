/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store goes into an archive and comes out on another server as it was; a damaged archive leaves nothing behind. */
#include <string.h>

#include "base/error.h"
#include "mapi/actions.h"
#include "mapi/tags.h"
#include "store/archive.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/identity.h"
#include "store/permissions.h"
#include "store/queue.h"
#include "store/rules.h"
#include "store/search-folder.h"

static const char mail_text[] =
    "From: a@example.org\r\nTo: b@example.org\r\nSubject: A mail\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    "Hello\r\n--x\r\nContent-Type: application/octet-stream; name=f\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n";

static GBytes *
make_mail(void)
{
    g_autoptr(GString) mail = g_string_new(mail_text);
    g_autofree guint8 *bytes = g_malloc(3000);
    g_autofree char *text = NULL;

    for (guint i = 0; i < 3000; i++)
        bytes[i] = (guint8) (i * 7 + i / 256);
    text = g_base64_encode(bytes, 3000);
    for (gsize at = 0; at < strlen(text); at += 76)
        g_string_append_printf(mail, "%.*s\r\n", (int) MIN(76, strlen(text) - at), text + at);
    g_string_append(mail, "--x--\r\n");
    return g_bytes_new(mail->str, mail->len);
}

static guint16
named_id(Bed *bed, const char *name)
{
    TwNamedProp prop = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS), .name = name };
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(tw_engine_names(bed->engine), &prop, 1, TRUE, &id, NULL));
    return id;
}

static void
make_named(Bed *bed, guint32 folder)
{
    g_autoptr(TwObject) object = bed_object("named", 2000);
    guint32 first = (guint32) named_id(bed, "first-of-ours") << 16 | TW_PT_UNICODE;
    guint32 second = (guint32) named_id(bed, "second-of-ours") << 16 | TW_PT_UNICODE;
    g_autofree char *large = g_strnfill(3000, 'n');
    TwPropValue value = tw_value_str(first, "one");
    TwMessageMade made = { 0 };
    g_autoptr(GBytes) key = g_bytes_new_static("client key", 10);
    TwMessageMake make = { .entry_id = key };

    g_assert_true(tw_object_set(object, &value, NULL));
    value = tw_value_str(second, large);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_create(bed->store, folder, object, &make, &made, NULL));
}

/* Searches for a property whose number is another one elsewhere, in a folder whose entry id is another one: it is found there only if
 * both were noticed. */
static void
make_search(Bed *bed, guint32 folder, guint32 parent)
{
    guint8 parent_id[TW_OBJECT_ID_LEN];
    TwFolderMake make = { .name = "Search", .type = TW_FOLDER_SEARCH };
    TwSearchCriteria criteria = { .folders = &folder, .folder_count = 1 };
    g_autoptr(TwRestriction) restriction = NULL;
    g_auto(TwRestrictionBuilder) builder;
    TwPropValue value = tw_value_str(PR_SUBJECT, "no such subject");
    TwPropValue is_there = tw_value_bytes(PR_PARENT_ENTRYID, parent_id, sizeof parent_id);
    guint32 id;

    tw_identity_entry_id(&bed->store_guid, TW_OBJECT_ID_FOLDER, parent, parent_id);
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_PARENT_ENTRYID, &is_there);
    tw_restriction_builder_exist(&builder,
                                 (guint32) named_id(bed, "first-of-ours") << 16 | TW_PT_UNICODE);
    tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
    tw_restriction_builder_content(&builder, TW_FUZZY_FULL, PR_SUBJECT, &value);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    criteria.restriction = restriction;
    g_assert_true(tw_folder_create(bed->store, bed->root, &make, &id, NULL));
    g_assert_true(tw_search_folder_set(bed->store, id, &criteria, TW_SEARCH_RECURSIVE, NULL));
}

static void
fill(Bed *bed)
{
    g_autoptr(GBytes) mail = make_mail();
    guint32 inbox = bed_folder(bed, bed->root, "Inbox"), sub = bed_folder(bed, inbox, "Sub");
    guint32 gone = bed_folder(bed, bed->root, "Gone"), soft, purged;
    TwMailTarget targets[] = { { .store = bed->store, .folder = inbox },
                               { .store = bed->store, .folder = sub } };
    TwMailDelivery delivery = { .targets = targets, .target_count = 2 };
    TwMailResult results[2] = { { .error = NULL }, { .error = NULL } };
    TwMessageSet set = { inbox, &soft, 1 };
    const TwPermission rights[] = { { 0, 7, TW_RIGHT_READ }, { 0, 9, TW_RIGHT_VISIBLE } };
    TwStoreInfo info;

    g_assert_true(tw_mail_deliver(bed->engine, mail, &delivery, results, NULL));
    make_named(bed, inbox);
    g_assert_true(tw_queue_submit(bed->store, bed_message(bed, sub, "small", 10),
                                  TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL, 4711, NULL));
    make_search(bed, bed->root, inbox);
    soft = bed_message(bed, inbox, "soft", 10);
    purged = bed_message(bed, inbox, "purged", 10);
    g_assert_true(tw_messages_delete(bed->store, &set, TRUE, NULL, NULL));
    set.mids = &purged;
    g_assert_true(tw_messages_delete(bed->store, &set, FALSE, NULL, NULL));
    bed_message(bed, gone, "below", 10);
    g_assert_true(tw_folder_delete(bed->store, gone, TRUE, NULL));
    g_assert_true(tw_store_set_receive_folder(bed->store, "", inbox, NULL));
    g_assert_true(tw_store_set_permissions(bed->store, inbox, rights, 2, FALSE, NULL));
    g_assert_true(tw_store_get_info(bed->store, &info, NULL));
    g_assert_true(tw_store_set_permissions(bed->store, info.object, rights, 1, FALSE, NULL));
}

static gboolean
to_bytes(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

typedef struct {
    const guint8 *data;
    gsize len, at;
} Source;

static gboolean
from_bytes(
    guint8 *data, gsize len, gsize *ret_got, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Source *source = user_data;

    *ret_got = MIN(len, source->len - source->at);
    if (*ret_got > 0)
        memcpy(data, source->data + source->at, *ret_got);
    source->at += *ret_got;
    return TRUE;
}

static GByteArray *export(TwStore *store)
{
    GByteArray *archive = g_byte_array_new();
    TwArchiveOptions options = { .partition = -1 };
    TwArchiveCounts counts;
    g_autoptr(GError) error = NULL;

    tw_archive_export(store, &options, to_bytes, archive, &counts, &error);
    g_assert_no_error(error);
    return archive;
}

static TwStore *
import(TwEngine *engine, const guint8 *data, gsize len, gboolean new_guid, GError **error)
{
    g_autofree guint8 *exact = g_memdup2(data, len);
    Source source = { exact, len, 0 };
    TwArchiveOptions options = { .partition = -1, .new_guid = new_guid };
    TwArchiveCounts counts;

    return tw_archive_import(engine, &options, from_bytes, &source, &counts, error);
}

/* ---- what a store says, without the numbers that are a server's own ---- */

static gboolean
print_row(const TwMessageRow *row, gpointer data)
{
    guint32 mid = row->mid;

    g_array_append_val((GArray *) data, mid);
    return TRUE;
}

static void
print_message(TwStore *store, guint32 mid, GString *out)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(store, mid, &row, &error);
    g_autoptr(GByteArray) mail = g_byte_array_new();

    if (object == NULL) {
        /* in a deleted folder */
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        return;
    }
    g_string_append_printf(out,
                           "  uid %u state %u size %" G_GINT64_FORMAT
                           " flags %u recv %" G_GINT64_FORMAT " cn %" G_GUINT64_FORMAT
                           " %" G_GUINT64_FORMAT " conv %" G_GUINT64_FORMAT " subject %s blobs %u",
                           row.uid, row.state, row.size, row.flags, row.recv, row.cn, row.cn_create,
                           row.conv, tw_object_get_text(object, PR_SUBJECT, "?"),
                           tw_object_count_blobs(object, NULL));
    if (tw_message_read_mail(store, mid, 0, G_MAXUINT64, to_bytes, mail, NULL)) {
        g_autofree char *sum =
            g_compute_checksum_for_data(G_CHECKSUM_SHA256, mail->data, mail->len);
        g_string_append_printf(out, " mail %s", sum);
    }
    g_string_append_c(out, '\n');
}

static void
print_folder(TwStore *store, const TwFolderRow *folder, GString *out)
{
    g_string_append_printf(
        out,
        "%s state %u type %u uidvalidity %u uidnext %u hicn %" G_GUINT64_FORMAT
        " total %u unread %u deleted %u subfolders %u %u bytes %" G_GINT64_FORMAT "\n",
        folder->name, folder->state, folder->type, folder->uidvalidity, folder->uidnext,
        folder->type == TW_FOLDER_SEARCH ? 0 : folder->hicn, folder->total, folder->unread,
        folder->deleted, folder->subfolders, folder->deleted_folders, folder->bytes);
    for (TwMessageState state = 0; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
        guint64 oldest = G_MAXUINT64;
        g_autoptr(GArray) tombs = NULL;
        g_assert_true(tw_store_oldest(store, folder->id, &oldest, NULL));
        tombs = tw_folder_vanished(store, folder->id, oldest, 1000, NULL);
        if (state == 0)
            g_string_append_printf(out, "  kept from %u\n", (guint) oldest);
        tw_folder_list(store, folder->id, state, 0, 1000, FALSE, print_row, mids, NULL);
        for (guint i = 0; i < mids->len; i++)
            print_message(store, g_array_index(mids, guint32, i), out);
        for (guint i = 0; state == 0 && i < tombs->len; i++)
            g_string_append_printf(out, "  gone %u\n", g_array_index(tombs, TwTomb, i).uid);
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(TwFolderRow *const *) a)->name, (*(TwFolderRow *const *) b)->name);
}

/* The message to be sent, by its subject. */
static void
print_queue(TwStore *store, GString *out)
{
    g_autoptr(GArray) entries = tw_queue_list_store(store, NULL);

    for (guint i = 0; i < entries->len; i++) {
        const TwQueueEntry *entry = &g_array_index(entries, TwQueueEntry, i);
        g_string_append_printf(out, "to be sent at %d with %u: ", (int) entry->due_us,
                               entry->flags);
        print_message(store, entry->mid, out);
    }
}

static char *
print_store(TwStore *store)
{
    gboolean settled = tw_search_folder_wait(store, 0, NULL);
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    g_autoptr(GArray) receive = tw_store_list_receive_folders(store, NULL);
    g_autoptr(GBytes) key = g_bytes_new_static("client key", 10);
    GString *out = g_string_new(NULL);
    TwStoreFigures figures;
    TwStoreInfo info;
    guint32 id;

    g_assert_true(settled && tw_store_get_info(store, &info, NULL));
    print_queue(store, out);
    g_string_append_printf(out,
                           "cn %" G_GUINT64_FORMAT " bytes %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                           " receive %u key %d\n",
                           info.cn, info.bytes, info.deleted_bytes, receive->len,
                           tw_store_find_key(store, TW_KEY_ENTRY_ID, key, &id, NULL));
    g_assert_true(tw_store_get_figures(store, &figures, NULL));
    g_string_append_printf(out, "queue %u searches %u messages %u\n", figures.queue,
                           figures.search_folders, (guint) figures.messages);
    g_ptr_array_sort(folders, compare_names);
    for (guint i = 0; i < folders->len; i++)
        print_folder(store, folders->pdata[i], out);
    return g_string_free(out, FALSE);
}

static void
assert_clean(TwEngine *engine, TwStore *store)
{
    TwCheckOptions options = { .deep = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found =
        tw_check_store(engine, tw_store_get_number(store), &options, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++)
        g_test_message("%s", ((TwCheckFinding *) found->pdata[i])->why);
    g_assert_cmpuint(found->len, ==, 0);
}

/* What vanished elsewhere had other numbers there: it has that of nobody here, for a number of nobody's says that it vanished. */
static void
test_strangers(void)
{
    Bed from, to;
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(TwStore) store = NULL;
    g_autoptr(GPtrArray) folders = NULL;
    g_autoptr(GError) error = NULL;
    guint count = 0;

    bed_new(&from);
    fill(&from);
    bed_new(&to);
    archive = export(from.store);
    store = import(to.engine, archive->data, archive->len, FALSE, &error);
    g_assert_no_error(error);

    folders = tw_store_folders(store, NULL);
    for (guint i = 0; i < folders->len; i++) {
        g_autoptr(GArray) tombs =
            tw_folder_vanished(store, ((const TwFolderRow *) folders->pdata[i])->id, 0, 1000, NULL);

        for (guint k = 0; tombs != NULL && k < tombs->len; k++, count++)
            g_assert_cmpuint(g_array_index(tombs, TwTomb, k).mid, ==, TW_TOMB_STRANGER);
    }
    g_assert_cmpuint(count, >, 0);
    g_clear_pointer(&store, tw_store_unref);
    bed_free(&from);
    bed_free(&to);
}

static void
test_round(void)
{
    Bed from, to;
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(TwStore) copy = NULL;
    g_autoptr(TwStore) again = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;
    TwTrimmed trimmed;

    bed_new(&from);
    fill(&from);
    from.config.limits.vanished = 1;
    bed_reopen(&from);
    g_assert_true(tw_store_trim(from.store, 0, &trimmed, &error));
    g_assert_cmpuint(trimmed.vanished, >, 0);
    bed_new(&to);
    named_id(&to, "second-of-ours"); /* so that ids change places */
    archive = export(from.store);
    copy = import(to.engine, archive->data, archive->len, FALSE, &error);
    g_assert_no_error(error);
    assert_clean(to.engine, copy);
    before = print_store(from.store);
    after = print_store(copy);
    g_assert_cmpstr(after, ==, before);
    g_assert_nonnull(strstr(after, "Search state 0 type 2"));
    g_assert_nonnull(strstr(after, "total 1 unread 1"));
    g_assert_cmpuint(tw_queue_count(to.engine, NULL), ==, 1);
    /* it is there now */
    again = import(to.engine, archive->data, archive->len, FALSE, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    again = import(to.engine, archive->data, archive->len, TRUE, &error);
    g_assert_no_error(error);
    assert_clean(to.engine, again);
    g_clear_pointer(&copy, tw_store_unref);
    g_clear_pointer(&again, tw_store_unref);
    bed_free(&from);
    bed_free(&to);
}

/* ---- what folders and the store say of other folders ---- */

enum {
    FEW_RULES = 2,
    MANY_RULES = 200 /* so many are a blob */
};

static void
point_at(Bed *bed, guint32 object, guint32 tag, guint32 folder)
{
    g_autoptr(TwObject) props = tw_folder_read_object(bed->store, object, NULL);
    guint8 id[TW_OBJECT_ID_LEN];
    TwPropValue value = tw_value_bytes(tag, id, sizeof id);

    tw_identity_entry_id(&bed->store_guid, TW_OBJECT_ID_FOLDER, folder, id);
    g_assert_true(tw_object_set(props, &value, NULL));
    g_assert_true(tw_folder_save_object(bed->store, object, props, NULL));
}

static void
add_rules(Bed *bed, guint32 folder, guint32 to, guint count)
{
    guint8 store[TW_OBJECT_ID_LEN], id[TW_OBJECT_ID_LEN];
    TwAction move = { .type = TW_ACTION_MOVE,
                      .store = store,
                      .store_len = sizeof store,
                      .folder = id,
                      .folder_len = sizeof id };
    g_autoptr(TwActions) actions = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(GError) error = NULL;
    TwRulesChange change = { .op = TW_RULES_ADD };
    TwProps props;

    tw_identity_entry_id(&bed->store_guid, TW_OBJECT_ID_STORE, 0, store);
    tw_identity_entry_id(&bed->store_guid, TW_OBJECT_ID_FOLDER, to, id);
    actions = tw_actions_new(&move, 1, &error);
    g_assert_no_error(error);
    tw_actions_print(actions, TW_WIRE_32, &out);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 1));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, 1));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, "move"));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, out.data, out.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    change.props = &props;
    for (guint i = 0; i < count; i++) {
        tw_folder_change_rules(bed->store, folder, FALSE, &change, 1, &error);
        g_assert_no_error(error);
    }
}

static guint32
folder_named(TwStore *store, const char *name)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (g_str_equal(row->name, name))
            return row->id;
    }
    g_assert_not_reached();
}

static void
assert_leads_to(TwStore *store, const guint8 *data, gsize len, guint32 folder)
{
    guint8 wanted[TW_OBJECT_ID_LEN];
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    tw_identity_entry_id(&info.guid, TW_OBJECT_ID_FOLDER, folder, wanted);
    g_assert_cmpuint(len, ==, sizeof wanted);
    g_assert_true(memcmp(data, wanted, sizeof wanted) == 0);
}

static void
assert_points_at(TwStore *store, guint32 object, guint32 tag, guint32 folder)
{
    g_autoptr(TwObject) props = tw_folder_read_object(store, object, NULL);
    TwPropValue value;

    g_assert_true(tw_object_get(props, tag, &value));
    assert_leads_to(store, value.data, value.len, folder);
}

static void
assert_rules(TwStore *store, guint32 folder, guint32 to, guint count)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRules) rules = tw_folder_read_rules(store, folder, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(tw_rules_count(rules), ==, count);
    for (guint i = 0; i < count; i++) {
        g_autoptr(TwActions) actions = NULL;
        const TwAction *action;
        TwPropValue value;
        TwProps props;
        tw_rules_get(rules, i, &props);
        g_assert_true(tw_props_get(&props, PR_RULE_ACTIONS, &value));
        actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, NULL);
        action = tw_actions_get(actions, 0);
        assert_leads_to(store, action->folder, action->folder_len, to);
    }
}

static void
test_pointers(void)
{
    Bed from, to;
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(TwStore) copy = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;
    guint32 few, many, sub;

    bed_new(&from);
    fill(&from);
    few = folder_named(from.store, "Inbox");
    sub = folder_named(from.store, "Sub");
    many = bed_folder(&from, few, "Many");
    g_assert_true(tw_store_get_info(from.store, &info, NULL));
    point_at(&from, info.object, PR_IPM_SUBTREE_ENTRYID, few);
    point_at(&from, from.root, PR_IPM_APPOINTMENT_ENTRYID, sub);
    add_rules(&from, few, sub, FEW_RULES);
    add_rules(&from, many, few, MANY_RULES);
    bed_new(&to);
    bed_folder(&to, bed_folder(&to, to.root, "numbers"), "are others here");
    archive = export(from.store);
    copy = import(to.engine, archive->data, archive->len, FALSE, &error);
    g_assert_no_error(error);
    assert_clean(to.engine, copy);
    before = print_store(from.store);
    after = print_store(copy);
    g_assert_cmpstr(after, ==, before);
    g_assert_cmpuint(folder_named(copy, "Sub"), !=, sub);
    few = folder_named(copy, "Inbox");
    sub = folder_named(copy, "Sub");
    many = folder_named(copy, "Many");
    g_assert_true(tw_store_get_info(copy, &info, NULL));
    assert_points_at(copy, info.object, PR_IPM_SUBTREE_ENTRYID, few);
    assert_points_at(copy, info.root, PR_IPM_APPOINTMENT_ENTRYID, sub);
    assert_rules(copy, few, sub, FEW_RULES);
    assert_rules(copy, many, few, MANY_RULES);
    g_clear_pointer(&copy, tw_store_unref);
    bed_free(&from);
    bed_free(&to);
}

/* ---- messages that rules and properties name ---- */

static void
message_id(TwStore *store, guint32 mid, guint8 out[TW_OBJECT_ID_LEN])
{
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    tw_identity_entry_id(&info.guid, TW_OBJECT_ID_MESSAGE, mid, out);
}

static void
add_reply(Bed *bed, guint32 folder, guint32 template)
{
    guint8 id[TW_OBJECT_ID_LEN];
    TwAction reply = { .type = TW_ACTION_REPLY, .message = id, .message_len = sizeof id };
    g_autoptr(TwActions) actions = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwRulesChange change = { .op = TW_RULES_ADD };
    TwProps props;

    message_id(bed->store, template, id);
    actions = tw_actions_new(&reply, 1, NULL);
    g_assert_nonnull(actions);
    tw_actions_print(actions, TW_WIRE_32, &out);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 1));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, out.data, out.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    change.props = &props;
    g_assert_true(tw_folder_change_rules(bed->store, folder, FALSE, &change, 1, NULL));
}

static gboolean
set_pointers(TwObject *object, gpointer data, GError **error)
{
    g_auto(TwListBuilder) list;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    TwPropValue value;

    tw_list_builder_init(&list, PR_FREEBUSY_ENTRYIDS);
    tw_list_builder_add(&list, "not an id", 9);
    tw_list_builder_add(&list, data, TW_OBJECT_ID_LEN);
    return tw_list_builder_finish(&list, &out, &value, error) &&
           tw_object_set(object, &value, error);
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    guint32 *mid = data;

    g_assert_cmpuint(*mid, ==, 0);
    *mid = row->mid;
    return TRUE;
}

/* The one message of a folder in a state. */
static guint32
only_message(TwStore *store, guint32 folder, TwMessageState state)
{
    guint32 mid = 0;

    g_assert_true(tw_folder_list(store, folder, state, 0, 10, FALSE, note_mid, &mid, NULL));
    g_assert_cmpuint(mid, !=, 0);
    return mid;
}

static void
test_named(void)
{
    Bed from, to;
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(TwStore) copy = NULL;
    g_autoptr(TwObject) root = NULL;
    g_autoptr(TwRules) rules = NULL;
    g_autoptr(TwActions) actions = NULL;
    g_autoptr(TwObject) object = bed_object("template", 100);
    TwMessageMake make = { .associated = TRUE };
    TwMessageMade template = { 0 };
    guint8 id[TW_OBJECT_ID_LEN];
    TwPropValue value, item;
    const TwAction *action;
    guint32 inbox, freebusy;
    TwProps props;

    bed_new(&from);
    inbox = bed_folder(&from, from.root, "Inbox");
    freebusy = bed_folder(&from, from.root, "Freebusy Data");
    g_assert_true(tw_message_create(from.store, inbox, object, &make, &template, NULL));
    add_reply(&from, inbox, template.mid);
    message_id(from.store, bed_message(&from, freebusy, "LocalFreebusy", 10), id);
    g_assert_true(tw_folder_edit_object(from.store, from.root, set_pointers, id, NULL));
    bed_new(&to);
    bed_folder(&to, bed_folder(&to, to.root, "numbers"), "are others here");
    archive = export(from.store);
    copy = import(to.engine, archive->data, archive->len, FALSE, NULL);
    g_assert_nonnull(copy);
    assert_clean(to.engine, copy);
    inbox = folder_named(copy, "Inbox");
    rules = tw_folder_read_rules(copy, inbox, NULL);
    tw_rules_get(rules, 0, &props);
    g_assert_true(tw_props_get(&props, PR_RULE_ACTIONS, &value));
    actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, NULL);
    action = tw_actions_get(actions, 0);
    g_assert_cmpuint(only_message(copy, inbox, TW_MESSAGE_ASSOC), !=, template.mid);
    message_id(copy, only_message(copy, inbox, TW_MESSAGE_ASSOC), id);
    g_assert_cmpuint(action->message_len, ==, sizeof id);
    g_assert_cmpint(memcmp(action->message, id, sizeof id), ==, 0);
    {
        TwStoreInfo info;
        g_assert_true(tw_store_get_info(copy, &info, NULL));
        root = tw_folder_read_object(copy, info.root, NULL);
    }
    message_id(copy, only_message(copy, folder_named(copy, "Freebusy Data"), TW_MESSAGE_NORMAL),
               id);
    g_assert_true(tw_object_get(root, PR_FREEBUSY_ENTRYIDS, &value));
    g_assert_true(tw_value_item(&value, 1, &item));
    g_assert_cmpuint(item.len, ==, sizeof id);
    g_assert_cmpint(memcmp(item.data, id, sizeof id), ==, 0);
    g_clear_pointer(&copy, tw_store_unref);
    bed_free(&from);
    bed_free(&to);
}

static guint
count_stores(TwEngine *engine)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);

    return stores->len;
}

static void
assert_refused(Bed *to, const guint8 *data, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = import(to->engine, data, len, FALSE, &error);

    g_assert_null(store);
    g_assert_nonnull(error);
    g_assert_cmpuint(count_stores(to->engine), ==, 1);
}

static void
test_damaged(void)
{
    Bed from, to;
    g_autoptr(GByteArray) archive = NULL;
    g_autoptr(TwStore) whole = NULL;
    g_autoptr(GError) error = NULL;

    bed_new(&from);
    fill(&from);
    bed_new(&to);
    archive = export(from.store);
    for (guint i = 0; i < archive->len; i += i < 64 ? 1 : 211)
        assert_refused(&to, archive->data, i);
    for (guint i = 0; i < archive->len; i += i < 64 ? 1 : 223) {
        if (i >= 12 && i < 16)
            continue; /* the header's zero */
        archive->data[i] ^= 0x10;
        assert_refused(&to, archive->data, archive->len);
        archive->data[i] ^= 0x10;
    }
    g_byte_array_append(archive, (const guint8 *) "x", 1);
    assert_refused(&to, archive->data, archive->len);
    /* and nothing stands in its way */
    whole = import(to.engine, archive->data, archive->len - 1, FALSE, &error);
    g_assert_no_error(error);
    assert_clean(to.engine, whole);
    g_clear_pointer(&whole, tw_store_unref);
    bed_free(&from);
    bed_free(&to);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/archive/round", test_round);
    g_test_add_func("/store/archive/strangers", test_strangers);
    g_test_add_func("/store/archive/pointers", test_pointers);
    g_test_add_func("/store/archive/named", test_named);
    g_test_add_func("/store/archive/damaged", test_damaged);
    return g_test_run();
}
