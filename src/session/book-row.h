/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Users, groups, companies and containers of the address book as properties: rows of its tables and entries that are opened
 * (spec/mapi-soap.md 15.3, 15.4). Pure: a snapshot of the directory goes in, packed bags come out.
 */
#pragma once

#include "directory/directory.h"
#include "mapi/entryid.h"
#include "mapi/props.h"

G_BEGIN_DECLS

typedef struct {
    const TwDirectorySnapshot *snapshot;
    const char *const
        *features_off; /* (nullable): features that are off for who has not asked for them */
} TwBookRowContext;

/**
 * tw_book_row_id:
 * @object: a user, group, company or address list
 *
 * Returns: its id in the address book; borrows from @object
 */
TwBookId tw_book_row_id(const TwDirectoryObject *object);

/**
 * tw_book_row_name:
 * @object: a user, group, company or address list
 *
 * Returns: (transfer none): what it is shown as
 */
const char *tw_book_row_name(const TwDirectoryObject *object);

/**
 * tw_book_row_entry:
 * @context: where it is from
 * @object: a user, contact or group
 * @whole: with what no row of a table has: the groups it is in, who may send as it
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): a packed bag, or NULL
 */
GBytes *tw_book_row_entry(const TwBookRowContext *context,
                          const TwDirectoryObject *object,
                          gboolean whole,
                          GError **error);

/**
 * tw_book_row_container:
 * @kind: what it is
 * @object: (nullable): the company or address list
 * @depth: PR_DEPTH, or -1: none
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): a packed bag, or NULL
 */
GBytes *tw_book_row_container(TwDirectoryContainerKind kind,
                              const TwDirectoryObject *object,
                              int depth,
                              GError **error);

/**
 * tw_book_row_container_number:
 * @kind: what it is
 * @object: (nullable): the company or address list
 *
 * Returns: the number in its entry id
 */
guint32 tw_book_row_container_number(TwDirectoryContainerKind kind,
                                     const TwDirectoryObject *object);

G_END_DECLS
