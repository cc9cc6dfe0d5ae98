/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/delivery.h"

#include <string.h>

#include "base/lock.h"

struct TwDelivery {
    TwServer *server;
    TwLock lock;
    TwSession *session; /* under the lock; made when it is first needed, and again when it ended */
};

TwDelivery *
tw_delivery_new(TwServer *server)
{
    TwDelivery *delivery = g_new0(TwDelivery, 1);

    delivery->server = server;
    tw_lock_init(&delivery->lock);
    return delivery;
}

void
tw_delivery_free(TwDelivery *delivery)
{
    if (delivery == NULL)
        return;
    tw_session_unref(delivery->session);
    tw_lock_clear(&delivery->lock);
    g_free(delivery);
}

static TwSession *
get_session(TwDelivery *delivery, GError **error)
{
    static const TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                                   .flags = TW_LOGON_ANONYMOUS | TW_LOGON_BOUND,
                                   .program = "delivery" };
    TwSession *session;

    tw_lock(&delivery->lock);
    if (delivery->session == NULL)
        (void) tw_server_logon(delivery->server, &logon, &delivery->session, NULL, error);
    session = delivery->session != NULL ? tw_session_ref(delivery->session) : NULL;
    tw_unlock(&delivery->lock);
    return session;
}

/* One operation; on a session that ended meanwhile once more on a new one. */
static gboolean
call(TwDelivery *delivery, TwOp op, gpointer args, GError **error)
{
    for (guint try = 0;; try++) {
        g_autoptr(TwSession) session = get_session(delivery, error);
        g_autoptr(GError) local = NULL;

        if (session == NULL)
            return FALSE;
        if (tw_session_call(session, op, args, &local))
            return TRUE;
        if (try > 0 || !g_error_matches(local, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        tw_lock(&delivery->lock);
        if (delivery->session == session)
            g_clear_pointer(&delivery->session, tw_session_unref);
        tw_unlock(&delivery->lock);
    }
}

static gboolean
find_address(TwDelivery *delivery, const char *address, TwDeliveryTarget *ret, GError **error)
{
    g_auto(TwRecipientFindArgs) args = { .address = address };

    if (!call(delivery, TW_OP_RECIPIENT_FIND, &args, error))
        return FALSE;
    *ret = (TwDeliveryTarget){ .store = args.store };
    return TRUE;
}

/* "name+detail@domain" without the detail, or NULL. */
static char *
without_detail(const char *address)
{
    const char *at = strrchr(address, '@');
    const char *plus = strchr(address, '+');

    if (plus == NULL || plus == address || (at != NULL && plus > at))
        return NULL;
    return g_strdup_printf("%.*s%s", (int) (plus - address), address, at != NULL ? at : "");
}

gboolean
tw_delivery_find(TwDelivery *delivery, const char *address, TwDeliveryTarget *ret, GError **error)
{
    g_autofree char *base = without_detail(address);
    g_autoptr(GError) local = NULL;

    if (find_address(delivery, address, ret, &local))
        return TRUE;
    if (base != NULL && g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        return find_address(delivery, base, ret, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* The first target with the same mailbox and folder as targets[i]. */
static guint
first_alike(const TwDeliveryTarget *targets, guint i)
{
    for (guint k = 0; k < i; k++) {
        if (tw_guid_equal(&targets[k].store, &targets[i].store) &&
            targets[k].folder == targets[i].folder)
            return k;
    }
    return i;
}

gboolean
tw_delivery_run(TwDelivery *delivery,
                GBytes *mail,
                const TwDeliveryTarget *targets,
                guint count,
                GError **ret_errors,
                GError **error)
{
    g_autofree TwDeliveryTarget *each = g_new(TwDeliveryTarget, MAX(count, 1));
    g_autofree guint *place = g_new(guint, MAX(count, 1)); /* in each, of targets[i] */
    g_auto(TwMailDeliverArgs) args = { .mail = mail, .targets = { .items = each } };

    for (guint i = 0; i < count; i++) {
        guint first = first_alike(targets, i);

        place[i] = first < i ? place[first] : args.targets.count;
        if (first == i)
            each[args.targets.count++] = targets[i];
    }
    if (!call(delivery, TW_OP_MAIL_DELIVER, &args, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwMailResult *result = &g_array_index(args.results, TwMailResult, place[i]);

        ret_errors[i] = result->error != NULL ? g_error_copy(result->error) : NULL;
    }
    return TRUE;
}
