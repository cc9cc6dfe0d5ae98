/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Contents: each message, folder and store has its record, each record its owner; a record and its references say the same;
 * each value is in the blob volume; the skeleton of a mail gives a mail of the length the head says.
 *
 * Records are read a few at a time in one snapshot; blobs are asked for outside of it.
 */
#include <string.h>

#include "base/error.h"
#include "convert/mime-skeleton.h"
#include "mapi/tags.h"
#include "store/check-private.h"
#include "store/inline.h"
#include "store/value-window.h"

enum {
    SLICE_RECORDS = 64,     /* of one snapshot */
    SLICE_IDS = 4096,       /* of one snapshot */
    MAX_SKELETON = 1 << 30, /* bytes of one that are taken into memory */
};

/* What one snapshot says of a body. */
typedef struct {
    guint32 bid;
    TwCheckOwner *owner; /* borrowed; NULL: none */
    GArray *values;      /* TwValueRow that can be believed */
    GBytes *inside;      /* the mail in its row; nullable */
    guint16 *named;      /* ids of named properties, 0 at the end */
    gboolean has_head, head_has_mail;
    guint32 mail_len;
} Body;

typedef struct {
    TwCheck *check;
    guint32 after;
    GArray *ids;    /* of this slice */
    GArray *bodies; /* Body */
    guint next_owner;
    guint64 done;
    GArray *(*next)(
        TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error); /* of walk_values() */
} Walk;

static TwCheckOwner *
find_owner(const TwCheck *check, guint32 bid)
{
    guint low = 0, high = check->owners->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        TwCheckOwner *owner = &g_array_index(check->owners, TwCheckOwner, middle);
        if (owner->bid < bid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < check->owners->len && g_array_index(check->owners, TwCheckOwner, low).bid == bid)
        return &g_array_index(check->owners, TwCheckOwner, low);
    return NULL;
}

static void
note_body(TwCheck *check, TwCheckWhat what, const Body *body, const char *why)
{
    const TwCheckOwner *owner = body->owner;

    tw_check_note(check, what, owner != NULL ? owner->folder : 0, body->bid, TRUE, "%s%s",
                  owner == NULL     ? "it belongs to nothing; "
                  : owner->mid != 0 ? ""
                                    : "properties of a folder or the store: ",
                  why);
}

/* ---- inside the snapshot ---- */

static void
collect_named(const TwObject *object, GHashTable *ids)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    for (guint i = 0; i < tags->len; i++) {
        guint32 id = g_array_index(tags, guint32, i) >> 16;
        if (id > 0x8500)
            g_hash_table_add(ids, GUINT_TO_POINTER(id));
    }
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
collect_tree(const TwObject *object, GHashTable *ids)
{
    collect_named(object, ids);
    for (guint i = 0; i < tw_object_count(object, TW_OBJECT_RECIPIENT); i++)
        collect_named(tw_object_at(object, TW_OBJECT_RECIPIENT, i), ids);
    for (guint i = 0; i < tw_object_count(object, TW_OBJECT_ATTACHMENT); i++) {
        const TwObject *attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, i);
        const TwObject *embedded = tw_object_get_embedded(attachment);
        collect_named(attachment, ids);
        if (embedded != NULL)
            collect_tree(embedded, ids);
    }
}

static void
look_at_names(const TwObject *object, Body *body)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer key;
    guint at = 0;

    collect_tree(object, ids);
    body->named = g_new0(guint16, g_hash_table_size(ids) + 1);
    g_hash_table_iter_init(&iter, ids);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        body->named[at++] = (guint16) GPOINTER_TO_UINT(key);
}

/* What quotas count: the message's own bytes, and the mail as it came. */
static void
look_at_size(TwCheck *check, const TwObject *object, const TwMessageRow *row, const Body *body)
{
    guint64 size = tw_derive_size(object) + (body->head_has_mail ? body->mail_len : 0);
    g_autofree char *text = NULL;

    if (row->size >= 0 && (guint64) row->size == size)
        return;
    text = g_strdup_printf("its row says %" G_GINT64_FORMAT " bytes, it has %" G_GUINT64_FORMAT,
                           row->size, size);
    note_body(check, TW_CHECK_MESSAGE_SIZE, body, text);
}

/* The head, and what it must agree with. */
static void
look_at_head(TwCheck *check, TwDbTx *tx, const TwObject *object, Body *body)
{
    g_autoptr(GError) why = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwHead head;
    guint32 header_len;
    gsize len;
    const guint8 *data;

    if (!tw_sql_msg_get(tx, check->number, body->owner->mid, TRUE, &row, &why)) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_CORRUPT))
            note_body(check, TW_CHECK_MESSAGE_HEAD, body, why->message);
        return;
    }
    if (row.bid != body->bid)
        return;
    data = g_bytes_get_data(row.head, &len);
    if (!tw_head_open(data, len, &head, &why)) {
        note_body(check, TW_CHECK_MESSAGE_HEAD, body, why->message);
        return;
    }
    body->has_head = TRUE;
    body->head_has_mail = tw_head_get_mail(&head, &body->mail_len, &header_len);
    if (object != NULL)
        look_at_size(check, object, &row, body);
}

/* Record against references. */
static void
look_at_values(TwCheck *check, TwObject *object, guint bad, Body *body)
{
    g_autoptr(GError) why = NULL;
    guint unknown = 0;
    gboolean agree = TRUE;

    for (guint i = 0; i < body->values->len && object != NULL && agree; i++) {
        const TwValueRow *row = &g_array_index(body->values, TwValueRow, i);
        agree = row->kind != TW_VALUE_PROPERTY ||
                tw_object_resolve(object, row->part.bytes, row->part.len, &row->id, row->len, &why);
    }
    if (bad > 0)
        note_body(check, TW_CHECK_VALUE_REFERENCE, body, "a reference to a value is damaged");
    else if (!agree)
        note_body(check, TW_CHECK_VALUE_REFERENCE, body, why->message);
    if (object != NULL && bad == 0 && agree) {
        tw_object_count_blobs(object, &unknown);
        if (unknown > 0)
            note_body(check, TW_CHECK_VALUE_REFERENCE, body,
                      "a value of its record has no reference");
    }
}

static gboolean
look_at_body(TwCheck *check, TwDbTx *tx, Body *body, GError **error)
{
    g_autoptr(GBytes) texts = NULL;
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, check->number, body->bid, &texts, error);
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) why = NULL;
    const guint8 *data;
    gsize len;
    guint bad;

    if (record == NULL)
        return FALSE;
    data = g_bytes_get_data(record, &len);
    object = tw_tail_parse(data, len, NULL, NULL, &why);
    if (object == NULL)
        note_body(check, TW_CHECK_RECORD_DAMAGED, body, why->message);
    body->values = tw_sql_check_values(tx, check->number, body->bid, &bad, error);
    if (body->values == NULL)
        return FALSE;
    if (!tw_sql_tail_mail(tx, check->number, body->bid, &body->inside, error))
        return FALSE;
    if (object != NULL && texts != NULL && !tw_inline_texts_give(texts, body->inside, object, &why))
        note_body(check, TW_CHECK_RECORD_DAMAGED, body, why->message);
    look_at_values(check, object, bad, body);
    if (body->owner->mid != 0)
        look_at_head(check, tx, object, body);
    if (object != NULL)
        look_at_names(object, body);
    return TRUE;
}

static void
clear_body(gpointer data)
{
    Body *body = data;

    g_clear_pointer(&body->values, g_array_unref);
    g_clear_pointer(&body->inside, g_bytes_unref);
    g_free(body->named);
}

/* Reads on one snapshot; a failed one may leave findings behind, and is the end of the check then. */
static gboolean
slice_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;

    g_clear_pointer(&walk->ids, g_array_unref);
    g_array_set_size(walk->bodies, 0);
    walk->ids = tw_sql_check_tails(tx, check->number, walk->after, SLICE_RECORDS, error);
    for (guint i = 0; walk->ids != NULL && i < walk->ids->len; i++) {
        Body body = { .bid = g_array_index(walk->ids, guint32, i) };
        body.owner = find_owner(check, body.bid);
        g_array_append_val(walk->bodies, body);
        if (body.owner != NULL &&
            !look_at_body(check, tx, &g_array_index(walk->bodies, Body, walk->bodies->len - 1),
                          error))
            return FALSE;
    }
    return walk->ids != NULL;
}

/* ---- owners, again ---- */

typedef struct {
    TwCheck *check;
    guint32 bid, mid;
    gboolean has_tail, has_mail, owned;
    GArray *values;
} Again;

static gboolean
again_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Again *again = data;
    guint32 store = again->check->number;
    g_autoptr(TwFolderRow) folder = NULL;
    g_autoptr(GBytes) mail = NULL;
    g_autoptr(GError) none = NULL;
    guint bad;

    folder = tw_sql_folder_get(tx, store, again->bid, &none);
    again->owned = again->bid == again->check->row.object ||
                   (folder == NULL ? !g_error_matches(none, TW_ERROR, TW_ERROR_NOT_FOUND) : TRUE);
    if (!tw_sql_check_by_bid(tx, store, again->bid, &again->mid, error) ||
        !tw_sql_check_has_tail(tx, store, again->bid, &again->has_tail, error) ||
        !tw_sql_tail_mail(tx, store, again->bid, &mail, error))
        return FALSE;
    again->has_mail = mail != NULL;
    again->owned = again->owned || again->mid != 0;
    g_clear_pointer(&again->values, g_array_unref);
    again->values = tw_sql_check_values(tx, store, again->bid, &bad, error);
    return again->values != NULL;
}

static gboolean
look_again(TwCheck *check, guint32 bid, Again *ret, GError **error)
{
    *ret = (Again){ .check = check, .bid = bid };
    return tw_store_read(check->store, again_tx, ret, error);
}

/* ---- blobs ---- */

static gboolean
is_there(TwCheck *check, const TwValueRow *value, char **ret_why)
{
    g_autoptr(GError) failure = NULL;
    guint64 len = 0;
    g_autofree char *part = tw_part_to_text(value->part.bytes, value->part.len);

    if (!tw_blob_get_len(check->engine->blobs, &value->id, &len, &failure))
        *ret_why = g_strdup_printf("%s: its value: %s", part, failure->message);
    else if (len != value->len)
        *ret_why =
            g_strdup_printf("%s: its value has %" G_GUINT64_FORMAT " bytes, not %" G_GUINT64_FORMAT,
                            part, len, value->len);
    return *ret_why == NULL;
}

typedef struct {
    TwCheck *check;
    GArray *parts; /* TwValueRow */
    guint64 got;
    TwValueWindow window;
} Render;

static gboolean
fetch(guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error)
{
    Render *render = user_data;

    return tw_value_window_read(&render->window, render->check->engine->blobs,
                                &g_array_index(render->parts, TwValueRow, ref).id, offset, len, out,
                                error);
}

static gboolean
count_bytes(G_GNUC_UNUSED const guint8 *data,
            gsize len,
            gpointer user_data,
            G_GNUC_UNUSED GError **error)
{
    ((Render *) user_data)->got += len;
    return TRUE;
}

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

static gboolean
fits(const TwSkeleton *skeleton, Render *render, gboolean deep, GError **error)
{
    const GArray *refs = tw_skeleton_get_refs(skeleton);

    if (refs->len != render->parts->len) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "its mail names %u values, there are %u",
                    refs->len, render->parts->len);
        return FALSE;
    }
    for (guint i = 0; i < refs->len; i++) {
        if (g_array_index(refs, TwSkeletonRef, i).decoded_len !=
            g_array_index(render->parts, TwValueRow, i).len) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "value %u of its mail has another length", i);
            return FALSE;
        }
    }
    if (!deep)
        return TRUE;
    if (!tw_skeleton_read(skeleton, 0, G_MAXUINT64, fetch, count_bytes, render, error))
        return FALSE;
    if (render->got == tw_skeleton_get_len(skeleton))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "its mail comes out too short");
    return FALSE;
}

static GBytes *
read_skeleton(TwCheck *check, const TwValueRow *mail, GError **error)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(MAX_SKELETON);

    return tw_blob_read(check->engine->blobs, &mail->id, 0, MAX_SKELETON, &bytes, error)
               ? tw_buffer_steal_bytes(&bytes, error)
               : NULL;
}

/* Length of the mail that lies under @mail, or in its row, with its values. */
static gboolean
read_mail(TwCheck *check,
          const TwValueRow *mail,
          GBytes *inside,
          GArray *parts,
          guint64 *ret,
          GError **error)
{
    g_autoptr(GBytes) whole =
        mail != NULL ? read_skeleton(check, mail, error) : tw_inline_open(inside, error);
    g_autoptr(TwSkeleton) skeleton = NULL;
    Render render = { .check = check, .parts = parts };
    gboolean ok;

    skeleton = whole != NULL ? tw_skeleton_parse(whole, error) : NULL;
    if (skeleton == NULL)
        return FALSE;
    *ret = tw_skeleton_get_len(skeleton);
    g_array_sort(parts, compare_own);
    ok = fits(skeleton, &render, check->options->deep, error);
    tw_value_window_clear(&render.window);
    return ok;
}

static void
look_at_mail(TwCheck *check, const Body *body)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    g_autoptr(GError) why = NULL;
    const TwValueRow *mail = NULL;
    guint64 len = 0;

    for (guint i = 0; i < body->values->len; i++) {
        const TwValueRow *row = &g_array_index(body->values, TwValueRow, i);
        if (row->kind == TW_VALUE_MAIL)
            mail = row;
        else if (row->kind == TW_VALUE_PART)
            g_array_append_vals(parts, row, 1);
    }
    if (mail != NULL && body->inside != NULL) {
        note_body(check, TW_CHECK_MAIL, body, "its mail is there twice, in its row and as a value");
        return;
    }
    if (mail == NULL && body->inside == NULL) {
        if (parts->len > 0 || body->head_has_mail)
            note_body(check, TW_CHECK_MAIL, body, "it came as a mail, which is not there");
        return;
    }
    if (!read_mail(check, mail, body->inside, parts, &len, &why)) {
        if (!tw_check_is_unread(check, why))
            note_body(check, TW_CHECK_MAIL, body, why->message);
    } else if (body->has_head &&
               (!body->head_has_mail || body->mail_len != MIN(len, (guint64) G_MAXUINT32)))
        note_body(check, TW_CHECK_MAIL, body, "its head says another length than its mail has");
}

static gboolean
same_value(const GArray *values, const TwValueRow *value)
{
    for (guint i = 0; i < values->len; i++) {
        const TwValueRow *row = &g_array_index(values, TwValueRow, i);
        if (row->part.len == value->part.len &&
            memcmp(row->part.bytes, value->part.bytes, value->part.len) == 0 &&
            tw_blob_id_equal(&row->id, &value->id))
            return TRUE;
    }
    return FALSE;
}

/* What was read a moment ago may have been saved anew, and its old values collected: such is no damage. */
static gboolean
look_at_blobs(TwCheck *check, const Body *body, GError **error)
{
    for (guint i = 0; i < body->values->len; i++) {
        const TwValueRow *row = &g_array_index(body->values, TwValueRow, i);
        g_autofree char *why = NULL;
        Again again;
        if (is_there(check, row, &why))
            continue;
        if (!look_again(check, body->bid, &again, error))
            return FALSE;
        if (same_value(again.values, row))
            note_body(check, TW_CHECK_VALUE_MISSING, body, why);
        g_array_unref(again.values);
        return TRUE;
    }
    look_at_mail(check, body);
    return TRUE;
}

static void
look_at_named(TwCheck *check, const Body *body)
{
    for (guint i = 0; body->named != NULL && body->named[i] != 0; i++) {
        TwNamedProp name;
        g_autoptr(GError) why = NULL;
        if (!tw_name_map_get_name(tw_engine_names(check->engine), body->named[i], &name, &why) &&
            g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            tw_check_note(check, TW_CHECK_NAMED_PROPERTY, body->owner->folder, body->bid, FALSE,
                          "it has property 0x%04x, which has no name", body->named[i]);
    }
}

/* ---- the walk ---- */

static gboolean
note_missing(TwCheck *check, TwCheckOwner *owner, GError **error)
{
    Body body = { .bid = owner->bid, .owner = owner };
    gboolean may_lack = owner->mid == 0 && (owner->folder == 0 || owner->folder == check->row.root);
    Again again;

    if (may_lack)
        return TRUE; /* neither the store nor its root has a record before its first save */
    if (!look_again(check, owner->bid, &again, error))
        return FALSE;
    if (!again.has_tail && again.owned)
        note_body(check, TW_CHECK_RECORD_MISSING, &body, "its record is not there");
    g_array_unref(again.values);
    return TRUE;
}

/* Owners below @until whose record did not come. */
static gboolean
pass_owners(Walk *walk, guint64 until, GError **error)
{
    GArray *owners = walk->check->owners;

    for (; walk->next_owner < owners->len; walk->next_owner++) {
        TwCheckOwner *owner = &g_array_index(owners, TwCheckOwner, walk->next_owner);
        gboolean again = walk->next_owner > 0 && (owner - 1)->bid == owner->bid;
        if (owner->bid >= until)
            break;
        if (!owner->seen && !again && !note_missing(walk->check, owner, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
note_orphan(TwCheck *check, guint32 bid, gboolean tail, GError **error)
{
    Body body = { .bid = bid };
    Again again;

    if (!look_again(check, bid, &again, error))
        return FALSE;
    if (!again.owned && tail && again.has_tail)
        note_body(check, TW_CHECK_RECORD_ORPHAN, &body, "a record");
    if (!again.owned && !tail && !again.has_tail && (again.values->len > 0 || again.has_mail))
        note_body(check, TW_CHECK_VALUE_ORPHAN, &body,
                  again.has_mail ? "a mail without a record"
                                 : "references to values without a record");
    g_array_unref(again.values);
    return TRUE;
}

static gboolean
look_at_slice(Walk *walk, GError **error)
{
    TwCheck *check = walk->check;

    for (guint i = 0; i < walk->bodies->len; i++) {
        Body *body = &g_array_index(walk->bodies, Body, i);
        if (!pass_owners(walk, body->bid, error))
            return FALSE;
        if (body->owner == NULL) {
            if (!note_orphan(check, body->bid, TRUE, error))
                return FALSE;
            continue;
        }
        body->owner->seen = TRUE;
        if (!look_at_blobs(check, body, error))
            return FALSE;
        look_at_named(check, body);
    }
    return TRUE;
}

static gboolean
value_slice_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;

    g_clear_pointer(&walk->ids, g_array_unref);
    walk->ids = walk->next(tx, walk->check->number, walk->after, SLICE_IDS, error);
    return walk->ids != NULL;
}

/* What a table holds of bodies that nobody has. */
static gboolean
walk_values(Walk *walk,
            GArray *(*next)(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error),
            GError **error)
{
    walk->after = 0;
    walk->next = next;
    do {
        if (!tw_store_read(walk->check->store, value_slice_tx, walk, error))
            return FALSE;
        for (guint i = 0; i < walk->ids->len; i++) {
            walk->after = g_array_index(walk->ids, guint32, i);
            if (find_owner(walk->check, walk->after) == NULL &&
                !note_orphan(walk->check, walk->after, FALSE, error))
                return FALSE;
        }
    } while (walk->ids->len == SLICE_IDS);
    return TRUE;
}

static gboolean
walk_records(Walk *walk, GError **error)
{
    const TwCheckOptions *options = walk->check->options;

    do {
        if (!tw_store_read(walk->check->store, slice_tx, walk, error) ||
            !look_at_slice(walk, error))
            return FALSE;
        if (walk->ids->len > 0)
            walk->after = g_array_index(walk->ids, guint32, walk->ids->len - 1);
        walk->done += walk->ids->len;
        if (options->progress != NULL)
            options->progress("contents", walk->done, options->data);
        if (!tw_cancel_check(options->cancel, tw_deadline_never(), error))
            return FALSE;
    } while (walk->ids->len == SLICE_RECORDS);
    return pass_owners(walk, G_MAXUINT64, error);
}

gboolean
tw_check_contents(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };
    gboolean ok;

    walk.bodies = g_array_new(FALSE, FALSE, sizeof(Body));
    g_array_set_clear_func(walk.bodies, clear_body);
    ok = walk_records(&walk, error) && walk_values(&walk, tw_sql_check_ref_bids, error) &&
         walk_values(&walk, tw_sql_check_mails, error);
    g_array_unref(walk.bodies);
    g_clear_pointer(&walk.ids, g_array_unref);
    return ok;
}
