/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing header fields. Nothing that is given here can begin another field: line ends become blanks, other control
 * characters are dropped, and what a field cannot hold as it stands is encoded (RFC 2047, RFC 2231). Lines are folded near 76
 * columns and are never longer than 998 (RFC 5322, section 2.1.1).
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_HEAD_COLUMNS = 76, /* where lines are folded, if there is a place */
    TW_HEAD_MAX_WORD =
        900, /* bytes of one piece that is not broken; a longer one is encoded or cut */
    TW_HEAD_MAX_TEXT =
        64 * 1024, /* bytes of a text field; cut there: some relays refuse a mail for more */
    TW_HEAD_MAX_NAME = 76, /* characters of a field's name */
};

typedef struct {
    const char *name; /* (nullable): UTF-8 */
    const char
        *address; /* (nullable): UTF-8; without it the name stands alone, as an empty group */
} TwMailbox;

/* A field that is being written. */
typedef struct {
    TwBuffer *out;
    gsize column;
    gboolean utf8; /* RFC 6532: UTF-8 may stand as it is */
} TwHead;

/**
 * tw_head_name_is_valid:
 * @name: (array length=len): what may be a field's name
 * @len: how many bytes
 *
 * Returns: whether it is one: printable ASCII but colon, at most %TW_HEAD_MAX_NAME
 */
gboolean tw_head_name_is_valid(const char *name, gsize len);

/**
 * tw_head_begin:
 * @out: (inout): gets the field
 * @name: a valid name
 * @utf8: whether UTF-8 may stand as it is
 *
 * Begins a field that is put together from words; end it with tw_head_end().
 *
 * Returns: the field
 */
TwHead tw_head_begin(TwBuffer *out, const char *name, gboolean utf8);

/**
 * tw_head_word:
 * @head: a field
 * @word: (array length=len): printable text without blanks, ASCII unless the field may hold UTF-8; other bytes are dropped
 * @len: how many bytes; past %TW_HEAD_MAX_WORD cut
 *
 * Puts a word after a blank, or on a new line when it does not fit.
 */
void tw_head_word(TwHead *head, const char *word, gsize len);

/**
 * tw_head_text:
 * @head: a field
 * @text: (array length=len): text, UTF-8
 * @len: how many bytes
 *
 * Puts text as of an unstructured field: as it stands where that is possible, the rest in encoded words. A reader gets it back
 * byte for byte but for control characters.
 */
void tw_head_text(TwHead *head, const char *text, gsize len);

/**
 * tw_head_mailbox:
 * @head: a field
 * @mailbox: one address
 * @more: whether another one follows
 *
 * Puts `name <address>`. A domain that is not ASCII becomes its A-labels unless the field may hold UTF-8; an address that cannot be
 * written then is shown as the name of an empty group (RFC 6857).
 */
void tw_head_mailbox(TwHead *head, const TwMailbox *mailbox, gboolean more);

/**
 * tw_head_param:
 * @head: a field, its value already written
 * @name: a parameter's name, a constant
 * @value: its value, UTF-8
 *
 * Puts `; name=value`: a token, a quoted string or, where it has to be, RFC 2231 with its continuations.
 */
void tw_head_param(TwHead *head, const char *name, const char *value);

/**
 * tw_head_end:
 * @head: a field
 */
void tw_head_end(TwHead *head);

/**
 * tw_head_put_text:
 * @out: (inout): gets the field
 * @name: a valid name
 * @text: (nullable): UTF-8; NULL or nothing visible writes no field
 * @utf8: whether UTF-8 may stand as it is
 *
 * A whole unstructured field.
 */
void tw_head_put_text(TwBuffer *out, const char *name, const char *text, gboolean utf8);

/**
 * tw_head_put_words:
 * @out: (inout): gets the field
 * @name: a valid name
 * @text: (nullable): ASCII words between blanks, as a structured field has them; NULL or none writes no field
 *
 * A whole field whose words stand as they are: message ids, addresses of a List field, keywords of a standard.
 */
void tw_head_put_words(TwBuffer *out, const char *name, const char *text);

/**
 * tw_head_put_raw:
 * @out: (inout): gets the field
 * @name: a valid name
 * @text: a value as another mail had it, unfolded; bytes that are not ASCII are dropped
 *
 * A whole field as it was, folded anew at its blanks; encoded words stay.
 */
void tw_head_put_raw(TwBuffer *out, const char *name, const char *text);

/**
 * tw_head_address_is_safe:
 * @address: an address
 * @utf8: whether it may be UTF-8
 *
 * Returns: whether tw_head_mailbox() writes it as an address
 */
gboolean tw_head_address_is_safe(const char *address, gboolean utf8);

G_END_DECLS
