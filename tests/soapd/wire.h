/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server with the SOAP door on a loopback port, and a client made of the codec's own other side. */
#pragma once

#include "session/world.h"
#include "soap/soap.h"
#include "soapd/soapd.h"

G_BEGIN_DECLS

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSoapd *door;
    TwLoop *loop;
    TwAddress address;
    GPtrArray *decoders; /* hold the answers until the end */
} Wire;

void wire_new(Wire *wire, const TwSoapdConfig *config);
/* With another server: several companies, say. */
void wire_new_with(Wire *wire, const TwSoapdConfig *config, void (*change)(TwLocalConfig *config));
void wire_free(Wire *wire);

/* A request as bytes, with its head; what comes back until the door closes. */
GBytes *wire_exchange(Wire *wire, const char *head, const void *body, gsize len);
/* The same in two steps: the socket waits for its answer. */
int wire_send(Wire *wire, TwSoapCall call, gconstpointer args);
gpointer wire_receive(Wire *wire, int fd, TwSoapCall call);
/* Of two that wait, the one that is answered first; the other one is @ret_left. */
gpointer wire_first(Wire *wire, int one, int other, TwSoapCall call, int *ret_left);
/* A call and its response; no fault. */
gpointer wire_call(Wire *wire, TwSoapCall call, gconstpointer args);
/* A call that has a result and nothing else. */
guint32 wire_result(Wire *wire, TwSoapCall call, gconstpointer args);

/* exportMessageChangesAsStream: its response, and the parts (GByteArray) behind it, each under the id its item says. */
const TwSoapExportMessageChangesAsStreamResponse *wire_export(
    Wire *wire, const TwSoapExportMessageChangesAsStreamArgs *args, GPtrArray *parts);
/* importMessageFromStream: its result; the stream goes in chunks of @piece bytes. */
guint32 wire_import(Wire *wire,
                    const TwSoapImportMessageFromStreamArgs *args,
                    const guint8 *stream,
                    gsize len,
                    gsize piece);

guint64 wire_logon(Wire *wire, const char *name, guint64 group);
TwSoapBytes wire_folder_id(Wire *wire, guint64 session, const char *message_class);

/* The value of a property among @values, or NULL. */
const TwPropValue *wire_prop(const TwSoapPropValArray *values, guint32 tag);

void wire_assert_bytes(const guint8 *data, gsize len, const guint8 *wanted, gsize wanted_len);

/* An entry id of an object that a client makes. */
TwSoapBytes wire_new_id(const TwGuid *store, TwObjectType type, guint8 out[TW_OBJECT_ID_LEN]);

G_END_DECLS
