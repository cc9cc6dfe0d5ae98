/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/calendar.h"

#include <string.h>

#include "base/error.h"
#include "groupware/mailbox.h"
#include "groupware/message-place.h"
#include "groupware/session-names.h"
#include "groupware/table-view.h"
#include "mapi/keys.h"
#include "mapi/message-class.h"
#include "mapi/result.h"
#include "mapi/tags.h"

enum {
    CHUNK = 250,     /* rows at a time */
    MOST_KEY = 512,  /* bytes of an id that are searched by */
    MOST_ALIKE = 64, /* items of one id that are looked at */
    SENSITIVITY_PRIVATE = 2,
    STATE_CANCELLED = 4,
};

/* Columns, in this order. */
typedef enum {
    COLUMN_KEY,
    COLUMN_CLASS,
    COLUMN_SUBJECT,
    COLUMN_SENSITIVITY,
    COLUMN_START,
    COLUMN_END,
    COLUMN_BUSY,
    COLUMN_ALL_DAY,
    COLUMN_STATE,
    COLUMN_LOCATION,
    COLUMN_RECURRING,
    COLUMN_RECUR,
    COLUMN_ZONE_RECUR,
    COLUMN_ZONE_STRUCT,
    COLUMN_ZONE_SHOWN,
    COLUMN_COUNT
} Column;

static void
list_columns(TwItemNames *names, guint32 ret[COLUMN_COUNT])
{
    ret[COLUMN_KEY] = PR_INSTANCE_KEY;
    ret[COLUMN_CLASS] = PR_MESSAGE_CLASS;
    ret[COLUMN_SUBJECT] = PR_SUBJECT;
    ret[COLUMN_SENSITIVITY] = PR_SENSITIVITY;
    ret[COLUMN_START] = tw_item_tag(names, TW_PidLidAppointmentStartWhole);
    ret[COLUMN_END] = tw_item_tag(names, TW_PidLidAppointmentEndWhole);
    ret[COLUMN_BUSY] = tw_item_tag(names, TW_PidLidBusyStatus);
    ret[COLUMN_ALL_DAY] = tw_item_tag(names, TW_PidLidAppointmentSubType);
    ret[COLUMN_STATE] = tw_item_tag(names, TW_PidLidAppointmentStateFlags);
    ret[COLUMN_LOCATION] = tw_item_tag(names, TW_PidLidLocation);
    ret[COLUMN_RECURRING] = tw_item_tag(names, TW_PidLidRecurring);
    ret[COLUMN_RECUR] = tw_item_tag(names, TW_PidLidAppointmentRecur);
    ret[COLUMN_ZONE_RECUR] = tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionRecur);
    ret[COLUMN_ZONE_STRUCT] = tw_item_tag(names, TW_PidLidTimeZoneStruct);
    ret[COLUMN_ZONE_SHOWN] = tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionStartDisplay);
}

/* ---- entries ---- */

static void
clear_entry(gpointer data)
{
    TwCalendarEntry *entry = data;

    g_free(entry->subject);
    g_free(entry->location);
}

GArray *
tw_calendar_entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(TwCalendarEntry));

    g_array_set_clear_func(entries, clear_entry);
    return entries;
}

static int
compare_entries(gconstpointer a, gconstpointer b)
{
    const TwCalendarEntry *left = a, *right = b;

    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return left->message < right->message ? -1 : left->message > right->message;
}

/* What an item says, borrowed. */
typedef struct {
    TwCalendarEntry entry; /* texts are not set */
    const char *subject, *location;
    gsize subject_len, location_len;
    GBytes *recur;    /* (nullable) owned */
    TwTimeZone *zone; /* (nullable) owned */
} Item;

static void
clear_item(Item *item)
{
    g_clear_pointer(&item->recur, g_bytes_unref);
    g_clear_pointer(&item->zone, tw_timezone_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Item, clear_item)

static gboolean
add_entry(const Item *item, const TwCalendarEntry *entry, GArray *entries, GError **error)
{
    TwCalendarEntry copy = *entry;

    if (entries->len >= TW_CALENDAR_MOST_ENTRIES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "too much in a calendar");
        return FALSE;
    }
    if (copy.subject == NULL)
        copy.subject = g_strndup(item->subject, item->subject_len);
    else
        copy.subject = g_strdup(copy.subject);
    if (copy.location == NULL)
        copy.location = g_strndup(item->location, item->location_len);
    else
        copy.location = g_strdup(copy.location);
    g_array_append_val(entries, copy);
    return TRUE;
}

static void
override(const TwRecurrenceException *exception, TwCalendarEntry *entry)
{
    if (exception->flags & TW_RECURRENCE_BUSY)
        entry->busy = exception->busy;
    if (exception->flags & TW_RECURRENCE_SUB_TYPE)
        entry->all_day = exception->sub_type != 0;
    if (exception->flags & TW_RECURRENCE_MEETING_TYPE)
        entry->cancelled = (exception->meeting_type & STATE_CANCELLED) != 0;
    if (exception->flags & TW_RECURRENCE_SUBJECT)
        entry->subject = exception->subject;
    if (exception->flags & TW_RECURRENCE_LOCATION)
        entry->location = exception->location;
}

static gboolean
add_series(const Item *item,
           TwRecurrence *series,
           const TwCalendarWindow *window,
           GArray *entries,
           GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GArray) list =
        tw_recurrence_expand(series, item->zone, window->start, window->end,
                             (guint) TW_CALENDAR_MOST_ENTRIES - entries->len, &why);

    /* months of a calendar that is not known: nothing can be said */
    if (list == NULL && g_error_matches(why, TW_ERROR, TW_ERROR_UNSUPPORTED))
        return TRUE;
    if (list == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    for (guint i = 0; i < list->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        TwCalendarEntry entry = item->entry;

        entry.start = one->start;
        entry.end = one->end;
        entry.day = one->day;
        if (one->exception >= 0)
            override(&g_array_index(series->exceptions, TwRecurrenceException, one->exception),
                     &entry);
        if (!add_entry(item, &entry, entries, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add_item(const Item *item, const TwCalendarWindow *window, GArray *entries, GError **error)
{
    g_autoptr(TwRecurrence) series = NULL;

    if (item->recur != NULL)
        series = tw_recurrence_parse(g_bytes_get_data(item->recur, NULL),
                                     g_bytes_get_size(item->recur), NULL);
    if (series != NULL)
        return add_series(item, series, window, entries, error);
    if (item->entry.start >= window->end || item->entry.end <= window->start)
        return TRUE;
    return add_entry(item, &item->entry, entries, error);
}

/* ---- an item in hand ---- */

TwTimeZone *
tw_calendar_zone(TwItemNames *names, const TwObject *object, TwTimeZone *fallback)
{
    g_autoptr(GBytes) recur =
        tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionRecur));
    g_autoptr(GBytes) structure =
        tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidTimeZoneStruct));
    g_autoptr(GBytes) shown = tw_item_get_bytes(
        object, tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionStartDisplay));

    return tw_timezone_for_series(recur, structure, shown, fallback);
}

gboolean
tw_calendar_expand(TwItemNames *names,
                   const TwObject *object,
                   const TwCalendarWindow *window,
                   GArray *entries,
                   GError **error)
{
    guint32 state =
        tw_object_get_long(object, tw_item_tag(names, TW_PidLidAppointmentStateFlags), 0);
    g_auto(Item) item = { .entry = { .day = -1 } };
    gboolean has_start = tw_item_get_time(
        object, tw_item_tag(names, TW_PidLidAppointmentStartWhole), &item.entry.start);

    item.entry.end = item.entry.start;
    (void) tw_item_get_time(object, tw_item_tag(names, TW_PidLidAppointmentEndWhole),
                            &item.entry.end);
    item.entry.busy =
        tw_object_get_long(object, tw_item_tag(names, TW_PidLidBusyStatus), TW_BUSY_BUSY);
    item.entry.all_day = tw_item_get_bool(object, tw_item_tag(names, TW_PidLidAppointmentSubType));
    item.entry.private = tw_object_get_long(object, PR_SENSITIVITY, 0) == SENSITIVITY_PRIVATE;
    item.entry.cancelled = (state & STATE_CANCELLED) != 0;
    item.subject = tw_object_get_text(object, PR_SUBJECT, "");
    item.subject_len = strlen(item.subject);
    item.location = tw_object_get_text(object, tw_item_tag(names, TW_PidLidLocation), "");
    item.location_len = strlen(item.location);
    item.recur = tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidAppointmentRecur));
    item.entry.recurring = item.recur != NULL;
    if (item.recur != NULL)
        item.zone = tw_calendar_zone(names, object, window->zone);
    return (!has_start && item.recur == NULL) || add_item(&item, window, entries, error);
}

/* ---- rows ---- */

static const TwPropValue *
cell(const TwTableRows *rows, guint row, Column column)
{
    const TwPropValue *value = tw_table_rows_cell(rows, row, column);

    return tw_prop_tag_type(value->tag) == TW_PT_ERROR ? NULL : value;
}

static guint32
long_of(const TwTableRows *rows, guint row, Column column, guint32 fallback)
{
    const TwPropValue *value = cell(rows, row, column);

    return value != NULL ? value->u4 : fallback;
}

static gboolean
bool_of(const TwTableRows *rows, guint row, Column column)
{
    const TwPropValue *value = cell(rows, row, column);

    return value != NULL && value->truth;
}

static GBytes *
bytes_of(const TwTableRows *rows, guint row, Column column)
{
    const TwPropValue *value = cell(rows, row, column);

    return value != NULL ? g_bytes_new(value->data, value->len) : NULL;
}

static void
text_of(const TwTableRows *rows, guint row, Column column, const char **ret, gsize *ret_len)
{
    const TwPropValue *value = cell(rows, row, column);

    *ret = value != NULL ? value->text : "";
    *ret_len = value != NULL ? value->len : 0;
}

static gboolean
is_appointment(const TwTableRows *rows, guint row)
{
    const TwPropValue *value = cell(rows, row, COLUMN_CLASS);
    g_autofree char *name = value != NULL ? g_strndup(value->text, value->len) : NULL;

    return name != NULL && tw_message_class_is(name, "IPM.Appointment");
}

/* FALSE: it is no item of a calendar. */
static gboolean
read_row(const TwTableRows *rows, guint row, Item *ret)
{
    const TwPropValue *key = cell(rows, row, COLUMN_KEY), *start = cell(rows, row, COLUMN_START);
    const TwPropValue *end = cell(rows, row, COLUMN_END);
    guint32 order;

    if (key == NULL || start == NULL || !is_appointment(rows, row) ||
        !tw_instance_key_parse(key->data, key->len, &ret->entry.message, &order))
        return FALSE;
    ret->entry.start = start->i8;
    ret->entry.end = end != NULL ? MAX(end->i8, start->i8) : start->i8;
    ret->entry.busy = long_of(rows, row, COLUMN_BUSY, TW_BUSY_BUSY);
    ret->entry.all_day = bool_of(rows, row, COLUMN_ALL_DAY);
    ret->entry.private = long_of(rows, row, COLUMN_SENSITIVITY, 0) == SENSITIVITY_PRIVATE;
    ret->entry.cancelled = (long_of(rows, row, COLUMN_STATE, 0) & STATE_CANCELLED) != 0;
    ret->entry.recurring = bool_of(rows, row, COLUMN_RECURRING);
    text_of(rows, row, COLUMN_SUBJECT, &ret->subject, &ret->subject_len);
    text_of(rows, row, COLUMN_LOCATION, &ret->location, &ret->location_len);
    return TRUE;
}

/* ---- views ---- */

typedef struct {
    TwCalendarReader *reader;
    const TwCalendarWindow *window;
} Look;

/* ---- single appointments ---- */

/* What has no end stands before all others. */
static gboolean
ends_before(const TwPropValue *cell_value, gconstpointer data)
{
    const gint64 *ticks = data;

    return tw_prop_tag_type(cell_value->tag) == TW_PT_ERROR || cell_value->i8 <= *ticks;
}

/* Also one whose rule is too long for a row. */
static gboolean
is_series(const TwTableRows *rows, guint row)
{
    const TwPropValue *value = tw_table_rows_cell(rows, row, COLUMN_RECUR);

    return bool_of(rows, row, COLUMN_RECURRING) || tw_prop_tag_type(value->tag) != TW_PT_ERROR ||
           value->u4 != MAPI_E_NOT_FOUND;
}

static gboolean
read_single(const TwTableRows *rows, guint row, const Look *look, GArray *entries, GError **error)
{
    g_auto(Item) item = { .entry = { .day = -1 } };
    const TwPropValue *start = cell(rows, row, COLUMN_START);

    if (start == NULL || start->i8 >= look->window->end || is_series(rows, row))
        return TRUE;
    return !read_row(rows, row, &item) || add_item(&item, look->window, entries, error);
}

typedef gboolean (*RowFunc)(
    const TwTableRows *rows, guint row, const Look *look, GArray *entries, GError **error);

/* From the cursor to the end of the table. */
static gboolean
walk(const TwTableView *view, RowFunc func, const Look *look, GArray *entries, GError **error)
{
    for (;;) {
        g_auto(TwTableRowsArgs) args = { .table = view->table, .count = CHUNK };

        if (!tw_session_table_rows(view->session, &args, error))
            return FALSE;
        for (guint i = 0; i < args.rows->row_count; i++) {
            if (!func(args.rows, i, look, entries, error))
                return FALSE;
        }
        if (args.rows->row_count < CHUNK)
            return TRUE;
    }
}

static TwTableViewSpec
spec_of(const Look *look, const guint32 *columns, guint count)
{
    return (TwTableViewSpec){ .store = look->window->store,
                              .folder = look->window->folder,
                              .columns = columns,
                              .column_count = count };
}

static gboolean
read_singles(const Look *look, GArray *entries, GError **error)
{
    g_auto(TwTableView) view = { .table = 0 };
    guint32 columns[COLUMN_COUNT];
    TwTableViewSpec spec = spec_of(look, columns + COLUMN_END, 1);
    guint first;

    list_columns(&look->reader->names, columns);
    spec.sorted_by = columns[COLUMN_END];
    return tw_table_view_open(&view, look->reader->session, &spec, error) &&
           tw_table_view_bound(&view, ends_before, &look->window->start, &first, error) &&
           tw_table_view_show(&view, columns, COLUMN_COUNT, error) &&
           tw_table_view_seek(&view, first, error) &&
           walk(&view, read_single, look, entries, error);
}

/* ---- series ---- */

/* Of a series with a thousand exceptions the row has no rule: it is read as a whole. */
static gboolean
load_series(const Look *look, guint32 message, GArray *entries, GError **error)
{
    TwItemNames *names = &look->reader->names;
    guint32 tag = tw_item_tag(names, TW_PidLidAppointmentRecur);
    TwMessagePlace place = { .session = look->reader->session,
                             .store = look->window->store,
                             .folder = look->window->folder,
                             .message = message };
    const TwValueSource source = tw_message_place_values(&place);
    g_auto(TwMessageReadArgs)
        read = { .store = place.store, .folder = place.folder, .message = message };
    g_autoptr(GBytes) blob = NULL;
    guint from = entries->len;

    if (!tw_session_message_read(place.session, &read, error))
        return FALSE;
    blob = tw_value_source_load(&source, read.object, tag, TW_RECURRENCE_MAX_BLOB, error);
    if (blob == NULL)
        return FALSE;
    tw_item_set_bytes(names, read.object, tag, blob);
    if (!tw_calendar_expand(names, read.object, look->window, entries, error))
        return FALSE;
    for (guint i = from; i < entries->len; i++)
        g_array_index(entries, TwCalendarEntry, i).message = message;
    return TRUE;
}

static gboolean
read_series(const TwTableRows *rows, guint row, const Look *look, GArray *entries, GError **error)
{
    g_auto(Item) item = { .entry = { .day = -1 } };
    g_autoptr(GBytes) recur = NULL;
    g_autoptr(GBytes) structure = NULL;
    g_autoptr(GBytes) shown = NULL;

    if (!read_row(rows, row, &item))
        return TRUE;
    if (tw_table_rows_cell(rows, row, COLUMN_RECUR)->u4 == MAPI_E_NOT_ENOUGH_MEMORY &&
        cell(rows, row, COLUMN_RECUR) == NULL)
        return load_series(look, item.entry.message, entries, error);
    item.recur = bytes_of(rows, row, COLUMN_RECUR);
    item.entry.recurring = TRUE;
    recur = bytes_of(rows, row, COLUMN_ZONE_RECUR);
    structure = bytes_of(rows, row, COLUMN_ZONE_STRUCT);
    shown = bytes_of(rows, row, COLUMN_ZONE_SHOWN);
    item.zone = tw_timezone_for_series(recur, structure, shown, look->window->zone);
    return add_item(&item, look->window, entries, error);
}

static TwRestriction *
build_is_series(TwItemNames *names, GError **error)
{
    guint32 tag = tw_item_tag(names, TW_PidLidRecurring);
    TwPropValue yes = tw_value_bool(tag, TRUE);
    g_auto(TwRestrictionBuilder) builder;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, tag, &yes);
    tw_restriction_builder_exist(&builder, tw_item_tag(names, TW_PidLidAppointmentRecur));
    tw_restriction_builder_end(&builder);
    return tw_restriction_builder_finish(&builder, error);
}

static gboolean
read_all_series(const Look *look, GArray *entries, GError **error)
{
    g_autoptr(TwRestriction) restriction = build_is_series(&look->reader->names, error);
    g_auto(TwTableView) view = { .table = 0 };
    guint32 columns[COLUMN_COUNT];
    TwTableViewSpec spec = spec_of(look, columns, COLUMN_COUNT);

    list_columns(&look->reader->names, columns);
    spec.restriction = restriction;
    return restriction != NULL && tw_table_view_open(&view, look->reader->session, &spec, error) &&
           walk(&view, read_series, look, entries, error);
}

/* ---- meetings ---- */

/* Sort keys keep the first bytes of a value only. */
static gsize
key_len(gsize len)
{
    return MIN(len, (gsize) MOST_KEY);
}

static gboolean
id_before(const TwPropValue *cell_value, gconstpointer data)
{
    gsize len;
    const guint8 *id = g_bytes_get_data((GBytes *) (guintptr) data, &len); /* NOLINT: only read */
    gsize own, both;
    int order;

    if (tw_prop_tag_type(cell_value->tag) == TW_PT_ERROR)
        return TRUE;
    own = key_len(cell_value->len);
    both = MIN(own, key_len(len));
    order = memcmp(cell_value->data, id, both);
    return order < 0 || (order == 0 && own < key_len(len));
}

static gboolean
look_for_id(const TwTableView *view, GBytes *id, guint first, GArray *found, GError **error)
{
    g_auto(TwTableRowsArgs) rows = { .table = view->table, .count = MOST_ALIKE };
    gsize len;
    const guint8 *data = g_bytes_get_data(id, &len);

    if (!tw_table_view_seek(view, first, error) ||
        !tw_session_table_rows(view->session, &rows, error))
        return FALSE;
    for (guint i = 0; i < rows.rows->row_count; i++) {
        const TwPropValue *value = tw_table_rows_cell(rows.rows, i, 0);
        const TwPropValue *key = tw_table_rows_cell(rows.rows, i, 1);
        guint32 number, order;

        if (tw_prop_tag_type(value->tag) != TW_PT_ERROR && value->len == len &&
            memcmp(value->data, data, len) == 0 &&
            tw_instance_key_parse(key->data, key->len, &number, &order))
            g_array_append_val(found, number);
    }
    return TRUE;
}

gboolean
tw_calendar_find_items(TwCalendarReader *reader,
                       const TwGuid *store,
                       guint32 folder,
                       GBytes *clean_id,
                       GArray *found,
                       GError **error)
{
    const guint32 columns[] = { tw_item_tag(&reader->names, TW_PidLidCleanGlobalObjectId),
                                PR_INSTANCE_KEY };
    const TwTableViewSpec spec = { .store = *store,
                                   .folder = folder,
                                   .columns = columns,
                                   .column_count = G_N_ELEMENTS(columns),
                                   .sorted_by = columns[0] };
    g_auto(TwTableView) view = { .table = 0 };
    guint first;

    return tw_table_view_open(&view, reader->session, &spec, error) &&
           tw_table_view_bound(&view, id_before, clean_id, &first, error) &&
           look_for_id(&view, clean_id, first, found, error);
}

/* ---- for everybody ---- */

void
tw_calendar_reader_init(TwCalendarReader *reader, TwSession *session)
{
    reader->session = session;
    reader->map = tw_session_names_new(session);
    tw_item_names_init(&reader->names, reader->map, TRUE);
}

void
tw_calendar_reader_clear(TwCalendarReader *reader)
{
    tw_item_names_clear(&reader->names);
    g_clear_pointer(&reader->map, tw_name_map_free);
}

/* What the root leads to; 0: nothing that is there. */
static guint32
follow_root(const TwCalendarReader *reader, const TwGuid *store)
{
    g_auto(TwFolderPropsArgs) root = { .store = *store };
    g_auto(TwEntryIdFindArgs) find = { .entry_id = NULL };
    g_autoptr(GBytes) id = NULL;

    if (!tw_session_folder_props(reader->session, &root, NULL))
        return 0;
    id = tw_item_get_bytes(root.object, PR_IPM_APPOINTMENT_ENTRYID);
    find.entry_id = id;
    if (id == NULL || !tw_session_entry_id_find(reader->session, &find, NULL) ||
        find.type != TW_OBJECT_ID_FOLDER || !tw_guid_equal(&find.store, store))
        return 0;
    return find.folder;
}

gboolean
tw_calendar_find(TwCalendarReader *reader, const TwGuid *store, guint32 *ret, GError **error)
{
    TwMailboxFolders folders;

    *ret = follow_root(reader, store);
    if (*ret != 0)
        return TRUE;
    if (!tw_mailbox_folders(reader->session, store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    *ret = folders.numbers[TW_LAYOUT_FOLDER_CALENDAR];
    if (*ret != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the mailbox has no calendar");
    return FALSE;
}

gboolean
tw_calendar_read(TwCalendarReader *reader,
                 const TwCalendarWindow *window,
                 GArray *entries,
                 GError **error)
{
    const Look look = { reader, window };

    if (!read_singles(&look, entries, error) || !read_all_series(&look, entries, error))
        return FALSE;
    g_array_sort(entries, compare_entries);
    return TRUE;
}
