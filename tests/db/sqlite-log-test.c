/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The log's bytes: what a power cut may leave is never called damage, and damage before the last commit is never
 * called a power cut. Logs are built here, with the sums that SQLite would write.
 */
#include "db/sqlite-log-scan.h"

#include <string.h>

#include "db/sqlite-log.h"
#include "support/fault-fs.h"

enum {
    PAGE = 4096,
    FRAMES = 8, /* of the round: commits of 1, 3, 1, 1 and 2 frames */
    OLD = 5     /* of the round before, behind them */
};

static const guint32 commit_size[FRAMES] = { 5, 0, 0, 6, 6, 7, 0, 9 };

typedef struct {
    guint8 bytes[TW_SQLITE_LOG_HEADER + (FRAMES + OLD) * TW_SQLITE_FRAME];
} Log;

static void
put_u32(guint8 *to, guint32 value)
{
    guint32 raw = GUINT32_TO_BE(value);

    memcpy(to, &raw, sizeof raw);
}

static void
put_sum(guint8 *to, TwSqliteSum sum)
{
    put_u32(to, sum.a);
    put_u32(to + 4, sum.b);
}

static guint8 *
frame_at(Log *log, guint index)
{
    return log->bytes + TW_SQLITE_LOG_HEADER + (gsize) index * TW_SQLITE_FRAME;
}

static TwSqliteSum
put_header(Log *log, gboolean big_endian, guint32 round)
{
    const guint32 words[] = {
        big_endian ? 0x377f0683 : 0x377f0682, 3007000, PAGE, round, 1000 + round, 77 * round
    };
    TwSqliteSum sum;

    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        put_u32(log->bytes + (gsize) 4 * i, words[i]);
    sum = tw_sqlite_log_sum(big_endian, (TwSqliteSum){ 0, 0 }, log->bytes, 24);
    put_sum(log->bytes + 24, sum);
    return sum;
}

static TwSqliteSum
put_frame(Log *log,
          guint index,
          gboolean big_endian,
          guint32 round,
          guint32 commit,
          guint8 fill,
          TwSqliteSum sum)
{
    guint8 *frame = frame_at(log, index);

    memset(frame + TW_SQLITE_FRAME_HEADER, fill, PAGE);
    put_u32(frame, 3 * (index + 1)); /* one flipped bit does not make it 0 */
    put_u32(frame + 4, commit);
    put_u32(frame + 8, 1000 + round);
    put_u32(frame + 12, 77 * round);
    sum = tw_sqlite_log_sum(big_endian, sum, frame, 8);
    sum = tw_sqlite_log_sum(big_endian, sum, frame + TW_SQLITE_FRAME_HEADER, PAGE);
    put_sum(frame + 16, sum);
    return sum;
}

/* A whole round before, every frame a commit; then `frames` of this one. */
static void
build(Log *log, gboolean big_endian, guint frames)
{
    TwSqliteSum sum = put_header(log, big_endian, 4);

    for (guint i = 0; i < FRAMES + OLD; i++)
        sum = put_frame(log, i, big_endian, 4, 5, (guint8) (200 + i), sum);
    if (frames == 0)
        return;
    sum = put_header(log, big_endian, 5);
    for (guint i = 0; i < frames; i++)
        sum = put_frame(log, i, big_endian, 5, commit_size[i], (guint8) (100 + i), sum);
}

/* In exact-size copies. */
static TwSqliteLogScan
scan(const Log *log, guint frames)
{
    g_autofree guint8 *header = g_memdup2(log->bytes, TW_SQLITE_LOG_HEADER);
    TwSqliteLogScan result;

    tw_sqlite_log_scan_begin(&result, header);
    for (guint i = 0; i < frames; i++) {
        g_autofree guint8 *frame = g_memdup2(
            log->bytes + TW_SQLITE_LOG_HEADER + (gsize) i * TW_SQLITE_FRAME, TW_SQLITE_FRAME);
        tw_sqlite_log_scan_frame(&result, frame);
    }
    return result;
}

static void
test_whole(void)
{
    g_autofree Log *log = g_new0(Log, 1);

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        for (guint frames = 1; frames <= FRAMES; frames++) {
            TwSqliteLogScan result;
            build(log, big_endian, frames);
            result = scan(log, FRAMES + OLD);
            g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
            g_assert_cmpuint(result.good_frames, ==, frames);
            result = scan(log, frames - 1); /* the file is cut */
            g_assert_cmpuint(result.good_frames, ==, frames - 1);
        }
    }
    memset(log, 0, sizeof *log);
    g_assert_cmpint(scan(log, 3).state, ==, TW_SQLITE_LOG_EMPTY);
}

/* What is left of an earlier round ends the search, when there is enough of it. */
static void
test_end(void)
{
    g_autofree Log *log = g_new0(Log, 1);
    TwSqliteLogScan result;

    build(log, FALSE, 1);
    result = scan(log, 1);
    for (guint i = 0; i < 17; i++) {
        g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
        tw_sqlite_log_scan_frame(&result, frame_at(log, FRAMES));
    }
    g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_END);
    g_assert_cmpint(tw_sqlite_log_scan_frame(&result, frame_at(log, 0)), ==, TW_SQLITE_LOG_END);
    g_assert_cmpuint(result.good_frames, ==, 1);
}

/* Every bit of every frame's header, and some of its page. */
static void
test_damaged_frame(void)
{
    g_autofree Log *log = g_new0(Log, 1);

    build(log, FALSE, FRAMES);
    for (guint i = 0; i < FRAMES; i++) {
        guint in_last_commit = FRAMES - 2;
        for (guint bit = 0; bit < TW_SQLITE_FRAME * 8; bit += bit < 24 * 8 ? 1 : 997) {
            guint8 *byte = frame_at(log, i) + bit / 8;
            TwSqliteLogScan result;
            *byte ^= (guint8) (1u << bit % 8);
            result = scan(log, FRAMES + OLD);
            g_assert_cmpuint(result.good_frames, ==, i);
            if (i < in_last_commit) {
                g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_CORRUPT);
                g_assert_cmpuint(result.damaged_at, ==, TW_SQLITE_LOG_HEADER + i * TW_SQLITE_FRAME);
            } else if (bit < 32 || bit >= 64) { /* else it says of itself that it is a commit */
                g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
            }
            *byte ^= (guint8) (1u << bit % 8);
        }
    }
}

/* A frame gone altogether, as a lost write leaves it. */
static void
test_lost_frame(void)
{
    static const int fills[] = { 0, 0xff, 'x' };

    for (guint i = 0; i < FRAMES; i++) {
        for (guint fill = 0; fill < G_N_ELEMENTS(fills); fill++) {
            g_autofree Log *log = g_new0(Log, 1);
            gboolean proven = i < 5; /* the commit of frame 5 stands on itself, and 6 follows it */
            build(log, FALSE, FRAMES);
            memset(frame_at(log, i), fills[fill], TW_SQLITE_FRAME);
            g_assert_cmpint(scan(log, FRAMES + OLD).state, ==,
                            proven ? TW_SQLITE_LOG_CORRUPT : TW_SQLITE_LOG_FRAMES);
        }
    }
}

/* Any bit of the log's header but the one that makes the round one more, which a header cut short has too. */
static void
test_damaged_header(void)
{
    g_autofree Log *log = g_new0(Log, 1);

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        build(log, big_endian, FRAMES);
        for (guint bit = 0; bit < TW_SQLITE_LOG_HEADER * 8; bit++) {
            TwSqliteLogScan result;
            log->bytes[bit / 8] ^= (guint8) (1u << bit % 8);
            result = scan(log, FRAMES + OLD);
            g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_CORRUPT);
            g_assert_cmpuint(result.damaged_at, ==, 0);
            g_assert_cmpuint(result.good_frames, ==, 0);
            log->bytes[bit / 8] ^= (guint8) (1u << bit % 8);
        }
    }
    build(log, FALSE, 0); /* its round is 4 */
    log->bytes[15] ^= 1;
    g_assert_cmpint(scan(log, FRAMES).state, ==, TW_SQLITE_LOG_EMPTY);
}

/* Writing or clearing a header is cut at each byte: the frames are those of the round before, which are copied. */
static void
test_torn_header(void)
{
    for (int how = 0; how < 3; how++) { /* over a header, over zeros, zeros over a header */
        for (guint cut = 1; cut < TW_SQLITE_LOG_HEADER; cut++) {
            g_autofree Log *log = g_new0(Log, 1);
            guint8 old[TW_SQLITE_LOG_HEADER] = { 0 }, new[TW_SQLITE_LOG_HEADER];
            TwSqliteLogScan result;
            build(log, FALSE, 0);
            if (how != 1)
                memcpy(old, log->bytes, sizeof old);
            if (how == 2)
                memset(log->bytes, 0, sizeof old);
            else
                put_header(log, FALSE, 5);
            memcpy(new, log->bytes, sizeof new);
            memcpy(log->bytes + cut, old + cut, sizeof old - cut);
            result = scan(log, FRAMES + OLD);
            if (how < 2 && (memcmp(log->bytes, old, sizeof old) == 0 ||
                            memcmp(log->bytes, new, sizeof new) == 0)) /* what is cut is the same */
                g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
            else
                g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_EMPTY);
        }
    }
}

/* The same where the next round's number carries into higher bytes. */
static void
test_torn_carry(void)
{
    static const guint32 rounds[] = { 0xff, 0xffff, 0xffffff, 0xffffffff, 0x1ff };

    for (guint i = 0; i < G_N_ELEMENTS(rounds); i++) {
        for (guint cut = 1; cut < TW_SQLITE_LOG_HEADER; cut++) {
            g_autofree Log *log = g_new0(Log, 1);
            guint8 old[TW_SQLITE_LOG_HEADER];
            TwSqliteSum sum = put_header(log, FALSE, rounds[i]);
            for (guint n = 0; n < 3; n++)
                sum = put_frame(log, n, FALSE, rounds[i], 5, (guint8) (100 + n), sum);
            memcpy(old, log->bytes, sizeof old);
            put_header(log, FALSE, rounds[i] + 1);
            memcpy(log->bytes + cut, old + cut, sizeof old - cut);
            g_assert_cmpint(scan(log, 3).state, !=, TW_SQLITE_LOG_CORRUPT);
        }
    }
}

/* A commit is cut at each byte, over frames that were taken back: its header may be joined to one of theirs. */
static void
test_cut_header(void)
{
    for (guint begins = 1; begins < FRAMES; begins++) {
        for (guint cut = 0; cut < TW_SQLITE_FRAME_HEADER; cut++) {
            g_autofree Log *log = g_new0(Log, 1);
            guint8 header[TW_SQLITE_FRAME];
            TwSqliteLogScan result;
            TwSqliteSum sum;
            build(log, FALSE, begins);
            sum = (TwSqliteSum){ 5, 6 };
            for (guint i = begins; i < FRAMES + OLD; i++)
                sum = put_frame(log, i, FALSE, 5, 0, 't', sum);
            memcpy(header, frame_at(log, begins), sizeof header);
            put_frame(log, begins, FALSE, 5, 9, 'n', sum);
            memcpy(frame_at(log, begins) + cut, header + cut, sizeof header - cut);
            result = scan(log, FRAMES + OLD);
            g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
            g_assert_cmpuint(result.good_frames, ==, begins);
        }
    }
}

/* ---- the file, made certain ---- */

static TwSqliteSum
sum_at(Log *log, guint index)
{
    guint32 raw[2];

    memcpy(raw, frame_at(log, index) + 16, sizeof raw);
    return (TwSqliteSum){ GUINT32_FROM_BE(raw[0]), GUINT32_FROM_BE(raw[1]) };
}

static TwFaultFs *
file_of(const Log *log, gsize len)
{
    TwFaultFs *disk = tw_fault_fs_new();
    g_autoptr(TwFile) file = tw_file_open(tw_fault_fs_get(disk), "/log",
                                          TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, NULL);

    g_assert_true(tw_file_write(file, 0, log->bytes, len, NULL));
    return disk;
}

static void
certify(TwFaultFs *disk, Log *ret, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFile) file = NULL;

    tw_sqlite_log_certify(tw_fault_fs_get(disk), "/log", 0, 0, &error);
    g_assert_no_error(error);
    file = tw_file_open(tw_fault_fs_get(disk), "/log", TW_FILE_READ, NULL);
    g_assert_true(tw_file_read_exact(file, 0, ret->bytes, len, NULL));
}

/* What a power cut left of a transaction that was to be a commit goes before the next one is written over it; else that
 * one's own power cut may leave its commit, with the sum of an old frame, before the rest of the old. */
static void
test_rest_is_dropped(void)
{
    static const guint lost[] = {
        5, 6
    }; /* the frame of the last transaction, or of the one of two, that is not whole */

    for (guint i = 0; i < G_N_ELEMENTS(lost); i++) {
        for (guint cut = 0; cut <= TW_SQLITE_FRAME_HEADER; cut++) {
            g_autofree Log *log = g_new0(Log, 1), *after = g_new0(Log, 1);
            g_autoptr(TwFaultFs) disk = NULL;
            TwSqliteLogScan result;
            gsize kept;
            build(log, FALSE, FRAMES);
            *(frame_at(log, lost[i]) + 1000) ^= 1;
            if (lost[i] < 6) /* it would be damage: the commit behind it goes too */
                memset(frame_at(log, 6), 0, 24);
            memset(frame_at(log, FRAMES), 0, TW_SQLITE_FRAME_HEADER);
            put_frame(log, FRAMES + 4, FALSE, 5, 7, 'f', (TwSqliteSum){ 8, 9 }); /* far behind */
            disk = file_of(log, sizeof log->bytes);
            certify(disk, after, sizeof after->bytes);
            result = scan(after, FRAMES + OLD);
            g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
            g_assert_cmpuint(result.committed_frames, ==, lost[i]);
            g_assert_cmpuint(result.good_frames, ==, lost[i]);
            for (guint n = lost[i]; n < FRAMES + OLD; n++)
                g_assert_false(tw_sqlite_log_is_of_round(&result, frame_at(after, n)));
            kept = TW_SQLITE_LOG_HEADER + (gsize) lost[i] * TW_SQLITE_FRAME;
            g_assert_true(memcmp(after->bytes, log->bytes, kept) == 0);
            /* the next one, cut short */
            memcpy(log, after, sizeof *log);
            put_frame(log, lost[i], FALSE, 5, 9, 'n', sum_at(log, lost[i] - 1));
            memcpy(after->bytes, log->bytes, kept + cut);
            result = scan(after, FRAMES + OLD);
            g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
        }
    }
}

/* A header that was cut short keeps the old round's salt: SQLite would go on with that. */
static void
test_start_is_cleared(void)
{
    static const guint8 zeros[TW_SQLITE_LOG_HEADER + TW_SQLITE_FRAME_HEADER];

    for (guint cut = 0; cut <= TW_SQLITE_LOG_HEADER; cut++) {
        for (guint len = 0; len < 3; len++) {
            static const gsize lens[] = { 40, sizeof zeros, sizeof(Log) };
            g_autofree Log *log = g_new0(Log, 1), *after = g_new0(Log, 1);
            g_autoptr(TwFaultFs) disk = NULL;
            guint8 old[TW_SQLITE_LOG_HEADER];
            gboolean holds;
            build(log, FALSE, 0);
            memcpy(old, log->bytes, sizeof old);
            put_header(log, FALSE, 5);
            memcpy(log->bytes + cut, old + cut, sizeof old - cut);
            holds = scan(log, 0).state == TW_SQLITE_LOG_FRAMES;
            disk = file_of(log, lens[len]);
            certify(disk, after, lens[len]);
            if (holds)
                g_assert_true(memcmp(after->bytes, log->bytes, sizeof old) == 0);
            else
                g_assert_true(memcmp(after->bytes, zeros, MIN(lens[len], sizeof zeros)) == 0);
        }
    }
}

/* The last transaction is being written: any of its sectors may be there or not, over the frames of the round before,
 * over what another one that never committed left, or over zeros. */
static void
test_power_cut(void)
{
    g_autofree Log *whole = g_new0(Log, 1), *cut = g_new0(Log, 1);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    for (guint round = 0; round < 3000; round++) {
        guint begins = (guint[]){ 0, 1, 4, 5, 6 }[round % 5];
        guint ends = (guint[]){ 1, 4, 5, 6, 8 }[round % 5];
        gsize from = TW_SQLITE_LOG_HEADER + begins * TW_SQLITE_FRAME;
        gsize to = TW_SQLITE_LOG_HEADER + ends * TW_SQLITE_FRAME;
        TwSqliteLogScan result;
        build(whole, FALSE, ends);
        build(cut, FALSE, MAX(begins, 1));
        if (begins == 0)
            memcpy(frame_at(cut, 0), frame_at(cut, FRAMES), TW_SQLITE_FRAME);
        if (round % 3 == 1) { /* what was rolled back: no commits, but chained */
            TwSqliteSum sum = { 1, 2 };
            for (guint i = begins; i < FRAMES; i++)
                sum = put_frame(cut, i, FALSE, 5, 0, 'r', sum);
        } else if (round % 3 == 2) {
            memset(cut->bytes + from, 0, sizeof cut->bytes - from);
        }
        for (gsize at = from; at < to;) {
            gsize part = MIN(512 - at % 512, to - at);
            if (g_rand_boolean(rand))
                memcpy(cut->bytes + at, whole->bytes + at, part);
            at += part;
        }
        result = scan(cut, FRAMES + OLD);
        g_assert_cmpint(result.state, ==, TW_SQLITE_LOG_FRAMES);
        g_assert_cmpuint(result.good_frames, >=, begins);
        g_assert_cmpuint(result.good_frames, <=, ends);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/sqlite-log/whole", test_whole);
    g_test_add_func("/db/sqlite-log/end", test_end);
    g_test_add_func("/db/sqlite-log/damaged-frame", test_damaged_frame);
    g_test_add_func("/db/sqlite-log/lost-frame", test_lost_frame);
    g_test_add_func("/db/sqlite-log/damaged-header", test_damaged_header);
    g_test_add_func("/db/sqlite-log/torn-header", test_torn_header);
    g_test_add_func("/db/sqlite-log/torn-carry", test_torn_carry);
    g_test_add_func("/db/sqlite-log/cut-header", test_cut_header);
    g_test_add_func("/db/sqlite-log/rest-is-dropped", test_rest_is_dropped);
    g_test_add_func("/db/sqlite-log/start-is-cleared", test_start_is_cleared);
    g_test_add_func("/db/sqlite-log/power-cut", test_power_cut);
    return g_test_run();
}
