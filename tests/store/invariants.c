/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/invariants.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/folder-index.h"
#include "store/invariants-private.h"
#include "store/mail.h"
#include "store/search-folder.h"

enum {
    PAGE =
        100, /* rows of one look at a list: so that walking on behind the last one is tried too */
    MOST_PROBLEMS = 50,
};

typedef struct {
    guint32 folder, uid, mid;
    guint8 state;
    guint64 cn, cn_create, cn_read;
    guint32 flags, status;
    guint64 kw;
} Seen;

void
invariants_wrong(InvariantsCheck *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (check->problems->len < MOST_PROBLEMS)
        g_ptr_array_add(check->problems, g_strdup_vprintf(format, args));
    va_end(args);
}

gboolean
invariants_worked(InvariantsCheck *check, const char *what, guint32 id, GError **error)
{
    if (*error == NULL)
        return TRUE;
    invariants_wrong(check, "%s %u: %s", what, id, (*error)->message);
    g_clear_error(error);
    return FALSE;
}

const TwFolderRow *
invariants_folder(InvariantsCheck *check, guint32 id)
{
    return g_hash_table_lookup(check->by_id, GUINT_TO_POINTER(id));
}

/* ---- the tree ---- */

static void
check_above(InvariantsCheck *check, const TwFolderRow *row)
{
    const TwFolderRow *up = row, *top = NULL;
    guint steps = 0;

    while (up != NULL && up->parent != up->id && steps++ <= check->folders->len) {
        if (up->id == row->deleted_with)
            top = up;
        up = invariants_folder(check, up->parent);
    }
    if (up == NULL || steps > check->folders->len || up->id != check->info.root)
        invariants_wrong(check, "folder %u does not lie below the root", row->id);
    if (row->state == TW_FOLDER_SOFT && (top == NULL || top->state != TW_FOLDER_SOFT))
        invariants_wrong(check, "folder %u was deleted with %u, which is not above it", row->id,
                         row->deleted_with);
    if (row->state == TW_FOLDER_LIVE && row->deleted_with != 0)
        invariants_wrong(check, "folder %u is live and deleted with %u", row->id,
                         row->deleted_with);
    up = invariants_folder(check, row->parent);
    if (row->state == TW_FOLDER_LIVE && up != NULL && up->state != TW_FOLDER_LIVE)
        invariants_wrong(check, "folder %u is live in folder %u, which is not", row->id, up->id);
}

static void
check_below(InvariantsCheck *check, const TwFolderRow *row)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint below = 0, deleted = 0;

    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *child = check->folders->pdata[i];
        gboolean apart = child->state == TW_FOLDER_SOFT && child->deleted_with == child->id;
        char *key;
        if (child->parent != row->id || child == row)
            continue;
        below += apart ? 0 : 1;
        deleted += apart ? 1 : 0;
        key = tw_text_name_key(child->name, strlen(child->name), NULL);
        if (key == NULL)
            invariants_wrong(check, "folder %u: a name that is no name", child->id);
        else if (!apart && !g_hash_table_add(names, key))
            invariants_wrong(check, "folder %u: a sibling has its name '%s' too", child->id,
                             child->name);
        else if (apart)
            g_free(key);
        if (row->state == TW_FOLDER_LIVE && child->state == TW_FOLDER_LIVE &&
            row->hicn_hier < child->cn)
            invariants_wrong(check, "folder %u: hicn_hier %u, but folder %u in it has cn %u",
                             row->id, (guint) row->hicn_hier, child->id, (guint) child->cn);
    }
    if (below != row->subfolders || deleted != row->deleted_folders)
        invariants_wrong(check, "folder %u: says %u subfolders and %u deleted, has %u and %u",
                         row->id, row->subfolders, row->deleted_folders, below, deleted);
}

static void
check_tree(InvariantsCheck *check)
{
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        gboolean root = row->id == check->info.root;
        guint32 found = 0;
        if ((row->type == TW_FOLDER_ROOT) != root || (row->parent == row->id) != root)
            invariants_wrong(check, "folder %u: type %u, parent %u", row->id, row->type,
                             row->parent);
        if (row->cn > check->info.cn || row->hicn > check->info.cn ||
            row->hicn_hier > check->info.cn || row->cn_create > row->cn || row->cn_create == 0)
            invariants_wrong(check, "folder %u: change numbers %u %u %u of %u", row->id,
                             (guint) row->cn, (guint) row->hicn, (guint) row->hicn_hier,
                             (guint) check->info.cn);
        if (row->uidvalidity == 0 || row->uidnext == 0)
            invariants_wrong(check, "folder %u: no uidvalidity or uidnext", row->id);
        check_above(check, row);
        check_below(check, row);
        if (root || row->state != TW_FOLDER_LIVE)
            continue;
        tw_folder_find(check->store, row->parent, row->name, &found, &error);
        if (invariants_worked(check, "finding folder", row->id, &error) && found != row->id)
            invariants_wrong(check, "folder %u: its name finds folder %u", row->id, found);
    }
}

/* ---- lists ---- */

static gboolean
note_row(const TwMessageRow *row, gpointer data)
{
    InvariantsCheck *check = data;
    Seen seen = { row->folder,    row->uid,     row->mid,   row->state,  row->cn,
                  row->cn_create, row->cn_read, row->flags, row->status, row->kw };
    TwKeywordSet words;
    TwHead head;

    g_array_append_val(check->page, seen);
    if (row->store != check->info.number || row->folder != check->at->id)
        invariants_wrong(check, "message %u: of folder %u, in the list of %u", row->mid,
                         row->folder, check->at->id);
    if ((row->uid != 0) != (row->state == TW_MESSAGE_NORMAL) || row->uid >= check->at->uidnext)
        invariants_wrong(check, "message %u: uid %u, state %u, uidnext %u", row->mid, row->uid,
                         row->state, check->at->uidnext);
    if (row->cn == 0 || MAX(row->cn, row->cn_read) > check->at->hicn || row->cn_create > row->cn)
        invariants_wrong(check, "message %u: change numbers %u %u %u, its folder's %u", row->mid,
                         (guint) row->cn, (guint) row->cn_create, (guint) row->cn_read,
                         (guint) check->at->hicn);
    if (((row->flags & TW_MSGFLAG_ASSOCIATED) != 0) != ((row->state & 1) != 0))
        invariants_wrong(check, "message %u: flags %x in state %u", row->mid, row->flags,
                         row->state);
    if (check->keywords < 64 && row->kw >> check->keywords != 0)
        invariants_wrong(check, "message %u: keywords %x of %u", row->mid, (guint) row->kw,
                         check->keywords);
    tw_message_row_keywords(row, &words);
    if (words.overflow_count > 0 && words.overflow[words.overflow_count - 1] >= check->keywords)
        invariants_wrong(check, "message %u: keyword %u of %u", row->mid,
                         words.overflow[words.overflow_count - 1], check->keywords);
    if (row->size < 0 || row->bid == 0 ||
        !g_hash_table_add(check->bids, GUINT_TO_POINTER(row->bid)))
        invariants_wrong(check, "message %u: size or body %u, which another has too", row->mid,
                         row->bid);
    if (row->head == NULL ||
        !tw_head_open(g_bytes_get_data(row->head, NULL), g_bytes_get_size(row->head), &head, NULL))
        invariants_wrong(check, "message %u: no head", row->mid);
    check->unread += row->state == TW_MESSAGE_NORMAL && !(row->flags & TW_MSGFLAG_READ);
    check->bytes[row->state & 3] += row->size;
    return TRUE;
}

static gboolean
note_uid(const TwMessageRow *row, gpointer data)
{
    InvariantsCheck *check = data;
    Seen seen = { .folder = row->folder, .uid = row->uid, .mid = row->mid, .state = row->state };

    g_array_append_val(check->page, seen);
    return TRUE;
}

static void
list_state(InvariantsCheck *check, TwMessageState state)
{
    g_autoptr(GError) error = NULL;
    guint32 last = 0;

    do {
        g_array_set_size(check->page, 0);
        tw_folder_list(check->store, check->at->id, state, last, PAGE, TRUE, note_row, check,
                       &error);
        if (!invariants_worked(check, "list of folder", check->at->id, &error))
            return;
        for (guint i = 0; i < check->page->len; i++) {
            Seen *seen = &g_array_index(check->page, Seen, i);
            if (seen->mid <= last || seen->state != state)
                invariants_wrong(check, "folder %u: message %u behind %u in list %u", check->at->id,
                                 seen->mid, last, state);
            last = seen->mid;
            check->count[state]++;
            if (!g_hash_table_insert(check->messages, GUINT_TO_POINTER(seen->mid),
                                     g_memdup2(seen, sizeof *seen)))
                invariants_wrong(check, "message %u is there twice", seen->mid);
        }
    } while (check->page->len == PAGE);
}

static void
list_uids(InvariantsCheck *check)
{
    g_autoptr(GError) error = NULL;
    guint32 last = 0;
    guint count = 0;

    do {
        g_array_set_size(check->page, 0);
        tw_folder_list_uids(check->store, check->at->id, last, PAGE, note_uid, check, &error);
        if (!invariants_worked(check, "uids of folder", check->at->id, &error))
            return;
        for (guint i = 0; i < check->page->len; i++, count++) {
            const Seen *by_uid = &g_array_index(check->page, Seen, i);
            const Seen *by_mid =
                g_hash_table_lookup(check->messages, GUINT_TO_POINTER(by_uid->mid));
            if (by_uid->uid <= last)
                invariants_wrong(check, "folder %u: uid %u behind %u", check->at->id, by_uid->uid,
                                 last);
            if (by_mid == NULL || by_mid->uid != by_uid->uid || by_mid->folder != check->at->id)
                invariants_wrong(check, "folder %u: uid %u is not in its list", check->at->id,
                                 by_uid->uid);
            last = by_uid->uid;
        }
    } while (check->page->len == PAGE);
    if (count != check->count[TW_MESSAGE_NORMAL])
        invariants_wrong(check, "folder %u: %u uids of %u messages", check->at->id, count,
                         check->count[TW_MESSAGE_NORMAL]);
}

/* However the index came about: it is what the lists say. */
static void
check_index(InvariantsCheck *check)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFolderIndex) index = tw_folder_get_index(check->store, check->at->id, &error);

    if (!invariants_worked(check, "index of folder", check->at->id, &error))
        return;
    if (index->count != check->count[TW_MESSAGE_NORMAL] || index->unread != check->unread ||
        index->uidnext != check->at->uidnext || index->uidvalidity != check->at->uidvalidity ||
        index->hicn != check->at->hicn || index->cn < index->hicn)
        invariants_wrong(check,
                         "folder %u: its index has %u rows, %u unread, uidnext %u, change %u of %u",
                         check->at->id, index->count, index->unread, index->uidnext,
                         (guint) index->hicn, (guint) index->cn);
    for (guint i = 0; i < index->count; i++) {
        const TwFolderIndexRow *row = &index->rows[i];
        const Seen *seen = g_hash_table_lookup(check->messages, GUINT_TO_POINTER(row->mid));
        if (i > 0 && row->uid <= index->rows[i - 1].uid)
            invariants_wrong(check, "folder %u: in its index uid %u is behind %u", check->at->id,
                             row->uid, index->rows[i - 1].uid);
        if (seen == NULL || seen->folder != check->at->id || seen->state != TW_MESSAGE_NORMAL ||
            seen->uid != row->uid || seen->flags != row->flags || seen->status != row->status ||
            seen->kw != row->kw || MAX(seen->cn, seen->cn_read) != row->modseq)
            invariants_wrong(check,
                             "folder %u: the index's row of message %u is another than the list's",
                             check->at->id, row->mid);
        if (tw_folder_index_find(index, row->uid) != i)
            invariants_wrong(check, "folder %u: uid %u is not found in its index", check->at->id,
                             row->uid);
    }
}

static void
check_lists(InvariantsCheck *check, const TwFolderRow *row)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;

    check->at = row;
    check->unread = 0;
    memset(check->count, 0, sizeof check->count);
    memset(check->bytes, 0, sizeof check->bytes);
    words = tw_folder_keywords(check->store, row->id, &error);
    invariants_worked(check, "keywords of folder", row->id, &error);
    check->keywords = words != NULL ? g_strv_length(words) : 0;
    if (row->type == TW_FOLDER_SEARCH) {
        invariants_check_search(check, row);
        return;
    }
    for (guint state = 0; state < 4; state++)
        list_state(check, (TwMessageState) state);
    list_uids(check);
    if (row->state != TW_FOLDER_PURGING)
        check_index(check);
    if (check->count[0] != row->total || check->count[1] != row->assoc ||
        check->count[2] != row->deleted || check->count[3] != row->deleted_assoc ||
        check->unread != row->unread)
        invariants_wrong(
            check, "folder %u: says %u, %u unread, %u, %u, %u; has %u, %u unread, %u, %u, %u",
            row->id, row->total, row->unread, row->assoc, row->deleted, row->deleted_assoc,
            check->count[0], check->unread, check->count[1], check->count[2], check->count[3]);
    if (check->bytes[0] + check->bytes[1] != row->bytes ||
        check->bytes[2] + check->bytes[3] != row->deleted_bytes)
        invariants_wrong(check, "folder %u: says %d and %d bytes, has %d and %d", row->id,
                         (int) row->bytes, (int) row->deleted_bytes,
                         (int) (check->bytes[0] + check->bytes[1]),
                         (int) (check->bytes[2] + check->bytes[3]));
}

static void
check_bytes(InvariantsCheck *check)
{
    gint64 bytes = 0, deleted = 0;

    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        check_lists(check, row);
        deleted += row->deleted_bytes;
        *(row->state == TW_FOLDER_LIVE ? &bytes : &deleted) += row->bytes;
    }
    if (bytes != check->info.bytes || deleted != check->info.deleted_bytes)
        invariants_wrong(check, "the store says %d and %d bytes, has %d and %d",
                         (int) check->info.bytes, (int) check->info.deleted_bytes, (int) bytes,
                         (int) deleted);
}

/* ---- content ---- */

typedef struct {
    InvariantsCheck *check;
    guint32 id; /* whose */
} Values;

static gboolean
check_value(TwObject *node G_GNUC_UNUSED,
            const TwPart *part,
            guint32 tag,
            const TwBlobRef *ref,
            gpointer data,
            GError **error G_GNUC_UNUSED)
{
    Values *values = data;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    g_autofree char *where = tw_part_to_text(part->bytes, part->len);
    g_autoptr(GError) failure = NULL;

    if (!tw_store_read_value(values->check->store, ref, 0, ref->len + 1, &out, &failure))
        invariants_wrong(values->check, "object %u, %s (%08x): %s", values->id, where, tag,
                         failure->message);
    else if (out.len != ref->len)
        invariants_wrong(values->check, "object %u, %s: %u bytes of %u", values->id, where,
                         (guint) out.len, (guint) ref->len);
    return TRUE;
}

static void
check_values(InvariantsCheck *check, guint32 id, TwObject *object)
{
    Values values = { check, id };

    tw_object_foreach_blob(object, check_value, &values, NULL);
}

static gboolean
count_bytes(const guint8 *data G_GNUC_UNUSED,
            gsize len,
            gpointer user_data,
            GError **error G_GNUC_UNUSED)
{
    *(guint64 *) user_data += len;
    return TRUE;
}

static void
check_mail(InvariantsCheck *check, const TwMessageRow *row, guint32 *ret_len)
{
    g_autoptr(GError) error = NULL;
    guint32 header_len = 0;
    guint64 count = 0;
    gboolean has_mail, reads;
    TwHead head;

    if (!tw_head_open(g_bytes_get_data(row->head, NULL), g_bytes_get_size(row->head), &head, NULL))
        return;
    has_mail = tw_head_get_mail(&head, ret_len, &header_len);
    reads =
        tw_message_read_mail(check->store, row->mid, 0, G_MAXUINT64, count_bytes, &count, &error);
    if (reads != has_mail || (reads && (count != *ret_len || header_len > *ret_len)) ||
        (!reads && !g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND)))
        invariants_wrong(check, "message %u: its head says %s mail of %u bytes, there are %u: %s",
                         row->mid, has_mail ? "a" : "no", *ret_len, (guint) count,
                         reads ? "" : error->message);
}

typedef struct {
    const InvariantsCheck *check;
    guint32 bid;
    guint64 size;
} Stored;

static gboolean
stored_size(TwDbTx *tx, gpointer data, GError **error)
{
    Stored *stored = data;
    g_autoptr(TwObject) object =
        tw_content_read(tx, stored->check->store->number, stored->bid, NULL, error);

    stored->size = object != NULL ? tw_derive_size(object) : 0;
    return object != NULL;
}

/* As it is stored: what is shown of the row besides does not count. */
static void
check_size(InvariantsCheck *check,
           const TwMessageRow *row,
           const TwObject *object,
           guint32 mail_len)
{
    Stored stored = { .check = check, .bid = row->bid };
    g_autoptr(GError) error = NULL;
    TwPropValue key;
    guint64 size;

    if (!tw_object_get(object, PR_SEARCH_KEY, &key))
        invariants_wrong(check, "message %u: no search key", row->mid);
    tw_store_read(check->store, stored_size, &stored, &error);
    if (!invariants_worked(check, "record of message", row->mid, &error))
        return;
    size = stored.size + mail_len;
    if ((guint64) row->size != size)
        invariants_wrong(check, "message %u: size %d, but its content is %d and its mail %u",
                         row->mid, (int) row->size, (int) (size - mail_len), mail_len);
}

static void
check_message(InvariantsCheck *check, const Seen *seen)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = tw_message_read(check->store, seen->mid, &row, &error);
    TwGuid conversation;
    guint32 mail_len = 0;

    if (!invariants_worked(check, "message", seen->mid, &error))
        return;
    conversation = tw_derive_conversation_id(object);
    if (row.folder != seen->folder || row.state != seen->state || row.uid != seen->uid ||
        row.cn != seen->cn)
        invariants_wrong(check, "message %u: its row is another than in the list", row.mid);
    check_mail(check, &row, &mail_len);
    check_size(check, &row, object, mail_len);
    if (((row.flags & TW_MSGFLAG_HAS_ATTACH) != 0) != tw_derive_has_attach(object))
        invariants_wrong(check, "message %u: flags %x and attachments do not agree", row.mid,
                         row.flags);
    if (row.conv != tw_derive_conversation_hash(&conversation))
        invariants_wrong(check, "message %u: of another conversation than it says", row.mid);
    check_values(check, row.mid, object);
}

static void
check_content(InvariantsCheck *check)
{
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(TwObject) object = tw_folder_read_object(check->store, row->id, &error);
        if (invariants_worked(check, "properties of folder", row->id, &error))
            check_values(check, row->id, object);
    }
    g_hash_table_iter_init(&iter, check->messages);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwFolderRow *folder = invariants_folder(check, ((Seen *) value)->folder);
        if (folder->state == TW_FOLDER_LIVE)
            check_message(check, value);
    }
}

/* ---- the change table, replayed ---- */

typedef struct {
    guint32 folder;
    gboolean there, soft;
    guint64 created, last, left; /* left: its last GONE or SOFT */
} Track;

typedef struct {
    gboolean there;
    guint64 own, messages; /* last change of itself, of its messages */
} FolderTrack;

typedef struct {
    GHashTable *messages; /* mid -> Track, owned */
    GHashTable *folders;  /* id -> FolderTrack, owned */
    GHashTable *tombs;    /* cn -> mid of what left a list then */
    guint64 oldest;       /* from where on changes are kept */
} Replay;

static gpointer
track_of(GHashTable *table, guint32 id, gsize size)
{
    gpointer track = g_hash_table_lookup(table, GUINT_TO_POINTER(id));

    if (track == NULL) {
        track = g_malloc0(size);
        g_hash_table_insert(table, GUINT_TO_POINTER(id), track);
    }
    return track;
}

static void
replay_folder(InvariantsCheck *check, Replay *replay, const TwChange *change)
{
    FolderTrack *track = track_of(replay->folders, change->id, sizeof *track);
    GHashTableIter iter;
    gpointer value;

    if (track->there != (change->op != TW_CHANGE_FOLDER_NEW) || change->folder != change->id)
        invariants_wrong(check, "change %u: folder %u, op %u", (guint) change->cn, change->id,
                         change->op);
    track->there = TRUE;
    track->own = change->cn;
    if (change->op != TW_CHANGE_FOLDER_DELETED || change->aux != TW_FOLDER_PURGING)
        return;
    track->there = FALSE;
    g_hash_table_iter_init(&iter, replay->messages); /* it took all that was in it along */
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Track *) value)->folder == change->id)
            ((Track *) value)->there = FALSE;
    }
}

/* Whether the change may come next in the life of the message. */
static gboolean
may_follow(const Track *track, const TwChange *change)
{
    gboolean here = track->there && track->folder == change->folder;

    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_MESSAGE_NEW:
        return track->created == 0;
    case TW_CHANGE_MESSAGE_BACK:
    case TW_CHANGE_MESSAGE_PURGED:
        return here && track->soft;
    default:
        return here && !track->soft;
    }
}

static void
replay_message(InvariantsCheck *check, Replay *replay, const TwChange *change)
{
    Track *track = track_of(replay->messages, change->id, sizeof *track);
    FolderTrack *folder = track_of(replay->folders, change->folder, sizeof *folder);

    if (!folder->there || !may_follow(track, change))
        invariants_wrong(check, "change %u: message %u in folder %u, op %u", (guint) change->cn,
                         change->id, change->folder, change->op);
    track->folder = change->folder;
    track->last = folder->messages = change->cn;
    if (change->op == TW_CHANGE_MESSAGE_NEW)
        track->created = change->cn;
    if (change->op == TW_CHANGE_MESSAGE_GONE || change->op == TW_CHANGE_MESSAGE_SOFT) {
        track->left = change->cn;
        g_hash_table_insert(replay->tombs, GUINT_TO_POINTER((guint) change->cn),
                            GUINT_TO_POINTER(change->id));
    }
    track->there = change->op != TW_CHANGE_MESSAGE_GONE && change->op != TW_CHANGE_MESSAGE_PURGED;
    track->soft = change->op == TW_CHANGE_MESSAGE_SOFT;
}

/* The same changes, and with each the row of its message as it is in the lists. */
static void
check_delta(InvariantsCheck *check, const GArray *changes, guint64 since)
{
    g_autoptr(GError) error = NULL;
    guint64 now;
    g_autoptr(GArray) delta = tw_store_delta(check->store, since, PAGE, &now, &error);

    if (!invariants_worked(check, "delta of store", check->info.number, &error))
        return;
    if (delta->len != changes->len)
        invariants_wrong(check, "%u changes behind %u, %u with rows", changes->len, (guint) since,
                         delta->len);
    for (guint i = 0; i < MIN(delta->len, changes->len); i++) {
        const TwChangedMessage *row = &g_array_index(delta, TwChangedMessage, i);
        const TwChange *change = &g_array_index(changes, TwChange, i);
        gboolean of_message = change->op >= TW_CHANGE_MESSAGE_NEW && change->op < TW_CHANGE_STORE;
        const Seen *seen =
            of_message ? g_hash_table_lookup(check->messages, GUINT_TO_POINTER(change->id)) : NULL;
        if (row->change.cn != change->cn || row->change.store != change->store ||
            row->change.folder != change->folder || row->change.id != change->id ||
            row->change.op != change->op || row->change.aux != change->aux)
            invariants_wrong(check, "change %u is another when it comes with its row",
                             (guint) change->cn);
        if (row->message.mid != (seen != NULL ? change->id : 0) ||
            (seen != NULL &&
             (row->message.folder != seen->folder || row->message.state != seen->state ||
              row->message.uid != seen->uid || row->message.flags != seen->flags ||
              row->message.cn != seen->cn || row->message.cn_read != seen->cn_read)))
            invariants_wrong(check, "change %u comes with another row than message %u has",
                             (guint) change->cn, change->id);
    }
}

static void
read_changes(InvariantsCheck *check, Replay *replay)
{
    g_autoptr(GError) error = NULL;
    guint64 last = replay->oldest, now = 0;
    guint count;

    do {
        g_autoptr(GArray) changes = tw_store_changes(check->store, last, PAGE, &now, &error);
        if (!invariants_worked(check, "changes of store", check->info.number, &error))
            return;
        count = changes->len;
        check_delta(check, changes, last);
        for (guint i = 0; i < count; i++) {
            const TwChange *change = &g_array_index(changes, TwChange, i);
            if (change->cn != ++last || change->store != check->info.number)
                invariants_wrong(check, "change %u where %u should be", (guint) change->cn,
                                 (guint) last);
            last = change->cn;
            if (replay->oldest != 0)
                continue; /* a life of which the beginning is not kept */
            if (change->op < TW_CHANGE_MESSAGE_NEW)
                replay_folder(check, replay, change);
            else if (change->op < TW_CHANGE_STORE)
                replay_message(check, replay, change);
        }
    } while (count == PAGE);
    if (last != now || now != check->info.cn)
        invariants_wrong(check, "changes up to %u, the store is at %u", (guint) last,
                         (guint) check->info.cn);
}

static void
compare_messages(InvariantsCheck *check, Replay *replay)
{
    GHashTableIter iter;
    gpointer id, value;

    g_hash_table_iter_init(&iter, replay->messages);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const Track *track = value;
        const Seen *seen = g_hash_table_lookup(check->messages, id);
        if (track->there != (seen != NULL))
            invariants_wrong(check, "message %u is %s, but its last change %u says else",
                             GPOINTER_TO_UINT(id), seen != NULL ? "there" : "not there",
                             (guint) track->last);
        else if (seen != NULL &&
                 (seen->folder != track->folder || (seen->state >= 2) != track->soft ||
                  seen->cn_create != track->created || MAX(seen->cn, seen->cn_read) != track->last))
            invariants_wrong(
                check,
                "message %u: folder %u, state %u, made %u, changed %u %u; by its changes %u, %u, "
                "%u",
                GPOINTER_TO_UINT(id), seen->folder, seen->state, (guint) seen->cn_create,
                (guint) seen->cn, (guint) seen->cn_read, track->folder, (guint) track->created,
                (guint) track->last);
    }
    g_hash_table_iter_init(&iter, check->messages);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        if (!g_hash_table_contains(replay->messages, id))
            invariants_wrong(check, "message %u has no change", GPOINTER_TO_UINT(id));
    }
}

static void
compare_folders(InvariantsCheck *check, Replay *replay)
{
    GHashTableIter iter;
    gpointer id, value;

    g_hash_table_iter_init(&iter, replay->folders);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const FolderTrack *track = value;
        const TwFolderRow *row = invariants_folder(check, GPOINTER_TO_UINT(id));
        if (track->there != (row != NULL))
            invariants_wrong(check, "folder %u is %s, but its last change says else",
                             GPOINTER_TO_UINT(id), row != NULL ? "there" : "not there");
        else if (row != NULL && (row->cn != track->own ||
                                 (row->hicn != track->messages && row->type != TW_FOLDER_SEARCH)))
            invariants_wrong(check, "folder %u: cn %u, hicn %u; by its changes %u, %u", row->id,
                             (guint) row->cn, (guint) row->hicn, (guint) track->own,
                             (guint) track->messages);
    }
    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        if (!g_hash_table_contains(replay->folders, GUINT_TO_POINTER(row->id)))
            invariants_wrong(check, "folder %u has no change", row->id);
    }
}

/* Each folder's tombs say what its changes say; a mail with a new uid leaves one with its old uid and no mid. */
static void
compare_tombs(InvariantsCheck *check, Replay *replay)
{
    GHashTableIter iter;
    gpointer id, value;

    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) tombs = NULL;
        guint64 last = 0;
        if (!tw_store_oldest(check->store, row->id, &last, NULL) || last != 0)
            continue;
        tombs = tw_folder_vanished(check->store, row->id, 0, G_MAXINT32, &error);
        if (!invariants_worked(check, "tombs of folder", row->id, &error))
            continue;
        for (guint j = 0; j < tombs->len; j++) {
            const TwTomb *tomb = &g_array_index(tombs, TwTomb, j);
            gpointer mid = g_hash_table_lookup(replay->tombs, GUINT_TO_POINTER((guint) tomb->cn));
            if (tomb->cn <= last || tomb->uid >= row->uidnext || GPOINTER_TO_UINT(mid) != tomb->mid)
                invariants_wrong(
                    check, "folder %u: tomb %u of message %u, uid %u; the change is of %u", row->id,
                    (guint) tomb->cn, tomb->mid, tomb->uid, GPOINTER_TO_UINT(mid));
            last = tomb->cn;
            g_hash_table_remove(replay->tombs, GUINT_TO_POINTER((guint) tomb->cn));
        }
    }
    g_hash_table_iter_init(&iter, replay->tombs);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const Track *track = g_hash_table_lookup(replay->messages, value);
        const TwFolderRow *row = invariants_folder(check, track->folder);
        /* the tombs of a folder go with it, and its messages moved out before are elsewhere */
        if (row != NULL && track->left == GPOINTER_TO_UINT(id))
            invariants_wrong(check, "change %u of message %u has no tomb", GPOINTER_TO_UINT(id),
                             GPOINTER_TO_UINT(value));
    }
}

/* What is older is refused, and what is kept is all above. */
static void
check_floors(InvariantsCheck *check, guint64 oldest)
{
    guint64 now;

    if (oldest > 0) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) none = tw_store_changes(check->store, oldest - 1, 1, &now, &error);
        if (none != NULL || !g_error_matches(error, TW_ERROR, TW_ERROR_CHANGED))
            invariants_wrong(check, "changes before %u are answered", (guint) oldest);
    }
    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = check->folders->pdata[i];
        g_autoptr(GArray) tombs = NULL;
        guint64 kept = 0;
        g_assert_true(tw_store_oldest(check->store, row->id, &kept, NULL));
        tombs = tw_folder_vanished(check->store, row->id, kept, 1, NULL);
        if (tombs == NULL || kept > check->info.cn ||
            (tombs->len > 0 && g_array_index(tombs, TwTomb, 0).cn <= kept))
            invariants_wrong(check, "folder %u: what left it is kept from %u on", row->id,
                             (guint) kept);
        if (kept > 0 && tw_folder_vanished(check->store, row->id, kept - 1, 1, NULL) != NULL)
            invariants_wrong(check, "folder %u: what left it before %u is answered", row->id,
                             (guint) kept);
    }
}

static void
check_changes(InvariantsCheck *check)
{
    Replay replay = {
        g_hash_table_new_full(NULL, NULL, NULL, g_free),
        g_hash_table_new_full(NULL, NULL, NULL, g_free),
        g_hash_table_new(NULL, NULL),
        0,
    };

    g_assert_true(tw_store_oldest(check->store, 0, &replay.oldest, NULL));
    read_changes(check, &replay);
    check_floors(check, replay.oldest);
    if (replay.oldest == 0) {
        compare_messages(check, &replay);
        compare_folders(check, &replay);
        compare_tombs(check, &replay);
    }
    g_hash_table_unref(replay.messages);
    g_hash_table_unref(replay.folders);
    g_hash_table_unref(replay.tombs);
}

/* ---- all of it ---- */

void
invariants_find(TwStore *store, InvariantFlags flags, GPtrArray *problems)
{
    InvariantsCheck check = { .store = store, .problems = problems };
    g_autoptr(GError) error = NULL;

    tw_search_folder_wait(store, 0, &error);
    if (!invariants_worked(&check, "waiting for searches of store", tw_store_get_number(store),
                           &error))
        return;
    tw_store_get_info(store, &check.info, &error);
    if (!invariants_worked(&check, "store", tw_store_get_number(store), &error))
        return;
    check.folders = tw_store_folders(store, &error);
    if (!invariants_worked(&check, "folders of store", check.info.number, &error))
        return;
    check.by_id = g_hash_table_new(NULL, NULL);
    check.bids = g_hash_table_new(NULL, NULL);
    check.messages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    check.page = g_array_new(FALSE, FALSE, sizeof(Seen));
    for (guint i = 0; i < check.folders->len; i++) {
        TwFolderRow *row = check.folders->pdata[i];
        g_hash_table_insert(check.by_id, GUINT_TO_POINTER(row->id), row);
    }
    check_tree(&check);
    check_bytes(&check);
    check_changes(&check);
    if (!(flags & INVARIANTS_NO_CONTENT))
        check_content(&check);
    g_array_unref(check.page);
    g_hash_table_unref(check.messages);
    g_hash_table_unref(check.bids);
    g_hash_table_unref(check.by_id);
    g_ptr_array_unref(check.folders);
}

void
invariants_check(TwStore *store, InvariantFlags flags, const char *label)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    invariants_find(store, flags, problems);
    for (guint i = 0; i < problems->len; i++)
        g_printerr("# %s: store %u: %s\n", label, tw_store_get_number(store),
                   (char *) problems->pdata[i]);
    if (problems->len > 0)
        g_error("%s: store %u: %u things are wrong, first: %s", label, tw_store_get_number(store),
                problems->len, (char *) problems->pdata[0]);
}

void
invariants_check_engine(TwEngine *engine, InvariantFlags flags, const char *label)
{
    g_autoptr(GArray) numbers = tw_engine_list_stores(engine);

    for (guint i = 0; i < numbers->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(numbers, guint32, i), &error);
        /* what a crash left of a store that was being made or deleted */
        if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
            continue;
        g_assert_no_error(error);
        invariants_check(store, flags, label);
    }
}
