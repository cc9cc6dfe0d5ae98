/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The request log: one line per protocol request, fields in a fixed order, separated by blanks.
 */
#pragma once

#include <glib.h>

#include "base/log.h"

G_BEGIN_DECLS

/* One request. Texts are borrowed; times are microseconds, less than 0 for not measured. */
typedef struct {
    const char *peer;         /* client address */
    const char *user;         /* NULL or "": none */
    const char *impersonated; /* NULL or "": none */
    const char *command;      /* "tls_setup" for a handshake */
    const char *result;       /* code, or soaperr, soapeof */
    gint64 since_event_us;    /* Tsk */
    gint64 since_enqueued_us; /* Tenq */
    gint64 since_dequeued_us; /* Twi */
    gint64 handler_all_us;    /* Trh1 */
    gint64 handler_us;        /* Trh2 */
} TwRequestLine;

/**
 * tw_request_log_write:
 * @log: (nullable): the request log; NULL: none is kept, nothing happens
 * @line: the request
 *
 * Writes "PEER USER IMPERSONATED COMMAND rc=R Tsk=S Tenq=S Twi=S Trh1=S Trh2=S", an absent name as "-", quotes around
 * what holds a blank.
 */
void tw_request_log_write(TwLog *log, const TwRequestLine *line);

G_END_DECLS
