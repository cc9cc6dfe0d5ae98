/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is meant by properties of a message: entry ids, types and addresses, looked up in the address book. */
#pragma once

#include "session/session.h"

G_BEGIN_DECLS

/* The properties that name one person. */
typedef struct {
    guint32 name, smtp, type, address, entryid;
} TwPersonTags;

/** tw_person_recipient: of a recipient row. */
extern const TwPersonTags tw_person_recipient;
/** tw_person_sender: who sends. */
extern const TwPersonTags tw_person_sender;
/** tw_person_represented: for whom it is sent. */
extern const TwPersonTags tw_person_represented;

/**
 * tw_person_find:
 * @session: whose eyes
 * @node: a message or row
 * @tags: which person of it
 * @ret: (out) (transfer full): the entry, or NULL: nobody of the address book
 * @error: what the directory says, but for NOT_FOUND and AMBIGUOUS
 *
 * By entry id, else by the log-on name of a type of ours, else by mail address.
 *
 * Returns: FALSE on failure
 */
gboolean tw_person_find(TwSession *session,
                        const TwObject *node,
                        const TwPersonTags *tags,
                        TwDirectoryObject **ret,
                        GError **error);

/**
 * tw_person_find_id:
 * @session: whose eyes
 * @id: (array length=len): an entry id, any bytes
 * @len: how many
 * @ret: (out) (transfer full): the entry, or NULL
 * @error: as tw_person_find()
 *
 * Returns: FALSE on failure
 */
gboolean tw_person_find_id(
    TwSession *session, const guint8 *id, gsize len, TwDirectoryObject **ret, GError **error);

/**
 * tw_person_get_smtp:
 * @node: a message or row
 * @tags: which person of it
 *
 * Returns: (transfer full) (nullable): the mail address that stands in the properties themselves
 */
char *tw_person_get_smtp(const TwObject *node, const TwPersonTags *tags);

/**
 * tw_person_set:
 * @node: a message or row
 * @tags: which person of it
 * @entry: a user
 * @error: what tw_object_set() says
 *
 * Makes the person that user, by name, mail address and entry id.
 *
 * Returns: FALSE on failure
 */
gboolean tw_person_set(TwObject *node,
                       const TwPersonTags *tags,
                       const TwDirectoryObject *entry,
                       GError **error);

/**
 * tw_person_is_group:
 * @entry: an entry
 *
 * Returns: whether it stands for others
 */
gboolean tw_person_is_group(const TwDirectoryObject *entry);

/**
 * tw_person_has_address:
 * @entry: an entry
 * @address: a mail address
 *
 * Returns: whether it is the entry's own, or one of its aliases
 */
gboolean tw_person_has_address(const TwDirectoryObject *entry, const char *address);

G_END_DECLS
