/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/post.h"

#include "mapi/tags.h"

static TwConfig *
configure(const char *path, const char *key, const char *value)
{
    const TwConfigSetting settings[] = {
        { "smtp_server", path },         { "smtp_tls", "no" },
        { "smtp_name", "post.test" },    { "retry_time", "0" },
        { "tmp_path", g_get_tmp_dir() }, { key, value },
    };
    TwConfigSource source = { .settings = settings,
                              .settings_count = key != NULL ? G_N_ELEMENTS(settings)
                                                            : G_N_ELEMENTS(settings) - 1 };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;
    TwConfig *config;

    g_assert_true(tw_config_schema_add(schema, &tw_spooler_config_table, &error));
    g_assert_true(tw_config_schema_add(schema, &tw_spooler_places_table, &error));
    config = tw_config_load(schema, &source, NULL, &error);
    g_assert_no_error(error);
    return config;
}

void
post_set(Post *post, const char *key, const char *value)
{
    g_autoptr(GError) error = NULL;

    tw_spooler_settings_unref(post->settings);
    tw_config_unref(post->config);
    post->config = configure(post->relay.path, key, value);
    post->settings = tw_spooler_settings_new(post->config, NULL, &error);
    g_assert_no_error(error);
}

static void
fill(Post *post, const WorldUser *user, const char *language, TwMailboxFolders *ret)
{
    TwMailboxSpec spec = tw_mailbox_spec(user->number, TW_STORE_PRIVATE, language);

    assert_done(tw_mailbox_fill(post->system, &user->store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(post->system, &user->store, TW_LAYOUT_PRIVATE, ret, error));
}

void
post_open(Post *post, RelayAnswer answer, gconstpointer data)
{
    *post = (Post){ 0 };
    world_new(&post->world);
    world_user(&post->world, 0, "anna", &post->anna);
    world_user(&post->world, 0, "bert", &post->bert);
    post->owner = world_logon(&post->world, "anna");
    post->system = world_trusted(&post->world, "SYSTEM");
    fill(post, &post->anna, "de", &post->anna_folders);
    fill(post, &post->bert, "en", &post->bert_folders);
    relay_start(&post->relay, answer, data);
    post_set(post, NULL, NULL);
}

void
post_close(Post *post)
{
    relay_clear(&post->relay);
    tw_spooler_settings_unref(post->settings);
    tw_config_unref(post->config);
    tw_session_unref(post->owner);
    tw_session_unref(post->system);
    world_free(&post->world);
}

/* ---- messages ---- */

TwObject *
post_message(const char *subject)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
        tw_value_str(PR_SUBJECT, subject),
        tw_value_str(PR_BODY, "Hello giraffe\r\n.dot\r\n"),
        tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_UNSENT),
        tw_value_i8(PR_CLIENT_SUBMIT_TIME, G_GINT64_CONSTANT(133500000000000000)),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(message, &values[i], NULL));
    return message;
}

TwObject *
post_add_recipient(
    TwObject *message, guint type, const char *kind, const char *address, const char *name)
{
    TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    const TwPropValue values[] = {
        tw_value_long(PR_RECIPIENT_TYPE, type),
        tw_value_str(PR_ADDRTYPE, kind),
        tw_value_str(PR_EMAIL_ADDRESS, address),
        tw_value_str(PR_DISPLAY_NAME, name),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(row, &values[i], NULL));
    return row;
}

void
post_set_text(TwObject *message, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(message, &value, NULL));
}

guint32
post_submit(Post *post, TwObject *message)
{
    g_auto(TwMessageCreateArgs)
        create = { .store = post->anna.store,
                   .folder = post->anna_folders.numbers[TW_LAYOUT_FOLDER_OUTBOX],
                   .object = message };
    TwQueueSubmitArgs args = { .store = post->anna.store,
                               .flags = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL };

    assert_done(tw_session_message_create(post->owner, &create, error));
    tw_object_free(message);
    args.message = create.made.mid;
    assert_done(tw_session_queue_submit(post->owner, &args, error));
    return create.made.mid;
}

guint
post_queue_len(Post *post)
{
    g_auto(TwQueueListAllArgs) list = { 0 };

    assert_done(tw_session_queue_list_all(post->system, &list, error));
    return list.rows->len;
}

TwSpoolerResult
post_run_first(Post *post, const TwSpoolerHooks *hooks, TwSession *session)
{
    g_auto(TwQueueListAllArgs) list = { 0 };
    g_autoptr(GError) why = NULL;
    g_autoptr(TwSession) own = session == NULL ? world_trusted(&post->world, "SYSTEM") : NULL;
    TwSpoolerPlace place = { .session = session != NULL ? session : own,
                             .settings = post->settings,
                             .hooks = hooks };
    TwSpoolerResult result = TW_SPOOLER_SKIPPED;
    gboolean ok;

    assert_done(tw_session_queue_list_all(post->system, &list, error));
    g_assert_cmpuint(list.rows->len, >, 0);
    ok = tw_spooler_job_run(&place, &g_array_index(list.rows, TwQueueRow, 0), &result, &why);
    if (session == NULL)
        g_assert_no_error(why);
    else if (!ok)
        g_assert_error(why, TW_ERROR, TW_ERROR_END_OF_SESSION);
    return result;
}

guint
post_count_in(Post *post, const WorldUser *user, guint32 folder, guint32 *ret_first)
{
    g_auto(TwMessageListArgs) list = { .store = user->store, .folder = folder };

    assert_done(tw_session_message_list(post->system, &list, error));
    if (ret_first != NULL)
        *ret_first = list.rows->len > 0 ? g_array_index(list.rows, TwMessageRow, 0).mid : 0;
    return list.rows->len;
}

guint
post_sent(Post *post)
{
    return post_count_in(post, &post->anna, post->anna_folders.numbers[TW_LAYOUT_FOLDER_SENT],
                         NULL);
}

guint
post_reports(Post *post)
{
    g_auto(TwReceiveFolderArgs) inbox = { .store = post->anna.store, .message_class = "REPORT" };

    assert_done(tw_session_receive_folder(post->system, &inbox, error));
    return post_count_in(post, &post->anna, inbox.folder, NULL);
}

TwObject *
post_read_first(Post *post, const WorldUser *user, guint32 folder)
{
    g_auto(TwMessageReadArgs) read = { .store = user->store };

    g_assert_cmpuint(post_count_in(post, user, folder, &read.message), >, 0);
    assert_done(tw_session_message_read(post->system, &read, error));
    return g_steal_pointer(&read.object);
}

const char *
post_mail(Post *post, guint index)
{
    g_assert_cmpuint(index, <, post->relay.mails->len);
    return ((GString *) post->relay.mails->pdata[index])->str;
}

guint
post_count_said(Post *post, const char *prefix)
{
    guint count = 0;

    for (guint i = 0; i < post->relay.lines->len; i++)
        count += g_str_has_prefix(post->relay.lines->pdata[i], prefix) ? 1 : 0;
    return count;
}

gboolean
post_said(Post *post, const char *prefix)
{
    return post_count_said(post, prefix) > 0;
}
