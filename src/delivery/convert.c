/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/convert.h"

#include <string.h>

#include "base/cursor.h"
#include "base/time.h"
#include "convert/mime-header.h"
#include "mapi/tags.h"

enum {
    MOST_FIELDS = 1000,    /* header fields that are looked at */
    MOST_TEXT = 16384,     /* bytes of one that are kept */
    MOST_RECIPIENTS = 1000 /* of a message */
};

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    tw_object_set(object, &value, NULL);
}

static char *
text_of(const TwMimeField *field)
{
    GString *line = tw_mime_unfold(field->value, MIN(field->value_len, (gsize) MOST_TEXT));
    char *text = g_utf8_make_valid(line->str, (gssize) line->len);

    g_string_free(line, TRUE);
    return text;
}

/* "Name <address>", or an address alone. */
static void
set_address(TwObject *object, const char *text, const guint32 tags[4])
{
    const char *open = strrchr(text, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    g_autofree char *name = close != NULL ? g_strndup(text, (gsize) (open - text)) : g_strdup(text);
    g_autofree char *address =
        close != NULL ? g_strndup(open + 1, (gsize) (close - open - 1)) : g_strdup(text);

    g_strstrip(address);
    g_strdelimit(g_strstrip(name), "\"", ' ');
    set_text(object, tags[0], *g_strstrip(name) != '\0' ? name : address);
    set_text(object, tags[1], "SMTP");
    set_text(object, tags[2], address);
    set_text(object, tags[3], address);
}

static void
add_recipient(TwObject *object, const char *text, guint32 type)
{
    static const guint32 tags[] = { PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS,
                                    PR_SMTP_ADDRESS };
    TwPropValue value = tw_value_long(PR_RECIPIENT_TYPE, type);
    TwObject *recipient;

    if (*text == '\0' || tw_object_count(object, TW_OBJECT_RECIPIENT) >= MOST_RECIPIENTS)
        return;
    recipient = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    if (recipient == NULL)
        return;
    tw_object_set(recipient, &value, NULL);
    set_address(recipient, text, tags);
}

/* At commas outside quotes and angle brackets. */
static void
add_recipients(TwObject *object, const char *list, guint32 type)
{
    gboolean quoted = FALSE, angle = FALSE;
    const char *start = list;

    for (const char *at = list;; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '<' || *at == '>')
            angle = *at == '<';
        if (*at == '\0' || (*at == ',' && !quoted && !angle)) {
            g_autofree char *one = g_strstrip(g_strndup(start, (gsize) (at - start)));

            add_recipient(object, one, type);
            start = at + 1;
        }
        if (*at == '\0')
            return;
    }
}

static void
set_from(TwObject *object, const char *text)
{
    static const guint32 from[] = { PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
                                    PR_SENT_REPRESENTING_EMAIL_ADDRESS,
                                    PR_SENT_REPRESENTING_SMTP_ADDRESS };
    static const guint32 sender[] = { PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS,
                                      PR_SENDER_SMTP_ADDRESS };

    set_address(object, text, from);
    set_address(object, text, sender);
}

static void
take_field(TwObject *object, const TwMimeField *field)
{
    static const struct {
        const char *name;
        guint32 tag;
    } texts[] = {
        { "Subject", PR_SUBJECT },
        { "Message-ID", PR_INTERNET_MESSAGE_ID },
        { "In-Reply-To", PR_IN_REPLY_TO_ID },
        { "References", PR_INTERNET_REFERENCES },
    };
    g_autofree char *text = text_of(field);

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (tw_mime_field_is(field, texts[i].name) && !tw_object_has(object, texts[i].tag))
            set_text(object, texts[i].tag, text);
    }
    if (tw_mime_field_is(field, "From") && !tw_object_has(object, PR_SENDER_NAME))
        set_from(object, text);
    else if (tw_mime_field_is(field, "To"))
        add_recipients(object, text, 1);
    else if (tw_mime_field_is(field, "Cc"))
        add_recipients(object, text, 2);
}

static void
set_time(TwObject *object, guint32 tag, gint64 us)
{
    TwPropValue value;
    guint64 filetime;

    if (!tw_time_to_filetime(us, &filetime))
        return;
    value = tw_value_i8(tag, (gint64) filetime);
    tw_object_set(object, &value, NULL);
}

TwObject *
tw_mail_object(GBytes *mail, gint64 received_us)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);
    TwCursor cur = tw_cursor_init(data, len);
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue size = tw_value_long(PR_MESSAGE_SIZE, (guint32) MIN(len, G_MAXINT32));
    TwMimeField field;

    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    tw_object_set(object, &size, NULL);
    set_time(object, PR_MESSAGE_DELIVERY_TIME, received_us);
    for (guint i = 0; i < MOST_FIELDS && tw_mime_field_next(&cur, &field); i++) {
        if (field.name_len > 0)
            take_field(object, &field);
    }
    (void) tw_object_seal(object, NULL);
    return object;
}
