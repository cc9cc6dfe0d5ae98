/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * vCards as MAPI objects: contacts and personal distribution lists. RFC 2426 and 6350; spec/mailbox-layout.md 20 and 33.2.
 *
 * What MAPI has no place for is not lost: the text of each card, less its photo, stays with it (the named string property
 * "TwigaVcard"), and vcard-out.h gives each line back whose meaning has not been changed since.
 *
 * A function of the text and the options: no clock, no files.
 */
#pragma once

#include "convert/vcard.h"

G_BEGIN_DECLS

/* Without these a text of a megabyte is a million objects, or a list that no client can open. */
enum {
    TW_VCARD_MAX_CARDS = 50000,           /* cards of a text */
    TW_VCARD_MAX_KEPT = 4 * 1024 * 1024,  /* bytes of a card, less its photo */
    TW_VCARD_MAX_PHOTO = 8 * 1024 * 1024, /* bytes of a photo; a larger one stays a line */
    TW_VCARD_MAX_CATEGORIES = 200,        /* categories of a card, all are kept */
    TW_VCARD_MAX_MEMBERS = 5000,          /* members of a list, all are kept */
};

typedef struct {
    char *uid;        /* (owned): made of the content when the text has none */
    TwObject *object; /* (owned) sealed: IPM.Contact or IPM.DistList */
} TwVcardItem;

/**
 * tw_vcard_read:
 * @text: (array length=len): one VCARD or several
 * @len: how many bytes
 * @options: how
 * @error: on failure TW_ERROR_CORRUPT (no card, broken components), TW_ERROR_TOO_BIG (a limit above or of content-line.h),
 *   or what the map of names says
 *
 * Makes an object of each card. Numbers and addresses that are preferred come first to the places that MAPI has.
 *
 * Returns: (transfer full) (element-type TwVcardItem): the cards, at least one, or NULL
 */
GPtrArray *tw_vcard_read(const guint8 *text,
                         gsize len,
                         const TwVcardOptions *options,
                         GError **error);

G_END_DECLS
