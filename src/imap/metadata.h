/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Annotations of a mailbox as they are kept: one value at the folder. Pure.
 *
 *   offset  size  meaning (little-endian); of each entry
 *   0       2     length of its name
 *   2       n     its name, lower case, such as "/private/comment"
 *   2 + n   4     length of its value
 *   6 + n   m     its value
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_METADATA_NAME_MAX = 255,       /* bytes of a name */
    TW_IMAP_METADATA_VALUE_MAX = 16 << 10, /* of a value */
    TW_IMAP_METADATA_ENTRIES_MAX = 100,    /* of a mailbox */
    TW_IMAP_METADATA_BYTES_MAX = 64 << 10, /* of all of them as they are kept */
};

typedef struct {
    char *name;    /* owned */
    GBytes *value; /* owned; NULL in a change: the entry goes */
} TwImapMetadatum;

/**
 * tw_imap_metadata_new:
 *
 * Returns: (transfer full) (element-type TwImapMetadatum): none
 */
GArray *tw_imap_metadata_new(void);

/**
 * tw_imap_metadata_parse:
 * @data: (array length=len): what was kept
 * @len: how many bytes
 *
 * Reads as far as it makes sense: what follows a damaged entry is not there.
 *
 * Returns: (transfer full) (element-type TwImapMetadatum): the entries
 */
GArray *tw_imap_metadata_parse(const guint8 *data, gsize len);

/**
 * tw_imap_metadata_write:
 * @entries: (element-type TwImapMetadatum): entries with values
 * @out: takes what is to be kept
 */
void tw_imap_metadata_write(const GArray *entries, TwBuffer *out);

/**
 * tw_imap_metadata_set:
 * @entries: (element-type TwImapMetadatum): entries
 * @name: of one
 * @value: (nullable): its value from now on; NULL: it goes
 *
 * Returns: FALSE: there would be too many
 */
gboolean tw_imap_metadata_set(GArray *entries, const char *name, GBytes *value);

/**
 * tw_imap_metadata_name_valid:
 * @name: of an entry, lower case
 *
 * Returns: whether RFC 5464, 3 allows it: "/private/..." or "/shared/...", no wildcards, no empty level
 */
gboolean tw_imap_metadata_name_valid(const char *name);

G_END_DECLS
