/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Contents made whole again from what is left: the record when it can be read, the references that can be believed, the
 * head. What lost a part goes to lost+found; what has only wrong figures stays where it is. No value is given up: one
 * that has no place any more becomes an attachment.
 */
#include <string.h>

#include "base/error.h"
#include "convert/mime-skeleton.h"
#include "mapi/tags.h"
#include "store/check-private.h"
#include "store/inline.h"

enum {
    MAX_SKELETON = 1 << 30,
    MAX_KEPT = 16 << 20,  /* bytes of a damaged record that are kept beside what was made of it */
    MAX_HEADER = 1 << 20, /* bytes of a mail in which the end of its header is looked for */
    ATTACH_BY_VALUE = 1,
};

typedef struct {
    TwCheck *check;
    guint32 bid, new_mid, lost;

    /* as read */
    gboolean has_message, has_folder, is_store;
    TwMessageRow row; /* the head is NULL when it is damaged */
    GBytes *record, *summary;
    GBytes *inside; /* the mail in its row; nullable */
    GBytes *texts;  /* what of the object lies in it; nullable */
    GArray *values; /* TwValueRow that can be believed */
    guint bad_values;

    /* as made */
    TwObject *object;
    TwContent content;
    TwHeadOptions head;
    TwMessageRow made;
    gboolean lossy;
    guint kept;
    TwKeywordSet words; /* what head names */
} Rebuild;

/* ---- reading what is left ---- */

static gboolean
load_owner(Rebuild *rebuild, TwDbTx *tx, GError **error)
{
    guint32 store = rebuild->check->number, mid;
    g_autoptr(GError) damage = NULL;
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, store, rebuild->bid, NULL);

    rebuild->has_folder = folder != NULL;
    rebuild->is_store = rebuild->bid == rebuild->check->row.object;
    if (!tw_sql_check_by_bid(tx, store, rebuild->bid, &mid, error))
        return FALSE;
    rebuild->has_message = mid != 0;
    tw_message_row_clear(&rebuild->row);
    if (mid == 0 || tw_sql_msg_get(tx, store, mid, TRUE, &rebuild->row, &damage))
        return TRUE;
    return tw_sql_msg_get(tx, store, mid, FALSE, &rebuild->row, error);
}

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Rebuild *rebuild = data;
    guint32 store = rebuild->check->number;
    gboolean has_tail;

    g_clear_pointer(&rebuild->record, g_bytes_unref);
    g_clear_pointer(&rebuild->summary, g_bytes_unref);
    g_clear_pointer(&rebuild->inside, g_bytes_unref);
    g_clear_pointer(&rebuild->texts, g_bytes_unref);
    g_clear_pointer(&rebuild->values, g_array_unref);
    if (!load_owner(rebuild, tx, error) ||
        !tw_sql_check_has_tail(tx, store, rebuild->bid, &has_tail, error) ||
        !tw_sql_tail_summary(tx, store, rebuild->bid, &rebuild->summary, error) ||
        !tw_sql_tail_mail(tx, store, rebuild->bid, &rebuild->inside, error))
        return FALSE;
    if (has_tail)
        rebuild->record = tw_sql_tail_get(tx, store, rebuild->bid, &rebuild->texts, error);
    if (has_tail && rebuild->record == NULL)
        return FALSE;
    rebuild->values = tw_sql_check_values(tx, store, rebuild->bid, &rebuild->bad_values, error);
    return rebuild->values != NULL;
}

/* Leaves the values whose bytes are there. */
static void
drop_missing(Rebuild *rebuild)
{
    for (guint i = rebuild->values->len; i > 0; i--) {
        const TwValueRow *row = &g_array_index(rebuild->values, TwValueRow, i - 1);
        guint64 len = 0;
        if (tw_blob_get_len(rebuild->check->engine->blobs, &row->id, &len, NULL) && len == row->len)
            continue;
        g_array_remove_index(rebuild->values, i - 1);
        rebuild->lossy = TRUE;
    }
    rebuild->lossy = rebuild->lossy || rebuild->bad_values > 0;
}

/* ---- the object ---- */

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_text(tag, text, strlen(text));

    tw_object_set(object, &value, NULL);
}

static void
set_number(TwObject *object, guint32 tag, guint32 number)
{
    TwPropValue value = tw_value_long(tag, number);

    tw_object_set(object, &value, NULL);
}

/* A value without a place, as an attachment that people can see. */
static TwObject *
add_kept(Rebuild *rebuild, const char *what)
{
    g_autofree char *name = g_strdup_printf("recovered-%u-%s.bin", ++rebuild->kept, what);
    TwObject *attachment =
        tw_object_add(rebuild->object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    if (attachment == NULL)
        return NULL;
    set_number(attachment, PR_ATTACH_METHOD, ATTACH_BY_VALUE);
    set_text(attachment, PR_ATTACH_LONG_FILENAME, name);
    return attachment;
}

static void
keep_value(Rebuild *rebuild, const TwValueRow *row, const char *what)
{
    TwObject *attachment = add_kept(rebuild, what);
    TwBlobRef ref = { .id = row->id, .known = TRUE, .len = row->len };

    if (attachment != NULL)
        tw_object_set_blob(attachment, PR_ATTACH_DATA_BIN, &ref, NULL);
}

/* The mail in its row, or what is left of it, as it lies there. */
static void
keep_inside(Rebuild *rebuild)
{
    TwObject *attachment = add_kept(rebuild, "mail");
    g_autoptr(GBytes) plain = tw_inline_open(rebuild->inside, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(plain != NULL ? plain : rebuild->inside, &len);
    TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, len);

    if (attachment != NULL)
        tw_object_set(attachment, &value, NULL);
}

/* The tag under which a large value of that id was probably kept. */
static guint32
tag_of(guint32 id)
{
    gsize count = 0;
    const TwTagInfo *info = tw_tag_info_by_id(id, &count);

    for (gsize i = 0; i < count; i++) {
        guint32 type = info[i].tag & 0xffff;
        if (type == TW_PT_UNICODE || type == TW_PT_BINARY)
            return info[i].tag;
    }
    return id << 16 | TW_PT_BINARY;
}

static TwObject *
child_of(TwObject *node, TwObjectKind kind, guint32 number)
{
    TwObject *child = tw_object_find(node, kind, number);

    return child != NULL ? child : tw_object_add(node, kind, number, NULL);
}

static TwObject *
embedded_of(TwObject *attachment)
{
    TwObject *message = tw_object_get_embedded(attachment);

    if (message != NULL)
        return message;
    message = tw_object_new(TW_OBJECT_MESSAGE);
    if (tw_object_set_embedded(attachment, message, NULL))
        return message;
    tw_object_free(message);
    return NULL;
}

/* Puts a value back where its path says. FALSE: there is no such place, or something else is there. */
static gboolean
graft(TwObject *object, const TwValueRow *row)
{
    const guint8 *data = row->part.bytes;
    gsize len = row->part.len;
    TwObject *node = object;
    TwBlobRef ref = { .id = row->id, .known = TRUE, .len = row->len };

    while (node != NULL) {
        guint32 number = 0;
        switch (tw_part_next(&data, &len, &number)) {
        case TW_PART_ATTACHMENT:
            node = child_of(node, TW_OBJECT_ATTACHMENT, number);
            break;
        case TW_PART_RECIPIENT:
            node = child_of(node, TW_OBJECT_RECIPIENT, number);
            break;
        case TW_PART_EMBEDDED:
            node = embedded_of(node);
            break;
        case TW_PART_PROPERTY:
            return !tw_object_has(node, number << 16 | TW_PT_UNSPECIFIED) &&
                   tw_object_set_blob(node, tag_of(number), &ref, NULL);
        case TW_PART_END:
        case TW_PART_OWN:
            return FALSE;
        }
    }
    return FALSE;
}

static void
take_from_head(TwObject *object, GBytes *bytes)
{
    static const guint32 tags[] = {
        PR_MESSAGE_CLASS,
        PR_SUBJECT,
        PR_SENT_REPRESENTING_NAME,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_SMTP_ADDRESS,
        PR_CLIENT_SUBMIT_TIME,
        PR_MESSAGE_DELIVERY_TIME,
        PR_IMPORTANCE,
        PR_SENSITIVITY,
        PR_PRIORITY,
        PR_ICON_INDEX,
    };
    TwHead head;
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    if (!tw_head_open(data, len, &head, NULL))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        TwPropValue value = { 0 };
        TwHeadAnswer answer = tw_head_get(&head, tags[i], &value);
        if (answer == TW_HEAD_FOUND || (answer == TW_HEAD_CUT && value.tag != 0))
            tw_object_set(object, &value, NULL);
    }
}

typedef struct {
    TwObject *node;
    guint32 tag;
} Hole;

static gboolean
find_hole(TwObject *node,
          G_GNUC_UNUSED const TwPart *part,
          guint32 tag,
          const TwBlobRef *ref,
          gpointer data,
          G_GNUC_UNUSED GError **error)
{
    Hole hole = { node, tag };

    if (!ref->known)
        g_array_append_val((GArray *) data, hole);
    return TRUE;
}

/* Values of the record that are nowhere. */
static void
drop_holes(Rebuild *rebuild)
{
    g_autoptr(GArray) holes = g_array_new(FALSE, FALSE, sizeof(Hole));

    tw_object_foreach_blob(rebuild->object, find_hole, holes, NULL);
    for (guint i = 0; i < holes->len; i++) {
        const Hole *hole = &g_array_index(holes, Hole, i);
        tw_object_remove(hole->node, hole->tag);
        rebuild->lossy = TRUE;
    }
}

static TwObject *
empty_object(const Rebuild *rebuild)
{
    TwObject *object;

    if (rebuild->is_store || rebuild->has_folder)
        return tw_object_new(rebuild->is_store ? TW_OBJECT_STORE : TW_OBJECT_FOLDER);
    object = tw_object_new(TW_OBJECT_MESSAGE);
    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    return object;
}

static gboolean
is_message(const Rebuild *rebuild)
{
    return !rebuild->is_store && !rebuild->has_folder;
}

static void
make_object(Rebuild *rebuild)
{
    gsize len = 0;
    const guint8 *data = rebuild->record != NULL ? g_bytes_get_data(rebuild->record, &len) : NULL;

    if (data != NULL)
        rebuild->object = tw_tail_parse(data, len, NULL, NULL, NULL);
    if (rebuild->object != NULL && rebuild->texts != NULL &&
        !tw_inline_texts_give(rebuild->texts, rebuild->inside, rebuild->object, NULL))
        rebuild->lossy = TRUE;
    if (rebuild->object != NULL)
        return;
    rebuild->object = empty_object(rebuild);
    rebuild->lossy = TRUE;
    if (is_message(rebuild) && rebuild->row.head != NULL)
        take_from_head(rebuild->object, rebuild->row.head);
    if (is_message(rebuild) && len > 0 && len <= MAX_KEPT) {
        TwObject *attachment = add_kept(rebuild, "record");
        TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, len);
        if (attachment != NULL)
            tw_object_set(attachment, &value, NULL);
    }
}

static void
place_values(Rebuild *rebuild)
{
    for (guint i = 0; i < rebuild->values->len; i++) {
        const TwValueRow *row = &g_array_index(rebuild->values, TwValueRow, i);
        if (row->kind == TW_VALUE_PROPERTY &&
            !tw_object_resolve(rebuild->object, row->part.bytes, row->part.len, &row->id, row->len,
                               NULL) &&
            !graft(rebuild->object, row) && is_message(rebuild))
            keep_value(rebuild, row, "value");
    }
    drop_holes(rebuild);
}

/* ---- the mail ---- */

static guint32
own_number(const TwValueRow *row)
{
    const guint8 *data = row->part.bytes;
    gsize len = row->part.len;
    guint32 number = 0;

    return tw_part_next(&data, &len, &number) == TW_PART_OWN ? number : 0;
}

static int
compare_own(gconstpointer a, gconstpointer b)
{
    guint32 x = own_number(a), y = own_number(b);

    return (x > y) - (x < y);
}

typedef struct {
    TwCheck *check;
    GArray *parts;
    GByteArray *begin;
} Render;

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    const Render *render = user_data;
    g_autoptr(GError) why = NULL;

    if (tw_blob_read(render->check->engine->blobs,
                     &g_array_index(render->parts, TwValueRow, ref).id, offset, len, out, &why))
        return TRUE;
    (void) tw_check_is_unread(render->check, why);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static gboolean
take_begin(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append(((Render *) user_data)->begin, data, (guint) len);
    return TRUE;
}

/* Bytes up to and with the first empty line. */
static guint32
header_len(const GByteArray *begin)
{
    for (guint i = 0; i < begin->len; i++) {
        guint next = i + 1;
        if (begin->data[i] != '\n')
            continue;
        if (next < begin->len && begin->data[next] == '\r')
            next++;
        if (next < begin->len && begin->data[next] == '\n')
            return next + 1;
    }
    return begin->len;
}

static GBytes *
read_skeleton(const Rebuild *rebuild, const TwValueRow *mail)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MAX_SKELETON);
    g_autoptr(GError) why = NULL;

    if (mail == NULL)
        return rebuild->inside != NULL ? tw_inline_open(rebuild->inside, NULL) : NULL;
    if (tw_blob_read(rebuild->check->engine->blobs, &mail->id, 0, MAX_SKELETON, &bytes, &why))
        return tw_buffer_steal_bytes(&bytes, NULL);
    (void) tw_check_is_unread(rebuild->check, why);
    return NULL;
}

/* Whether the mail, which lies under @mail or in its row, can still be told byte for byte; then the head gets its
 * figures. */
static gboolean
mail_is_whole(Rebuild *rebuild, const TwValueRow *mail, GArray *parts)
{
    g_autoptr(GBytes) whole = read_skeleton(rebuild, mail);
    g_autoptr(TwSkeleton) skeleton = NULL;
    g_autoptr(GByteArray) begin = g_byte_array_new();
    Render render = { rebuild->check, parts, begin };
    const GArray *refs;

    skeleton = whole != NULL ? tw_skeleton_parse(whole, NULL) : NULL;
    if (skeleton == NULL)
        return FALSE;
    refs = tw_skeleton_get_refs(skeleton);
    if (refs->len != parts->len)
        return FALSE;
    for (guint i = 0; i < refs->len; i++) {
        if (g_array_index(refs, TwSkeletonRef, i).decoded_len !=
            g_array_index(parts, TwValueRow, i).len)
            return FALSE;
    }
    if (!tw_skeleton_read(skeleton, 0, MAX_HEADER, fetch, take_begin, &render, NULL))
        return FALSE;
    rebuild->head.has_mail = TRUE;
    rebuild->head.mail_len = tw_skeleton_get_len(skeleton);
    rebuild->head.mail_header_len = header_len(begin);
    return TRUE;
}

static gboolean
is_in_object(const GArray *values, const TwBlobId *id)
{
    for (guint i = 0; i < values->len; i++) {
        const TwValueRow *row = &g_array_index(values, TwValueRow, i);
        if (row->kind == TW_VALUE_PROPERTY && tw_blob_id_equal(&row->id, id))
            return TRUE;
    }
    return FALSE;
}

/* The mail stays as it is, or what is left of it becomes attachments. */
static void
place_mail(Rebuild *rebuild, GArray *keep)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    const TwValueRow *mail = NULL;

    for (guint i = 0; i < rebuild->values->len; i++) {
        const TwValueRow *row = &g_array_index(rebuild->values, TwValueRow, i);
        if (row->kind == TW_VALUE_MAIL)
            mail = row;
        else if (row->kind != TW_VALUE_PROPERTY)
            g_array_append_vals(parts, row, 1);
    }
    g_array_sort(parts, compare_own);
    if (mail_is_whole(rebuild, mail, parts)) {
        if (mail != NULL)
            g_array_append_vals(keep, mail, 1);
        else
            rebuild->content.mail = g_bytes_ref(rebuild->inside);
        g_array_append_vals(keep, parts->data, parts->len);
        return;
    }
    rebuild->lossy = rebuild->lossy || mail != NULL || rebuild->inside != NULL || parts->len > 0;
    g_clear_pointer(&rebuild->summary, g_bytes_unref);
    if (!is_message(rebuild))
        return;
    if (mail != NULL)
        keep_value(rebuild, mail, "mail");
    else if (rebuild->inside != NULL)
        keep_inside(rebuild);
    for (guint i = 0; i < parts->len; i++) {
        const TwValueRow *row = &g_array_index(parts, TwValueRow, i);
        if (!is_in_object(rebuild->values, &row->id))
            keep_value(rebuild, row, "part");
    }
}

/* ---- writing ---- */

static gboolean
write_in_place(Rebuild *rebuild, TwWork *work, GError **error)
{
    g_auto(TwMessageRow) old = { 0 };
    TwMessageRow row;
    TwFolderRow *folder;

    if (!tw_sql_msg_get(work->tx, work->row.store, rebuild->row.mid, FALSE, &old, error))
        return FALSE;
    folder = tw_work_folder(work, old.folder, TRUE, error);
    if (folder == NULL)
        return FALSE;
    row = old;
    row.size = rebuild->made.size;
    row.conv = rebuild->made.conv;
    row.head = rebuild->made.head;
    tw_work_count(work, folder, &old, -1);
    tw_work_count(work, folder, &row, 1);
    row.cn = tw_work_change(work, TW_CHANGE_MESSAGE, row.folder, row.mid, 0, error);
    folder->hicn = row.cn;
    return row.cn != 0 && tw_sql_msg_update(work->tx, &row, error);
}

static gboolean
write_to_lost(Rebuild *rebuild, TwWork *work, GError **error)
{
    TwFolderRow *lost = tw_work_folder(work, rebuild->lost, FALSE, error);
    g_auto(TwMessageRow) old = { 0 };
    TwMessageRow row = rebuild->made;
    gboolean has_attach = tw_derive_has_attach(rebuild->object); /* what was kept is one, too */

    if (lost == NULL)
        return FALSE;
    row.store = work->row.store;
    row.folder = lost->id;
    row.mid = rebuild->new_mid;
    row.bid = rebuild->bid;
    if (!rebuild->has_message) {
        row.flags = tw_derive_message_flags(
            0, 0, TW_FLAGS_FIRST_SAVE | (has_attach ? (guint) TW_FLAGS_HAS_ATTACH : 0u));
        return tw_message_insert(work, &row, lost, error);
    }
    if (!tw_sql_msg_get(work->tx, row.store, rebuild->row.mid, FALSE, &old, error))
        return FALSE;
    row.flags = (old.flags & ~(guint32) TW_MSGFLAG_HAS_ATTACH) |
                (has_attach ? (guint32) TW_MSGFLAG_HAS_ATTACH : 0);
    row.status = old.status;
    return tw_check_move(work, &old, &row, lost, error);
}

static gboolean
note_props(Rebuild *rebuild, TwWork *work, GError **error)
{
    TwFolderRow *row;

    if (rebuild->is_store)
        return tw_work_change(work, TW_CHANGE_STORE, 0, rebuild->bid, 0, error) != 0;
    row = tw_work_folder(work, rebuild->bid, TRUE, error);
    if (row == NULL)
        return FALSE;
    row->cn = tw_work_change(work, TW_CHANGE_FOLDER, row->id, row->id, 0, error);
    row->dirty = TRUE;
    return row->cn != 0;
}

/* Somebody saved it since it was read: then all is as it should be, or the next round tells. */
static gboolean
is_unchanged(const Rebuild *rebuild, TwDbTx *tx, gboolean *ret, GError **error)
{
    g_auto(TwMessageRow) now = { 0 };
    guint32 mid;

    if (!tw_sql_check_by_bid(tx, rebuild->check->number, rebuild->bid, &mid, error))
        return FALSE;
    *ret = mid == rebuild->row.mid;
    if (mid == 0 || !*ret)
        return TRUE;
    if (!tw_sql_msg_get(tx, rebuild->check->number, mid, FALSE, &now, error))
        return FALSE;
    *ret = now.cn == rebuild->row.cn;
    return TRUE;
}

static gboolean
write_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Rebuild *rebuild = data;
    g_auto(TwWork) work = { 0 };
    gboolean unchanged, ok;

    if (!tw_work_begin(&work, tx, rebuild->check->store, error) ||
        !is_unchanged(rebuild, tx, &unchanged, error))
        return FALSE;
    if (!unchanged)
        return TRUE;
    if (!is_message(rebuild))
        ok = note_props(rebuild, &work, error);
    else if (rebuild->lossy || !rebuild->has_message)
        ok = write_to_lost(rebuild, &work, error);
    else
        ok = write_in_place(rebuild, &work, error);
    return ok && tw_content_delete(&work, rebuild->bid, error) &&
           tw_content_write(&rebuild->content, &work, rebuild->bid, error) &&
           tw_work_finish(&work, error);
}

/* Everything but the transaction. */
static gboolean
prepare(Rebuild *rebuild, GError **error)
{
    TwStore *store = rebuild->check->store;
    g_autoptr(GArray) mail = g_array_new(FALSE, FALSE, sizeof(TwValueRow));

    drop_missing(rebuild);
    make_object(rebuild);
    place_values(rebuild);
    place_mail(rebuild, mail);
    if (!tw_check_all_read(rebuild->check, error)) /* what looks lost may be whole */
        return FALSE;
    rebuild->head.eid = tw_message_eid(store->number, rebuild->bid);
    tw_message_row_keywords(&rebuild->row, &rebuild->words);
    rebuild->head.keywords = rebuild->words.overflow;
    rebuild->head.keyword_count = rebuild->words.overflow_count;
    if (is_message(rebuild) && !tw_message_row_from(rebuild->object, &rebuild->head,
                                                    rebuild->row.recv, &rebuild->made, error))
        return FALSE;
    rebuild->made.size += (gint64) rebuild->head.mail_len; /* as a delivery counts */
    if (!tw_content_prepare(&rebuild->content, store, rebuild->object, error))
        return FALSE;
    g_array_append_vals(rebuild->content.values, mail->data, mail->len);
    if (rebuild->summary != NULL)
        rebuild->content.summary = g_bytes_ref(rebuild->summary);
    if (!is_message(rebuild) || (!rebuild->lossy && rebuild->has_message))
        return TRUE;
    rebuild->lost = tw_check_lost_found(rebuild->check, error);
    return rebuild->lost != 0 && tw_ids_take(store->partition, 1, &rebuild->new_mid, error);
}

typedef struct {
    TwCheck *check;
    guint32 id, lost;
    gboolean done;
} Recover;

static gboolean
recover_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Recover *recover = data;
    g_auto(TwWork) work = { 0 };

    return tw_work_begin(&work, tx, recover->check->store, error) &&
           tw_check_recover_folder(&work, recover->id, recover->lost, &recover->done, error) &&
           tw_work_finish(&work, error);
}

/* Properties of a folder that is not there: then it is made again, rather than a message of them. */
static gboolean
recover_folder(TwCheck *check, guint32 id, gboolean *ret, GError **error)
{
    Recover recover = { check, id, tw_check_lost_found(check, error), FALSE };

    if (recover.lost == 0 || !tw_store_write(check->store, 0, FALSE, recover_tx, &recover, error))
        return FALSE;
    *ret = recover.done;
    return TRUE;
}

gboolean
tw_repair_content(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    Rebuild rebuild = { .check = check, .bid = finding->object };
    gboolean ok, done = FALSE;

    if (finding->what == TW_CHECK_RECORD_ORPHAN &&
        !recover_folder(check, finding->object, &done, error))
        return FALSE;
    if (done)
        return TRUE;
    tw_content_begin(&rebuild.content, check->store);
    ok = tw_store_read(check->store, load_tx, &rebuild, error) && prepare(&rebuild, error) &&
         tw_store_write(check->store, tw_content_cost(&rebuild.content), FALSE, write_tx, &rebuild,
                        error);
    tw_content_clear(&rebuild.content);
    tw_object_free(rebuild.object);
    tw_message_row_clear(&rebuild.row);
    tw_message_row_clear(&rebuild.made);
    g_clear_pointer(&rebuild.record, g_bytes_unref);
    g_clear_pointer(&rebuild.summary, g_bytes_unref);
    g_clear_pointer(&rebuild.inside, g_bytes_unref);
    g_clear_pointer(&rebuild.texts, g_bytes_unref);
    g_clear_pointer(&rebuild.values, g_array_unref);
    return ok;
}
