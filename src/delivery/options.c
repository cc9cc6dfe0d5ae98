/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/options.h"

#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "convert/charset.h"

static const char *const duplicate_choices[] = { "no|false|0", "retries", "message-id", NULL };

static const char default_refusal[] =
    "A rule of your mailbox was to forward a mail from %sender with the subject \"%subject\" to "
    "an address that the administrator does not allow as a target. The mail was delivered here and "
    "not forwarded.";

static const TwConfigKey keys[] = {
    { .name = "spam_header_name",
      .type = TW_CONFIG_STRING,
      .def = "X-Spam-Status",
      .help = "Header by which a spam filter in front of this server marks mails; such a mail goes "
              "into the junk folder. Empty: no header." },
    { .name = "spam_header_value",
      .type = TW_CONFIG_STRING,
      .def = "Yes,",
      .help = "Text that must stand in that header, in any case." },
    { .name = "suppress_duplicates",
      .type = TW_CONFIG_ENUM,
      .def = "retries",
      .choices = duplicate_choices,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Which mails are taken and not stored, as the mailbox has them: none, those that a "
              "mail server sends again because our answer to it was lost, or also those whose "
              "Message-ID the mailbox got before." },
    { .name = "set_rule_headers",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Mark mails that rules forward, redirect or answer with X-Twiga-Rule-Action." },
    { .name = "no_double_forward",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Do not forward by rule what a rule has forwarded before." },
    { .name = "forward_whitelist_domains",
      .type = TW_CONFIG_LIST,
      .def = "*",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Domains that rules may forward and redirect to; * stands for anything. Mailboxes of "
              "this server are always allowed." },
    { .name = "forward_whitelist_domains_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "File with such domains, used instead of that list." },
    { .name = "forward_whitelist_domain_subject",
      .type = TW_CONFIG_STRING,
      .def = "REJECT: %subject not forwarded (administratively blocked)",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Subject of the notice to the owner of a rule whose target is not allowed. %subject "
              "and %sender are those of the mail." },
    { .name = "forward_whitelist_domain_message",
      .type = TW_CONFIG_STRING,
      .def = default_refusal,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Text of that notice." },
    { .name = "forward_whitelist_domain_message_file",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "File with the text of that notice." },
    { .name = "inhibit_forward_headers",
      .type = TW_CONFIG_LIST,
      .def = "X-Twiga-Vacation X-Kopano-Vacation X-Zarafa-Vacation \"Auto-Submitted: auto*\"",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Mails with such a header are not forwarded by rules: \"Name\" or \"Name: value\", "
              "each with * at its end for any rest." },
    { .name = "inhibit_auto_reply_headers",
      .type = TW_CONFIG_LIST,
      .def = "\"X-Spam-Flag: Yes*\" \"X-Is-Junk: Yes*\" X-AMAZON* X-LinkedIn*",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Mails with such a header get no automatic answer. Automatic and bulk mail, mail of "
              "lists and spam never get one." },
    { .name = "autoresponder",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help =
          "Program that is called to send an out-of-office answer. Empty: the server sends it." },
    { .name = "autorespond_cc",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Answer also where the absent user stands in Cc." },
    { .name = "autorespond_bcc",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Answer also where the absent user stands in Bcc." },
    { .name = "autorespond_norecip",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Answer also where the absent user stands in no header." },
    { .name = "timelimit",
      .type = TW_CONFIG_TIME,
      .unit = "s",
      .def = "86400",
      .max = (gint64) 366 * 86400,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Time for which a sender who got an out-of-office answer gets no other one." },
    { .name = "log_raw_message",
      .type = TW_CONFIG_LIST,
      .def = "no",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Whether mails are copied to log_raw_message_path as they came: no, yes or all, "
              "error for those that could not be processed, or names of users." },
    { .name = "log_raw_message_path",
      .type = TW_CONFIG_PATH,
      .def = "/var/lib/twiga",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Folder for those copies." },
    { .name = "public_recipient",
      .type = TW_CONFIG_STRING,
      .def = "public",
      .flags = TW_CONFIG_RELOADABLE,
      .help =
          "Name before the \"+\" of an address whose mail goes into a folder of the public "
          "store, as in public+orders@example.org; nobody may have this name. The folder must let "
          "anonymous users create items. Empty: there is no such address." },
    { .name = "tmp_path",
      .type = TW_CONFIG_PATH,
      .def = "/tmp",
      .help = "Folder for large mails while they come in." },
    { .name = "default_charset",
      .type = TW_CONFIG_STRING,
      .def = "us-ascii",
      .help = "Charset of text that names none, or wrongly us-ascii, and is not UTF-8; ASCII must "
              "be a part of it. us-ascii: it is guessed." },
    { .name = "unknown_charset_substitutions",
      .type = TW_CONFIG_LIST,
      .help =
          "Pairs of a charset that is not known and of one to read it as, as in \"x-user-defined "
          "windows-1252\". Other text of an unknown charset is read as if it named none." },
    { .name = "indexed_headers",
      .type = TW_CONFIG_LIST,
      .help = "Header fields without a property of their own that are kept as named properties, "
              "which clients can search for and rules can ask for." },
    { .name = "plugin_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Call the programs in plugin_path for each mail and mailbox." },
    { .name = "plugin_path",
      .type = TW_CONFIG_PATH,
      .def = "/var/lib/twiga/dagent/plugins",
      .help =
          "Folder of those programs. The name of each ends with when it is called: "
          ".post-converting, "
          ".pre-delivery, .pre-rule, .new-mail or .post-delivery. The mail is its input; its "
          "exit code says what becomes of the mail: 0 it goes on, 2 it counts as delivered, or "
          "for .new-mail nobody is told of it, 3 it is refused, 4 no further program is called, "
          "5 it is to come again." },
    { .name = "mr_autoaccepter",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help =
          "Program that answers meeting mail to mailboxes that accept by themselves, instead of "
          "the server. It is given the name of the user, this file and the entry id of the "
          "message, in hex; when it ends with 0 the message is dealt with and goes." },
    { .name = "mr_autoprocessor",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_RELOADABLE,
      .help =
          "Program that takes meeting mail into the calendars of mailboxes that have that done, "
          "instead of the server. It is given the same." },
    { .name = "archive_on_delivery",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was to archive each mail at once. There are no archive stores." },
    { .name = "conversion_detail",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was whether a note said which bodies had become attachments. None do." },
    { .name = "mail_conversion_detail",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "The same." },
    { .name = "html_safety_filter",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a filter for HTML." },
    { .name = "insecure_html_join",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was how several HTML parts became one." },
    { .name = "plugin_manager_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the folder of the loader of plugins." },
    { .name = "statsclient_url",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was where figures were sent to. They can be read at the monitoring listener." },
    { .name = "statsclient_interval",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was how often figures were sent." },
    { .name = "statsclient_ssl_verify",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was whether the receiver of figures had to prove itself." },
};

const TwConfigTable tw_delivery_config_table = {
    .title = "Delivery",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

static void
clear_options(gpointer data)
{
    TwDeliveryOptions *options = data;

    g_free(options->spam_name);
    g_free(options->spam_value);
    g_strfreev(options->forward_domains);
    g_free(options->refusal_subject);
    g_free(options->refusal_text);
    tw_mark_patterns_free(options->inhibit_forward);
    tw_mark_patterns_free(options->inhibit_reply);
    g_free(options->autoresponder);
    g_strfreev(options->raw_users);
    g_free(options->raw_path);
    g_free(options->tmp_path);
    g_free(options->charset);
    g_strfreev(options->substitutes);
    g_strfreev(options->headers);
    g_free(options->plugin_path);
    g_free(options->mr_accepter);
    g_free(options->mr_processor);
    g_free(options->config_path);
    g_free(options->public_recipient);
}

static char *
read_file(const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text = NULL;

    if (g_file_get_contents(path, &text, NULL, &local))
        return text;
    g_set_error_literal(error, TW_ERROR,
                        g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                            ? TW_ERROR_NOT_FOUND
                            : TW_ERROR_FAILED,
                        local->message);
    return NULL;
}

static char **
copy_list(const char *const *words)
{
    GPtrArray *copy = g_ptr_array_new();

    for (guint i = 0; words[i] != NULL; i++)
        g_ptr_array_add(copy, g_strdup(words[i]));
    g_ptr_array_add(copy, NULL);
    return (char **) g_ptr_array_free(copy, FALSE);
}

static gboolean
read_domains(const TwConfig *config, TwDeliveryOptions *options, GError **error)
{
    const char *path = tw_config_get_string(config, "forward_whitelist_domains_file");
    g_autofree char *text = NULL;

    if (*path == '\0') {
        options->forward_domains =
            copy_list(tw_config_get_list(config, "forward_whitelist_domains"));
        return TRUE;
    }
    text = read_file(path, error);
    if (text == NULL)
        return FALSE;
    options->forward_domains = g_strsplit_set(text, " \t\r\n", -1); /* empty words match nothing */
    return TRUE;
}

static gboolean
read_refusal(const TwConfig *config, TwDeliveryOptions *options, GError **error)
{
    const char *path = tw_config_get_string(config, "forward_whitelist_domain_message_file");

    options->refusal_subject =
        g_strdup(tw_config_get_string(config, "forward_whitelist_domain_subject"));
    options->refusal_text =
        *path != '\0' ? read_file(path, error)
                      : g_strdup(tw_config_get_string(config, "forward_whitelist_domain_message"));
    return options->refusal_text != NULL;
}

static void
read_raw(const TwConfig *config, TwDeliveryOptions *options)
{
    static const struct {
        const char *word;
        TwRawCopies raw;
    } words[] = { { "no", TW_RAW_NEVER },    { "yes", TW_RAW_ALL }, { "all", TW_RAW_ALL },
                  { "error", TW_RAW_ERROR }, { "0", TW_RAW_NEVER }, { "1", TW_RAW_ALL } };
    const char *const *list = tw_config_get_list(config, "log_raw_message");

    options->raw_path = g_strdup(tw_config_get_string(config, "log_raw_message_path"));
    if (list[0] == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (list[1] == NULL && g_ascii_strcasecmp(list[0], words[i].word) == 0) {
            options->raw = words[i].raw;
            return;
        }
    }
    options->raw = TW_RAW_USERS;
    options->raw_users = copy_list(list);
}

static gboolean
is_plain(const char *key, const char *charset, GError **error)
{
    if (tw_charset_is_plain(charset))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: \"%s\" is no charset that contains ASCII",
                key, charset);
    return FALSE;
}

static gboolean
read_charsets(const TwConfig *config, TwDeliveryOptions *options, GError **error)
{
    const char *charset = tw_config_get_string(config, "default_charset");

    options->substitutes = copy_list(tw_config_get_list(config, "unknown_charset_substitutions"));
    for (guint i = 0; options->substitutes[i] != NULL; i++) {
        if (options->substitutes[i + 1] == NULL) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                        "unknown_charset_substitutions: nothing stands for \"%s\"",
                        options->substitutes[i]);
            return FALSE;
        }
        if (!is_plain("unknown_charset_substitutions", options->substitutes[++i], error))
            return FALSE;
    }
    if (*charset == '\0' || g_ascii_strcasecmp(charset, "us-ascii") == 0)
        return TRUE;
    options->charset = g_strdup(charset);
    return is_plain("default_charset", charset, error);
}

static gboolean
read_config(const TwConfig *config, TwDeliveryOptions *options, GError **error)
{
    options->spam_name = g_strdup(tw_config_get_string(config, "spam_header_name"));
    options->spam_value = g_strdup(tw_config_get_string(config, "spam_header_value"));
    options->duplicates = (TwDuplicates) tw_config_get_enum(config, "suppress_duplicates");
    options->set_rule_headers = tw_config_get_bool(config, "set_rule_headers");
    options->no_double_forward = tw_config_get_bool(config, "no_double_forward");
    options->inhibit_forward =
        tw_mark_patterns_new(tw_config_get_list(config, "inhibit_forward_headers"));
    options->inhibit_reply =
        tw_mark_patterns_new(tw_config_get_list(config, "inhibit_auto_reply_headers"));
    options->autoresponder = g_strdup(tw_config_get_string(config, "autoresponder"));
    options->reply_cc = tw_config_get_bool(config, "autorespond_cc");
    options->reply_bcc = tw_config_get_bool(config, "autorespond_bcc");
    options->reply_other = tw_config_get_bool(config, "autorespond_norecip");
    options->reply_interval_us = tw_config_get_time_ms(config, "timelimit") * 1000;
    options->tmp_path = g_strdup(tw_config_get_string(config, "tmp_path"));
    options->public_recipient = g_strdup(tw_config_get_string(config, "public_recipient"));
    options->headers = copy_list(tw_config_get_list(config, "indexed_headers"));
    options->mr_accepter = g_strdup(tw_config_get_string(config, "mr_autoaccepter"));
    options->mr_processor = g_strdup(tw_config_get_string(config, "mr_autoprocessor"));
    options->config_path = g_strdup("");
    options->plugin_path = g_strdup(tw_config_get_bool(config, "plugin_enabled")
                                        ? tw_config_get_string(config, "plugin_path")
                                        : "");
    read_raw(config, options);
    return read_charsets(config, options, error) && read_domains(config, options, error) &&
           read_refusal(config, options, error);
}

/* The defaults stand in the table and nowhere else. */
static TwConfig *
load_defaults(GError **error)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    TwConfigSource source = { 0 };

    if (!tw_config_schema_add(schema, &tw_delivery_config_table, error))
        return NULL;
    return tw_config_load(schema, &source, NULL, error);
}

TwDeliveryOptions *
tw_delivery_options_new(const TwConfig *config, GError **error)
{
    g_autoptr(TwConfig) defaults = config == NULL ? load_defaults(error) : NULL;
    g_autoptr(TwDeliveryOptions) options = g_atomic_rc_box_new0(TwDeliveryOptions);

    if (config == NULL)
        config = defaults;
    if (config == NULL || !read_config(config, options, error))
        return NULL;
    return g_steal_pointer(&options);
}

TwDeliveryOptions *
tw_delivery_options_ref(TwDeliveryOptions *options)
{
    return g_atomic_rc_box_acquire(options);
}

void
tw_delivery_options_unref(TwDeliveryOptions *options)
{
    if (options != NULL)
        g_atomic_rc_box_release_full(options, clear_options);
}
