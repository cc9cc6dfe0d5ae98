/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The one place that decides who may do what (spec/mapi-soap.md 14.2, spec/mailbox-layout.md 9.3 and 10). Pure: facts go
 * in, answers come out.
 *
 * First, what somebody is to a store:
 *
 *   SYSTEM, its owner, an administrator over the owner     everything
 *   the same with restrict_admin_permissions               VISIBLE, SUBFOLDER and OWNER everywhere, no more
 *   the owner of an archive store                          READ and VISIBLE everywhere
 *   who may see the store's company                        what rows of rights give
 *   anybody else                                           the store is not there
 *
 * Then, for who depends on rows: from the folder up to the store's own object the nearest level that has a row for the
 * user, a group of the user or the user's company decides; all such rows of that level together. What is above a folder
 * that may be seen is seen by name. The store and its root are seen by name by all to whom the store is there.
 */
#pragma once

#include "session/identity.h"
#include "session/ops.h"

G_BEGIN_DECLS

typedef enum {
    TW_RELATION_HIDDEN,     /* the store is not there */
    TW_RELATION_ROWS,       /* rows of rights decide */
    TW_RELATION_READER,     /* READ and VISIBLE everywhere */
    TW_RELATION_RESTRICTED, /* an administrator who has to give himself more first */
    TW_RELATION_FULL,       /* everything */
} TwRelation;

/* What is known of a store. */
typedef struct {
    guint32 owner; /* 0: an orphan */
    TwStoreKind kind;
    guint32 company;
} TwRightsStore;

typedef struct {
    gboolean owner_full_access; /* owner_auto_full_access */
    gboolean restrict_admins;   /* restrict_admin_permissions */
} TwRightsConfig;

/**
 * tw_rights_relation:
 * @identity: somebody
 * @snapshot: the directory
 * @store: a store
 * @config: keys
 *
 * Returns: what they are to the store
 */
TwRelation tw_rights_relation(const TwIdentity *identity,
                              const TwDirectorySnapshot *snapshot,
                              const TwRightsStore *store,
                              const TwRightsConfig *config);

/**
 * tw_rights_administers:
 * @identity: somebody
 * @snapshot: the directory
 * @store: a store
 *
 * Returns: whether they are an administrator over the store: over its owner, or over its company when it has none
 */
gboolean tw_rights_administers(const TwIdentity *identity,
                               const TwDirectorySnapshot *snapshot,
                               const TwRightsStore *store);

/* All answers for one identity in one store, at one moment: immutable. */
typedef struct TwRights TwRights;

/**
 * tw_rights_new:
 * @relation: what the identity is to the store, not HIDDEN
 * @identity: somebody
 * @folders: (nullable) (element-type TwFolderRow): all folders; needed for ROWS
 * @rows: (nullable) (element-type TwPermission): all rows of rights; needed for ROWS
 * @root: the root folder
 * @object: the store's own object number
 *
 * Returns: (transfer full): the answers
 */
TwRights *tw_rights_new(TwRelation relation,
                        const TwIdentity *identity,
                        const GPtrArray *folders,
                        const GArray *rows,
                        guint32 root,
                        guint32 object);

/**
 * tw_rights_ref:
 * @rights: answers
 *
 * Returns: (transfer full): the same
 */
TwRights *tw_rights_ref(TwRights *rights);

/**
 * tw_rights_unref:
 * @rights: (nullable) (transfer full): answers
 */
void tw_rights_unref(TwRights *rights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRights, tw_rights_unref)

/**
 * tw_rights_relation_of:
 * @rights: answers
 *
 * Returns: what the identity is to the store
 */
TwRelation tw_rights_relation_of(const TwRights *rights);

/**
 * tw_rights_of:
 * @rights: answers
 * @folder: a folder, or the store's own object number
 *
 * Returns: bits of #TwRight; 0 for a folder that is not there, hidden, or seen by name only
 */
guint32 tw_rights_of(const TwRights *rights, guint32 folder);

/**
 * tw_rights_seen:
 * @rights: answers
 * @folder: a folder, or the store's own object number
 *
 * Returns: whether the identity may know that there is such a folder; TRUE for all numbers where everything is allowed
 */
gboolean tw_rights_seen(const TwRights *rights, guint32 folder);

typedef enum {
    TW_VERDICT_YES,
    TW_VERDICT_OWN,       /* if the message is their own, else as FORBIDDEN */
    TW_VERDICT_FORBIDDEN, /* TW_ERROR_NO_ACCESS: they may know that the folder is there */
    TW_VERDICT_ABSENT,    /* TW_ERROR_NOT_FOUND */
} TwVerdict;

/**
 * tw_rights_ask:
 * @rights: answers
 * @folder: a folder, or the store's own object number
 * @need: the right that is needed on a folder or its messages: SEEN to STORE_OWNER
 *
 * Returns: the verdict
 */
TwVerdict tw_rights_ask(const TwRights *rights, guint32 folder, TwOpNeed need);

/**
 * tw_rights_hash:
 * @rights: answers
 *
 * Returns: a number, not 0, of what they were worked out from beside the folders: another one when other rows hold or the identity is
 *   in other groups
 */
guint32 tw_rights_hash(const TwRights *rights);

/**
 * tw_rights_access:
 * @rights: bits of #TwRight on a folder
 * @is_folder: of the folder itself; else of a message in it
 * @own: the message is the asker's own
 *
 * Source: spec/mapi-soap.md 14.2.
 *
 * Returns: PR_ACCESS
 */
guint32 tw_rights_access(guint32 rights, gboolean is_folder, gboolean own);

/**
 * tw_rights_shows_store_prop:
 * @tag: a property of a store
 *
 * What others than its owner read of a store: where its folders are, what it is called, no settings.
 *
 * Returns: whether they may see it
 */
gboolean tw_rights_shows_store_prop(guint32 tag);

G_END_DECLS
