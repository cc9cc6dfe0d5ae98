/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of store/ share: an engine on a disk in memory, small messages, and a check of every invariant. */
#pragma once

#include "db/db.h"
#include "store/mail.h"
#include "store/store.h"
#include "support/fault-fs.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    TwFaultFs *fs;
    TwEngineConfig config;
    TwEngine *engine;
    TwStore *store;
    guint32 root;
    TwGuid store_guid;
} Bed;

/* Where small values lie in engines that are opened from now on: 0 in blobs, else up to so many bytes in the partition. At first
 * what TW_INLINE says, so that any test can be tried in both ways. */
void bed_set_inline(gsize most);
void bed_take_inline(TwEngineConfig *config);
/* How many partitions engines that are opened from now on have at least; at first one. */
void bed_set_partitions(guint count);

/* With TW_MARIA_SOCKET (support/with-mariadb.py) the databases of a disk are on that server; for who opens an engine otherwise
 * than bed_open() does. */
void bed_take_database(TwEngineConfig *config);
gboolean bed_on_maria(void);
/* A partition of an engine that is closed, for statements of a test's own. */
TwDb *bed_open_partition(TwFileSystem *fs, guint number, const TwDbSchema *schema);

void bed_quiet(void);                                   /* for main() */
void bed_open(Bed *bed, TwFaultFs *fs, GError **error); /* without a store */
void bed_new(Bed *bed);                                 /* on a new disk, with one store */
void bed_reopen(Bed *bed);
/* The same, and in between something is done to the first partition with statements of one's own. */
void bed_reopen_after(Bed *bed, const TwDbSqlSet *set, TwDbFunc func, gpointer data);
void bed_close(Bed *bed);
void bed_free(Bed *bed);

guint32 bed_folder(Bed *bed, guint32 parent, const char *name);
TwObject *bed_object(const char *subject, gsize body_len);
guint32 bed_message(Bed *bed, guint32 folder, const char *subject, gsize body_len);
/* A mail with what the codec makes of it, as LMTP delivers. */
TwMessageMade bed_deliver_message(Bed *bed, GBytes *mail);
TwFolderRow *bed_row(Bed *bed, guint32 folder);
GArray *bed_mids(Bed *bed, guint32 folder, TwMessageState state); /* guint32; the first 1,000 */
/* The number of a keyword of a folder; it is made. */
guint bed_keyword(Bed *bed, guint32 folder, const char *format, guint i);
/* The names of a message's keywords, as the folder numbers them, a blank after each. */
char *bed_keywords(Bed *bed, guint32 folder, guint32 mid);

/* Everything that must hold in a store, recomputed from its lists; @label goes before what is wrong. */
void bed_check_store(TwStore *store, const char *label);

G_END_DECLS
