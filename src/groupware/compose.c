/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/compose.h"

#include <string.h>

#include "mapi/tags.h"

enum {
    RECIPIENT_TO = 1,
    FLAG_READ = 0x1,
    FLAG_UNSENT = 0x8,
    ATTACH_EMBEDDED = 5,
    MOST_SUBJECT = 1000, /* bytes of a subject that is made here */
};

const char *
tw_compose_header_name(TwComposeHeader header)
{
    static const char *const names[] = {
#define TW_COMPOSE_HEADER_NAME(name, field) [TW_COMPOSE_##name] = field,
        TW_COMPOSE_HEADER_LIST(TW_COMPOSE_HEADER_NAME)
#undef TW_COMPOSE_HEADER_NAME
    };

    return names[header];
}

/* ---- values ---- */

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    tw_object_set(object, &value, NULL);
}

static void
set_long(TwObject *object, guint32 tag, guint32 number)
{
    TwPropValue value = tw_value_long(tag, number);

    tw_object_set(object, &value, NULL);
}

static void
set_truth(TwObject *object, guint32 tag, gboolean truth)
{
    TwPropValue value = tw_value_bool(tag, truth);

    tw_object_set(object, &value, NULL);
}

/* Roles of people: name, type, address, SMTP address, entry id. */
typedef struct {
    guint32 name, type, address, smtp, entry_id;
} Role;

static const Role sender_role = { PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS,
                                  PR_SENDER_SMTP_ADDRESS, PR_SENDER_ENTRYID };
static const Role from_role = { PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
                                PR_SENT_REPRESENTING_EMAIL_ADDRESS,
                                PR_SENT_REPRESENTING_SMTP_ADDRESS, PR_SENT_REPRESENTING_ENTRYID };
static const Role received_role = { PR_RCVD_REPRESENTING_NAME, PR_RCVD_REPRESENTING_ADDRTYPE,
                                    PR_RCVD_REPRESENTING_EMAIL_ADDRESS, 0,
                                    PR_RCVD_REPRESENTING_ENTRYID };

static void
set_role(TwObject *object, const Role *role, const TwComposeOwner *who)
{
    set_text(object, role->name, who->name);
    set_text(object, role->type, "SMTP");
    set_text(object, role->address, who->address);
    if (role->smtp != 0)
        set_text(object, role->smtp, who->address);
    tw_object_remove(object, role->entry_id);
    if (who->entry_id != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(who->entry_id, &len);
        TwPropValue value = tw_value_bytes(role->entry_id, data, len);

        tw_object_set(object, &value, NULL);
    }
}

/* ---- messages ---- */

/* What belongs to the message as it was received, and not to the one that is sent. */
static void
strip(TwObject *object)
{
    static const guint32 tags[] = {
        PR_TRANSPORT_MESSAGE_HEADERS,
        PR_MESSAGE_DELIVERY_TIME,
        PR_MESSAGE_FLAGS,
        PR_MSG_STATUS,
        PR_RECEIVED_BY_NAME,
        PR_RECEIVED_BY_ENTRYID,
        PR_RECEIVED_BY_ADDRTYPE,
        PR_SEARCH_KEY,
        PR_ENTRYID,
        PR_SOURCE_KEY,
        PR_CHANGE_KEY,
        PR_PREDECESSOR_CHANGE_LIST,
        PR_READ_RECEIPT_REQUESTED,
        PR_SENDER_SEARCH_KEY,
        PR_SENT_REPRESENTING_SEARCH_KEY,
        PR_RECEIVED_BY_EMAIL_ADDRESS,
        PR_RECEIVED_BY_SEARCH_KEY,
        PR_RECEIVED_BY_SMTP_ADDRESS,
        PR_CONTENT_FILTER_SCL,
        PR_MESSAGE_SIZE,
    };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++)
        tw_object_remove(object, tags[i]);
}

static void
remove_recipients(TwObject *object)
{
    for (guint i = tw_object_count(object, TW_OBJECT_RECIPIENT); i-- > 0;) {
        const TwObject *recipient = tw_object_at(object, TW_OBJECT_RECIPIENT, i);

        tw_object_remove_child(object, TW_OBJECT_RECIPIENT, tw_object_get_number(recipient));
    }
}

static void
make_unsent(TwObject *object)
{
    set_long(object, PR_MESSAGE_FLAGS, FLAG_READ | FLAG_UNSENT);
    set_truth(object, PR_DELETE_AFTER_SUBMIT, TRUE);
}

static TwObject *
copy_of(const TwObject *original)
{
    TwObject *object = tw_object_copy(original);

    strip(object);
    remove_recipients(object);
    make_unsent(object);
    return object;
}

static TwObject *
new_note(const TwComposeOwner *owner)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);

    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    set_role(object, &sender_role, owner);
    set_role(object, &from_role, owner);
    make_unsent(object);
    return object;
}

static void
set_subject(TwObject *object, const char *prefix, const char *rest)
{
    g_autofree char *subject = g_strconcat(prefix, rest, NULL);
    gsize cut = MIN(strlen(subject), (gsize) MOST_SUBJECT);

    while (cut > 0 && cut < strlen(subject) && (subject[cut] & 0xc0) == 0x80)
        cut--;
    subject[cut] = '\0';
    tw_object_remove(object, PR_SUBJECT_PREFIX);
    tw_object_remove(object, PR_NORMALIZED_SUBJECT);
    set_text(object, PR_SUBJECT, subject);
}

TwObject *
tw_compose_forward(const TwObject *original, const TwComposeOwner *owner)
{
    TwObject *object = copy_of(original);

    set_role(object, &sender_role, owner);
    set_role(object, &from_role, owner);
    set_subject(object, "FW: ", tw_object_get_text(original, PR_SUBJECT, ""));
    tw_object_remove(object, PR_INTERNET_MESSAGE_ID); /* it is another mail */
    tw_object_remove(object, PR_REPLY_RECIPIENT_ENTRIES);
    tw_object_remove(object, PR_REPLY_RECIPIENT_NAMES);
    set_truth(object, PR_AUTO_FORWARDED, TRUE);
    return object;
}

TwObject *
tw_compose_attached(const TwObject *original, const TwComposeOwner *owner)
{
    const char *subject = tw_object_get_text(original, PR_SUBJECT, "");
    TwObject *object = new_note(owner);
    TwObject *inner = tw_object_copy(original);
    TwObject *attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);

    set_subject(object, "FW: ", subject);
    set_truth(object, PR_AUTO_FORWARDED, TRUE);
    if (attachment == NULL || !tw_object_set_embedded(attachment, inner, NULL)) {
        tw_object_free(inner);
        return object;
    }
    set_long(attachment, PR_ATTACH_METHOD, ATTACH_EMBEDDED);
    set_text(attachment, PR_DISPLAY_NAME, subject);
    return object;
}

TwObject *
tw_compose_redirect(const TwObject *original, const TwComposeOwner *owner)
{
    TwObject *object = copy_of(original);

    set_role(object, &sender_role, owner);
    set_truth(object, PR_AUTO_FORWARDED, TRUE);
    return object;
}

TwObject *
tw_compose_delegate(const TwObject *original, const TwComposeOwner *owner)
{
    TwObject *object = tw_compose_redirect(original, owner);

    set_role(object, &received_role, owner);
    set_truth(object, PR_DELEGATED_BY_RULE, TRUE);
    return object;
}

/* ---- answers ---- */

/* RFC 3834, 3.1.5: an answer is of the thread, and says that no person wrote it. */
static void
make_answer(TwObject *object, const TwObject *original, const TwComposeNames *names)
{
    const char *id = tw_object_get_text(original, PR_INTERNET_MESSAGE_ID, "");
    const char *references = tw_object_get_text(original, PR_INTERNET_REFERENCES, "");

    if (*id != '\0') {
        g_autofree char *all = g_strconcat(references, *references != '\0' ? " " : "", id, NULL);

        set_text(object, PR_IN_REPLY_TO_ID, id);
        set_text(object, PR_INTERNET_REFERENCES, all);
    }
    set_long(object, PR_AUTO_RESPONSE_SUPPRESS, 0xffffffff);
    tw_compose_mark(object, names, TW_COMPOSE_AUTO_SUBMITTED, "auto-replied");
    tw_compose_mark(object, names, TW_COMPOSE_PRECEDENCE, "bulk");
    tw_compose_mark(object, names, TW_COMPOSE_SUPPRESS, "All");
}

static char *
fill_in(const char *text, const TwObject *original)
{
    const char *subject = tw_object_get_text(original, PR_SUBJECT, "");
    const char *sender =
        tw_object_get_text(original, PR_SENT_REPRESENTING_SMTP_ADDRESS,
                           tw_object_get_text(original, PR_SENT_REPRESENTING_EMAIL_ADDRESS, ""));
    GString *out = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at++) {
        if (g_str_has_prefix(at, "%subject")) {
            g_string_append(out, subject);
            at += strlen("%subject") - 1;
        } else if (g_str_has_prefix(at, "%sender")) {
            g_string_append(out, sender);
            at += strlen("%sender") - 1;
        } else {
            g_string_append_c(out, *at);
        }
    }
    return g_string_free(out, FALSE);
}

TwObject *
tw_compose_answer(const TwObject *original,
                  const TwComposeOwner *owner,
                  const TwComposeAnswer *answer,
                  const TwComposeNames *names)
{
    TwObject *object = new_note(owner);
    g_autofree char *subject = fill_in(answer->subject, original);

    if (*subject == '\0')
        set_subject(object, "Out of Office: ", tw_object_get_text(original, PR_SUBJECT, ""));
    else
        set_subject(object, "", subject);
    set_text(object, PR_BODY, answer->text);
    make_answer(object, original, names);
    tw_compose_mark(object, names, TW_COMPOSE_VACATION, "on");
    tw_compose_add(object, answer->to, answer->to);
    return object;
}

TwObject *
tw_compose_template(const TwObject *original,
                    const TwObject *template_message,
                    const TwComposeOwner *owner,
                    const char *to,
                    const TwComposeNames *names)
{
    TwObject *object = tw_object_copy(template_message);
    const char *subject = tw_object_get_text(template_message, PR_SUBJECT, "");

    strip(object);
    make_unsent(object);
    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    set_role(object, &sender_role, owner);
    set_role(object, &from_role, owner);
    if (*subject == '\0')
        set_subject(object, "RE: ", tw_object_get_text(original, PR_SUBJECT, ""));
    make_answer(object, original, names);
    if (to != NULL)
        tw_compose_add(object, to, to);
    return object;
}

TwObject *
tw_compose_notice(const TwComposeOwner *to,
                  const char *subject,
                  const char *text,
                  const TwObject *original)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *filled = fill_in(subject, original);
    g_autofree char *body = fill_in(text, original);

    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    set_role(object, &sender_role, to);
    set_role(object, &from_role, to);
    set_subject(object, "", filled);
    set_text(object, PR_BODY, body);
    tw_compose_add(object, to->name, to->address);
    return object;
}

/* ---- pieces ---- */

void
tw_compose_renew(TwObject *message)
{
    strip(message);
    make_unsent(message);
}

void
tw_compose_add(TwObject *message, const char *name, const char *address)
{
    TwObject *recipient = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

    if (recipient == NULL)
        return;
    set_long(recipient, PR_RECIPIENT_TYPE, RECIPIENT_TO);
    set_text(recipient, PR_DISPLAY_NAME, name);
    set_text(recipient, PR_ADDRTYPE, "SMTP");
    set_text(recipient, PR_EMAIL_ADDRESS, address);
    set_text(recipient, PR_SMTP_ADDRESS, address);
}

void
tw_compose_mark(TwObject *message,
                const TwComposeNames *names,
                TwComposeHeader header,
                const char *text)
{
    if (names->ids[header] != 0)
        set_text(message, names->ids[header] << 16 | TW_PT_UNICODE, text);
}
