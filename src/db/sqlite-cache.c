/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SQLite's own page cache, but for one number. When a page is split, SQLite brings the pages into order by giving one of them for a
 * moment the number of the page that is never used (that of its lock, at one gigabyte). Its cache remembers the greatest number
 * it ever had; at the commit it therefore walks through all of its buckets to drop pages behind the end of the file: by a
 * profile about 19 us of CPU a delivery. Here that page has the number 0 meanwhile, which no page has either.
 *
 * Everything else is handed on to the cache that SQLite brings along.
 */
#include <sqlite3.h>

#include "db/sqlite-private.h"

enum {
    LOCK_AT = 0x40000000, /* PENDING_BYTE of the file format */
    NO_PAGE = 0,
};

static sqlite3_pcache_methods2 own; /* SQLite's; set before the first cache is made */

/* What SQLite takes for its cache. */
typedef struct {
    sqlite3_pcache *cache;
    unsigned int lock_page;
} Cache;

static Cache *
of(sqlite3_pcache *cache)
{
    return (Cache *) cache;
}

static int
cache_init(void *arg)
{
    return own.xInit != NULL ? own.xInit(arg) : SQLITE_OK;
}

static void
cache_shutdown(void *arg)
{
    if (own.xShutdown != NULL)
        own.xShutdown(arg);
}

static sqlite3_pcache *
cache_create(int page, int extra, int purgeable)
{
    sqlite3_pcache *made = own.xCreate(page, extra, purgeable);
    Cache *cache;

    if (made == NULL)
        return NULL;
    cache = g_new(Cache, 1);
    *cache = (Cache){ made, LOCK_AT / (unsigned int) page + 1 };
    return (sqlite3_pcache *) cache;
}

static void
cache_size(sqlite3_pcache *cache, int pages)
{
    own.xCachesize(of(cache)->cache, pages);
}

static int
cache_count(sqlite3_pcache *cache)
{
    return own.xPagecount(of(cache)->cache);
}

static unsigned int
number_in(sqlite3_pcache *cache, unsigned int key)
{
    return key == of(cache)->lock_page ? NO_PAGE : key;
}

static sqlite3_pcache_page *
cache_fetch(sqlite3_pcache *cache, unsigned int key, int create)
{
    return own.xFetch(of(cache)->cache, number_in(cache, key), create);
}

static void
cache_unpin(sqlite3_pcache *cache, sqlite3_pcache_page *page, int discard)
{
    own.xUnpin(of(cache)->cache, page, discard);
}

static void
cache_rekey(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned int old, unsigned int key)
{
    own.xRekey(of(cache)->cache, page, number_in(cache, old), number_in(cache, key));
}

static void
cache_truncate(sqlite3_pcache *cache, unsigned int from)
{
    own.xTruncate(of(cache)->cache, from);
}

static void
cache_destroy(sqlite3_pcache *cache)
{
    own.xDestroy(of(cache)->cache);
    g_free(cache);
}

static void
cache_shrink(sqlite3_pcache *cache)
{
    own.xShrink(of(cache)->cache);
}

void
tw_sqlite_cache_configure(void)
{
    sqlite3_pcache_methods2 ours = {
        .iVersion = 1,
        .xInit = cache_init,
        .xShutdown = cache_shutdown,
        .xCreate = cache_create,
        .xCachesize = cache_size,
        .xPagecount = cache_count,
        .xFetch = cache_fetch,
        .xUnpin = cache_unpin,
        .xRekey = cache_rekey,
        .xTruncate = cache_truncate,
        .xDestroy = cache_destroy,
        .xShrink = cache_shrink,
    };

    if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &own) != SQLITE_OK || own.xRekey == NULL)
        return;
    ours.pArg = own.pArg;
    (void) sqlite3_config(SQLITE_CONFIG_PCACHE2, &ours);
}
