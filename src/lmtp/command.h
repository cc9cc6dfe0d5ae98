/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Commands of LMTP, read from one line each. Pure: a line in, a command or the reply to it out.
 * Source: RFC 2033; RFC 5321, section 4.1; RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3030 (CHUNKING).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_LMTP_LINE_MAX =
        8192, /* a command with its line end; RFC 5321 asks for 512, extensions for more */
    TW_LMTP_ADDRESS_MAX = 1024, /* bytes of an address; RFC 5321 has 64 + 1 + 255 */
    TW_LMTP_PARAMS_MAX = 16,    /* of MAIL and RCPT */
    TW_LMTP_FOLDER_MAX = 1024,  /* bytes of a folder's path, decoded */
};

typedef enum {
    TW_LMTP_LHLO,
    TW_LMTP_MAIL,
    TW_LMTP_RCPT,
    TW_LMTP_DATA,
    TW_LMTP_BDAT,
    TW_LMTP_RSET,
    TW_LMTP_NOOP,
    TW_LMTP_VRFY,
    TW_LMTP_STARTTLS,
    TW_LMTP_QUIT,
} TwLmtpVerb;

typedef struct {
    TwLmtpVerb verb;
    char *text;       /* owned: LHLO: the name; MAIL, RCPT: the address, "" for <> */
    guint64 size;     /* MAIL: what SIZE= says, 0: nothing; BDAT: bytes of the chunk */
    gboolean utf8;    /* MAIL: SMTPUTF8 */
    gboolean binary;  /* MAIL: BODY=BINARYMIME: it comes in chunks only */
    gboolean is_last; /* BDAT: LAST */

    /* what only the delivery agent on this host says */
    gboolean own;   /* some of what follows was said */
    guint64 time;   /* MAIL: XTIME=, when it was received, in seconds since 1970; 0: now */
    guint flags;    /* RCPT: XFLAGS=, as #TwDeliveryFlags */
    char *folder;   /* RCPT: owned, nullable: XFOLDER=, separator and path as xtext (RFC 3461, 4) */
    char separator; /* RCPT: of the names in it */
} TwLmtpCommand;

/**
 * tw_lmtp_command_clear:
 * @command: a command; what it owns is freed
 */
void tw_lmtp_command_clear(TwLmtpCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwLmtpCommand, tw_lmtp_command_clear)

/**
 * tw_lmtp_command_parse:
 * @line: (array length=len): a line with its line end
 * @len: how many bytes
 * @ret: (out): the command
 *
 * Returns: (transfer none) (nullable): NULL, or the reply to a line that is no command, without its line end
 */
const char *tw_lmtp_command_parse(const guint8 *line, gsize len, TwLmtpCommand *ret);

G_END_DECLS
