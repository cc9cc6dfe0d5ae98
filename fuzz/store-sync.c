/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* States of clients, and sets of messages: what parses can be written, and parses back to the same. */
#include <string.h>

#include "base/hash.h"
#include "store/sync-private.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t len);

static void
try_state(const guint8 *data, gsize len)
{
    g_autoptr(GError) error = NULL;
    TwSyncState state, back;
    guint8 bytes[TW_SYNC_STATE_LEN];
    gboolean ok = tw_sync_state_parse(data, len, &state, &error);

    g_assert_true(ok == (error == NULL));
    if (!ok)
        return;
    tw_sync_state_write(&state, bytes);
    g_assert_true(tw_sync_state_parse(bytes, sizeof bytes, &back, NULL));
    g_assert_true(back.sync == state.sync && back.cn == state.cn && back.below == state.below &&
                  back.list == state.list && back.filter == state.filter &&
                  back.place == state.place);
}

static void
try_seen(const guint8 *data, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwSyncSeen) seen = { 0 };
    g_autoptr(GBytes) back = NULL;
    gboolean ok = tw_sync_seen_parse(data, len, &seen, &error);

    g_assert_true(ok == (error == NULL));
    if (!ok)
        return;
    back = tw_sync_seen_write(&seen);
    g_assert_true(g_bytes_get_size(back) == len &&
                  memcmp(g_bytes_get_data(back, NULL), data, len) == 0);
}

/* With a beginning and a sum that fit, so that what is behind them is reached. */
static void
try_fitting(const guint8 *data)
{
    static const guint8 magic[4] = { 'T', 'w', 'S', '1' };
    guint8 copy[TW_SYNC_STATE_LEN];
    guint32 crc;

    memcpy(copy, data, sizeof copy);
    memcpy(copy, magic, sizeof magic);
    crc = GUINT32_TO_LE(tw_crc32c(0, copy, sizeof copy - sizeof crc));
    memcpy(copy + sizeof copy - sizeof crc, &crc, sizeof crc);
    try_state(copy, sizeof copy);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t len)
{
    try_state(data, len);
    if (len >= TW_SYNC_STATE_LEN)
        try_fitting(data);
    try_seen(data, len);
    return 0;
}
