/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * All objects of a directory at one moment, with indexes: what names, ids, parents and the address book are answered
 * from. Immutable and shared between threads; after a change a new one is made from the old one and the difference.
 *
 * Everyone and SYSTEM are in every snapshot, whatever the plugin says. Everyone has all users and groups as members
 * without a list of them.
 */
#pragma once

#include "base/collate.h"
#include "directory/plugin.h"

G_BEGIN_DECLS

typedef struct TwDirectorySnapshot TwDirectorySnapshot;

/**
 * tw_directory_snapshot_new:
 * @collator: the order of listings; must outlive all that is made from this one
 *
 * Returns: (transfer full): a snapshot with epoch 0, of Everyone and SYSTEM alone
 */
TwDirectorySnapshot *tw_directory_snapshot_new(const TwCollator *collator);

/**
 * tw_directory_snapshot_apply:
 * @old: what was
 * @delta: what is different
 *
 * Costs a sort of what is new and one walk over the rest (10,000 users: some milliseconds); unchanged objects are
 * shared.
 *
 * Returns: (transfer full): what is
 */
TwDirectorySnapshot *tw_directory_snapshot_apply(TwDirectorySnapshot *old,
                                                 const TwDirectoryDelta *delta);

/**
 * tw_directory_snapshot_ref:
 * @snapshot: a snapshot
 *
 * Returns: (transfer full): the same one
 */
TwDirectorySnapshot *tw_directory_snapshot_ref(TwDirectorySnapshot *snapshot);

/**
 * tw_directory_snapshot_unref:
 * @snapshot: (nullable): a snapshot
 */
void tw_directory_snapshot_unref(TwDirectorySnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectorySnapshot, tw_directory_snapshot_unref)

/**
 * tw_directory_snapshot_epoch:
 * @snapshot: a snapshot
 *
 * Returns: the plugin's epoch it shows
 */
guint64 tw_directory_snapshot_epoch(const TwDirectorySnapshot *snapshot);

/**
 * tw_directory_snapshot_count:
 * @snapshot: a snapshot
 *
 * Returns: how many objects it has
 */
guint tw_directory_snapshot_count(const TwDirectorySnapshot *snapshot);

/**
 * tw_directory_snapshot_get:
 * @snapshot: a snapshot
 * @number: an object's number
 *
 * Returns: (nullable) (transfer none): the object, as long as @snapshot lives
 */
TwDirectoryObject *tw_directory_snapshot_get(const TwDirectorySnapshot *snapshot, guint32 number);

/**
 * tw_directory_snapshot_get_by_id:
 * @snapshot: a snapshot
 * @id: (array length=len): an external id
 * @len: its bytes
 *
 * Returns: (nullable) (transfer none): the object, as long as @snapshot lives
 */
TwDirectoryObject *tw_directory_snapshot_get_by_id(const TwDirectorySnapshot *snapshot,
                                                   const void *id,
                                                   gsize len);

/**
 * tw_directory_snapshot_find:
 * @snapshot: a snapshot
 * @type: what is looked for
 * @company: in which company; %TW_DIRECTORY_NO_COMPANY for companies; %TW_DIRECTORY_ANY_COMPANY: the only one of that name in all
 * @name: its name, in any case; any bytes
 *
 * Everyone and SYSTEM are found in every company.
 *
 * Returns: (nullable) (transfer none): the object, as long as @snapshot lives
 */
TwDirectoryObject *tw_directory_snapshot_find(const TwDirectorySnapshot *snapshot,
                                              TwDirectoryType type,
                                              guint32 company,
                                              const char *name);

/**
 * tw_directory_snapshot_holders:
 * @snapshot: a snapshot
 * @relation: which list
 * @number: an object
 *
 * Returns: (transfer full): numbers (guint32) of those that have it in that list, ascending; Everyone is not among them
 */
GArray *tw_directory_snapshot_holders(const TwDirectorySnapshot *snapshot,
                                      TwDirectoryRelation relation,
                                      guint32 number);

/**
 * tw_directory_snapshot_groups_of:
 * @snapshot: a snapshot
 * @number: a user or a group
 *
 * Groups in groups are followed up; circles, which a plugin may bring, end where they began.
 *
 * Returns: (transfer full): numbers (guint32) of all groups it belongs to, each once, Everyone first
 */
GArray *tw_directory_snapshot_groups_of(const TwDirectorySnapshot *snapshot, guint32 number);

/**
 * tw_directory_snapshot_members:
 * @snapshot: a snapshot
 * @group: a group
 *
 * Groups in groups are followed down, circles or not.
 *
 * Returns: (transfer full): numbers (guint32) of all users in it, each once, ascending; of Everyone: all but contacts
 */
GArray *tw_directory_snapshot_members(const TwDirectorySnapshot *snapshot, guint32 group);

/**
 * tw_directory_snapshot_company_sees:
 * @snapshot: a snapshot
 * @viewer: a company
 * @company: another, or the same
 *
 * Returns: whether users of @viewer may know of what is in @company
 */
gboolean tw_directory_snapshot_company_sees(const TwDirectorySnapshot *snapshot,
                                            guint32 viewer,
                                            guint32 company);

/**
 * tw_directory_snapshot_changed:
 * @snapshot: a snapshot
 * @since: a change number
 *
 * For synchronisation of address books (spec/mapi-soap.md 11.5).
 *
 * Returns: (transfer full): objects (TwDirectoryObject, references) changed after it, by change number
 */
GPtrArray *tw_directory_snapshot_changed(const TwDirectorySnapshot *snapshot, guint64 since);

/**
 * tw_directory_snapshot_gone:
 * @snapshot: a snapshot
 * @since: a change number
 *
 * Returns: (transfer full): what went after it (TwDirectoryGone), by change number
 */
GArray *tw_directory_snapshot_gone(const TwDirectorySnapshot *snapshot, guint64 since);

/**
 * tw_directory_snapshot_gone_since:
 * @snapshot: a snapshot
 *
 * The last %TW_DIRECTORY_MOST_GONE objects that went are remembered.
 *
 * Returns: the smallest "since" for which tw_directory_snapshot_gone() has all; whoever has an older state begins again
 */
guint64 tw_directory_snapshot_gone_since(const TwDirectorySnapshot *snapshot);

G_END_DECLS
