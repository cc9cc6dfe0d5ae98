/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/delivery-private.h"

#include "base/log.h"
#include "delivery/name-map.h"

/* It goes on without plugins: mail that waits for them may wait for good. */
static void
load_plugins(TwDelivery *delivery)
{
    g_autoptr(GError) error = NULL;
    const GArray *hooks;

    if (*delivery->options->plugin_path == '\0')
        return;
    delivery->plugins = tw_plugins_load(delivery->options->plugin_path, &error);
    if (delivery->plugins == NULL) {
        tw_log(TW_LOG_ERR, "no-plugins", tw_log_error(error));
        return;
    }
    hooks = tw_plugins_hooks(delivery->plugins);
    g_array_append_vals(delivery->hooks, hooks->data, hooks->len);
}

TwDelivery *
tw_delivery_new(TwServer *server, TwDeliveryOptions *options)
{
    TwDelivery *delivery = g_new0(TwDelivery, 1);

    delivery->server = server;
    delivery->seen = tw_seen_new(TW_SEEN_MOST);
    delivery->names = tw_delivery_name_map_new(delivery);
    delivery->known = tw_known_new(delivery);
    delivery->hooks = g_array_new(FALSE, FALSE, sizeof(TwDeliveryHook));
    delivery->options =
        options != NULL ? tw_delivery_options_ref(options) : tw_delivery_options_new(NULL, NULL);
    tw_lock_init(&delivery->lock);
    load_plugins(delivery);
    return delivery;
}

void
tw_delivery_set_options(TwDelivery *delivery, TwDeliveryOptions *options)
{
    TwDeliveryOptions *old;

    tw_lock(&delivery->lock);
    old = delivery->options;
    delivery->options = tw_delivery_options_ref(options);
    tw_unlock(&delivery->lock);
    tw_delivery_options_unref(old);
}

TwDeliveryOptions *
tw_delivery_get_options(TwDelivery *delivery)
{
    TwDeliveryOptions *options;

    tw_lock(&delivery->lock);
    options = tw_delivery_options_ref(delivery->options);
    tw_unlock(&delivery->lock);
    return options;
}

void
tw_delivery_add_hook(TwDelivery *delivery, const TwDeliveryHook *hook)
{
    g_array_append_vals(delivery->hooks, hook, 1);
}

void
tw_delivery_free(TwDelivery *delivery)
{
    if (delivery == NULL)
        return;
    for (guint i = 0; i < TW_AS_COUNT; i++)
        tw_session_unref(delivery->sessions[i]);
    tw_lock_clear(&delivery->lock);
    tw_delivery_options_unref(delivery->options);
    g_array_unref(delivery->hooks);
    tw_plugins_free(delivery->plugins);
    tw_name_map_free(delivery->names);
    tw_known_free(delivery->known);
    tw_seen_free(delivery->seen);
    g_free(delivery);
}

void
tw_delivery_recipient_free(TwDeliveryRecipient *recipient)
{
    if (recipient == NULL)
        return;
    g_clear_error(&recipient->error);
    g_array_unref(recipient->places);
    g_free(recipient->address);
    g_free(recipient);
}

void
tw_delivery_confirm(TwDelivery *delivery, const TwMailDigest *digest)
{
    tw_seen_confirm(delivery->seen, digest);
}

/* ---- sessions ---- */

TwSession *
tw_delivery_get_session(TwDelivery *delivery, TwDeliveryAs as, GError **error)
{
    static const TwLogon logons[TW_AS_COUNT] = {
        [TW_AS_SYSTEM] = { .peer = { .kind = TW_PEER_PROCESS },
                           .flags = TW_LOGON_BOUND,
                           .user = "SYSTEM",
                           .program = "delivery" },
        [TW_AS_NOBODY] = { .peer = { .kind = TW_PEER_PROCESS },
                           .flags = TW_LOGON_ANONYMOUS | TW_LOGON_BOUND,
                           .program = "delivery" },
    };
    g_autoptr(GError) local = NULL;
    TwSession *session;

    tw_lock(&delivery->lock);
    session = delivery->sessions[as] != NULL ? tw_session_ref(delivery->sessions[as]) : NULL;
    tw_unlock(&delivery->lock);
    if (session != NULL)
        return session;
    if (!tw_server_logon(delivery->server, &logons[as], &session, NULL, &local)) {
        /* a server elsewhere that does not trust us may do so when the mail comes again */
        if (g_error_matches(local, TW_ERROR, TW_ERROR_NO_ACCESS))
            local->code = TW_ERROR_BUSY;
        g_propagate_error(error, g_steal_pointer(&local));
        return NULL;
    }
    tw_lock(&delivery->lock);
    if (delivery->sessions[as] == NULL)
        delivery->sessions[as] = tw_session_ref(session);
    tw_unlock(&delivery->lock);
    return session;
}

static void
forget_session(TwDelivery *delivery, TwDeliveryAs as, const TwSession *session)
{
    TwSession *old = NULL;

    tw_lock(&delivery->lock);
    if (delivery->sessions[as] == session)
        old = g_steal_pointer(&delivery->sessions[as]);
    tw_unlock(&delivery->lock);
    tw_session_unref(old);
}

gboolean
tw_delivery_call(TwDelivery *delivery, TwDeliveryAs as, TwOp op, gpointer args, GError **error)
{
    for (guint try = 0;; try++) {
        g_autoptr(TwSession) session = tw_delivery_get_session(delivery, as, error);
        g_autoptr(GError) local = NULL;

        if (session == NULL)
            return FALSE;
        if (tw_session_call(session, op, args, &local))
            return TRUE;
        if (try > 0 || !g_error_matches(local, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        forget_session(delivery, as, session);
    }
}
