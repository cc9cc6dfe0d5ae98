/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What mail programs are told of the servers, and what they ask. Pure: facts in, a document out.
 *
 * Sources: the format 1.1 of Thunderbird's autoconfiguration; [MS-OXDSCLI] 2.2 (the "POX" of Autodiscover) with account type "email".
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_AUTOCONFIG_SERVERS_MAX = 16,
    TW_AUTOCONFIG_ADDRESS_MAX = 320, /* bytes of an address: it is echoed */
    TW_AUTOCONFIG_REQUEST_MAX = 16384,
    TW_AUTOCONFIG_DOCUMENT_MAX = 65536,
};

typedef enum {
    TW_AUTOCONFIG_IMAP,
    TW_AUTOCONFIG_POP3,
    TW_AUTOCONFIG_SMTP,
} TwAutoconfigProtocol;

typedef struct {
    TwAutoconfigProtocol protocol;
    gboolean inside_tls; /* from the first byte; else by STARTTLS */
    char *host;          /* owned */
    guint16 port;
} TwAutoconfigServer;

/* All of it. */
typedef struct {
    GArray *servers; /* owned: TwAutoconfigServer, in the order of preference */
    gboolean
        whole_address; /* users log on by their whole address; else by what stands before "@" */
} TwAutoconfigFacts;

/**
 * tw_autoconfig_facts_read:
 * @list: NULL-terminated: "imaps://mail.example.org", "smtp://mail.example.org:587" and so on
 * @ret: (inout): gets its servers
 * @error: on failure TW_ERROR_INVALID, with the text; TW_ERROR_TOO_BIG: too many
 *
 * Schemes are imap, imaps, pop3, pop3s, smtp (port 587) and smtps (465). Those without "s" mean STARTTLS.
 *
 * Returns: FALSE, and nothing in @ret, on failure
 */
gboolean tw_autoconfig_facts_read(const char *const *list, TwAutoconfigFacts *ret, GError **error);

/**
 * tw_autoconfig_facts_clear:
 * @facts: facts, or zero
 */
void tw_autoconfig_facts_clear(TwAutoconfigFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwAutoconfigFacts, tw_autoconfig_facts_clear)

/**
 * tw_autoconfig_is_address:
 * @text: (array length=len): what somebody says his address is
 * @len: how many bytes
 *
 * Returns: TRUE if it can be one: something before and behind its last "@", of UTF-8 without blanks and controls
 */
gboolean tw_autoconfig_is_address(const char *text, gsize len);

/**
 * tw_autoconfig_write:
 * @facts: what holds
 * @address: (nullable): whose settings; NULL: of anybody
 * @out: gets a document "clientConfig"
 */
void tw_autoconfig_write(const TwAutoconfigFacts *facts, const char *address, TwBuffer *out);

/**
 * tw_autodiscover_read:
 * @data: (array length=len): a request
 * @len: how many bytes
 *
 * Returns: (transfer full) (nullable): the address it is about; NULL: it is no request for the settings of an address
 */
char *tw_autodiscover_read(const guint8 *data, gsize len);

/**
 * tw_autodiscover_write:
 * @facts: what holds
 * @address: whose settings
 * @out: gets a document "Autodiscover"
 */
void tw_autodiscover_write(const TwAutoconfigFacts *facts, const char *address, TwBuffer *out);

G_END_DECLS
