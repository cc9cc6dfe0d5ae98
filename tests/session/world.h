/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of session/ share: an engine, a directory and a local server on disks in memory, with a clock of their own. */
#pragma once

#include "directory/place.h"
#include "session/local.h"
#include "store/bed.h"

G_BEGIN_DECLS

/* A call of the API with a variable error of its own. */
#define assert_refused(call, wanted)                                                               \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autoptr(GError) why_ = NULL;                                                             \
        GError **error = &why_;                                                                    \
        g_assert_false(call);                                                                      \
        g_assert_error(why_, TW_ERROR, wanted);                                                    \
    }                                                                                              \
    G_STMT_END

#define assert_done(call)                                                                          \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autoptr(GError) why_ = NULL;                                                             \
        GError **error = &why_;                                                                    \
        gboolean ok_ = (call);                                                                     \
        g_assert_no_error(why_);                                                                   \
        g_assert_true(ok_);                                                                        \
    }                                                                                              \
    G_STMT_END

typedef struct {
    Bed bed; /* its store is nobody's */
    Place place;
    TwLocalConfig config;
    TwServer *local;   /* the engine's own provider */
    TwServer *server;  /* the provider that is tested */
    gpointer provider; /* of world-local.c or world-remote.c, whichever is linked */
    gint64 now_us;
    GPtrArray *audit; /* lines (char *) */
    TwLog *log;
} World;

/* What differs between providers: world-local.c, world-remote.c. */
void world_provider_change(TwLocalConfig *config);
TwServer *world_provider_open(World *world); /* over world->local */
void world_provider_close(World *world);

void world_new(World *world); /* with TW_LOCAL_CONFIG_INIT */
void world_new_with(World *world, void (*change)(TwLocalConfig *config));
void world_free(World *world);

/* A user with a password of the same text and a private store with a folder "Inbox". */
typedef struct {
    guint32 number;
    TwGuid store;
    guint32 root, inbox, object;
} WorldUser;

void world_user(World *world, guint32 company, const char *name, WorldUser *ret);
void world_user_of(
    World *world, guint32 company, const char *name, TwDirectoryAdmin admin, WorldUser *ret);
void world_store(World *world, guint32 owner, TwStoreKind kind, guint32 company, WorldUser *ret);

TwSession *world_logon(World *world, const char *name);   /* by password, bound */
TwSession *world_trusted(World *world, const char *name); /* as a part of this program */
TwSession *world_anonymous(World *world);

/* Gives rights on a folder. */
void world_grant(
    World *world, const WorldUser *owner, guint32 folder, guint32 principal, guint32 rights);
guint32 world_folder(TwSession *session, const TwGuid *store, guint32 parent, const char *name);
guint32 world_message(TwSession *session, const TwGuid *store, guint32 folder, const char *subject);

G_END_DECLS
