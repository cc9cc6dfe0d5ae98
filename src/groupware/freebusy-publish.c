/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Free and busy times as the MAPI family keeps them: lists of months, each with a list of pairs of minutes. */
#include <string.h>

#include "base/error.h"
#include "groupware/delegates.h"
#include "groupware/freebusy.h"
#include "groupware/mailbox.h"
#include "mapi/civil.h"
#include "mapi/keys.h"
#include "mapi/tags.h"

enum {
    MOST_BYTES = 4 << 20, /* of all lists of a message */
    MOST_FOUND = 16,      /* messages of one user that are looked at */
    DAYS_AHEAD = 180,
};

/* One pair of lists: which kinds are in it. */
typedef struct {
    guint32 months, blocks;
    guint kinds; /* 1u << TwBusy */
} ListRow;

static const ListRow lists[] = {
    { PR_SCHDINFO_MONTHS_MERGED, PR_SCHDINFO_FREEBUSY_MERGED,
      1u << TW_BUSY_TENTATIVE | 1u << TW_BUSY_BUSY | 1u << TW_BUSY_AWAY },
    { PR_SCHDINFO_MONTHS_TENTATIVE, PR_SCHDINFO_FREEBUSY_TENTATIVE, 1u << TW_BUSY_TENTATIVE },
    { PR_SCHDINFO_MONTHS_BUSY, PR_SCHDINFO_FREEBUSY_BUSY, 1u << TW_BUSY_BUSY },
    { PR_SCHDINFO_MONTHS_OOF, PR_SCHDINFO_FREEBUSY_OOF, 1u << TW_BUSY_AWAY },
};

static gint64
month_of(gint64 ticks)
{
    return tw_civil_month_of(tw_civil_floor_div(ticks, TW_TICKS_DAY));
}

static gint64
start_of_month(gint64 month)
{
    return tw_civil_month_first(month) * TW_TICKS_DAY;
}

/* ---- writing ---- */

static void
put_minutes(TwBuffer *out, gint64 ticks, gint64 month, gboolean is_end)
{
    gint64 since = ticks - start_of_month(month) + (is_end ? TW_TICKS_MINUTE - 1 : 0);

    tw_buffer_put_u16le(out, (guint16) (since / TW_TICKS_MINUTE));
}

/* The blocks of one month, in one list; those of several kinds that touch are one. */
static void
put_month(const GArray *spans, guint kinds, gint64 month, TwBuffer *out)
{
    gint64 from = start_of_month(month), to = start_of_month(month + 1);
    gint64 start = 0, end = -1;

    for (guint i = 0; i < spans->len; i++) {
        const TwIcalBusy *span = &g_array_index(spans, TwIcalBusy, i);

        if ((kinds & 1u << span->busy) == 0 || span->end <= from || span->start >= to)
            continue;
        if (end >= 0 && MAX(span->start, from) <= end) {
            end = MIN(span->end, to);
            continue;
        }
        if (end >= 0) {
            put_minutes(out, start, month, FALSE);
            put_minutes(out, end, month, TRUE);
        }
        start = MAX(span->start, from);
        end = MIN(span->end, to);
    }
    if (end >= 0) {
        put_minutes(out, start, month, FALSE);
        put_minutes(out, end, month, TRUE);
    }
}

static gboolean
put_list(const GArray *spans,
         const ListRow *list,
         gint64 first,
         gint64 last,
         TwObject *message,
         GError **error)
{
    g_auto(TwBuffer) months = TW_BUFFER_INIT(MOST_BYTES);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MOST_BYTES);
    g_auto(TwListBuilder) builder;
    TwPropValue value;

    tw_list_builder_init(&builder, list->blocks);
    for (gint64 month = first; month < last; month++) {
        g_auto(TwBuffer) blocks = TW_BUFFER_INIT(MOST_BYTES);

        put_month(spans, list->kinds, month, &blocks);
        if (blocks.len == 0)
            continue;
        tw_buffer_put_u32le(&months, (guint32) (month / 12 * 16 + month % 12 + 1));
        tw_list_builder_add(&builder, blocks.data, blocks.len);
    }
    tw_object_remove(message, list->months);
    tw_object_remove(message, list->blocks);
    if (months.len == 0)
        return TRUE;
    if (!tw_list_builder_finish(&builder, &out, &value, error) ||
        !tw_object_set(message, &value, error))
        return FALSE;
    value = tw_value_bytes(list->months, months.data, months.len);
    return tw_object_set(message, &value, error);
}

gboolean
tw_freebusy_write(
    const GArray *spans, gint64 start, gint64 end, gint64 now, TwObject *message, GError **error)
{
    const TwPropValue values[] = {
        tw_value_long(PR_FREEBUSY_PUBLISH_START, (guint32) (start / TW_TICKS_MINUTE)),
        tw_value_long(PR_FREEBUSY_PUBLISH_END, (guint32) (end / TW_TICKS_MINUTE)),
        tw_value_i8(PR_FREEBUSY_RANGE_TIMESTAMP, now),
        tw_value_long(PR_FREEBUSY_COUNT_MONTHS, (guint32) (month_of(end) - month_of(start))),
    };

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (!put_list(spans, &lists[i], month_of(start), month_of(end), message, error))
            return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(message, &values[i], error))
            return FALSE;
    }
    return TRUE;
}

/* ---- publishing ---- */

typedef struct {
    TwSession *system;
    TwDirectoryObject *user; /* owned */
    GBytes *id;              /* owned: entry id in the address book */
    TwGuid store;            /* the public one */
    guint32 folder;
    char *subject; /* owned */
    GArray *found; /* owned, of guint32: messages of that user */
} Publication;

static void
clear_publication(Publication *publication)
{
    tw_directory_object_unref(publication->user);
    g_clear_pointer(&publication->id, g_bytes_unref);
    g_clear_pointer(&publication->found, g_array_unref);
    g_free(publication->subject);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Publication, clear_publication)

static gboolean
find_public(Publication *publication, GError **error)
{
    guint32 company = publication->user->company;
    g_auto(TwStoreFindArgs) find = { .owner = company, .kind = TW_STORE_PUBLIC };
    TwMailboxFolders folders;

    if (company == TW_DIRECTORY_NO_COMPANY ||
        !tw_session_store_find(publication->system, &find, NULL)) {
        find.owner = TW_DIRECTORY_EVERYONE;
        if (!tw_session_store_find(publication->system, &find, error))
            return FALSE;
    }
    if (!tw_mailbox_folders(publication->system, &find.store, TW_LAYOUT_PUBLIC, &folders, error))
        return FALSE;
    publication->store = find.store;
    publication->folder = folders.numbers[TW_LAYOUT_FOLDER_SITE_FREEBUSY];
    if (publication->folder != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no folder for free and busy times");
    return FALSE;
}

static gboolean
find_user(Publication *publication, guint32 user, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = user, .compute = TRUE };
    TwPropValue id, name;
    TwProps props;

    if (!tw_session_book_get(publication->system, &get, error) ||
        !tw_props_open_bytes(get.props, &props, error))
        return FALSE;
    publication->user = g_steal_pointer(&get.entry);
    if (tw_props_get(&props, PR_ENTRYID, &id))
        publication->id = g_bytes_new(id.data, id.len);
    if (tw_props_get(&props, PR_EMAIL_ADDRESS, &name)) {
        g_autofree char *upper = g_ascii_strup(name.text, (gssize) name.len);
        publication->subject = g_strconcat("USER-/CN=RECIPIENTS/CN=", upper, NULL);
    } else {
        publication->subject = g_strdup_printf("USER-/CN=RECIPIENTS/CN=%u", user);
    }
    return TRUE;
}

/* The messages of that user; there is one, but for two who made it at the same time. */
static gboolean
find_messages(Publication *publication, GError **error)
{
    TwPropValue subject = tw_value_str(PR_SUBJECT, publication->subject);
    const guint32 key_tag = PR_INSTANCE_KEY;
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    g_auto(TwTableOpenArgs) open = { .store = publication->store, .folder = publication->folder };
    g_auto(TwTableSetupArgs) setup = { .columns = { &key_tag, 1 }, .restrict_rows = TRUE };
    g_auto(TwTableRowsArgs) rows = { .count = MOST_FOUND };
    g_auto(TwTableCloseArgs) close = { 0 };
    gboolean ok;

    publication->found = g_array_new(FALSE, FALSE, sizeof(guint32));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_SUBJECT, &subject);
    restriction = tw_restriction_builder_finish(&builder, error);
    if (restriction == NULL || !tw_session_table_open(publication->system, &open, error))
        return FALSE;
    setup.restriction = restriction;
    setup.table = rows.table = close.table = open.table;
    ok = tw_session_table_setup(publication->system, &setup, error) &&
         tw_session_table_rows(publication->system, &rows, error);
    for (guint i = 0; ok && i < rows.rows->row_count; i++) {
        const TwPropValue *key = tw_table_rows_cell(rows.rows, i, 0);
        guint32 number, order;
        if (tw_instance_key_parse(key->data, key->len, &number, &order))
            g_array_append_val(publication->found, number);
    }
    (void) tw_session_table_close(publication->system, &close, NULL);
    return ok;
}

static gboolean
fill_head(const Publication *publication, TwObject *message, GError **error)
{
    gsize len = 0;
    const guint8 *id =
        publication->id != NULL ? g_bytes_get_data(publication->id, &len) : (const guint8 *) "";
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Post"),
        tw_value_str(PR_SUBJECT, publication->subject),
        tw_value_str(PR_DISPLAY_NAME, publication->user->full_name),
        tw_value_str(PR_FREEBUSY_EMA, publication->user->mail),
        tw_value_bytes(PR_ADDRESS_BOOK_ENTRYID, id, len),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(message, &values[i], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
create(const Publication *publication, TwObject *message, GError **error)
{
    g_auto(TwMessageCreateArgs)
        args = { .store = publication->store, .folder = publication->folder, .object = message };

    return fill_head(publication, message, error) &&
           tw_session_message_create(publication->system, &args, error);
}

/* Nobody else writes it with care: the last one counts. */
static gboolean
replace(const Publication *publication, TwObject *message, GError **error)
{
    const guint32 *found = &g_array_index(publication->found, guint32, 0);
    g_auto(TwMessageSaveArgs)
        save = { .store = publication->store, .message = found[0], .object = message };
    g_auto(TwMessagesDeleteArgs) others = { .store = publication->store,
                                            .folder = publication->folder,
                                            .messages = { found + 1, publication->found->len - 1 },
                                            .hard = TRUE };

    return fill_head(publication, message, error) &&
           tw_session_message_save(publication->system, &save, error) &&
           (publication->found->len < 2 ||
            tw_session_messages_delete(publication->system, &others, error));
}

static guint
months_of(TwSession *system, const TwGuid *store)
{
    g_auto(TwDelegates) settings = { 0 };

    if (!tw_delegates_load(system, store, &settings, NULL))
        return TW_FREEBUSY_MONTHS;
    return CLAMP(settings.months, TW_FREEBUSY_MONTHS, TW_FREEBUSY_MOST_MONTHS);
}

gboolean
tw_freebusy_publish(TwSession *system, guint32 user, gint64 now, GError **error)
{
    g_auto(Publication) publication = { .system = system };
    g_auto(TwCalendarReader) reader = { 0 };
    g_auto(TwStoreFindArgs) find = { .owner = user, .kind = TW_STORE_PRIVATE };
    g_autoptr(GArray) entries = tw_calendar_entries_new();
    g_autoptr(GArray) spans = NULL;
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    gint64 first = month_of(now - TW_FREEBUSY_DAYS_BACK * TW_TICKS_DAY), last;
    TwCalendarWindow window;

    tw_calendar_reader_init(&reader, system);
    if (!tw_session_store_find(system, &find, error) || !find_user(&publication, user, error) ||
        !find_public(&publication, error))
        return FALSE;
    last = MAX(month_of(now) + months_of(system, &find.store),
               month_of(now + DAYS_AHEAD * TW_TICKS_DAY) + 1);
    window = (TwCalendarWindow){ .store = find.store,
                                 .start = start_of_month(first),
                                 .end = start_of_month(last) };
    if (!tw_calendar_find(&reader, &window.store, &window.folder, error) ||
        !tw_calendar_read(&reader, &window, entries, error))
        return FALSE;
    spans = tw_freebusy_merge(entries, window.start, window.end);
    return tw_freebusy_write(spans, window.start, window.end, now, message, error) &&
           find_messages(&publication, error) &&
           (publication.found->len == 0 ? create(&publication, message, error)
                                        : replace(&publication, message, error));
}
