/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of vCard share: the places that MAPI has for lines of a card. */
#pragma once

#include "convert/content-line.h"
#include "convert/item-props.h"
#include "convert/vcard-out.h"

G_BEGIN_DECLS

enum {
    TW_VCARD_EMAILS = 3,
    TW_VCARD_ADDRESSES = 3, /* home, business, other: PidLidPostalAddressId less one */
    TW_VCARD_PHONES = 19,
    TW_VCARD_TEXTS = 10,
};

/* Where a line of a card goes. Lines of one place are compared and replaced together. */
typedef enum {
    TW_VCARD_NOWHERE, /* the kept text alone has it */
    TW_VCARD_HEAD,    /* VERSION: the writer's own */
    TW_VCARD_UID,
    TW_VCARD_REV,
    TW_VCARD_KIND,
    TW_VCARD_FN,
    TW_VCARD_N,
    TW_VCARD_ORG,
    TW_VCARD_NOTE,
    TW_VCARD_BDAY,
    TW_VCARD_ANNIVERSARY,
    TW_VCARD_CATEGORIES,
    TW_VCARD_CHILDREN,
    TW_VCARD_CLASS,
    TW_VCARD_PHOTO,
    TW_VCARD_MEMBER,
    TW_VCARD_TEXT,
    TW_VCARD_TEL = TW_VCARD_TEXT + TW_VCARD_TEXTS,
    TW_VCARD_EMAIL = TW_VCARD_TEL + TW_VCARD_PHONES,
    TW_VCARD_ADR = TW_VCARD_EMAIL + TW_VCARD_EMAILS,
    TW_VCARD_PLACES = TW_VCARD_ADR + TW_VCARD_ADDRESSES,
} TwVcardPlace;

/* A text of one property; a known name is used when the tag is 0. */
typedef struct {
    guint32 tag;
    TwKnownName known;
    const char *head3, *head4; /* how it is written in each version */
} TwVcardText;

typedef struct {
    guint32 tag;
    const char *types; /* as written; "PREF" is a parameter of its own in version 4 */
} TwVcardPhone;

/* Named and fixed tags of an address: street, city, state, code, country, box. */
enum {
    TW_VCARD_ADDRESS_PARTS = 6
};

extern const TwVcardText tw_vcard_texts[TW_VCARD_TEXTS];
extern const TwVcardPhone tw_vcard_phones[TW_VCARD_PHONES];

/**
 * tw_vcard_assign:
 * @card: a VCARD
 *
 * Returns: (transfer full) (element-type guint8): the #TwVcardPlace of each of its lines
 */
GArray *tw_vcard_assign(const TwContentNode *card);

/**
 * tw_vcard_text_tag:
 * @names: names
 * @index: of tw_vcard_texts
 *
 * Returns: its tag, 0 when it has none
 */
guint32 tw_vcard_text_tag(TwItemNames *names, guint index);

/**
 * tw_vcard_address_tag:
 * @names: names
 * @address: 0 home, 1 business, 2 other, 3 the mailing copy
 * @part: 0 street, 1 city, 2 state, 3 postal code, 4 country, 5 box
 *
 * Returns: its tag, 0 when it has none
 */
guint32 tw_vcard_address_tag(TwItemNames *names, guint address, guint part);

/**
 * tw_vcard_email_name:
 * @email: 0 to 2
 * @lid: which of its properties: one of those of the first e-mail
 *
 * Returns: the same property of that e-mail
 */
TwKnownName tw_vcard_email_name(guint email, TwKnownName lid);

/**
 * tw_vcard_own_tag:
 * @names: names
 * @name: of a string property of ours
 * @type: its type
 *
 * Returns: its tag, 0 when it has none
 */
guint32 tw_vcard_own_tag(TwItemNames *names, const char *name, guint16 type);

/**
 * tw_vcard_date_parse:
 * @line: a BDAY or ANNIVERSARY
 * @ret: (out): midnight of the day, ticks
 *
 * Returns: FALSE, and @ret untouched, for a day without its year and what is no day
 */
gboolean tw_vcard_date_parse(const TwContentLine *line, gint64 *ret);

/**
 * tw_vcard_photo_parse:
 * @line: a PHOTO
 * @ret_type: (out) (transfer full): its media type
 *
 * Returns: (transfer full) (nullable): the bytes; NULL when they are elsewhere or too many
 */
GBytes *tw_vcard_photo_parse(const TwContentLine *line, char **ret_type);

/** TW_VCARD_KEPT_NAME: the text a card came as, less its photo. */
#define TW_VCARD_KEPT_NAME "TwigaVcard"
/** TW_VCARD_UID_NAME: its UID. */
#define TW_VCARD_UID_NAME "TwigaVcardUid"

G_END_DECLS
