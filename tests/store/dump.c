/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/dump.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/mail.h"

/* ---- objects ---- */

static void
add_bytes(GString *out, const void *data, gsize len)
{
    g_autofree char *digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, len > 0 ? data : (const guint8 *) "", len);

    g_string_append_printf(out, "%u:%.16s", (guint) len, digest);
}

static void
add_value(GString *out, TwStore *store, const TwObject *node, guint32 tag)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(G_MAXUINT32);
    g_autoptr(GError) error = NULL;
    TwPropValue value;
    TwBlobRef ref;

    g_string_append_printf(out, " %08x=", tag);
    if (tw_object_get(node, tag, &value)) {
        guint type = tw_prop_tag_type(tag);
        if (type == TW_PT_UNICODE || type == TW_PT_STRING8 || type == TW_PT_BINARY)
            add_bytes(out, value.data, value.len);
        else
            g_string_append_printf(out, "%x", (guint) tw_value_hash(&value, 1));
        return;
    }
    if (!tw_object_get_blob(node, tag, &ref, NULL))
        g_error("tag %08x is listed and not there", tag);
    tw_store_read_value(store, &ref, 0, ref.len, &bytes, &error);
    g_assert_no_error(error);
    add_bytes(out, bytes.data, bytes.len);
}

static gboolean
is_left_out(guint32 tag)
{
    return tag == PR_SEARCH_KEY || tag == PR_MESSAGE_FLAGS || tag == PR_MSG_STATUS ||
           tag == PR_ROWID || tag == PR_ATTACH_NUM || tw_prop_tag_type(tag) == TW_PT_SYSTIME ||
           tw_prop_tag_type(tag) == TW_PT_OBJECT;
}

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
add_node(GString *out, TwStore *store, TwObject *node)
{
    g_autoptr(GArray) tags = tw_object_list_tags(node);
    TwObject *embedded = tw_object_get_embedded(node);

    g_string_append_printf(out, "{%d %u", (int) tw_object_get_kind(node),
                           tw_object_get_number(node));
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        if (!is_left_out(tag))
            add_value(out, store, node, tag);
    }
    if (tw_object_get_kind(node) == TW_OBJECT_MESSAGE) {
        for (TwObjectKind kind = TW_OBJECT_RECIPIENT; kind <= TW_OBJECT_ATTACHMENT; kind++) {
            for (guint i = 0; i < tw_object_count(node, kind); i++)
                add_node(out, store, tw_object_at(node, kind, i));
        }
    }
    if (embedded != NULL)
        add_node(out, store, embedded);
    g_string_append_c(out, '}');
}

char *
dump_object(TwStore *store, TwObject *object)
{
    GString *out = g_string_new(NULL);

    add_node(out, store, object);
    return g_string_free(out, FALSE);
}

/* ---- messages ---- */

typedef struct {
    GString *out;
    GArray *mids;
} Rows;

static gboolean
add_row(const TwMessageRow *row, gpointer data)
{
    Rows *rows = data;

    g_array_append_val(rows->mids, row->mid);
    g_string_append_printf(
        rows->out,
        " message %u folder %u state %u uid %u body %u size %d flags %x status %x kw %x "
        "cn %u %u %u conv %x\n",
        row->mid, row->folder, row->state, row->uid, row->bid, (int) row->size, row->flags,
        row->status, (guint) row->kw, (guint) row->cn, (guint) row->cn_create, (guint) row->cn_read,
        (guint) row->conv);
    return TRUE;
}

static gboolean
add_mail_bytes(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static void
add_content(GString *out, TwStore *store, guint32 mid)
{
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(store, mid, NULL, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = dump_object(store, object);
    g_string_append_printf(out, " content %u %s", mid, text);
    if (tw_message_read_mail(store, mid, 0, G_MAXUINT64, add_mail_bytes, mail, &error)) {
        g_string_append(out, " mail ");
        add_bytes(out, mail->data, mail->len);
    } else {
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    }
    g_string_append_c(out, '\n');
}

/* ---- folders ---- */

static void
add_folder(GString *out, TwStore *store, const TwFolderRow *row)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Rows rows = { out, mids };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = tw_folder_keywords(store, row->id, &error);
    g_autoptr(TwObject) object = NULL;
    g_autofree char *joined = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    joined = g_strjoinv(",", words);
    object = tw_folder_read_object(store, row->id, &error);
    g_assert_no_error(error);
    text = dump_object(store, object);
    g_string_append_printf(
        out,
        "folder %u '%s' in %u state %u type %u with %u uidnext %u cn %u %u %u %u: %u %u %u %u %u, "
        "%u %u, %d %d, words %s, %s\n",
        row->id, row->name, row->parent, row->state, row->type, row->deleted_with, row->uidnext,
        (guint) row->cn, (guint) row->cn_create, (guint) row->hicn, (guint) row->hicn_hier,
        row->total, row->unread, row->assoc, row->deleted, row->deleted_assoc, row->subfolders,
        row->deleted_folders, (int) row->bytes, (int) row->deleted_bytes, joined, text);
    for (guint state = 0; state < 4; state++) {
        tw_folder_list(store, row->id, (TwMessageState) state, 0, G_MAXINT32, FALSE, add_row, &rows,
                       &error);
        g_assert_no_error(error);
    }
    for (guint i = 0; row->state == TW_FOLDER_LIVE && i < mids->len; i++)
        add_content(out, store, g_array_index(mids, guint32, i));
}

char *
dump_store(TwStore *store)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = NULL;
    g_autoptr(GArray) receive = NULL;
    TwStoreInfo info;

    tw_store_get_info(store, &info, &error);
    g_assert_no_error(error);
    g_string_append_printf(out, "store %u object %u root %u cn %u: %d %d, quota %d %d %d\n",
                           info.number, info.object, info.root, (guint) info.cn, (int) info.bytes,
                           (int) info.deleted_bytes, (int) info.quota.warn, (int) info.quota.soft,
                           (int) info.quota.hard);
    receive = tw_store_list_receive_folders(store, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < receive->len; i++)
        g_string_append_printf(out, "receive '%s' in %u\n",
                               g_array_index(receive, TwReceiveFolder, i).message_class,
                               g_array_index(receive, TwReceiveFolder, i).folder);
    folders = tw_store_folders(store, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < folders->len; i++)
        add_folder(out, store, folders->pdata[i]);
    return g_string_free(out, FALSE);
}

char *
dump_diff(const char *a, const char *b)
{
    g_auto(GStrv) x = g_strsplit(a, "\n", -1);
    g_auto(GStrv) y = g_strsplit(b, "\n", -1);
    guint i = 0;

    while (x[i] != NULL && y[i] != NULL && strcmp(x[i], y[i]) == 0)
        i++;
    if (x[i] == NULL && y[i] == NULL)
        return NULL;
    return g_strdup_printf("\n-%s\n+%s", x[i] != NULL ? x[i] : "(end)",
                           y[i] != NULL ? y[i] : "(end)");
}
