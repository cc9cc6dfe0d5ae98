/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * MAPI contacts and personal distribution lists as vCards.
 *
 * A contact that came as a vCard has its text with it (vcard-in.h). What is written then is that text, with the lines of those
 * things that the properties now say otherwise. So a fourth number, labels and lines that MAPI does not know stay through
 * changes by MAPI clients. When another version is asked for than it came as, all that MAPI knows is written anew.
 *
 * The same object gives the same bytes each time: there is no clock.
 */
#pragma once

#include "convert/vcard-in.h"

G_BEGIN_DECLS

enum {
    TW_VCARD_OUT_MAX = 64 * 1024 * 1024, /* bytes of a text */
    TW_VCARD_OUT_MAX_BODY = 4 * 1024 * 1024,
};

/**
 * tw_vcard_write:
 * @objects: (array length=count): contacts and personal distribution lists; others are left out
 * @count: how many
 * @options: how
 * @error: on failure TW_ERROR_TOO_BIG, or what the source of values says
 *
 * Returns: (transfer full): the cards one after another, or NULL
 */
GBytes *tw_vcard_write(const TwObject *const *objects,
                       guint count,
                       const TwVcardOptions *options,
                       GError **error);

/**
 * tw_vcard_uid:
 * @object: a contact or list
 * @map: of its named properties
 *
 * Returns: (transfer full): the UID it is written with: the one it came with, else made of a key that it keeps
 */
char *tw_vcard_uid(const TwObject *object, TwNameMap *map);

G_END_DECLS
