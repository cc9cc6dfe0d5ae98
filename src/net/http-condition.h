/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entity tags, HTTP dates and conditional requests.
 */
#pragma once

#include <glib.h>

#include "net/http-head.h"

G_BEGIN_DECLS

enum {
    TW_HTTP_DATE_LEN = 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */
};

typedef enum {
    TW_HTTP_CONDITION_PASS,         /* go on */
    TW_HTTP_CONDITION_NOT_MODIFIED, /* answer 304 */
    TW_HTTP_CONDITION_FAILED,       /* answer 412 */
} TwHttpCondition;

/**
 * tw_http_date_format:
 * @seconds: since 1970, UTC; outside of the years 1 to 9999 it is brought to the nearer end
 * @ret: (out caller-allocates): the text with its NUL
 *
 * Writes a date as HTTP wants it. Source: RFC 9110, section 5.6.7, IMF-fixdate.
 */
void tw_http_date_format(gint64 seconds, char ret[TW_HTTP_DATE_LEN + 1]);

/**
 * tw_http_date_parse:
 * @text: the value of a date field
 * @ret_seconds: (out): since 1970, UTC
 *
 * Reads the one form clients must send and the two obsolete ones; the day of the week is not checked. A
 * two-digit year is put into 1970 to 2069.
 *
 * Returns: FALSE, and nothing set, for anything else
 */
gboolean tw_http_date_parse(const char *text, gint64 *ret_seconds);

/**
 * tw_http_etag_ok:
 * @etag: text
 *
 * Returns: TRUE for an entity tag as it stands in a field: a quoted text, possibly with W/ before it
 */
gboolean tw_http_etag_ok(const char *etag);

/**
 * tw_http_etag_listed:
 * @list: the value of If-Match or If-None-Match
 * @etag: (nullable): the tag of what is there now; NULL if nothing is there
 * @weak: TRUE to compare weakly (W/ is not looked at), FALSE to let two tags match only if neither is weak
 *
 * "*" matches whatever is there. A list that is broken ends at the break.
 * Source: RFC 9110, sections 8.8.3.2, 13.1.1 and 13.1.2.
 *
 * Returns: TRUE if @etag is on @list
 */
gboolean tw_http_etag_listed(const char *list, const char *etag, gboolean weak);

/**
 * tw_http_condition_check:
 * @head: a finished head
 * @etag: (nullable): the tag of what is there now; NULL if nothing is there, or if it has no tag
 * @exists: whether something is there
 * @modified: when it last changed, seconds since 1970; -1 if that is not known
 *
 * Decides If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in that order.
 * Source: RFC 9110, section 13.2.2.
 *
 * Returns: what to do
 */
TwHttpCondition tw_http_condition_check(const TwHttpHead *head,
                                        const char *etag,
                                        gboolean exists,
                                        gint64 modified);

/**
 * tw_http_if_range_holds:
 * @head: a finished head
 * @etag: (nullable): the tag of what is there now
 * @modified: when it last changed, seconds since 1970; -1 if that is not known
 *
 * Returns: TRUE if Range is to be obeyed: there is no If-Range, or it names, strongly, what is there now
 */
gboolean tw_http_if_range_holds(const TwHttpHead *head, const char *etag, gint64 modified);

G_END_DECLS
