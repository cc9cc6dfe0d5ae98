/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long does it take to say when 50 people are free and busy in two months?
 *
 * The bar: 100 ms. Each has appointments over three years around these months, and four series. Asked the first time after
 * the server started, again, and again after one appointment in each calendar. The peer in the same run reads every item of the same
 * calendars, as a program without views has to.
 *
 *     bench-groupware-freebusy [FOLDER [APPOINTMENTS]]
 */
#include "session.h"

#include "groupware/freebusy.h"
#include "groupware/mailbox.h"
#include "mapi/tags.h"

#include <glib/gstdio.h>
#include <string.h>

enum {
    PEOPLE = 50,
    SERIES = 4,
    ROUNDS = 9,
};

#define START (TW_TICKS_DAY * 155500) /* a day in 2026 */

typedef struct {
    BenchSession local;
    guint32 users[PEOPLE], calendars[PEOPLE];
    TwGuid stores[PEOPLE];
    guint appointments;
} Bench;

/* ---- what there is ---- */

static GBytes *
make_rule(guint number)
{
    g_autoptr(TwRecurrence) series = tw_recurrence_new();
    guint32 day = (guint32) (START / TW_TICKS_DAY) - 500 + number;
    GBytes *blob;

    series->pattern.frequency = TW_RECURRENCE_WEEKLY;
    series->pattern.type = TW_RECURRENCE_WEEK;
    series->pattern.period = 1;
    series->pattern.days = (guint8) (2u << number % 5);
    series->pattern.end = TW_RECURRENCE_END_NEVER;
    series->pattern.start_date = day * 1440;
    series->has_times = TRUE;
    series->start_offset = 480 + 60 * number;
    series->end_offset = series->start_offset + 45;
    bench_must(tw_recurrence_normalize(series, NULL), NULL);
    blob = tw_recurrence_write(series, NULL);
    bench_must(blob != NULL, NULL);
    return blob;
}

static void
add(Bench *bench, TwItemNames *names, guint person, gint64 start, GBytes *rule)
{
    g_autoptr(TwObject) item = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwMessageCreateArgs) create = { .store = bench->stores[person],
                                           .folder = bench->calendars[person],
                                           .object = item };
    g_autoptr(GError) error = NULL;

    tw_item_set_text(names, item, PR_MESSAGE_CLASS, "IPM.Appointment");
    tw_item_set_text(names, item, PR_SUBJECT, "A meeting about the quarterly figures");
    tw_item_set_text(names, item, PR_BODY, "Bring what you have. The rest comes by mail.");
    tw_item_set_text(names, item, tw_item_tag(names, TW_PidLidLocation), "Room 4, second floor");
    tw_item_set(names, item,
                tw_value_i8(tw_item_tag(names, TW_PidLidAppointmentStartWhole), start));
    tw_item_set(names, item,
                tw_value_i8(tw_item_tag(names, TW_PidLidAppointmentEndWhole),
                            start + 60 * TW_TICKS_MINUTE));
    tw_item_set(names, item, tw_value_long(tw_item_tag(names, TW_PidLidBusyStatus), 2));
    tw_item_set(names, item,
                tw_value_bool(tw_item_tag(names, TW_PidLidRecurring), rule != NULL ? TRUE : FALSE));
    tw_item_set_bytes(names, item, tw_item_tag(names, TW_PidLidAppointmentRecur), rule);
    g_assert_no_error(names->error);
    bench_must(tw_session_message_create(bench->local.session, &create, &error), &error);
}

static void
fill(Bench *bench, TwCalendarReader *reader, guint person)
{
    g_autofree char *name = g_strdup_printf("person%u", person);
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    const TwDirectoryObject values = {
        .kind = TW_DIRECTORY_USER, .name = name, .full_name = name, .mail = mail
    };
    g_auto(TwObjectCreateArgs) create = { .values = &values };
    g_autoptr(GError) error = NULL;

    bench_must(tw_session_object_create(bench->local.session, &create, &error), &error);
    bench->users[person] = create.created;
    bench_must(tw_mailbox_create(bench->local.session, create.created, TW_STORE_PRIVATE, "en",
                                 &bench->stores[person], &error),
               &error);
    bench_must(tw_calendar_find(reader, &bench->stores[person], &bench->calendars[person], &error),
               &error);
    for (guint i = 0; i < bench->appointments; i++)
        add(bench, &reader->names, person,
            START + ((gint64) i * 1096 / bench->appointments - 548) * TW_TICKS_DAY +
                (gint64) (8 + i % 9) * 60 * TW_TICKS_MINUTE,
            NULL);
    for (guint i = 0; i < SERIES; i++) {
        g_autoptr(GBytes) rule = make_rule(i);
        add(bench, &reader->names, person, START - 500 * TW_TICKS_DAY, rule);
    }
}

/* ---- the question, and its peer ---- */

static guint
ask(Bench *bench)
{
    const TwCalendarWindow window = { .start = START, .end = START + 61 * TW_TICKS_DAY };
    g_autoptr(GArray) list = tw_freebusy_list_new();
    g_autoptr(GError) error = NULL;
    guint spans = 0;

    bench_must(tw_freebusy_ask(bench->local.session, bench->local.session, bench->users, PEOPLE,
                               &window, 0, list, &error),
               &error);
    for (guint i = 0; i < list->len; i++) {
        const TwFreebusy *one = &g_array_index(list, TwFreebusy, i);
        g_assert_no_error(one->error);
        spans += one->spans->len;
    }
    return spans;
}

static guint
read_all(Bench *bench)
{
    guint count = 0;

    for (guint person = 0; person < PEOPLE; person++) {
        g_auto(TwMessageListArgs) list = { .store = bench->stores[person],
                                           .folder = bench->calendars[person],
                                           .most = 100000 };
        g_autoptr(GError) error = NULL;

        bench_must(tw_session_message_list(bench->local.session, &list, &error), &error);
        for (guint i = 0; i < list.rows->len; i++, count++) {
            g_auto(TwMessageReadArgs)
                read = { .store = bench->stores[person],
                         .message = g_array_index(list.rows, TwMessageRow, i).mid };
            bench_must(tw_session_message_read(bench->local.session, &read, &error), &error);
        }
    }
    return count;
}

typedef guint (*Deed)(Bench *bench);

static double
measure(Bench *bench, const char *name, Deed deed, guint rounds)
{
    double times[ROUNDS], cpu = bench_cpu_seconds();
    guint count = 0;

    for (guint i = 0; i < rounds; i++) {
        double start = bench_now();
        count = deed(bench);
        times[i] = bench_now() - start;
    }
    cpu = (bench_cpu_seconds() - cpu) / rounds;
    qsort(times, rounds, sizeof *times, bench_compare_doubles);
    g_print("%-44s %8.1f ms  %8.1f ms CPU  (%u)\n", name, times[rounds / 2] * 1e3, cpu * 1e3,
            count);
    return cpu;
}

int
main(int argc, char **argv)
{
    g_autofree char *path = argc > 1 && argv[1][0] != '\0'
                                ? g_strdup(argv[1])
                                : g_dir_make_tmp("bench-groupware-freebusy-XXXXXX", NULL);
    Bench bench = { .appointments = argc > 2 ? (guint) atoi(argv[2]) : 100 };
    TwCalendarReader reader = { 0 };
    g_autoptr(GError) error = NULL;
    double warm, peer;

    bench_session_create(path);
    bench_session_open(&bench.local, path);
    tw_calendar_reader_init(&reader, bench.local.session);
    for (guint i = 0; i < PEOPLE; i++)
        fill(&bench, &reader, i);
    tw_calendar_reader_clear(&reader);
    bench_session_close(&bench.local);
    bench_session_open(&bench.local, path);
    measure(&bench, "50 people, two months: the first time", ask, 1);
    warm = measure(&bench, "again", ask, ROUNDS);
    tw_calendar_reader_init(&reader, bench.local.session);
    for (guint i = 0; i < PEOPLE; i++)
        add(&bench, &reader.names, i, START, NULL);
    tw_calendar_reader_clear(&reader);
    measure(&bench, "after a change in each", ask, 1);
    peer = measure(&bench, "the peer: reading all items", read_all, 3);
    g_print("%-44s %8.2f of the bar of 100 ms, %.3f of the peer\n", "", warm * 10, warm / peer);
    bench_session_close(&bench.local);
    return 0;
}
