/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who somebody is for questions of rights: immutable, made from one snapshot of the directory. */
#pragma once

#include "directory/directory.h"

G_BEGIN_DECLS

typedef struct {
    gint refs;
    guint64 epoch;   /* of the directory it was made from */
    guint32 number;  /* of the user; 0: nobody */
    guint32 company; /* of the user */
    TwDirectoryAdmin admin;
    gboolean system, anonymous;
    char *name, *full_name, *mail;
    GBytes *id; /* (nullable): external id */
    GArray *
        principals; /* guint32, ascending: the user, its groups, its company: whose rows of rights count */
    GArray *admin_of; /* guint32, ascending: other companies it administers */
} TwIdentity;

/**
 * tw_identity_new:
 * @snapshot: the directory
 * @number: a user
 * @error: TW_ERROR_NOT_FOUND: no such user, or not one that can be somebody: a contact, a group
 *
 * Returns: (transfer full): who that is now, or NULL
 */
TwIdentity *tw_identity_new(const TwDirectorySnapshot *snapshot, guint32 number, GError **error);

/**
 * tw_identity_new_anonymous:
 *
 * Returns: (transfer full): who did not log on
 */
TwIdentity *tw_identity_new_anonymous(void);

/**
 * tw_identity_ref:
 * @identity: somebody
 *
 * Returns: (transfer full): the same
 */
TwIdentity *tw_identity_ref(TwIdentity *identity);

/**
 * tw_identity_unref:
 * @identity: (nullable) (transfer full): somebody
 */
void tw_identity_unref(TwIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwIdentity, tw_identity_unref)

/**
 * tw_identity_is_principal:
 * @identity: somebody
 * @principal: whom a row of rights names
 *
 * Returns: whether the row is for them
 */
gboolean tw_identity_is_principal(const TwIdentity *identity, guint32 principal);

/**
 * tw_identity_administers:
 * @identity: somebody
 * @snapshot: the directory
 * @company: a company
 *
 * A system administrator all; a company administrator the own one; a user of a company's list of administrators that
 * one, as long as the own company may see it (spec/requirements.md S199, S202).
 *
 * Returns: whether they administer that company
 */
gboolean tw_identity_administers(const TwIdentity *identity,
                                 const TwDirectorySnapshot *snapshot,
                                 guint32 company);

/**
 * tw_identity_is_over:
 * @identity: somebody
 * @snapshot: the directory
 * @object: a user or group
 *
 * An administrator of its company; but nobody is over somebody of a higher level, or over SYSTEM and Everyone, but a
 * system administrator: else who may set a password could become more than they are.
 *
 * Returns: whether they may administer it
 */
gboolean tw_identity_is_over(const TwIdentity *identity,
                             const TwDirectorySnapshot *snapshot,
                             const TwDirectoryObject *object);

/**
 * tw_identity_viewer:
 * @identity: somebody
 * @hide_everyone: the key of that name
 *
 * Returns: through whose eyes they see the address book
 */
TwDirectoryViewer tw_identity_viewer(const TwIdentity *identity, gboolean hide_everyone);

G_END_DECLS
