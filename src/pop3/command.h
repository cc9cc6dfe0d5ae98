/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Commands of POP3, read from one line each. Pure: a line in, a command or the answer to it out.
 * Source: RFC 1939; RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH), RFC 6856 (UTF8).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_POP3_LINE_MAX =
        8192, /* a line with its end; RFC 2449 asks for 255, tickets in SASL take more */
};

typedef enum {
    TW_POP3_USER,
    TW_POP3_PASS,
    TW_POP3_AUTH,
    TW_POP3_STLS,
    TW_POP3_UTF8,
    TW_POP3_CAPA,
    TW_POP3_NOOP,
    TW_POP3_QUIT,
    TW_POP3_STAT,
    TW_POP3_LIST,
    TW_POP3_UIDL,
    TW_POP3_RETR,
    TW_POP3_TOP,
    TW_POP3_DELE,
    TW_POP3_RSET,
} TwPop3Verb;

/* Texts are borrowed from the line, and not ended by NUL. */
typedef struct {
    TwPop3Verb verb;
    const char
        *text; /* USER: the name, in UTF-8; PASS: the password, without NUL; AUTH: the mechanism */
    gsize text_len;
    const char *initial; /* (nullable): AUTH: an initial response in base64; "=" is an empty one */
    gsize initial_len;
    gboolean has_number; /* LIST, UIDL: of one message */
    guint32 number;      /* LIST, UIDL, RETR, TOP, DELE: of the message */
    guint32 lines;       /* TOP: of its body */
} TwPop3Command;

/**
 * tw_pop3_command_parse:
 * @line: (array length=len): a line with its line end
 * @len: how many bytes
 * @ret: (out): the command
 *
 * Returns: (transfer none) (nullable): NULL, or the answer to a line that is no command, without its line end
 */
const char *tw_pop3_command_parse(const guint8 *line, gsize len, TwPop3Command *ret);

G_END_DECLS
