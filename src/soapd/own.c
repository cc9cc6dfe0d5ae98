/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Twiga's own calls: the operations of session/ as they are, for programs of ours on another host (remote/). They are for
 * sessions that asked for them when they logged on (CAPABILITY_TWIGA); everybody else meets NO_SUPPORT.
 *
 *   twigaSession   who the session is
 *   twigaCall      one operation: its name, the shape of its row, its fields packed (session/pack.h)
 *   twigaWatch     a watch is made, told what to listen for, pulled, ended
 *   twigaWait      parked until one of the session's watches has something: numbers of those that have
 *
 * What a client sends may be anybody's invention. Rights are asked in session/, as for each door. What it trusts the doors of
 * this process with is looked at here: references to large values (keep_values()), and converted mails (may_convert()).
 */
#include <string.h>

#include "session/pack.h"
#include "soapd/soapd-private.h"

enum {
    LONGEST_WAIT_MS = 60000,
    EVENTS_MEMORY = 32 << 20, /* bytes of the events of one answer */
    EVENTS_AT_ONCE = 10000,   /* of one pull without a limit */
};

/* What twigaWatch does. Numbers are on the wire. */
typedef enum {
    ACTION_OPEN = 0,
    ACTION_ADD = 1,
    ACTION_REMOVE = 2,
    ACTION_PULL = 3,
    ACTION_END = 4,
} Action;

/* A watch of a client; it ends before the client goes. */
typedef struct {
    gint refs;
    guint32 number;
    TwSoapdClient *client; /* borrowed */
    TwWatch *watch;        /* owned */
    gboolean woken;        /* under the client's lock: it has something that nobody was told of */
} OwnWatch;

static gboolean
check_granted(const TwSoapdCall *call, GError **error)
{
    return (call->client->capabilities & TW_SOAPD_CAPABILITY_TWIGA) != 0 ||
           tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
}

/* ---- who ---- */

gboolean
tw_soapd_twiga_session(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    TwSoapTwigaSessionResponse *ret = out;
    TwBuffer packed = TW_BUFFER_INIT(1 << 20);
    TwSessionInfo info;
    GBytes *bytes;

    (void) data;
    if (!check_granted(call, error))
        return FALSE;
    tw_session_get_info(call->session, &info);
    tw_session_info_pack(&info, &packed);
    bytes = tw_buffer_steal_bytes(&packed, error);
    if (bytes == NULL)
        return FALSE;
    ret->sInfo = tw_soapd_give_bytes(call, bytes);
    ret->sServer.data = call->door->boot.bytes;
    ret->sServer.len = sizeof call->door->boot.bytes;
    ret->ulTimeoutSeconds =
        (guint32) MIN(call->door->config.session_timeout_us / G_USEC_PER_SEC, G_MAXUINT32);
    return TRUE;
}

/* ---- what a client may send ---- */

typedef struct {
    TwSoapdCall *call;
    const TwMessageSaveArgs *save; /* NULL: a new message, which has none */
    TwMessageReadArgs read;        /* the stored message, once it is needed */
} Keeping;

static TwObject *
stored_message(Keeping *keeping, GError **error)
{
    TwMessageReadArgs *read = &keeping->read;

    if (keeping->save == NULL || read->object != NULL)
        return read->object;
    read->store = keeping->save->store;
    read->folder = keeping->save->folder;
    read->message = keeping->save->message;
    return tw_session_message_read(keeping->call->session, read, error) ? read->object : NULL;
}

/* A large value stays what it is where the stored message has it: at the same place, as long. */
static gboolean
keep_value(TwObject *node,
           const TwPart *part,
           guint32 tag,
           const TwBlobRef *ref,
           gpointer data,
           GError **error)
{
    guint id = 0;
    g_autoptr(GError) why = NULL;
    TwObject *message = stored_message(data, &why);
    TwObject *other =
        message != NULL ? tw_object_locate(message, part->bytes, part->len, &id) : NULL;
    TwBlobRef there;
    guint32 stored;

    if (other == NULL || !tw_object_get_blob(other, tag, &there, &stored) || stored != tag ||
        there.len != ref->len || !there.known) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "a large value that the message does not have: write it first");
        return FALSE;
    }
    return tw_object_set_blob(node, tag, &there, error);
}

static gboolean
keep_values(TwSoapdCall *call, TwOp op, gpointer data, GError **error)
{
    Keeping keeping = { .call = call };
    TwObject *object = NULL;
    gboolean ok;

    if (op == TW_OP_MESSAGE_CREATE) {
        object = ((TwMessageCreateArgs *) data)->object;
    } else if (op == TW_OP_MESSAGE_SAVE) {
        keeping.save = data;
        object = keeping.save->object;
    }
    ok = object == NULL || tw_object_foreach_blob(object, keep_value, &keeping, error);
    tw_op_clear(TW_OP_MESSAGE_READ, &keeping.read);
    return ok;
}

/* A mail as a message is believed from who delivers for the server. */
static gboolean
may_convert(TwSoapdCall *call, TwOp op, gconstpointer data, GError **error)
{
    const TwMailDeliverArgs *deliver = data;
    TwSessionInfo info;

    if (op != TW_OP_MAIL_DELIVER || deliver->message == NULL)
        return TRUE;
    tw_session_get_info(call->session, &info);
    if (info.system || info.anonymous)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "a converted mail from a user");
    return FALSE;
}

/* ---- operations ---- */

static gboolean
find_op(const TwSoapTwigaCallArgs *args, TwOp *ret, GError **error)
{
    if (args->szOperation != NULL && tw_op_find(args->szOperation, ret) &&
        tw_op_shape(*ret) == args->ulShape)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                        "this operation is not known here, or is another one");
    return FALSE;
}

static gboolean
run_op(TwSoapdCall *call,
       const TwSoapTwigaCallArgs *args,
       TwSoapTwigaCallResponse *ret,
       GError **error)
{
    g_autoptr(TwOpRequest) request = NULL;
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(TW_PACK_MOST);
    GBytes *bytes;
    gpointer fields;
    TwOp op;

    if (!find_op(args, &op, error))
        return FALSE;
    request = tw_op_unpack_request(op, args->sRequest.data, args->sRequest.len, error);
    if (request == NULL)
        return FALSE;
    fields = tw_op_request_args(request);
    if (!keep_values(call, op, fields, error) || !may_convert(call, op, fields, error) ||
        !tw_session_call(call->session, op, fields, error) ||
        !tw_op_pack_answer(op, fields, &packed, error))
        return FALSE;
    bytes = tw_buffer_steal_bytes(&packed, error);
    if (bytes == NULL)
        return FALSE;
    ret->sAnswer = tw_soapd_give_bytes(call, bytes);
    return TRUE;
}

/* Reasons may name paths and causes: they are for administrators. */
static const char *
reason_for(TwSoapdCall *call, const GError *error)
{
    TwSessionInfo info;

    tw_session_get_info(call->session, &info);
    if (info.system || info.admin != TW_DIRECTORY_NO_ADMIN)
        return tw_soapd_text(call, error->message);
    return error->domain == TW_ERROR ? tw_error_name((TwError) error->code) : "";
}

gboolean
tw_soapd_twiga_call(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    TwSoapTwigaCallResponse *ret = out;
    g_autoptr(GError) why = NULL;

    if (!check_granted(call, error))
        return FALSE;
    if (run_op(call, data, ret, &why))
        return TRUE;
    if (g_error_matches(why, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    *ret = (TwSoapTwigaCallResponse){ .er = tw_soap_result_from_error(why),
                                      .ulError = tw_error_to_mapi(why),
                                      .szReason = reason_for(call, why) };
    return TRUE;
}

/* ---- watches ---- */

static OwnWatch *
watch_ref(OwnWatch *own)
{
    g_atomic_int_inc(&own->refs);
    return own;
}

static void
watch_unref(gpointer data)
{
    OwnWatch *own = data;

    if (own == NULL || !g_atomic_int_dec_and_test(&own->refs))
        return;
    tw_watch_end(own->watch);
    g_free(own);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OwnWatch, watch_unref)

/* Under the client's lock: those that have something, and nobody was told. */
static GArray *
take_woken(TwSoapdClient *client)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter iter;
    gpointer value;

    if (client->own == NULL)
        return numbers;
    g_hash_table_iter_init(&iter, client->own);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        OwnWatch *own = value;
        if (own->woken)
            g_array_append_val(numbers, own->number);
        own->woken = FALSE;
    }
    return numbers;
}

static void
answer_wait(TwHttpRequest *http, TwSoapVersion version, guint32 result, const GArray *numbers)
{
    TwSoapTwigaWaitResponse response = { .er = result };
    TwBuffer out = TW_BUFFER_INIT(1 << 20);
    g_autoptr(GBytes) body = NULL;
    TwHttpResponse *answer;

    if (numbers != NULL) {
        response.aWatches.items = (guint32 *) (gpointer) numbers->data;
        response.aWatches.count = numbers->len;
    }
    tw_soapd_write(version, TW_SOAP_CALL_TWIGA_WAIT, &response, &out);
    body = tw_buffer_steal_bytes(&out, NULL);
    tw_http_request_set_log(http, NULL, NULL, "twigaWait", tw_soap_result_name(result));
    answer = tw_http_response_new(200);
    tw_http_response_set_body(answer, "text/xml; charset=utf-8", body);
    tw_http_request_respond(http, answer);
}

/* TwWatchWake: on whatever thread brought the event. */
static void
on_own_wake(gpointer data)
{
    OwnWatch *own = data;
    TwSoapdClient *client = own->client;
    g_autoptr(TwHttpRequest) http = NULL;
    g_autoptr(GArray) numbers = NULL;
    TwSoapVersion version;

    tw_lock(&client->lock);
    own->woken = TRUE;
    http = g_steal_pointer(&client->own_waiting);
    version = client->own_version;
    if (http != NULL)
        numbers = take_woken(client);
    tw_unlock(&client->lock);
    if (http != NULL)
        answer_wait(http, version, TW_SOAP_RESULT_SUCCESS, numbers);
}

static OwnWatch *
find_watch(TwSoapdCall *call, guint32 number, GError **error)
{
    OwnWatch *own;
    TW_LOCK_SCOPE(&call->client->lock);

    own = call->client->own != NULL
              ? g_hash_table_lookup(call->client->own, GUINT_TO_POINTER(number))
              : NULL;
    if (own != NULL)
        return watch_ref(own);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no watch of that number");
    return NULL;
}

/* FALSE: the client has gone meanwhile. */
static gboolean
keep_watch(TwSoapdClient *client, OwnWatch *own)
{
    TW_LOCK_SCOPE(&client->lock);

    if (client->own_ended)
        return FALSE;
    if (client->own == NULL)
        client->own = g_hash_table_new_full(NULL, NULL, NULL, watch_unref);
    do {
        own->number = ++client->last_own;
    } while (own->number == 0 || g_hash_table_contains(client->own, GUINT_TO_POINTER(own->number)));
    g_hash_table_insert(client->own, GUINT_TO_POINTER(own->number), own);
    return TRUE;
}

static gboolean
open_watch(TwSoapdCall *call, TwSoapTwigaWatchResponse *ret, GError **error)
{
    g_autoptr(OwnWatch) own = g_new0(OwnWatch, 1);

    own->refs = 1;
    own->client = call->client;
    own->watch = tw_session_watch(call->session, on_own_wake, own, error);
    if (own->watch == NULL)
        return FALSE;
    if (!keep_watch(call->client, own)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "the session has ended");
        return FALSE;
    }
    ret->ulWatch = own->number;
    own = NULL; /* the table's */
    return TRUE;
}

static gboolean
add_wish(OwnWatch *own, const TwSoapTwigaWatchArgs *args, GError **error)
{
    TwWatchWish wish;

    return tw_watch_wish_unpack(args->sWish.data, args->sWish.len, &wish, error) &&
           tw_watch_add(own->watch, &wish, error);
}

static gboolean
pull_watch(
    TwSoapdCall *call, OwnWatch *own, guint32 most, TwSoapTwigaWatchResponse *ret, GError **error)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    TwBuffer packed = TW_BUFFER_INIT(EVENTS_MEMORY);
    GBytes *bytes;

    if (most == 0 || most > EVENTS_AT_ONCE)
        most = EVENTS_AT_ONCE;
    if (!tw_watch_pull(own->watch, events, most, &ret->bMissed, error))
        return FALSE;
    tw_notify_events_pack(events, &packed);
    bytes = tw_buffer_steal_bytes(&packed, error);
    if (bytes == NULL)
        return FALSE;
    ret->sEvents = tw_soapd_give_bytes(call, bytes);
    return TRUE;
}

static void
end_watch(TwSoapdClient *client, guint32 number)
{
    gpointer own = NULL;

    tw_lock(&client->lock);
    if (client->own != NULL)
        g_hash_table_steal_extended(client->own, GUINT_TO_POINTER(number), NULL, &own);
    tw_unlock(&client->lock);
    watch_unref(own);
}

gboolean
tw_soapd_twiga_watch(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTwigaWatchArgs *args = data;
    g_autoptr(OwnWatch) own = NULL;

    if (!check_granted(call, error))
        return FALSE;
    if (args->ulAction == ACTION_OPEN)
        return open_watch(call, out, error);
    own = find_watch(call, args->ulWatch, error);
    if (own == NULL)
        return FALSE;
    switch (args->ulAction) {
    case ACTION_ADD:
        return add_wish(own, args, error);
    case ACTION_REMOVE:
        tw_watch_remove(own->watch, args->ulNumber);
        return TRUE;
    case ACTION_PULL:
        return pull_watch(call, own, args->ulNumber, out, error);
    case ACTION_END:
        end_watch(call->client, args->ulWatch);
        return TRUE;
    default:
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    }
}

/* ---- waiting ---- */

static gboolean
take_waiting(TwSoapdClient *client, const TwHttpRequest *http)
{
    TwHttpRequest *mine = NULL;

    tw_lock(&client->lock);
    if (client->own_waiting == http)
        mine = g_steal_pointer(&client->own_waiting);
    tw_unlock(&client->lock);
    tw_http_request_unref(mine);
    return mine != NULL;
}

static void
on_parked(TwHttpRequest *http, TwHttpParkedEvent event, gpointer data)
{
    gboolean mine = take_waiting(data, http);

    if (event == TW_HTTP_PARKED_GONE)
        tw_soapd_client_unref(data);
    else if (mine)
        answer_wait(http, ((TwSoapdClient *) data)->own_version, TW_SOAP_RESULT_SUCCESS, NULL);
}

/* One waits for each session: who comes later takes the place of the one before. */
gboolean
tw_soapd_twiga_wait(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTwigaWaitArgs *args = data;
    TwSoapdClient *client = call->client;
    g_autoptr(TwHttpRequest) before = NULL;
    g_autoptr(GArray) numbers = NULL;
    gboolean ended;

    (void) out;
    if (!check_granted(call, error))
        return FALSE;
    call->answered = TRUE;
    tw_http_request_park(call->http, CLAMP(args->ulMilliseconds, 1, LONGEST_WAIT_MS), on_parked,
                         tw_soapd_client_ref(client));
    tw_lock(&client->lock);
    before = g_steal_pointer(&client->own_waiting);
    client->own_version = call->version;
    numbers = take_woken(client);
    ended = client->own_ended;
    if (numbers->len == 0 && !ended)
        client->own_waiting = tw_http_request_ref(call->http);
    tw_unlock(&client->lock);
    if (before != NULL)
        answer_wait(before, call->version, TW_SOAP_RESULT_SUCCESS, NULL);
    if (numbers->len > 0)
        answer_wait(call->http, call->version, TW_SOAP_RESULT_SUCCESS, numbers);
    else if (ended)
        answer_wait(call->http, call->version, TW_SOAP_RESULT_END_OF_SESSION, NULL);
    return TRUE;
}

void
tw_soapd_own_leave(TwSoapdClient *client)
{
    g_autoptr(TwHttpRequest) http = NULL;
    GHashTable *own;
    TwSoapVersion version;

    tw_lock(&client->lock);
    client->own_ended = TRUE;
    http = g_steal_pointer(&client->own_waiting);
    own = g_steal_pointer(&client->own);
    version = client->own_version;
    tw_unlock(&client->lock);
    g_clear_pointer(&own, g_hash_table_unref);
    if (http != NULL)
        answer_wait(http, version, TW_SOAP_RESULT_END_OF_SESSION, NULL);
}
