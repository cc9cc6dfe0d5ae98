/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Managed attachments: RFC 8607. An attachment of the message that a client added by POST; in texts it is a link with an id, and
 * its bytes lie behind "?managed-id=" of the item's path. What other clients attached stays data in the text, as it is for them.
 */
#pragma once

#include "dav/dav-private.h"

G_BEGIN_DECLS

/**
 * tw_dav_text_without_managed:
 * @text: iCalendar
 * @ids: (element-type utf8 utf8): takes the ids that were found, as a set that owns them
 *
 * A function of its input.
 *
 * Returns: (transfer full) (nullable): the text without the lines of managed attachments; NULL: it has none
 */
GBytes *tw_dav_text_without_managed(GBytes *text, GHashTable *ids);

/**
 * tw_dav_text_with_lines:
 * @text: iCalendar
 * @lines: (element-type utf8): lines, unfolded
 *
 * A function of its input.
 *
 * Returns: (transfer full): the text with these lines in each of its components but time zones
 */
GBytes *tw_dav_text_with_lines(GBytes *text, const GPtrArray *lines);

/**
 * tw_dav_bare_text:
 * @call: the call; keeps the ids of managed attachments
 * @text: iCalendar of a client
 *
 * Returns: (transfer full) (nullable): the text without their lines; NULL: it has none
 */
GBytes *tw_dav_bare_text(TwDavCall *call, GBytes *text);

/**
 * tw_dav_attachments_take:
 * @call: the call
 * @name: of the item
 * @object: a message; managed attachments are taken out of it
 * @error: what the object says
 *
 * Returns: (transfer full) (element-type utf8) (nullable): the lines that stand for them in a text; NULL on failure
 */
GPtrArray *tw_dav_attachments_take(TwDavCall *call,
                                   const char *name,
                                   TwObject *object,
                                   GError **error);

/**
 * tw_dav_attachments_keep:
 * @call: the call; its ids are those that the new text names
 * @old: (nullable): the message that was just read
 * @object: what takes its place: gets the attachments that the text names
 * @error: TW_ERROR_INVALID: an id of no attachment
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_attachments_keep(TwDavCall *call,
                                 const TwObject *old,
                                 TwObject *object,
                                 GError **error);

/**
 * tw_dav_attachment_get:
 * @call: GET of an item
 * @entry: the item
 *
 * Returns: FALSE: no attachment was asked for, and nothing was answered
 */
gboolean tw_dav_attachment_get(TwDavCall *call, const TwDavEntry *entry);

/**
 * tw_dav_attachment_post:
 * @call: POST to an item
 * @entry: the item
 */
void tw_dav_attachment_post(TwDavCall *call, const TwDavEntry *entry);

G_END_DECLS
