/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rounds of a check: look at everything, repair in the order of the list, look again. */
#include "store/check.h"

#include <string.h>

#include "base/error.h"
#include "store/check-private.h"

static const struct {
    const char *name;
    TwCheckSeverity severity;
} whats[] = {
#define TW_CHECK_TABLE_ROW(what, text, level) [TW_CHECK_##what] = { text, TW_CHECK_##level },
    TW_CHECK_LIST(TW_CHECK_TABLE_ROW)
#undef TW_CHECK_TABLE_ROW
};

const char *
tw_check_what_name(TwCheckWhat what)
{
    return whats[what].name;
}

void
tw_check_finding_free(TwCheckFinding *finding)
{
    if (finding == NULL)
        return;
    g_free(finding->why);
    g_free(finding);
}

static void
free_finding(gpointer data)
{
    tw_check_finding_free(data);
}

void
tw_check_note(TwCheck *check,
              TwCheckWhat what,
              guint32 folder,
              guint32 object,
              gboolean repairable,
              const char *format,
              ...)
{
    TwCheckFinding *finding;
    va_list values;

    if (check->found->len > TW_CHECK_MAX_FINDINGS)
        return;
    if (check->found->len == TW_CHECK_MAX_FINDINGS) {
        what = TW_CHECK_MORE;
        folder = object = 0;
        format = "there is more: repair, and check again";
    }
    finding = g_new0(TwCheckFinding, 1);
    finding->severity = whats[what].severity;
    finding->what = what;
    finding->store = check->number;
    finding->folder = folder;
    finding->object = object;
    finding->repairable = repairable && what != TW_CHECK_MORE;
    va_start(values, format);
    finding->why = g_strdup_vprintf(format, values);
    va_end(values);
    g_ptr_array_add(check->found, finding);
}

TwCheckFolder *
tw_check_folder_of(const TwCheck *check, guint32 id)
{
    return g_hash_table_lookup(check->by_id, GUINT_TO_POINTER(id));
}

guint32
tw_check_lost_found(TwCheck *check, GError **error)
{
    TwFolderMake make = { .name = "lost+found", .type = TW_FOLDER_GENERIC, .open_existing = TRUE };

    if (check->lost == 0 &&
        !tw_folder_create(check->store, check->row.root, &make, &check->lost, error)) {
        g_prefix_error(error, "store %u: lost+found: ", check->number);
        return 0;
    }
    return check->lost;
}

static gboolean
is_cancelled(const TwCheckOptions *options, GError **error)
{
    return options->cancel != NULL && tw_cancel_fired(options->cancel) &&
           (g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "the check was stopped"),
            TRUE);
}

static gboolean
say(const TwCheckOptions *options, const char *stage, guint64 done, GError **error)
{
    if (options->progress != NULL)
        options->progress(stage, done, options->data);
    return !is_cancelled(options, error);
}

/* ---- one round ---- */

static gboolean
store_row_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwCheck *check = data;

    return tw_sql_store_get(tx, check->number, &check->row, error);
}

/* FALSE with no error: what is to say of the store was said, and no more can be looked at. */
static gboolean
look_at_store(TwCheck *check, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (!tw_store_read(check->store, store_row_tx, check, &failure)) {
        if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            tw_check_note(check, TW_CHECK_STORE_PLACE, 0, 0, FALSE,
                          "it is in the map of stores, but partition %u has no row of it (no "
                          "repair: a row made anew would hide that the file is another one)",
                          check->store->partition->number + 1);
        else if (g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
            tw_check_note(check, TW_CHECK_STORE_ROW, 0, 0, TRUE, "%s", failure->message);
        else
            g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!tw_guid_equal(&check->row.guid, &check->store->guid)) {
        tw_check_note(check, TW_CHECK_STORE_ROW, 0, 0, TRUE,
                      "its row has another GUID than the map of stores");
        return FALSE;
    }
    check->store->company = check->row.company;
    if (check->row.state == TW_STORE_ACTIVE)
        return TRUE;
    tw_check_note(check, TW_CHECK_STORE_STATE, 0, 0, FALSE, "%s",
                  check->row.state == TW_STORE_MOVING     ? "an import into it did not end"
                  : check->row.state == TW_STORE_DELETING ? "it is being deleted"
                  : check->row.state == TW_STORE_AWAY     ? "it is offline"
                  : check->row.state == TW_STORE_FROZEN   ? "it is being moved away"
                                                          : "it is in no known state");
    return FALSE;
}

static void
clear_round(TwCheck *check)
{
    g_clear_pointer(&check->found, g_ptr_array_unref);
    g_clear_pointer(&check->by_id, g_hash_table_unref);
    g_clear_pointer(&check->folders, g_ptr_array_unref);
    g_clear_pointer(&check->owners, g_array_unref);
    g_clear_pointer(&check->unread, g_free);
}

gboolean
tw_check_is_unread(TwCheck *check, const GError *why)
{
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_BUSY) &&
        !g_error_matches(why, TW_ERROR, TW_ERROR_TIMEOUT) &&
        !g_error_matches(why, TW_ERROR, TW_ERROR_CANCELLED))
        return FALSE;
    if (check->unread == NULL)
        check->unread = g_strdup(why->message);
    return TRUE;
}

gboolean
tw_check_all_read(const TwCheck *check, GError **error)
{
    if (check->unread != NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "a value cannot be read now: %s",
                    check->unread);
    return check->unread == NULL;
}

static gboolean
look(TwCheck *check, GError **error)
{
    static const struct {
        const char *stage;
        gboolean (*func)(TwCheck *check, GError **error);
    } passes[] = {
        { "folders", tw_check_tree },      { "messages", tw_check_messages },
        { "contents", tw_check_contents }, { "tables", tw_check_keys },
        { "searches", tw_check_searches },
    };
    g_autoptr(GError) failure = NULL;

    clear_round(check);
    check->found = g_ptr_array_new_with_free_func(free_finding);
    check->by_id = g_hash_table_new(NULL, NULL);
    check->owners = g_array_new(FALSE, FALSE, sizeof(TwCheckOwner));
    check->lost = 0;
    if (!look_at_store(check, &failure)) {
        if (failure != NULL)
            g_propagate_error(error, g_steal_pointer(&failure));
        return check->found->len > 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(passes); i++) {
        if (!say(check->options, passes[i].stage, 0, error) || !passes[i].func(check, error))
            return FALSE;
    }
    return tw_check_all_read(check, error);
}

/* ---- repair ---- */

static gboolean
mend_store_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwCheck *check = data;

    return tw_sql_check_mend_store(tx, check->number, &check->store->guid, error);
}

static gboolean
raise_cn_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwCheck *check = data;
    g_auto(TwWork) work = { 0 };
    guint64 top;

    if (!tw_work_begin(&work, tx, check->store, error) ||
        !tw_sql_check_top_cn(tx, check->number, &top, error))
        return FALSE;
    work.row.cn = MAX(work.row.cn, top);
    return tw_work_change(&work, TW_CHANGE_STORE, 0, work.row.object, 0, error) != 0 &&
           tw_work_finish(&work, error);
}

static gboolean
repair_one(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    switch (finding->what) {
    case TW_CHECK_STORE_ROW:
        return tw_store_write(check->store, 0, FALSE, mend_store_tx, check, error);
    case TW_CHECK_STORE_CN:
        return tw_store_write(check->store, 0, FALSE, raise_cn_tx, check, error);
    case TW_CHECK_STORE_ROOT:
    case TW_CHECK_FOLDER_ROW:
    case TW_CHECK_FOLDER_PARENT:
    case TW_CHECK_FOLDER_STATE:
    case TW_CHECK_FOLDER_NAME:
    case TW_CHECK_FOLDER_SUBFOLDERS:
        return tw_repair_tree(check, finding, error);
    case TW_CHECK_FOLDER_UIDNEXT:
    case TW_CHECK_MESSAGE_FOLDER:
    case TW_CHECK_MESSAGE_STATE:
    case TW_CHECK_MESSAGE_UID:
    case TW_CHECK_BODY_SHARED:
    case TW_CHECK_TOMB:
    case TW_CHECK_FOLDER_CN:
    case TW_CHECK_FOLDER_COUNTERS:
    case TW_CHECK_STORE_BYTES:
        return tw_repair_message(check, finding, error);
    case TW_CHECK_RECORD_MISSING:
    case TW_CHECK_RECORD_DAMAGED:
    case TW_CHECK_VALUE_REFERENCE:
    case TW_CHECK_VALUE_MISSING:
    case TW_CHECK_MAIL:
    case TW_CHECK_MESSAGE_HEAD:
    case TW_CHECK_MESSAGE_SIZE:
    case TW_CHECK_RECORD_ORPHAN:
    case TW_CHECK_VALUE_ORPHAN:
        return tw_repair_content(check, finding, error);
    case TW_CHECK_KEY:
    case TW_CHECK_KEYWORDS:
    case TW_CHECK_RECEIVE_FOLDER:
    case TW_CHECK_RIGHTS:
    case TW_CHECK_CHANGE:
        return tw_repair_key(check, finding, error);
    case TW_CHECK_SEARCH:
    case TW_CHECK_QUEUE:
        return tw_repair_search(check, finding, error);
    case TW_CHECK_STRUCTURE:
    case TW_CHECK_STORE_PLACE:
    case TW_CHECK_STORE_STATE:
    case TW_CHECK_NAMED_PROPERTY:
    case TW_CHECK_TASK:
    case TW_CHECK_BLOB:
    case TW_CHECK_MORE:
    case TW_CHECK_WHAT_COUNT:
        break;
    }
    return TRUE;
}

/* What stops one repair does not stop the others; only a database that takes nothing does. */
static gboolean
repair_all(TwCheck *check, GError **error)
{
    for (guint what = 0; what < TW_CHECK_WHAT_COUNT; what++) {
        for (guint i = 0; i < check->found->len; i++) {
            const TwCheckFinding *finding = check->found->pdata[i];
            g_autoptr(GError) failure = NULL;
            if (finding->what != what || !finding->repairable)
                continue;
            if (!say(check->options, "repair", i, error))
                return FALSE;
            if (!repair_one(check, finding, &failure) &&
                (g_error_matches(failure, TW_ERROR, TW_ERROR_BUSY) ||
                 g_error_matches(failure, TW_ERROR, TW_ERROR_NO_SPACE) ||
                 g_error_matches(failure, TW_ERROR, TW_ERROR_FAILED))) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return FALSE;
            }
        }
    }
    return TRUE;
}

static gboolean
can_repair(const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        if (((const TwCheckFinding *) found->pdata[i])->repairable)
            return TRUE;
    }
    return FALSE;
}

static gboolean
has(const GPtrArray *found, const TwCheckFinding *finding)
{
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *other = found->pdata[i];
        if (other->what == finding->what && other->object == finding->object &&
            other->folder == finding->folder)
            return TRUE;
    }
    return FALSE;
}

/* Takes what a round found over to what is told; what was told of before and is gone is repaired. */
static void
merge(GPtrArray *told, GPtrArray *found)
{
    for (guint i = 0; i < told->len; i++) {
        TwCheckFinding *finding = told->pdata[i];
        finding->repaired = finding->repairable && !has(found, finding);
    }
    for (guint i = 0; i < found->len; i++) {
        TwCheckFinding *finding = found->pdata[i];
        if (!has(told, finding)) {
            TwCheckFinding *copy = g_memdup2(finding, sizeof *finding);
            copy->why = g_strdup(finding->why);
            g_ptr_array_add(told, copy);
        }
    }
}

GPtrArray *
tw_check_store(TwEngine *engine, guint32 store, const TwCheckOptions *options, GError **error)
{
    g_autoptr(TwStore) handle = tw_store_of(engine, store, error);
    g_autoptr(GPtrArray) told = g_ptr_array_new_with_free_func(free_finding);
    TwCheck check = { .engine = engine, .store = handle, .number = store, .options = options };
    gboolean ok = handle != NULL && look(&check, error);

    if (ok)
        merge(told, check.found);
    for (guint round = 0;
         ok && options->repair && can_repair(check.found) && round < TW_CHECK_MAX_ROUNDS; round++) {
        ok = repair_all(&check, error) && look(&check, error);
        if (ok)
            merge(told, check.found);
    }
    clear_round(&check);
    return ok ? g_steal_pointer(&told) : NULL;
}
