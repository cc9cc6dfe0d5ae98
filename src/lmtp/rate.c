/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/rate.h"

#include "base/lock.h"

typedef struct {
    char *client; /* owned: the key */
    gint64
        left; /* in parts of a mail: a minute's microseconds are one mail for each that is allowed in it */
    gint64 seen_us;
    GList link;
} Bucket;

struct TwLmtpRate {
    guint per_minute, clients;
    TwLock lock;       /* guards what follows; a leaf */
    GHashTable *table; /* client -> Bucket, owned */
    GQueue order;      /* the one that was silent longest first */
};

enum {
    MINUTE_US = 60 * G_USEC_PER_SEC
};

static void
free_bucket(gpointer data)
{
    Bucket *bucket = data;

    g_free(bucket->client);
    g_free(bucket);
}

TwLmtpRate *
tw_lmtp_rate_new(guint per_minute, guint clients)
{
    TwLmtpRate *rate = g_new0(TwLmtpRate, 1);

    rate->per_minute = per_minute;
    rate->clients = clients;
    tw_lock_init(&rate->lock);
    rate->table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_bucket);
    return rate;
}

void
tw_lmtp_rate_free(TwLmtpRate *rate)
{
    if (rate == NULL)
        return;
    g_hash_table_unref(rate->table); /* the links are in the buckets */
    tw_lock_clear(&rate->lock);
    g_free(rate);
}

static Bucket *
get_bucket(TwLmtpRate *rate, const char *client, gint64 now_us)
{
    Bucket *bucket = g_hash_table_lookup(rate->table, client);

    if (bucket != NULL) {
        g_queue_unlink(&rate->order, &bucket->link);
    } else {
        if (g_hash_table_size(rate->table) >= rate->clients) {
            GList *oldest = g_queue_pop_head_link(&rate->order);
            g_hash_table_remove(rate->table, ((Bucket *) oldest->data)->client);
        }
        bucket = g_new0(Bucket, 1);
        bucket->client = g_strdup(client);
        bucket->link.data = bucket;
        bucket->left = (gint64) rate->per_minute * MINUTE_US;
        bucket->seen_us = now_us;
        g_hash_table_insert(rate->table, bucket->client, bucket);
    }
    g_queue_push_tail_link(&rate->order, &bucket->link);
    return bucket;
}

gboolean
tw_lmtp_rate_take(TwLmtpRate *rate, const char *client, gint64 now_us)
{
    gint64 full = (gint64) rate->per_minute * MINUTE_US;
    gint64 gone;
    Bucket *bucket;
    gboolean ok;

    if (rate->per_minute == 0)
        return TRUE;
    tw_lock(&rate->lock);
    bucket = get_bucket(rate, client, now_us);
    gone = CLAMP(now_us - bucket->seen_us, 0, MINUTE_US);
    bucket->left = MIN(full, bucket->left + gone * rate->per_minute);
    bucket->seen_us = now_us;
    ok = bucket->left >= MINUTE_US;
    if (ok)
        bucket->left -= MINUTE_US;
    tw_unlock(&rate->lock);
    return ok;
}
