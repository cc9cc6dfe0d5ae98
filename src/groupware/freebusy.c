/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/freebusy.h"

#include <string.h>

#include "base/error.h"
#include "groupware/availability.h"
#include "groupware/delegates.h"
#include "groupware/zone-files.h"

/* ---- merging ---- */

/* Larger wins. */
static guint
rank_of(guint busy)
{
    static const guint ranks[] = { [TW_BUSY_FREE] = 0,
                                   [TW_BUSY_ELSEWHERE] = 1,
                                   [TW_BUSY_TENTATIVE] = 2,
                                   [TW_BUSY_BUSY] = 3,
                                   [TW_BUSY_AWAY] = 4 };

    return busy < G_N_ELEMENTS(ranks) ? ranks[busy] : ranks[TW_BUSY_BUSY];
}

/* An entry begins or ends. */
typedef struct {
    gint64 at;
    int step; /* 1 or -1 */
    guint rank;
} Edge;

static int
compare_edges(gconstpointer a, gconstpointer b)
{
    const Edge *left = a, *right = b;

    return left->at < right->at ? -1 : left->at > right->at;
}

static GArray *
list_edges(const GArray *entries, gint64 start, gint64 end)
{
    GArray *edges = g_array_sized_new(FALSE, FALSE, sizeof(Edge), 2 * entries->len);

    for (guint i = 0; i < entries->len; i++) {
        const TwCalendarEntry *entry = &g_array_index(entries, TwCalendarEntry, i);
        guint rank = entry->cancelled ? 0 : rank_of(entry->busy);
        const Edge both[] = { { MAX(entry->start, start), 1, rank },
                              { MIN(entry->end, end), -1, rank } };

        if (rank > 0 && both[0].at < both[1].at)
            g_array_append_vals(edges, both, 2);
    }
    g_array_sort(edges, compare_edges);
    return edges;
}

static void
add_span(GArray *spans, gint64 from, gint64 to, guint rank)
{
    static const guint kinds[] = { TW_BUSY_FREE, TW_BUSY_ELSEWHERE, TW_BUSY_TENTATIVE, TW_BUSY_BUSY,
                                   TW_BUSY_AWAY };
    TwIcalBusy span = { from, to, kinds[rank] };
    TwIcalBusy *last = spans->len > 0 ? &g_array_index(spans, TwIcalBusy, spans->len - 1) : NULL;

    if (rank == 0 || from >= to)
        return;
    if (last != NULL && last->end == from && last->busy == span.busy)
        last->end = to;
    else
        g_array_append_val(spans, span);
}

GArray *
tw_freebusy_merge(const GArray *entries, gint64 start, gint64 end)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GArray) edges = list_edges(entries, start, end);
    guint open[5] = { 0 };
    guint rank = 0;
    gint64 from = start;

    for (guint i = 0; i < edges->len; i++) {
        const Edge *edge = &g_array_index(edges, Edge, i);
        guint now = G_N_ELEMENTS(open) - 1;

        open[edge->rank] += (guint) edge->step;
        while (now > 0 && open[now] == 0)
            now--;
        if (now == rank)
            continue;
        add_span(spans, from, edge->at, rank);
        from = edge->at;
        rank = now;
    }
    return spans;
}

/* ---- one of them ---- */

static void
clear_freebusy(gpointer data)
{
    TwFreebusy *one = data;

    g_clear_pointer(&one->spans, g_array_unref);
    g_clear_pointer(&one->entries, g_array_unref);
    g_clear_error(&one->error);
}

GArray *
tw_freebusy_list_new(void)
{
    GArray *list = g_array_new(FALSE, TRUE, sizeof(TwFreebusy));

    g_array_set_clear_func(list, clear_freebusy);
    return list;
}

/* Who asks, with what they may see of whom. */
typedef struct {
    TwSession *session, *system;
    TwCalendarReader reader;
    const TwCalendarWindow *window;
    guint flags;
} Question;

static void
clear_question(Question *question)
{
    tw_calendar_reader_clear(&question->reader);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, clear_question)

static gboolean
find_place(Question *question, TwFreebusy *one, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = one->user };
    g_auto(TwStoreFindArgs) find = { .owner = one->user, .kind = TW_STORE_PRIVATE };

    if (!tw_session_book_get(question->session, &get, error) ||
        !tw_session_store_find(question->system, &find, error))
        return FALSE;
    one->store = find.store;
    return tw_calendar_find(&question->reader, &one->store, &one->folder, error);
}

/* Whether the asker reads texts, and those of private items. */
static void
ask_rights(const Question *question, TwFreebusy *one, gboolean *ret_all)
{
    const guint wanted = TW_RIGHT_READ | TW_RIGHT_FREEBUSY_DETAIL | TW_RIGHT_OWNER;
    g_auto(TwStoreInfoArgs) info = { .store = one->store };
    g_auto(TwFolderGetArgs) get = { .store = one->store, .folder = one->folder };

    *ret_all = tw_session_store_info(question->session, &info, NULL) && info.is_owner;
    one->details = *ret_all || (tw_session_folder_get(question->session, &get, NULL) &&
                                (get.row.rights & wanted) != 0);
}

static gboolean
has_private(const GArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        if (g_array_index(entries, TwCalendarEntry, i).private)
            return TRUE;
    }
    return FALSE;
}

static gboolean
sees_private(const Question *question, const TwFreebusy *one)
{
    g_auto(TwDelegates) delegates = { 0 };
    TwSessionInfo who;
    const TwDelegate *delegate;

    tw_session_get_info(question->session, &who);
    if (!tw_delegates_load(question->system, &one->store, &delegates, NULL))
        return FALSE;
    delegate = tw_delegates_find(&delegates, who.user);
    return delegate != NULL && delegate->sees_private;
}

static void
hide(TwCalendarEntry *entry)
{
    *entry->subject = '\0';
    *entry->location = '\0';
}

static void
hide_texts(const Question *question, TwFreebusy *one)
{
    gboolean all, private;

    ask_rights(question, one, &all);
    if (all)
        return;
    private = one->details && has_private(one->entries) && sees_private(question, one);
    for (guint i = 0; i < one->entries->len; i++) {
        TwCalendarEntry *entry = &g_array_index(one->entries, TwCalendarEntry, i);
        if (!one->details || (entry->private && !private))
            hide(entry);
    }
}

/* The hours that they keep for themselves; a text that says nothing of them, or that cannot be read, makes no difference. */
static void
add_hours(const Question *question, TwFreebusy *one)
{
    g_auto(TwFolderPropsArgs) props = { .store = one->store, .folder = one->folder };
    const TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                               .name = TW_AVAILABILITY_NAME };
    const TwIcalOptions options = { .names = question->reader.map,
                                    .zone = question->window->zone,
                                    .load = tw_zone_file_read };
    const char *text;
    guint16 id = 0;

    if (!tw_name_map_get_ids(question->reader.map, &name, 1, FALSE, &id, NULL) || id == 0 ||
        !tw_session_folder_props(question->system, &props, NULL) || props.object == NULL)
        return;
    text = tw_object_get_text(props.object, tw_prop_tag(id, TW_PT_UNICODE), NULL);
    if (text != NULL)
        (void) tw_availability_add(text, &options, question->window->start, question->window->end,
                                   one->spans, NULL);
}

static gboolean
answer(Question *question, TwFreebusy *one, GError **error)
{
    g_autoptr(GArray) entries = tw_calendar_entries_new();
    TwCalendarWindow window = *question->window;

    if (!find_place(question, one, error))
        return FALSE;
    window.store = one->store;
    window.folder = one->folder;
    if (!tw_calendar_read(&question->reader, &window, entries, error))
        return FALSE;
    one->spans = tw_freebusy_merge(entries, window.start, window.end);
    add_hours(question, one);
    if ((question->flags & TW_FREEBUSY_DETAILS) == 0)
        return TRUE;
    one->entries = g_steal_pointer(&entries);
    hide_texts(question, one);
    return TRUE;
}

gboolean
tw_freebusy_ask(TwSession *session,
                TwSession *system,
                const guint32 *users,
                guint count,
                const TwCalendarWindow *window,
                guint flags,
                GArray *list,
                GError **error)
{
    const gint64 most = TW_FREEBUSY_MOST_DAYS * TW_TICKS_DAY;
    TwCalendarWindow limited = *window;
    g_auto(Question)
        question = { .session = session, .system = system, .window = &limited, .flags = flags };

    if (count > TW_FREEBUSY_MOST_USERS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many users");
        return FALSE;
    }
    if (limited.end - limited.start > most)
        limited.end = limited.start + most;
    tw_calendar_reader_init(&question.reader, system);
    for (guint i = 0; i < count; i++) {
        TwFreebusy one = { .user = users[i] };

        if (!answer(&question, &one, &one.error) &&
            g_error_matches(one.error, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
            g_propagate_error(error, one.error);
            one.error = NULL;
            clear_freebusy(&one);
            return FALSE;
        }
        g_array_append_val(list, one);
    }
    return TRUE;
}
