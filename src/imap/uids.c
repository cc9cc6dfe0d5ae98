/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/uids.h"

void
tw_imap_uids_clear(TwImapUids *uids)
{
    g_clear_pointer(&uids->runs, g_array_unref);
    g_clear_pointer(&uids->packed, g_bytes_unref);
    uids->count = 0;
}

static const TwImapRun *
run_at(const TwImapUids *uids, guint index)
{
    return &g_array_index(uids->runs, TwImapRun, index);
}

static guint
run_count(const TwImapUids *uids)
{
    return uids->runs != NULL ? uids->runs->len : 0;
}

guint32
tw_imap_uids_last(const TwImapUids *uids)
{
    const TwImapRun *run;

    if (run_count(uids) == 0)
        return 0;
    run = run_at(uids, uids->runs->len - 1);
    return run->uid + (run->count - 1);
}

static void
append_run(TwImapUids *uids, guint32 uid, guint32 count)
{
    guint runs = run_count(uids);
    TwImapRun run = { uid, count, uids->count + 1 };

    if (runs > 0 && tw_imap_uids_last(uids) + 1 == uid) {
        g_array_index(uids->runs, TwImapRun, runs - 1).count += count;
    } else {
        if (uids->runs == NULL)
            uids->runs = g_array_new(FALSE, FALSE, sizeof(TwImapRun));
        g_array_append_val(uids->runs, run);
    }
    uids->count += count;
}

void
tw_imap_uids_append(TwImapUids *uids, guint32 uid)
{
    if (uid > tw_imap_uids_last(uids))
        append_run(uids, uid, 1);
}

/* The last run that begins at or before; -1: none does. */
static gint
run_before(const TwImapUids *uids, guint32 value, gboolean by_uid)
{
    guint low = 0, high = run_count(uids);

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwImapRun *run = run_at(uids, middle);

        if ((by_uid ? run->uid : run->number) <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return (gint) low - 1;
}

guint32
tw_imap_uids_at(const TwImapUids *uids, guint32 number)
{
    gint at = number > 0 && number <= uids->count ? run_before(uids, number, FALSE) : -1;
    const TwImapRun *run = at >= 0 ? run_at(uids, (guint) at) : NULL;

    return run != NULL ? run->uid + (number - run->number) : 0;
}

guint32
tw_imap_uids_find(const TwImapUids *uids, guint32 uid)
{
    gint at = run_before(uids, uid, TRUE);
    const TwImapRun *run = at >= 0 ? run_at(uids, (guint) at) : NULL;

    return run != NULL && uid - run->uid < run->count ? run->number + (uid - run->uid) : 0;
}

void
tw_imap_uids_remove(TwImapUids *uids, const GArray *gone)
{
    TwImapUids left = { 0 };
    guint at = 0;

    if (gone->len == 0)
        return;
    for (guint i = 0; i < run_count(uids); i++) {
        TwImapRun run = *run_at(uids, i);

        for (; at < gone->len; at++) {
            guint32 uid = g_array_index(gone, guint32, at);
            guint32 skip = uid - run.uid;

            if (uid < run.uid)
                continue;
            if (skip >= run.count)
                break;
            if (skip > 0)
                append_run(&left, run.uid, skip);
            run.uid = uid + 1;
            run.count -= skip + 1;
        }
        if (run.count > 0)
            append_run(&left, run.uid, run.count);
    }
    tw_imap_uids_clear(uids);
    *uids = left;
}

/* ---- packed: of each run how far behind the one before it begins, and how many it has, seven bits a byte ---- */

static void
put_packed(TwBuffer *out, guint32 number)
{
    for (; number >= 0x80; number >>= 7)
        tw_buffer_put_u8(out, (guint8) (number | 0x80));
    tw_buffer_put_u8(out, (guint8) number);
}

static guint32
take_packed(TwCursor *cur)
{
    guint32 number = 0;
    guint8 byte = 0x80;

    for (guint shift = 0; byte >= 0x80 && tw_cursor_take_u8(cur, &byte); shift += 7)
        number |= (guint32) (byte & 0x7f) << shift;
    return number;
}

void
tw_imap_uids_put(const TwImapUids *uids, TwBuffer *out)
{
    guint32 behind = 0;

    for (guint i = 0; i < run_count(uids); i++) {
        const TwImapRun *run = run_at(uids, i);

        put_packed(out, run->uid - behind);
        put_packed(out, run->count);
        behind = run->uid + run->count;
    }
}

void
tw_imap_uids_take(TwImapUids *uids, TwCursor *cur)
{
    guint32 behind = 0;

    tw_imap_uids_clear(uids);
    while (cur->left > 0) {
        guint32 uid = behind + take_packed(cur);
        guint32 count = take_packed(cur);

        append_run(uids, uid, count);
        behind = uid + count;
    }
}

void
tw_imap_uids_pack(TwImapUids *uids)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);

    if (run_count(uids) == 0)
        return;
    tw_imap_uids_put(uids, &out);
    uids->packed = g_bytes_new(out.data, out.len); /* without the buffer's spare room */
    g_clear_pointer(&uids->runs, g_array_unref);
}

void
tw_imap_uids_unpack(TwImapUids *uids)
{
    g_autoptr(GBytes) packed = g_steal_pointer(&uids->packed);
    TwCursor cur;

    if (packed == NULL)
        return;
    cur = tw_cursor_init(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed));
    tw_imap_uids_take(uids, &cur);
}

/* ---- sets ---- */

gboolean
tw_imap_uids_resolve(const TwImapUids *uids, const GArray *set, gboolean by_uid, GArray *ret)
{
    guint32 star = by_uid ? tw_imap_uids_last(uids) : uids->count;

    for (guint i = 0; i < set->len; i++) {
        TwImapRange in = g_array_index(set, TwImapRange, i), out;

        in.first = in.first == TW_IMAP_STAR ? star : in.first;
        in.last = in.last == TW_IMAP_STAR ? star : in.last;
        out = (TwImapRange){ MIN(in.first, in.last), MAX(in.first, in.last) };
        if (!by_uid) {
            out =
                (TwImapRange){ tw_imap_uids_at(uids, out.first), tw_imap_uids_at(uids, out.last) };
            if (out.first == 0 || out.last == 0)
                return FALSE;
        }
        if (out.last != 0)
            g_array_append_val(ret, out);
    }
    tw_imap_ranges_merge(ret);
    return TRUE;
}

static gint
compare_ranges(gconstpointer left, gconstpointer right)
{
    const TwImapRange *a = left, *b = right;

    return (a->first > b->first) - (a->first < b->first);
}

void
tw_imap_ranges_merge(GArray *ranges)
{
    guint kept = 0;

    g_array_sort(ranges, compare_ranges);
    for (guint i = 1; i < ranges->len; i++) {
        TwImapRange *last = &g_array_index(ranges, TwImapRange, kept);
        TwImapRange next = g_array_index(ranges, TwImapRange, i);

        if (last->last == G_MAXUINT32 || next.first <= last->last + 1)
            last->last = MAX(last->last, next.last);
        else
            g_array_index(ranges, TwImapRange, ++kept) = next;
    }
    if (ranges->len > 0)
        g_array_set_size(ranges, kept + 1);
}

gboolean
tw_imap_ranges_have(const GArray *ranges, guint32 value)
{
    guint low = 0, high = ranges->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwImapRange *range = &g_array_index(ranges, TwImapRange, middle);

        if (value >= range->first && value <= range->last)
            return TRUE;
        if (value > range->last)
            low = middle + 1;
        else
            high = middle;
    }
    return FALSE;
}

void
tw_imap_ranges_add(GArray *ranges, guint32 value)
{
    TwImapRange *last =
        ranges->len > 0 ? &g_array_index(ranges, TwImapRange, ranges->len - 1) : NULL;
    TwImapRange one = { value, value };

    if (last != NULL && value <= last->last)
        return;
    if (last != NULL && value == last->last + 1)
        last->last = value;
    else
        g_array_append_val(ranges, one);
}

void
tw_imap_ranges_put(TwBuffer *out, const GArray *ranges)
{
    char text[32];

    for (guint i = 0; i < ranges->len; i++) {
        const TwImapRange *range = &g_array_index(ranges, TwImapRange, i);
        gint len;

        if (range->first == range->last)
            len = g_snprintf(text, sizeof text, "%s%u", i > 0 ? "," : "", range->first);
        else
            len = g_snprintf(text, sizeof text, "%s%u:%u", i > 0 ? "," : "", range->first,
                             range->last);
        tw_buffer_put(out, text, (gsize) len);
    }
}
