/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IMAP: mailboxes for every mail client. Source: RFC 3501 and RFC 9051; the folder's README.md lists the extensions.
 */
#pragma once

#include "base/metrics.h"
#include "net/listener.h"
#include "net/tls.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwImap TwImap;

/* What an administrator decides. */
typedef struct {
    guint64 mail_max;         /* bytes of a mail that APPEND takes */
    guint progress_s;         /* between two words of a command that takes long */
    guint fails_max;          /* failed commands in a row before the connection is closed */
    gboolean only_mail;       /* folders of other kinds are not shown */
    gboolean public_folders;  /* the public store is shown */
    gboolean idle;            /* IDLE is offered */
    gboolean idle_silent;     /* and taken, but says nothing */
    gboolean expunge_deleted; /* \Deleted expunges at once */
    gboolean plain_needs_tls; /* no passwords in the clear but from this host */
    gboolean bypass_auth;     /* any password is right for clients from this host: for migrations */
    const char *greeting_name; /* (nullable): host name of the greeting; copied */
} TwImapOptions;

/** tw_imap_default_options: what holds when nothing was said. */
extern const TwImapOptions tw_imap_default_options;

/**
 * tw_imap_new:
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it has a server
 */
TwImap *tw_imap_new(void);

/**
 * tw_imap_set_server:
 * @imap: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_imap_set_server(TwImap *imap, TwServer *server);

/**
 * tw_imap_set_metrics:
 * @imap: a door without connections
 * @metrics: gets how many connections there are in each state, and how many commands there were; outlives it
 */
void tw_imap_set_metrics(TwImap *imap, TwMetrics *metrics);

/**
 * tw_imap_set_options:
 * @imap: a door
 * @options: copied; for connections that come from now on, from any thread
 */
void tw_imap_set_options(TwImap *imap, const TwImapOptions *options);

/**
 * tw_imap_set_tls:
 * @imap: a door without connections
 * @tls: (nullable): for STARTTLS; a reference is taken
 */
void tw_imap_set_tls(TwImap *imap, TwTlsServer *tls);

/**
 * tw_imap_free:
 * @imap: (nullable) (transfer full): a door without connections
 */
void tw_imap_free(TwImap *imap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwImap, tw_imap_free)

/**
 * tw_imap_listen_options:
 * @imap: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_imap_listen_options(TwImap *imap, TwListenOptions *ret);

/**
 * tw_imap_listen_tls_options:
 * @imap: a door, which outlives the listeners
 * @ret: (out caller-allocates): as tw_imap_listen_options(), for connections that begin with a handshake
 *
 * Returns: FALSE: it has no TLS
 */
gboolean tw_imap_listen_tls_options(TwImap *imap, TwListenOptions *ret);

G_END_DECLS
