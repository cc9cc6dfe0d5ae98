/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an administrator's tool and a running server say to each other over the socket "control" of the data folder. Pure.
 *
 * The tool sends one line and gets lines back until "done" or "failed"; a line is words, separated by one space, and ends
 * with a line feed. Version 1:
 *
 *   check DEEP STORE                               DEEP is 0 or 1; STORE a GUID, or "all"
 *   export STORE
 *   import NEW                                     NEW is 1: under another GUID than the archive says
 *
 *   progress NUMBER STAGE...
 *   finding SEVERITY WHAT STORE FOLDER OBJECT REPAIRABLE WHY...
 *   stores NUMBER                                  how many were looked at
 *   data LENGTH                                    as many bytes of an archive follow the line
 *   want LENGTH                                    the tool answers "data" with at most as many bytes of the archive; with
 *                                                  none at its end
 *   made STORE                                     what was made of it
 *   counts FOLDERS MESSAGES VALUES
 *   done
 *   failed CODE WHY...                             CODE is a #TwError
 */
#pragma once

#include "base/guid.h"
#include "store/check.h"

G_BEGIN_DECLS

enum {
    TW_CONTROL_MAX_REQUEST = 128,   /* bytes of a request; a server reads no more */
    TW_CONTROL_MAX_REPLY = 8192,    /* bytes of one line of an answer; longer words are cut */
    TW_CONTROL_MAX_DATA = 64 << 10, /* bytes that follow one line */
};

typedef enum {
    TW_CONTROL_CHECK,
    TW_CONTROL_EXPORT,
    TW_CONTROL_IMPORT,
} TwControlDeed;

typedef struct {
    TwControlDeed deed;
    gboolean deep;     /* check */
    gboolean all;      /* check: all stores */
    TwGuid store;      /* check and export, unless all */
    gboolean new_guid; /* import */
} TwControlRequest;

typedef enum {
    TW_CONTROL_PROGRESS,
    TW_CONTROL_FINDING,
    TW_CONTROL_STORES,
    TW_CONTROL_DATA,
    TW_CONTROL_WANT,
    TW_CONTROL_MADE,
    TW_CONTROL_COUNTS,
    TW_CONTROL_DONE,
    TW_CONTROL_FAILED,
} TwControlKind;

typedef struct {
    TwControlKind kind;
    guint64 numbers[3];     /* of the kinds that have some */
    TwCheckFinding finding; /* FINDING; its text is not set */
    const char *text;       /* PROGRESS, FINDING, MADE, FAILED: borrowed, not terminated */
    gsize text_len;
} TwControlReply;

/**
 * tw_control_deed_name:
 * @deed: a deed
 *
 * Returns: (transfer none): the first word of its request
 */
const char *tw_control_deed_name(TwControlDeed deed);

/**
 * tw_control_request_write:
 * @request: what to ask
 * @out: gets the line
 */
void tw_control_request_write(const TwControlRequest *request, GString *out);

/**
 * tw_control_request_parse:
 * @line: a line without its end
 * @len: its length
 * @ret: (out): what is asked
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_control_request_parse(const char *line, gsize len, TwControlRequest *ret);

/**
 * tw_control_reply_write:
 * @reply: what to answer; a @text of no length is taken from the finding
 * @out: gets the line; line feeds and other control characters of the text become spaces
 */
void tw_control_reply_write(const TwControlReply *reply, GString *out);

/**
 * tw_control_reply_parse:
 * @line: a line without its end
 * @len: its length
 * @ret: (out): what it says; its text lies in @line
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_control_reply_parse(const char *line, gsize len, TwControlReply *ret);

G_END_DECLS
