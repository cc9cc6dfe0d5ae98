/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/remote-private.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/number.h"

enum {
    DOMAIN_LEN = 32, /* hexadecimal digits of a prefix */
    REFUSE_PERCENT = 95,
    SLOW_PERCENT = 80,
    SLOW_US = 200 * 1000,
    ACKNOWLEDGE_SEGMENT = 4 << 20, /* the open segment is put anew at each acknowledgement */
    LEAST_SEGMENT = 64 << 10,
};

/* ---- names ---- */

static char *
hash_hex(const TwGuid *key, const char *what, const TwBlobId *id, guint64 serial)
{
    guint8 code[TW_SHA256_LEN];
    TwHmacSha256 hmac;
    guint64 le = GUINT64_TO_LE(serial);
    GString *hex = g_string_new(NULL);

    tw_hmac_sha256_init(&hmac, key->bytes, sizeof key->bytes);
    tw_hmac_sha256_update(&hmac, what, strlen(what));
    if (id != NULL)
        tw_hmac_sha256_update(&hmac, id->bytes, TW_BLOB_ID_LEN);
    tw_hmac_sha256_update(&hmac, &le, sizeof le);
    tw_hmac_sha256_finish(&hmac, code);
    tw_hmac_sha256_clear(&hmac);
    for (guint i = 0; i < sizeof code; i++)
        g_string_append_printf(hex, "%02x", code[i]);
    return g_string_free(hex, FALSE);
}

char *
tw_remote_segment_key(const TwRemote *remote, guint64 number)
{
    return g_strdup_printf("%s/segments/%016" G_GINT64_MODIFIER "x", remote->prefix, number);
}

/* The name says nothing of the value to whoever sees names only: its digest is keyed with the volume's GUID. The serial keeps
 * apart the copies that a value had one after the other. */
char *
tw_remote_key(const TwRemote *remote, const TwBucketRow *row)
{
    g_autofree char *hash = NULL;

    if (row->kind == TW_BUCKET_SEGMENT)
        return tw_remote_segment_key(remote, row->number);
    hash = hash_hex(&remote->volume->guid, "file", &row->id, row->number);
    return row->scope == 0 ? g_strdup_printf("%s/server/%s", remote->prefix, hash)
                           : g_strdup_printf("%s/company-%u/%s", remote->prefix, row->scope, hash);
}

/* ---- the spool ---- */

void
tw_remote_poke(TwRemote *remote)
{
    if (remote == NULL)
        return;
    tw_lock(&remote->lock);
    remote->poked = TRUE;
    g_cond_signal(&remote->wake);
    tw_unlock(&remote->lock);
}

void
tw_remote_add_waiting(TwRemote *remote, guint64 bytes)
{
    if (remote == NULL)
        return;
    tw_lock(&remote->lock);
    remote->waiting += bytes;
    tw_unlock(&remote->lock);
}

void
tw_remote_take_waiting(TwRemote *remote, guint64 bytes)
{
    if (remote == NULL)
        return;
    tw_lock(&remote->lock);
    remote->waiting -= MIN(bytes, remote->waiting);
    g_cond_broadcast(&remote->drained);
    tw_unlock(&remote->lock);
}

gboolean
tw_remote_admit(TwRemote *remote, GError **error)
{
    guint64 waiting;

    if (remote == NULL)
        return TRUE;
    tw_lock(&remote->lock);
    if (remote->waiting >= remote->spool_bytes / 100 * SLOW_PERCENT &&
        remote->waiting < remote->spool_bytes / 100 * REFUSE_PERCENT)
        (void) tw_lock_wait(&remote->lock, &remote->drained, g_get_monotonic_time() + SLOW_US);
    waiting = remote->waiting;
    tw_unlock(&remote->lock);
    if (waiting < remote->spool_bytes / 100 * REFUSE_PERCENT)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NO_SPACE,
                "%s: %" G_GUINT64_FORMAT
                " bytes wait for it, and attachment_s3_spool_size is %" G_GUINT64_FORMAT,
                tw_s3_place(remote->s3), waiting, remote->spool_bytes);
    return FALSE;
}

gboolean
tw_remote_acknowledge(TwRemote *remote, GError **error)
{
    guint done;

    if (remote == NULL || !remote->acknowledge)
        return TRUE;
    return tw_volume_flush(remote->volume, error) &&
           tw_remote_put_waiting(remote, TRUE, &done, error);
}

/* ---- opening ---- */

static guint
hash_copy(gconstpointer key)
{
    const TwRemoteCopy *copy = key;

    return (guint) (copy->number * 31 + copy->window) * 31 + copy->kind;
}

static gboolean
equal_copies(gconstpointer a, gconstpointer b)
{
    const TwRemoteCopy *left = a, *right = b;

    return left->number == right->number && left->window == right->window &&
           left->kind == right->kind;
}

typedef struct {
    const char *place;
    char *known;   /* owned: where the objects are, as far as the catalog knows */
    char *backlog; /* owned: the first segment that is none */
    GArray *objects;
    guint64 waiting;
} Facts;

static gboolean
read_facts(TwDbTx *tx, gpointer data, GError **error)
{
    Facts *facts = data;

    if (facts->objects != NULL)
        g_array_set_size(facts->objects, 0);
    return tw_fact_get(tx, "bucket", &facts->known, error) &&
           tw_fact_get(tx, "backlog", &facts->backlog, error) &&
           tw_bucket_waiting_bytes(tx, &facts->waiting, error) &&
           (facts->objects == NULL || tw_bucket_all(tx, facts->objects, error));
}

static gboolean
write_place(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_fact_put(tx, "bucket", ((const Facts *) data)->place, error);
}

/* Without the keys of a bucket that has values, those would look lost. */
static gboolean
refuse_without(TwBlobVolume *volume, GError **error)
{
    Facts facts = { 0 };
    gboolean ok = tw_db_read(volume->catalog, NULL, read_facts, &facts, error);

    if (ok && facts.known != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "values of this data folder lie in %s: it does not open without "
                    "attachment_storage = s3 and the keys for that bucket",
                    facts.known);
        ok = FALSE;
    }
    g_free(facts.known);
    g_free(facts.backlog);
    return ok;
}

/* An account that is refused, another's bucket: no start. A server that is away is no reason, once it was the right one. */
static gboolean
check_bucket(TwRemote *remote, GError **error)
{
    TwBlobVolume *volume = remote->volume;
    Facts facts = { .place = tw_s3_place(remote->s3) };
    g_autoptr(GError) local = NULL;
    gboolean ok = tw_db_read(volume->catalog, NULL, read_facts, &facts, error);
    g_autofree char *known = facts.known;

    g_free(facts.backlog);
    if (!ok)
        return FALSE;
    remote->is_new = known == NULL;
    if (tw_remote_check_access(remote, &local)) {
        if (known == NULL && !tw_remote_restore_segments(remote, error))
            return FALSE;
        return g_strcmp0(known, facts.place) == 0 ||
               tw_db_write(volume->catalog, write_place, &facts, error);
    }
    if (known != NULL && (g_error_matches(local, TW_ERROR, TW_ERROR_BUSY) ||
                          g_error_matches(local, TW_ERROR, TW_ERROR_TIMEOUT))) {
        remote->is_away = TRUE;
        tw_volume_trouble(volume, facts.place, local);
        return TRUE;
    }
    g_propagate_prefixed_error(error, g_steal_pointer(&local), "S3: ");
    return FALSE;
}

gboolean
tw_remote_open(TwBlobVolume *volume, const TwBlobS3 *config, GError **error)
{
    g_autofree char *domain = NULL;
    TwRemote *remote;
    TwS3 *s3;

    if (config == NULL)
        return refuse_without(volume, error);
    s3 = tw_s3_new(config, error);
    if (s3 == NULL)
        return FALSE;
    domain = hash_hex(&volume->guid, "volume", NULL, 0);
    remote = g_new0(TwRemote, 1);
    remote->volume = volume;
    remote->s3 = s3;
    remote->prefix = g_strndup(domain, DOMAIN_LEN);
    remote->spool_bytes = config->spool_bytes;
    remote->cache_bytes = config->cache_bytes;
    remote->acknowledge = config->acknowledge;
    if (config->acknowledge)
        volume->config.segment_bytes_max =
            CLAMP(volume->config.segment_bytes_max, LEAST_SEGMENT, ACKNOWLEDGE_SEGMENT);
    g_mutex_init(&remote->carry);
    tw_lock_init(&remote->lock);
    g_cond_init(&remote->wake);
    g_cond_init(&remote->drained);
    remote->copies = g_hash_table_new_full(hash_copy, equal_copies, g_free, NULL);
    remote->refused = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    tw_remote_init_files(remote);
    volume->remote = remote;
    return check_bucket(remote, error);
}

/* ---- what is known of objects ---- */

/* A segment is there, and here too, or there only. */
static void
place_segment(TwRemote *remote, const TwBucketRow *row)
{
    TwBlobVolume *volume = remote->volume;
    TwSegment *segment;

    tw_lock(&volume->lock);
    segment = g_hash_table_lookup(volume->segments, &row->number);
    if (segment == NULL) {
        segment = tw_remote_open_segment(remote, row);
        g_hash_table_insert(volume->segments, &segment->number, segment);
        volume->next_number = MAX(volume->next_number, row->number + 1);
    } else if (segment->closed && segment->end <= row->size) {
        segment->proven = segment->end;
        tw_remote_add_copy(remote, TW_BUCKET_SEGMENT, row->number, G_MAXUINT32, segment->size);
    } else {
        segment->proven = MIN(row->size, segment->end);
    }
    tw_unlock(&volume->lock);
}

static void
place_file(TwRemote *remote, const TwBucketRow *row)
{
    g_autofree char *path = tw_volume_file_path(remote->volume, row->number);
    TwFileStat stat;

    if (tw_file_stat_path(remote->volume->config.fs, path, &stat, NULL))
        tw_remote_add_copy(remote, TW_BUCKET_FILE, row->number, G_MAXUINT32, stat.size);
}

/* Bytes that lie here only, in segments and in files that the catalog does not know yet. */
static guint64
count_in_memory(TwRemote *remote)
{
    TwBlobVolume *volume = remote->volume;
    GHashTableIter iter;
    gpointer value;
    guint64 sum = 0;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwSegment *segment = value;
        if (segment->number >= remote->backlog && segment->proven < segment->end)
            sum += segment->end - segment->proven;
    }
    g_hash_table_iter_init(&iter, volume->recent);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        for (const Recent *recent = value; recent != NULL; recent = recent->next)
            sum += recent->entry.serial != 0 ? recent->entry.stored : 0;
    }
    tw_unlock(&volume->lock);
    return sum;
}

gboolean
tw_remote_count_waiting(TwRemote *remote, GError **error)
{
    Facts facts = { 0 };
    guint64 sum;

    if (!tw_db_read(remote->volume->catalog, NULL, read_facts, &facts, error))
        return FALSE;
    g_free(facts.known);
    g_free(facts.backlog);
    sum = facts.waiting + count_in_memory(remote);
    tw_lock(&remote->lock);
    remote->waiting = sum;
    g_cond_broadcast(&remote->drained);
    tw_unlock(&remote->lock);
    return TRUE;
}

static gboolean
write_backlog(TwDbTx *tx, gpointer data, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, *(const guint64 *) data);

    return tw_fact_put(tx, "backlog", text, error) && tw_bucket_all_backlog(tx, error);
}

static gboolean
place_all(TwRemote *remote, const Facts *facts, GError **error)
{
    TwBlobVolume *volume = remote->volume;

    for (guint i = 0; i < facts->objects->len; i++) {
        const TwBucketRow *row = &g_array_index(facts->objects, TwBucketRow, i);
        if (row->state != TW_BUCKET_THERE)
            continue;
        if (row->kind == TW_BUCKET_SEGMENT)
            place_segment(remote, row);
        else
            place_file(remote, row);
    }
    if (facts->backlog != NULL &&
        tw_parse_u64(facts->backlog, strlen(facts->backlog), G_MAXUINT64, &remote->backlog))
        return TRUE;
    remote->backlog = volume->next_number;
    return tw_db_write(volume->catalog, write_backlog, &remote->backlog, error);
}

gboolean
tw_remote_start(TwBlobVolume *volume, GError **error)
{
    TwRemote *remote = volume->remote;
    Facts facts = { .objects = NULL };
    gboolean ok;

    if (remote == NULL)
        return TRUE;
    facts.objects = g_array_new(FALSE, FALSE, sizeof(TwBucketRow));
    ok = tw_db_read(volume->catalog, NULL, read_facts, &facts, error) &&
         tw_remote_adopt_windows(remote, error) && place_all(remote, &facts, error) &&
         tw_remote_count_waiting(remote, error);
    if (ok)
        remote->carrier = g_thread_new("blob-carrier", tw_remote_carry, remote);
    g_free(facts.known);
    g_free(facts.backlog);
    g_array_free(facts.objects, TRUE);
    return ok;
}

void
tw_remote_close(TwRemote *remote)
{
    if (remote == NULL)
        return;
    tw_lock(&remote->lock);
    remote->closing = TRUE;
    g_cond_broadcast(&remote->wake);
    tw_unlock(&remote->lock);
    tw_s3_stop(remote->s3);
    if (remote->carrier != NULL)
        g_thread_join(remote->carrier);
    remote->carrier = NULL;
}

void
tw_remote_free(TwRemote *remote)
{
    if (remote == NULL)
        return;
    g_hash_table_unref(remote->copies);
    g_hash_table_unref(remote->refused);
    g_cond_clear(&remote->wake);
    g_cond_clear(&remote->drained);
    tw_lock_clear(&remote->lock);
    g_mutex_clear(&remote->carry);
    tw_s3_free(remote->s3);
    g_free(remote->prefix);
    g_free(remote);
}
