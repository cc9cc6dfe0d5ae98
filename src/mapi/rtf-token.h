/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * RTF cut into tokens. Any bytes are some sequence of tokens: what is not RTF comes out as text, so that a reader decides
 * what it can use. Source: Rich Text Format specification 1.9.1, "RTF syntax".
 */
#pragma once

#include <glib.h>

#include "base/cursor.h"

G_BEGIN_DECLS

typedef enum {
    TW_RTF_TOKEN_END,
    TW_RTF_TOKEN_OPEN,   /* { */
    TW_RTF_TOKEN_CLOSE,  /* } */
    TW_RTF_TOKEN_WORD,   /* \name, \name-12 and the one space that may end it */
    TW_RTF_TOKEN_SYMBOL, /* \ and one byte that is no letter; a line end after \ is '\n' */
    TW_RTF_TOKEN_BYTE,   /* \'hh */
    TW_RTF_TOKEN_TEXT,   /* a run of other bytes without line ends and NULs, which mean nothing */
    TW_RTF_TOKEN_BINARY  /* \binN with its bytes, fewer than N at the end of the input */
} TwRtfTokenKind;

typedef struct {
    TwRtfTokenKind kind;
    guint8 byte;        /* SYMBOL, BYTE */
    gboolean has_param; /* WORD */
    gint32 param;       /* WORD: held to 32 bits; 0 without one */
    const guint8 *data; /* WORD: the name; TEXT, BINARY: the bytes; borrowed from the input */
    gsize len;
} TwRtfToken;

/**
 * tw_rtf_next_token:
 * @in: the input; moves behind the token
 * @ret: (out): the token
 *
 * Reads one token, in time linear in its length.
 */
void tw_rtf_next_token(TwCursor *in, TwRtfToken *ret);

/**
 * tw_rtf_token_is_word:
 * @token: a token
 * @name: a control word without its backslash
 *
 * Returns: whether it is that control word
 */
gboolean tw_rtf_token_is_word(const TwRtfToken *token, const char *name);

G_END_DECLS
