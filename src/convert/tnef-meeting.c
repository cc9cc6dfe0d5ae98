/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What old meeting items say in the set PSETID_Meeting, said again in today's properties: start, end, place, and the
 * recurrence as a blob. Numbers of dates and times are packed in bits; the day of the month and the week in it are those of
 * the first date. Source: MS-OXOCAL 2.2.6; MS-XWDCAL 2.2.7.44.
 */
#include "base/error.h"
#include "convert/tnef-private.h"
#include "mapi/message-class.h"
#include "mapi/recurrence.h"
#include "mapi/tags.h"

enum {
    OLD_DAILY = 64,
    OLD_WEEKLY = 48,
    OLD_MONTHLY = 12,
    OLD_MONTHLY_NTH = 56,
    OLD_YEARLY = 7,
    OLD_YEARLY_NTH = 51,
    LID_DAY_OF_WEEK_MASK = 0x0015,
    NEVER_YEAR = 4500, /* an end in this year or after it is none */
};

/* The id of a name of PSETID_Meeting, 0 when the message cannot have it. */
static guint16
id_of(TwTnefReader *reader, TwPropSet set, guint32 lid)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(set), .name = NULL, .lid = lid };
    guint16 id = tw_named_prop_fixed_id(&name);

    if (id == 0)
        tw_name_map_get_ids(reader->budget->names, &name, 1, FALSE, &id, NULL);
    return id;
}

static gboolean
get_number(TwTnefReader *reader, guint32 lid, guint32 *ret)
{
    guint16 id = id_of(reader, TW_PROP_SET_MEETING, lid);
    TwPropValue value;

    if (id == 0 || !tw_object_get(reader->message, tw_prop_tag(id, TW_PT_UNSPECIFIED), &value))
        return FALSE;
    switch (tw_prop_tag_type(value.tag)) {
    case TW_PT_LONG:
        *ret = value.u4;
        return TRUE;
    case TW_PT_I2:
        *ret = (guint16) value.i2;
        return TRUE;
    case TW_PT_BOOLEAN:
        *ret = value.truth != FALSE;
        return TRUE;
    default:
        return FALSE;
    }
}

/* Sets a known named property where the message has none. */
static void
set_known(TwTnefReader *reader, TwKnownName which, TwPropValue value)
{
    TwNamedProp name = tw_known_name(which);
    guint16 id;

    if (!tw_name_map_get_ids(reader->budget->names, &name, 1, TRUE, &id,
                             reader->budget->failed == NULL ? &reader->budget->failed : NULL) ||
        tw_object_has(reader->message, tw_prop_tag(id, TW_PT_UNSPECIFIED)))
        return;
    value.tag = tw_prop_tag(id, tw_prop_tag_type(value.tag));
    tw_tnef_set(reader, reader->message, &value);
}

/* Year from bit 9, month from bit 5, day: minutes since 1601 at midnight. */
static gboolean
unpack_date(guint32 packed, GDate *ret_date, guint32 *ret_minutes)
{
    guint year = packed >> 9, month = packed >> 5 & 0xf, day = packed & 0x1f;
    GDate epoch;

    if (year < 1601 || year >= NEVER_YEAR ||
        !g_date_valid_dmy((GDateDay) day, (GDateMonth) month, (GDateYear) year))
        return FALSE;
    g_date_clear(&epoch, 1);
    g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, 1601);
    g_date_clear(ret_date, 1);
    g_date_set_dmy(ret_date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
    *ret_minutes = (guint32) g_date_days_between(&epoch, ret_date) * 1440u;
    return TRUE;
}

/* Hour from bit 12, minute from bit 6, second. */
static guint32
unpack_time(guint32 packed)
{
    return MIN((packed >> 12 & 0x1f) * 60u + (packed >> 6 & 0x3f), 1439u);
}

static guint32
interval(TwTnefReader *reader, guint32 lid)
{
    guint32 number = 0;

    return get_number(reader, lid, &number) && number > 0 && number <= 999 ? number : 1;
}

static void
set_nth(TwRecurrencePattern *pattern, const GDate *start)
{
    pattern->type = TW_RECURRENCE_MONTH_NTH;
    pattern->days = (guint8) (1u << (g_date_get_weekday(start) % 7u));
    pattern->nth = (guint8) ((g_date_get_day(start) - 1u) / 7u + 1u);
}

static gboolean
fill_pattern(TwTnefReader *reader, guint32 old, const GDate *start, TwRecurrencePattern *pattern)
{
    guint32 days = 0;

    switch (old) {
    case OLD_DAILY:
        pattern->frequency = TW_RECURRENCE_DAILY;
        pattern->type = TW_RECURRENCE_DAY;
        pattern->period = 1440u * interval(reader, 0x0011);
        return TRUE;
    case OLD_WEEKLY:
        pattern->frequency = TW_RECURRENCE_WEEKLY;
        pattern->type = TW_RECURRENCE_WEEK;
        pattern->period = interval(reader, 0x0012);
        get_number(reader, LID_DAY_OF_WEEK_MASK, &days);
        pattern->days = (guint8) (days & 0x7f);
        if (pattern->days == 0)
            pattern->days = (guint8) (1u << (g_date_get_weekday(start) % 7u));
        return TRUE;
    case OLD_MONTHLY:
    case OLD_MONTHLY_NTH:
        pattern->frequency = TW_RECURRENCE_MONTHLY;
        pattern->period = interval(reader, 0x0013);
        break;
    case OLD_YEARLY:
    case OLD_YEARLY_NTH:
        pattern->frequency = TW_RECURRENCE_YEARLY;
        pattern->period = 12u * interval(reader, 0x0014);
        break;
    default:
        return FALSE;
    }
    if (old == OLD_MONTHLY_NTH || old == OLD_YEARLY_NTH) {
        set_nth(pattern, start);
    } else {
        pattern->type = TW_RECURRENCE_MONTH;
        pattern->day_of_month = g_date_get_day(start);
    }
    return TRUE;
}

/* Makes the blob of a series that has none. */
static void
make_series(TwTnefReader *reader)
{
    g_autoptr(TwRecurrence) series = tw_recurrence_new();
    g_autoptr(GBytes) blob = NULL;
    guint32 old, packed, start_time = 0, end_time = 0;
    GDate start, end;
    static const struct {
        TwRecurrenceFrequency frequency;
        guint32 number;
    } kinds[] = {
        { TW_RECURRENCE_DAILY, 1 },
        { TW_RECURRENCE_WEEKLY, 2 },
        { TW_RECURRENCE_MONTHLY, 3 },
        { TW_RECURRENCE_YEARLY, 4 },
    };

    if (!get_number(reader, 0x0018, &old) || !get_number(reader, 0x000d, &packed) ||
        !unpack_date(packed, &start, &series->pattern.start_date) ||
        !fill_pattern(reader, old, &start, &series->pattern))
        return;
    series->pattern.end = TW_RECURRENCE_END_NEVER;
    if (get_number(reader, 0x000f, &packed) &&
        unpack_date(packed, &end, &series->pattern.end_date) &&
        series->pattern.end_date >= series->pattern.start_date)
        series->pattern.end = TW_RECURRENCE_END_DATE;
    get_number(reader, 0x000e, &start_time);
    get_number(reader, 0x0010, &end_time);
    series->has_times = TRUE;
    series->start_offset = unpack_time(start_time);
    series->end_offset = unpack_time(end_time);
    if (series->end_offset < series->start_offset)
        series->end_offset += 1440;
    if (!tw_recurrence_normalize(series, NULL) ||
        (blob = tw_recurrence_write(series, NULL)) == NULL) {
        reader->budget->notes |= TW_TNEF_NOTE_DAMAGED;
        return;
    }
    set_known(
        reader, TW_PidLidAppointmentRecur,
        tw_value_bytes(PR_ATTACH_DATA_BIN, g_bytes_get_data(blob, NULL), g_bytes_get_size(blob)));
    set_known(reader, TW_PidLidRecurring, tw_value_bool(TW_PT_BOOLEAN, TRUE));
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].frequency == series->pattern.frequency)
            set_known(reader, TW_PidLidRecurrenceType, tw_value_long(TW_PT_LONG, kinds[i].number));
    }
}

void
tw_tnef_map_meeting(TwTnefReader *reader)
{
    TwObject *message = reader->message;
    const char *class = tw_object_get_text(message, PR_MESSAGE_CLASS, "");
    guint16 blob;
    guint32 recurring = 0;
    TwPropValue value;

    if (!tw_message_class_is(class, "IPM.Schedule.Meeting") &&
        !tw_message_class_is(class, "IPM.Appointment"))
        return;
    if (tw_object_get(message, PR_START_DATE, &value))
        set_known(reader, TW_PidLidAppointmentStartWhole, value);
    if (tw_object_get(message, PR_END_DATE, &value))
        set_known(reader, TW_PidLidAppointmentEndWhole, value);
    {
        guint16 where = id_of(reader, TW_PROP_SET_MEETING, 0x0002);

        if (where != 0 && tw_object_get(message, tw_prop_tag(where, TW_PT_UNICODE), &value)) {
            g_autofree char *text = g_strndup(value.text, value.len);

            set_known(reader, TW_PidLidLocation, tw_value_str(TW_PT_UNICODE, text));
        }
    }
    blob = id_of(reader, TW_PROP_SET_APPOINTMENT, 0x8216);
    if (get_number(reader, 0x0005, &recurring) && recurring != 0 &&
        (blob == 0 || !tw_object_has(message, tw_prop_tag(blob, TW_PT_BINARY))))
        make_series(reader);
}
