/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages for the tests of this folder. */
#pragma once

#include "mapi/object.h"
#include "mapi/tags.h"

static inline void
put_text(TwObject *object, guint32 tag, const char *text)
{
    g_autoptr(GError) error = NULL;
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(object, &value, &error));
    g_assert_no_error(error);
}

static inline void
put_value(TwObject *object, TwPropValue value)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_object_set(object, &value, &error));
    g_assert_no_error(error);
}

static inline TwBlobRef
blob_ref(guint8 fill, guint64 len)
{
    TwBlobRef ref = { .known = TRUE, .len = len };

    memset(ref.id.bytes, fill, sizeof ref.id.bytes);
    ref.id.bytes[0] = TW_BLOB_SHA256;
    return ref;
}

static inline void
put_blob(TwObject *object, guint32 tag, guint8 fill, guint64 len)
{
    TwBlobRef ref = blob_ref(fill, len);

    g_assert_true(tw_object_set_blob(object, tag, &ref, NULL));
}

static inline TwObject *
add_recipient(TwObject *message, guint type, const char *name, const char *address)
{
    TwObject *recipient = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

    put_value(recipient, tw_value_long(PR_RECIPIENT_TYPE, type));
    if (name != NULL)
        put_text(recipient, PR_DISPLAY_NAME, name);
    put_text(recipient, PR_ADDRTYPE, "SMTP");
    put_text(recipient, PR_EMAIL_ADDRESS, address);
    return recipient;
}

/* A mail with two recipients, a body in a blob, a file, and a message in it that has an attachment of its own. */
static inline TwObject *
make_message(void)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *inner = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *file, *attached;

    put_text(message, PR_MESSAGE_CLASS, "IPM.Note");
    put_text(message, PR_SUBJECT, "Re: Quarterly figures");
    put_text(message, PR_SENT_REPRESENTING_NAME, "Ada Lovelace");
    put_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "SMTP");
    put_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "ada@example.org");
    put_text(message, PR_SENDER_NAME, "Ada Lovelace");
    put_value(message, tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 0x01d9000000000000));
    put_value(message, tw_value_long(PR_IMPORTANCE, 2));
    put_blob(message, PR_BODY, 7, 5000);
    add_recipient(message, 1, "Grace Hopper", "grace@example.org");
    add_recipient(message, 2, "Alan Turing", "alan@example.org");
    file = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    put_text(file, PR_ATTACH_LONG_FILENAME, "figures.pdf");
    put_blob(file, PR_ATTACH_DATA_BIN, 8, 123456);
    put_text(inner, PR_SUBJECT, "The first figures");
    put_blob(tw_object_add(inner, TW_OBJECT_ATTACHMENT, 5, NULL), PR_ATTACH_DATA_BIN, 9, 77);
    add_recipient(inner, 1, NULL, "grace@example.org");
    attached = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    put_value(attached, tw_value_long(PR_ATTACH_METHOD, 5));
    g_assert_true(tw_object_set_embedded(attached, inner, NULL));
    return message;
}
