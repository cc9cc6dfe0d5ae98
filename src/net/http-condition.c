/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-condition.h"

#include <string.h>

#include "base/number.h"

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Sunday is 0; day 0 is 1970-01-01, a Thursday */
static guint
weekday_of(gint64 days)
{
    return (guint) (((days + 4) % 7 + 7) % 7);
}

void
tw_http_date_format(gint64 seconds, char ret[TW_HTTP_DATE_LEN + 1])
{
    const gint64 least = G_GINT64_CONSTANT(-62135596800), most = G_GINT64_CONSTANT(253402300799);
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(CLAMP(seconds, least, most));
    gint64 unix_seconds = g_date_time_to_unix(when);
    gint64 days = unix_seconds / 86400 - (unix_seconds % 86400 < 0);

    g_snprintf(ret, TW_HTTP_DATE_LEN + 1, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
               day_names + (gsize) 3 * weekday_of(days), g_date_time_get_day_of_month(when),
               month_names + (gsize) 3 * (gsize) (g_date_time_get_month(when) - 1),
               g_date_time_get_year(when), g_date_time_get_hour(when), g_date_time_get_minute(when),
               g_date_time_get_second(when));
}

/* Where the parts of a date stand. Each form has one length and one place for each part. */
typedef struct {
    const char *shape; /* 9 a digit, a a letter, _ a digit or blank; the rest stands for itself */
    guint8 day, month, year, year_len, clock;
} DateForm;

static const DateForm date_forms[] = {
    { "aaa, 99 aaa 9999 99:99:99 GMT", 5, 8, 12, 4, 17 },
    { "aaa aaa _9 99:99:99 9999", 8, 4, 20, 4, 11 },
    /* RFC 850; the name of the day in front is cut off first */
    { ", 99-aaa-99 99:99:99 GMT", 2, 5, 9, 2, 12 },
};

static gboolean
has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++, text++) {
        gboolean ok = *shape == '9'   ? g_ascii_isdigit(*text)
                      : *shape == 'a' ? g_ascii_isalpha(*text)
                      : *shape == '_' ? *text == ' ' || g_ascii_isdigit(*text)
                                      : *text == *shape;
        if (!ok)
            return FALSE;
    }
    return *text == '\0';
}

static int
number_at(const char *text, guint at, guint len)
{
    guint32 value = 0;

    if (text[at] == ' ')
        at++, len--;
    return tw_parse_u32(text + at, len, 9999, &value) ? (int) value : -1;
}

static int
month_at(const char *text, guint at)
{
    for (int i = 0; i < 12; i++) {
        if (strncmp(text + at, month_names + (gsize) 3 * (gsize) i, 3) == 0)
            return i + 1;
    }
    return 0;
}

static gboolean
read_form(const DateForm *form, const char *text, gint64 *ret_seconds)
{
    g_autoptr(GDateTime) when = NULL;
    int year;

    if (!has_shape(text, form->shape))
        return FALSE;
    year = number_at(text, form->year, form->year_len);
    if (form->year_len == 2)
        year += year < 70 ? 2000 : 1900;
    /* a leap second is read as the second before it */
    when = g_date_time_new_utc(
        year, month_at(text, form->month), number_at(text, form->day, 2),
        number_at(text, form->clock, 2), number_at(text, form->clock + 3u, 2),
        MIN(number_at(text, form->clock + 6u, 2), 60) == 60 ? 59
                                                            : number_at(text, form->clock + 6u, 2));
    if (when == NULL)
        return FALSE;
    *ret_seconds = g_date_time_to_unix(when);
    return TRUE;
}

gboolean
tw_http_date_parse(const char *text, gint64 *ret_seconds)
{
    gsize name_len = 0;

    if (read_form(&date_forms[0], text, ret_seconds) ||
        read_form(&date_forms[1], text, ret_seconds))
        return TRUE;
    while (g_ascii_isalpha(text[name_len]))
        name_len++;
    return name_len >= 6 && name_len <= 9 &&
           read_form(&date_forms[2], text + name_len, ret_seconds);
}

/* Length of the entity tag that text begins with; 0 if it begins with none. */
static gsize
etag_len(const char *text)
{
    gsize start = strncmp(text, "W/", 2) == 0 ? 2 : 0;
    gsize at = start + 1;

    if (text[start] != '"')
        return 0;
    while ((guint8) text[at] > 0x20 && text[at] != '"' && text[at] != 0x7f)
        at++;
    return text[at] == '"' ? at + 1 : 0;
}

gboolean
tw_http_etag_ok(const char *etag)
{
    gsize len = etag_len(etag);

    return len > 0 && etag[len] == '\0';
}

static gboolean
same_etag(const char *a, gsize a_len, const char *b, gboolean weak)
{
    gboolean a_weak = a[0] == 'W', b_weak = b[0] == 'W';
    gsize b_len = strlen(b);

    if (!weak && (a_weak || b_weak))
        return FALSE;
    a += a_weak ? 2 : 0;
    a_len -= a_weak ? 2 : 0;
    b += b_weak ? 2 : 0;
    b_len -= b_weak ? 2 : 0;
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

gboolean
tw_http_etag_listed(const char *list, const char *etag, gboolean weak)
{
    if (etag == NULL)
        return FALSE;
    if (strcmp(list, "*") == 0)
        return TRUE;
    for (;;) {
        gsize len;

        list += strspn(list, ", \t");
        len = etag_len(list);
        if (len == 0)
            return FALSE;
        if (same_etag(list, len, etag, weak))
            return TRUE;
        list += len;
    }
}

/* Whether If-Match or If-None-Match (one list, however many fields) names what is there. */
static gboolean
any_listed(
    const TwHttpHead *head, const char *field, const char *etag, gboolean exists, gboolean weak)
{
    const char *value;
    guint index = 0;

    while ((value = tw_http_head_get_next(head, field, &index)) != NULL) {
        if (strcmp(value, "*") == 0 ? exists : tw_http_etag_listed(value, etag, weak))
            return TRUE;
    }
    return FALSE;
}

TwHttpCondition
tw_http_condition_check(const TwHttpHead *head, const char *etag, gboolean exists, gint64 modified)
{
    gboolean reads = strcmp(head->method, "GET") == 0 || strcmp(head->method, "HEAD") == 0;
    const char *since = tw_http_head_get(head, "If-Modified-Since");
    const char *unmodified = tw_http_head_get(head, "If-Unmodified-Since");
    gint64 when;

    if (tw_http_head_get(head, "If-Match") != NULL) {
        if (!any_listed(head, "If-Match", etag, exists, FALSE))
            return TW_HTTP_CONDITION_FAILED;
    } else if (unmodified != NULL && modified >= 0 && tw_http_date_parse(unmodified, &when)) {
        if (modified > when)
            return TW_HTTP_CONDITION_FAILED;
    }
    if (tw_http_head_get(head, "If-None-Match") != NULL) {
        if (any_listed(head, "If-None-Match", etag, exists, TRUE))
            return reads ? TW_HTTP_CONDITION_NOT_MODIFIED : TW_HTTP_CONDITION_FAILED;
    } else if (reads && since != NULL && modified >= 0 && tw_http_date_parse(since, &when)) {
        if (modified <= when)
            return TW_HTTP_CONDITION_NOT_MODIFIED;
    }
    return TW_HTTP_CONDITION_PASS;
}

gboolean
tw_http_if_range_holds(const TwHttpHead *head, const char *etag, gint64 modified)
{
    const char *value = tw_http_head_get(head, "If-Range");
    gint64 when;

    if (value == NULL)
        return TRUE;
    if (tw_http_etag_ok(value))
        return etag != NULL && same_etag(value, strlen(value), etag, FALSE);
    return modified >= 0 && tw_http_date_parse(value, &when) && when == modified;
}
