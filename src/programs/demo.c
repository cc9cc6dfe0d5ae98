/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Order: demo.env with the passwords, then people, mailboxes, mail, then demo.env with its last line. Each step looks first
 * whether it was done, so an interrupted start is completed by the next one.
 */
#include "programs/demo.h"

#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "groupware/mailbox.h"

#define DEMO_DOMAIN "demo.example"
#define DEMO_WHOLE "DEMO_WHOLE=yes\n" /* the last line of a demo that is complete */
#define DEMO_GROUP "team"

enum {
    PASSWORD_LEN = 16
};

typedef struct {
    const char *name, *full_name, *language;
    const char *suffix; /* of its variables */
} Person;

static const Person people[] = {
    { "alice", "Alice Adams", "en", "" },
    { "bob", "Bob Brown", "en", "2" },
    { "carla", "Carla Conrad", "de", "3" },
};

enum {
    PEOPLE = G_N_ELEMENTS(people)
};

typedef struct {
    TwNode *node;
    const char *path; /* of demo.env */
    char passwords[PEOPLE][PASSWORD_LEN + 1];
    guint32 numbers[PEOPLE];
    TwGuid stores[PEOPLE];
} Demo;

/* ---- demo.env ---- */

static gboolean
from_file_error(GError **error, GError *local)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
    g_error_free(local);
    return FALSE;
}

static void
make_password(char ret[PASSWORD_LEN + 1])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32 of them */
    guint8 bytes[PASSWORD_LEN];

    tw_random_bytes(bytes, sizeof bytes);
    for (guint i = 0; i < PASSWORD_LEN; i++)
        ret[i] = letters[bytes[i] % 32];
    ret[PASSWORD_LEN] = '\0';
}

static void
write_lines(const Demo *demo, GString *text)
{
    for (guint i = 0; i < PEOPLE; i++) {
        const Person *person = &people[i];
        g_string_append_printf(text, "DEMO_USER%s=%s\nDEMO_PASS%s=%s\nDEMO_ADDR%s=%s@%s\n",
                               person->suffix, person->name, person->suffix, demo->passwords[i],
                               person->suffix, person->name, DEMO_DOMAIN);
    }
}

static gboolean
save(const Demo *demo, gboolean whole, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GError *local = NULL;

    write_lines(demo, text);
    if (whole)
        g_string_append(text, DEMO_WHOLE);
    if (g_file_set_contents_full(demo->path, text->str, (gssize) text->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &local))
        return TRUE;
    return from_file_error(error, local);
}

/* The passwords of a demo that was begun. FALSE when the file says something else. */
static gboolean
read_passwords(Demo *demo, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; i < PEOPLE; i++) {
        g_autofree char *name = g_strdup_printf("DEMO_PASS%s=", people[i].suffix);
        const char *value = NULL;

        for (char **line = lines; *line != NULL; line++) {
            if (g_str_has_prefix(*line, name))
                value = *line + strlen(name);
        }
        if (value == NULL || strlen(value) != PASSWORD_LEN)
            return FALSE;
        memcpy(demo->passwords[i], value, PASSWORD_LEN + 1);
    }
    return TRUE;
}

/* ---- people ---- */

/* Whether somebody else's users, groups or companies are here. */
static gboolean
has_objects(Demo *demo, gboolean *ret, GError **error)
{
    g_auto(TwBookChangesArgs) all = { .since = 0 };

    *ret = FALSE;
    if (!tw_session_book_changes(demo->node->system, &all, error))
        return FALSE;
    for (guint i = 0; i < all.rows->len; i++) {
        const TwDirectoryObject *object = all.rows->pdata[i];
        *ret |= object->number >= TW_DIRECTORY_FIRST_NUMBER;
    }
    return TRUE;
}

/* The number of somebody of that name; 0: there is nobody. */
static gboolean
find(Demo *demo, TwDirectoryType type, const char *name, guint32 *ret, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = name, .type = type };
    g_autoptr(GError) local = NULL;

    *ret = 0;
    if (tw_session_name_find(demo->node->system, &find, &local)) {
        *ret = find.entry->number;
        return TRUE;
    }
    if (g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

static gboolean
make_person(Demo *demo, guint index, GError **error)
{
    static const char *const features[] = { "imap", "pop3", NULL };
    const Person *person = &people[index];
    const char *password = demo->passwords[index];
    g_autofree char *mail = g_strdup_printf("%s@%s", person->name, DEMO_DOMAIN);
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                 .name = person->name,
                                 .full_name = person->full_name,
                                 .mail = mail,
                                 .meeting = TW_DIRECTORY_MEETING_DEFAULT,
                                 .features_on = features };
    g_auto(TwObjectCreateArgs) make = { .values = &values, .password = secret };
    guint32 *number = &demo->numbers[index];

    if (!find(demo, TW_DIRECTORY_USERS, person->name, number, error))
        return FALSE;
    if (*number == 0 && !tw_session_object_create(demo->node->system, &make, error))
        return FALSE;
    if (*number == 0)
        *number = make.created;
    return tw_mailbox_create(demo->node->system, *number, TW_STORE_PRIVATE, person->language,
                             &demo->stores[index], error);
}

static gboolean
make_group(Demo *demo, GError **error)
{
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                 .name = DEMO_GROUP,
                                 .full_name = "The team",
                                 .mail = DEMO_GROUP "@" DEMO_DOMAIN };
    g_auto(TwObjectCreateArgs) make = { .values = &values };
    guint32 number;

    if (!find(demo, TW_DIRECTORY_GROUPS, DEMO_GROUP, &number, error) ||
        (number == 0 && !tw_session_object_create(demo->node->system, &make, error)))
        return FALSE;
    for (guint i = 0; i < PEOPLE; i++) {
        g_auto(TwRelateArgs) relate = { .user = number == 0 ? make.created : number,
                                        .relation = TW_DIRECTORY_MEMBER,
                                        .other = demo->numbers[i] };
        g_autoptr(GError) local = NULL;
        if (!tw_session_relate(demo->node->system, &relate, &local) &&
            !g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- mail ---- */

typedef struct {
    const char *id; /* of the Message-ID, before the @ */
    guint from;     /* index of people */
    guint to;       /* bits of people */
    guint hours_ago;
    const char *subject; /* as it stands in the header */
    const char *content; /* header of the content, empty line, body; lines end in CRLF */
} Mail;

static const Mail mails[] = {
    { "welcome", 2, 7, 50, "Welcome to Twiga",
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "Hello,\r\n"
      "\r\n"
      "this is the demo company. Alice, Bob and Carla have a mailbox each, the team has an\r\n"
      "address, and there is a public store. Carla's folders are in German.\r\n"
      "\r\n"
      "Carla\r\n" },
    { "plan", 1, 1, 26, "Plan for the launch",
      "Content-Type: multipart/alternative; boundary=\"demo-plan\"\r\n"
      "\r\n"
      "--demo-plan\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "Monday: test. Tuesday: launch. Wednesday: sleep.\r\n"
      "--demo-plan\r\n"
      "Content-Type: text/html; charset=us-ascii\r\n"
      "\r\n"
      "<html><body><p><b>Monday</b>: test. <b>Tuesday</b>: launch. "
      "<b>Wednesday</b>: sleep.</p></body></html>\r\n"
      "--demo-plan--\r\n" },
    { "re-plan", 0, 2, 25, "Re: Plan for the launch",
      "In-Reply-To: <plan@" DEMO_DOMAIN ">\r\n"
      "References: <plan@" DEMO_DOMAIN ">\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "Fine, but let us sleep on Monday.\r\n" },
    { "figures", 2, 3, 3, "=?utf-8?Q?Zahlen_f=C3=BCr_M=C3=A4rz?=",
      "Content-Type: multipart/mixed; boundary=\"demo-figures\"\r\n"
      "\r\n"
      "--demo-figures\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n"
      "Sch=C3=B6ne Gr=C3=BC=C3=9Fe! The figures are attached.\r\n"
      "--demo-figures\r\n"
      "Content-Type: text/csv; charset=us-ascii; name=\"figures.csv\"\r\n"
      "Content-Disposition: attachment; filename=\"figures.csv\"\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "d2VlayxnaXJhZmZlcw0KOSwxMg0KMTAsMTMNCg==\r\n"
      "--demo-figures--\r\n" },
};

static GBytes *
build_mail(const Mail *mail, gint64 sent_us)
{
    GString *text = g_string_new(NULL);
    char date[TW_DATE_TEXT_SIZE] = "";
    const char *separator = "";

    tw_date_print_rfc5322(sent_us, 0, date);
    g_string_append_printf(text, "From: %s <%s@%s>\r\nTo: ", people[mail->from].full_name,
                           people[mail->from].name, DEMO_DOMAIN);
    for (guint i = 0; i < PEOPLE; i++) {
        if ((mail->to & 1u << i) == 0)
            continue;
        g_string_append_printf(text, "%s%s <%s@%s>", separator, people[i].full_name, people[i].name,
                               DEMO_DOMAIN);
        separator = ",\r\n ";
    }
    g_string_append_printf(text,
                           "\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n"
                           "MIME-Version: 1.0\r\n%s",
                           mail->subject, date, mail->id, DEMO_DOMAIN, mail->content);
    return g_string_free_to_bytes(text);
}

static gboolean
deliver(Demo *demo, const Mail *mail, gint64 now_us, GError **error)
{
    gint64 sent_us = now_us - (gint64) mail->hours_ago * 3600 * G_USEC_PER_SEC;
    g_autoptr(GBytes) bytes = build_mail(mail, sent_us);
    guint8 once[TW_SHA256_LEN];
    TwDeliveryTarget targets[PEOPLE];
    guint count = 0;
    g_auto(TwMailDeliverArgs) args = { .mail = bytes, .recv_us = sent_us };

    /* by the name alone: the date is another one when an interrupted start is completed */
    tw_sha256(mail->id, strlen(mail->id), once);
    for (guint i = 0; i < PEOPLE; i++) {
        if (mail->to & 1u << i)
            targets[count++] = (TwDeliveryTarget){ .store = demo->stores[i], .once = once };
    }
    args.targets = (TwDeliveryTargets){ .items = targets, .count = count };
    if (!tw_session_mail_deliver(demo->node->system, &args, error))
        return FALSE;
    for (guint i = 0; i < args.results->len; i++) {
        TwMailResult *result = &g_array_index(args.results, TwMailResult, i);
        if (result->error != NULL) {
            g_propagate_error(error, g_error_copy(result->error));
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- the whole ---- */

static gboolean
make_all(Demo *demo, GError **error)
{
    gint64 now_us = g_get_real_time();
    TwGuid public;

    for (guint i = 0; i < PEOPLE; i++) {
        if (!make_person(demo, i, error)) {
            g_prefix_error(error, "%s: ", people[i].name);
            return FALSE;
        }
    }
    if (!make_group(demo, error) || !tw_mailbox_create(demo->node->system, TW_DIRECTORY_EVERYONE,
                                                       TW_STORE_PUBLIC, "en", &public, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
        if (!deliver(demo, &mails[i], now_us, error)) {
            g_prefix_error(error, "mail %s: ", mails[i].id);
            return FALSE;
        }
    }
    return save(demo, TRUE, error);
}

/* Passwords of a demo that was begun, or new ones; *ret_begin says whether there is anything to make. */
static gboolean
prepare(Demo *demo, GString *text, gboolean *ret_begin, GError **error)
{
    g_autofree char *there = NULL;
    gboolean taken;
    gsize len;

    *ret_begin = FALSE;
    if (g_file_get_contents(demo->path, &there, &len, NULL)) {
        if (!read_passwords(demo, there)) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s is not what was written there",
                        demo->path);
            return FALSE;
        }
        *ret_begin = !g_str_has_suffix(there, DEMO_WHOLE);
        write_lines(demo, text);
        return TRUE;
    }
    if (!has_objects(demo, &taken, error) || taken)
        return taken;
    for (guint i = 0; i < PEOPLE; i++)
        make_password(demo->passwords[i]);
    *ret_begin = TRUE;
    write_lines(demo, text);
    return save(demo, FALSE, error);
}

gboolean
tw_demo_make(TwNode *node, const char *path, GString *text, GError **error)
{
    g_autofree char *file = g_build_filename(path, "demo.env", NULL);
    Demo demo = { .node = node, .path = file };
    gboolean begin;
    gboolean ok = prepare(&demo, text, &begin, error) && (!begin || make_all(&demo, error));

    tw_secret_wipe(demo.passwords, sizeof demo.passwords);
    if (!ok)
        g_prefix_error(error, "demo: ");
    return ok;
}
