/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the families of operations share. */
#pragma once

#include "session/local-private.h"

G_BEGIN_DECLS

/* Refuses a NULL where something is needed. */
gboolean tw_local_given(gconstpointer field, const char *what, GError **error);
/* What a client wants of properties, by the rules of saves. */
gboolean tw_local_apply_props(TwObject *object,
                              const TwPropChanges *changes,
                              guint flags,
                              GError **error);
/* Through whose eyes the session sees the address book. */
TwDirectoryViewer tw_local_viewer(const TwLocalCall *call);
/* Whether it is shown what is in containers. */
gboolean tw_local_may_list(const TwLocalCall *call);
/* Whether the session may know of somebody. */
gboolean tw_local_sees(const TwLocalCall *call, const TwDirectoryObject *object);
/* (transfer none): NOT_FOUND also when the session may not know of it. */
TwDirectoryObject *tw_local_object(const TwLocalCall *call, guint32 number, GError **error);
/* ops-server.c: OFFLINE: the caller's mailbox is at another server */
gboolean tw_local_is_at_home(const TwLocalCall *call, GError **error);
/* An entry id a client made for a new object, in its canonical form; NULL when it made none. */
gboolean tw_local_check_id(
    const TwLocalCall *call, GBytes *given, TwObjectType type, GBytes **ret, GError **error);
gboolean tw_local_check_source_key(const TwLocalCall *call, GBytes *given, GError **error);
/* Whether the session has a right on all that lies below the call's folder. */
gboolean tw_local_ask_below(const TwLocalCall *call, TwOpNeed need, GError **error);
/* Whether a stored property of the call's folder may be read. */
gboolean tw_local_shows_folder_prop(const TwLocalCall *call, guint32 tag);
/* Takes a store from its owner, and writes down in it whose it was. */
gboolean tw_local_make_orphan(const TwLocalCall *call,
                              TwStore *store,
                              guint32 owner,
                              GError **error);
/* (nullable) @name: what is written down. */
gboolean tw_local_make_orphan_of(TwStore *store, const char *name, GError **error);
/* What holds for an owner of stores. */
TwQuota tw_local_quota_of(const TwLocalCall *call,
                          const TwDirectoryObject *owner,
                          gboolean *ret_inherited);
/* Keywords of the call's folder by name: new ones get a number when they are to be set, and else are passed over. */
gboolean tw_local_name_keywords(TwLocalCall *call,
                                const char *const *names,
                                gboolean set,
                                TwFlagChange *change,
                                GError **error);
/* Puts values that were written in pieces into a message. What @held (element-type gpointer) refers to is to be kept until the save. */
gboolean tw_local_use_values(TwLocalCall *call,
                             const TwValueUses *values,
                             TwObject *object,
                             GPtrArray *held,
                             GError **error);
/* Values that are in a saved message now. */
void tw_local_used_values(TwLocalCall *call, const TwValueUses *values);
GPtrArray *tw_local_held_values(void);
/* NOT_FOUND unless a message is in the folder it was named with. */
gboolean tw_local_in_folder(const TwLocalCall *call, guint32 message, GError **error);
/* What the server and the session make for an object in hand, as a packed bag (computed.c); of a folder, the call's. */
GBytes *tw_local_message_computed(const TwLocalCall *call,
                                  const TwMessageRow *row,
                                  TwObject *object,
                                  GError **error);
GBytes *tw_local_folder_computed(const TwLocalCall *call, GError **error);
GBytes *tw_local_store_computed(const TwLocalCall *call, const TwObject *object, GError **error);

/* A store, and what the session is to it. */
typedef struct {
    TwStore *store;
    guint32 owner; /* 0: an orphan */
    TwStoreKind kind;
    guint32 rights; /* on its root folder */
    gboolean full;  /* the session may do everything in it */
} TwLocalMailbox;

GBytes *tw_local_mailbox_computed(const TwLocalCall *call,
                                  const TwLocalMailbox *mailbox,
                                  const TwObject *object,
                                  GError **error);
/* Leaves of a folder's stored properties what may be known of one that is seen by its name alone. */
void tw_local_keep_names(TwObject *object);
/* Writes down who changed a message last: the session's user, unless a collector (@sync) brings who it was. */
gboolean tw_local_sign_change(const TwLocalCall *call,
                              TwObject *object,
                              gboolean sync,
                              GError **error);
/* The message set of a call. */
TwMessageSet tw_local_set(const TwLocalCall *call, const TwNumbers *messages);

G_END_DECLS
