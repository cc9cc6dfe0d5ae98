/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mail server for tests: in a thread, on a Unix socket, saying what it is told to say. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    RELAY_GREETING,
    RELAY_EHLO,
    RELAY_HELO,
    RELAY_AUTH,
    RELAY_SECRET, /* a line of a log-on under way */
    RELAY_MAIL,
    RELAY_RCPT,
    RELAY_DATA,
    RELAY_DOT,
    RELAY_RSET,
    RELAY_STEPS
} RelayStep;

/* What it says at a step: "" nothing; NULL what a good server says. "!" in front: and hangs up then. */
typedef const char *(*RelayAnswer)(RelayStep step,
                                   guint number,
                                   const char *line,
                                   gconstpointer data);

typedef struct {
    RelayAnswer answer;
    gconstpointer data;
    gssize most_bytes; /* of answers in all, then it hangs up; -1: no end */
    /* what came; read them after relay_stop() or relay_wait_mails() */
    GPtrArray *lines; /* (char *): commands */
    GPtrArray *mails; /* (GString *): texts up to the dot, as they came */
    guint dots;
    /* its own */
    char *folder, *path;
    int listener;
    GThread *thread;
    gint stopping;
    GMutex lock; /* guards lines, mails, dots */
    GCond changed;
} Relay;

void relay_start(Relay *relay, RelayAnswer answer, gconstpointer data);
void relay_stop(Relay *relay);
void relay_clear(Relay *relay);

/* Waits for so many mails. */
void relay_wait_mails(Relay *relay, guint count);

G_END_DECLS
