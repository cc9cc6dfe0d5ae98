/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/answer.h"

const char *
tw_lmtp_answer_recipient(const GError *error)
{
    if (error->domain != TW_ERROR)
        return "451 4.3.0 Recipient cannot be looked up now";
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
        return "550 5.1.1 No such recipient here";
    case TW_ERROR_AMBIGUOUS:
        return "550 5.1.4 Recipient is ambiguous";
    case TW_ERROR_NO_ACCESS:
        return "550 5.2.1 Recipient gets no mail";
    case TW_ERROR_QUOTA:
        return "552 5.2.2 Mailbox is full";
    case TW_ERROR_TOO_BIG:
        return "550 5.2.4 Too many mailboxes behind it";
    case TW_ERROR_OFFLINE:
        return "450 4.2.1 Mailbox is closed for a while";
    case TW_ERROR_FAILED:
    case TW_ERROR_INVALID:
    case TW_ERROR_EXISTS:
    case TW_ERROR_CHANGED:
    case TW_ERROR_CORRUPT:
    case TW_ERROR_NO_SPACE:
    case TW_ERROR_BUSY:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_UNSUPPORTED:
    case TW_ERROR_END_OF_SESSION:
    case TW_ERROR_TOO_COMPLEX:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_NOT_QUEUED:
        break;
    }
    return "451 4.3.0 Recipient cannot be looked up now";
}

/* Only what stays wrong is permanent; the sender keeps what is not. */
const char *
tw_lmtp_answer_delivery(const GError *error)
{
    if (error == NULL)
        return "250 2.1.5 Delivered";
    if (error->domain != TW_ERROR)
        return "450 4.2.0 Mailbox cannot be used now";
    switch ((TwError) error->code) {
    case TW_ERROR_QUOTA:
        return "552 5.2.2 Mailbox is full";
    case TW_ERROR_TOO_BIG:
        return "552 5.3.4 Mail is too big";
    case TW_ERROR_NO_ACCESS:
        return "550 5.7.1 Refused by the recipient";
    case TW_ERROR_NO_SPACE:
        return "452 4.3.1 No space left";
    case TW_ERROR_OFFLINE:
        return "450 4.2.1 Mailbox is closed for a while";
    case TW_ERROR_END_OF_SESSION:
        return "451 4.4.1 Mailboxes cannot be reached now";
    case TW_ERROR_FAILED:
    case TW_ERROR_NOT_FOUND:
    case TW_ERROR_INVALID:
    case TW_ERROR_EXISTS:
    case TW_ERROR_CHANGED:
    case TW_ERROR_CORRUPT:
    case TW_ERROR_BUSY:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_UNSUPPORTED:
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_TOO_COMPLEX:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_NOT_QUEUED:
        break;
    }
    return "450 4.2.0 Mailbox cannot be used now";
}
