/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The agent that watches the queue. */
#include <string.h>

#include "mapi/tags.h"
#include "spooler/post.h"

static void
test_agent(void)
{
    Post post;
    g_autoptr(GError) error = NULL;
    TwSpoolerFigures figures;
    TwSpooler *spooler;

    post_open(&post, NULL, NULL);
    for (guint i = 0; i < 3; i++) {
        TwObject *message = post_message("Before");
        post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        post_submit(&post, message);
    }
    spooler = tw_spooler_start(post.world.server, post.config, NULL, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 9; i++) {
        TwObject *message = post_message("After");
        post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        post_submit(&post, message);
    }
    relay_wait_mails(&post.relay, 12);
    g_assert_true(tw_spooler_reload(spooler, post.config, &error));
    tw_spooler_get_figures(spooler, &figures);
    g_assert_cmpuint(figures.failed, ==, 0);
    tw_spooler_stop(spooler);
    relay_stop(&post.relay);
    /* stopping lets those finish whose mail the relay has */
    g_assert_cmpuint(post.relay.mails->len, ==, 12);
    g_assert_cmpuint(post_sent(&post), ==, 12);
    g_assert_cmpuint(post_queue_len(&post), ==, 0);
    post_close(&post);
}

/* What was not submitted stays where it lies, in whatever folder. */
static void
test_not_submitted(void)
{
    static const TwLayoutFolderKey places[] = { TW_LAYOUT_FOLDER_DRAFTS, TW_LAYOUT_FOLDER_OUTBOX };
    Post post;
    TwObject *message = post_message("Submitted");
    g_autoptr(GError) why = NULL;
    TwSpooler *spooler;

    post_open(&post, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(TwObject) draft = post_message("A draft");
        TwMessageCreateArgs args = { .store = post.anna.store,
                                     .folder = post.anna_folders.numbers[places[i]],
                                     .object = draft };

        post_add_recipient(draft, 1, "SMTP", "jo@example.net", "Jo");
        assert_done(tw_session_message_create(post.owner, &args, error));
    }
    spooler = tw_spooler_start(post.world.server, post.config, NULL, NULL, &why);
    g_assert_no_error(why);
    post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    post_submit(&post, message);
    relay_wait_mails(&post.relay, 1);
    tw_spooler_stop(spooler);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    assert_contains(post_mail(&post, 0), "Subject: Submitted\r\n");
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        g_assert_cmpuint(
            post_count_in(&post, &post.anna, post.anna_folders.numbers[places[i]], NULL), ==, 1);
    post_close(&post);
}

static void
test_default_relay(void)
{
    TwConfigSource nothing = { 0 };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;
    TwSpoolerSettings *settings;
    TwConfig *config;

    g_assert_true(tw_config_schema_add(schema, &tw_spooler_config_table, &error));
    g_assert_true(tw_config_schema_add(schema, &tw_spooler_places_table, &error));
    config = tw_config_load(schema, &nothing, NULL, &error);
    g_assert_no_error(error);
    settings = tw_spooler_settings_new(config, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(settings->host, ==, "localhost");
    g_assert_cmpuint(settings->port, ==, 25);
    g_assert_null(settings->unix_path);
    tw_spooler_settings_unref(settings);
    tw_config_unref(config);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/settings/default-relay", test_default_relay);
    g_test_add_func("/spooler/agent", test_agent);
    g_test_add_func("/spooler/not-submitted", test_not_submitted);
    return g_test_run();
}
