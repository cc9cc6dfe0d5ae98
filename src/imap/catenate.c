/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CATENATE (RFC 4469): a message made of texts that were sent and of parts of messages that are here.
 *
 *     CATENATE ("TEXT" literal / "URL" string, ...)
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/section.h"
#include "imap/url.h"

enum {
    PARTS_MOST = 1000 /* of one message; each may be a read of a mail */
};

/* ---- what a URL names ---- */

/* Sets the view to the mailbox. */
static gboolean
look_there(TwImapPeer *peer, const TwImapUrl *url, const TwImapView *selected, GError **error)
{
    g_auto(TwImapBox) box = { 0 };
    g_autofree char *name = NULL;

    if (url->mailbox == NULL && peer->state == TW_IMAP_SELECTED) {
        peer->view.store = selected->store;
        peer->view.folder = selected->folder;
        return TRUE;
    }
    name = url->mailbox != NULL ? tw_imap_mailbox_of_text(url->mailbox) : NULL;
    if (name == NULL || !tw_imap_box_find(peer, name, &box, NULL) || box.folder == 0 ||
        (box.rights & TW_RIGHT_READ) == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such mailbox");
        return FALSE;
    }
    peer->view.store = box.store;
    peer->view.folder = box.folder;
    return TRUE;
}

/* What a partial leaves. */
static GBytes *
cut(GBytes *bytes, const TwImapItem *item)
{
    gsize len = g_bytes_get_size(bytes), at = item->partial ? MIN((gsize) item->first, len) : 0;

    return g_bytes_new_from_bytes(bytes, at,
                                  item->partial ? MIN(len - at, (gsize) item->count) : len);
}

static GBytes *
read_there(TwImapPeer *peer, const TwImapUrl *url, guint64 most, GError **error)
{
    g_auto(TwFolderWindowArgs) window = { .store = peer->view.store,
                                          .folder = peer->view.folder,
                                          .after = url->uid - 1,
                                          .upto = url->uid };
    g_autoptr(GArray) mails = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_auto(TwImapMessage) message = { .peer = peer };

    if (!tw_session_folder_window(peer->session, &window, error))
        return NULL;
    if (window.rows->len == 0 ||
        (url->uidvalidity != 0 && url->uidvalidity != window.uidvalidity)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
        return NULL;
    }
    message.row = &g_array_index(window.rows, TwIndexRow, 0);
    mails = tw_imap_mail_rows(peer, message.row, 1, TRUE, error);
    if (mails == NULL)
        return NULL;
    if (mails->len == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the message is gone");
        return NULL;
    }
    message.mail = &g_array_index(mails, TwMailRow, 0);
    bytes = tw_imap_message_section(&message, &url->section, most, error);
    return bytes != NULL ? cut(bytes, &url->section) : NULL;
}

static GBytes *
read_url(TwImapPeer *peer, const char *text, guint64 most, GError **error)
{
    TwImapView selected = peer->view;
    g_auto(TwImapUrl) url = { 0 };
    GBytes *bytes = NULL;

    if (!tw_imap_url_parse(text, &url)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no URL of a message");
        return NULL;
    }
    peer->view = (TwImapView){ 0 };
    if (look_there(peer, &url, &selected, error))
        bytes = read_there(peer, &url, most, error);
    peer->view = selected;
    return bytes;
}

/* ---- the parts ---- */

/* NO and this, for the first part that cannot be had; the command is read to its end all the same. */
static void
refuse(const char *url, const GError *error, char **ret_why)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(65536);

    if (*ret_why != NULL)
        return;
    if (error != NULL && g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG)) {
        *ret_why = g_strdup("[TOOBIG] Message is too large");
        return;
    }
    tw_imap_put_text(&out, "[BADURL ");
    tw_imap_put_string(&out, url, strlen(url));
    tw_imap_put_text(&out, "] No such part");
    tw_buffer_put_u8(&out, 0);
    *ret_why = g_strdup((const char *) out.data);
}

static gboolean
take_url(TwImapPeer *peer, TwCursor *args, GByteArray *into, char **ret_why)
{
    g_autofree char *url = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;
    gconstpointer data;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_astring(args, &url))
        return FALSE;
    if (*ret_why != NULL)
        return TRUE;
    bytes = read_url(peer, url, peer->options->mail_max - into->len, &error);
    if (bytes == NULL) {
        refuse(url, error, ret_why);
        return TRUE;
    }
    data = g_bytes_get_data(bytes, &len);
    g_byte_array_append(into, data, (guint) len);
    return TRUE;
}

static gboolean
take_text(TwImapPeer *peer,
          TwCursor *args,
          guint *next,
          GByteArray *into,
          gboolean *binary,
          char **ret_why)
{
    g_autoptr(GBytes) bytes = NULL;
    gsize len;
    gconstpointer data;

    if (!tw_imap_take_char(args, ' ') ||
        !tw_imap_append_take_literal(peer, args, next, &bytes, binary))
        return FALSE;
    data = g_bytes_get_data(bytes, &len);
    if (len > peer->options->mail_max - into->len) {
        g_autoptr(GError) error = g_error_new_literal(TW_ERROR, TW_ERROR_TOO_BIG, "a text");
        refuse("", error, ret_why);
    } else if (len > 0) {
        g_byte_array_append(into, data, (guint) len);
    }
    return TRUE;
}

gboolean
tw_imap_take_catenate(TwImapPeer *peer,
                      TwCursor *args,
                      guint *next,
                      GBytes **ret,
                      gboolean *ret_binary,
                      char **ret_why)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    guint parts = 0;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))
        return FALSE;
    do {
        if (parts++ == PARTS_MOST)
            return FALSE;
        if (tw_imap_take_word(args, "TEXT")) {
            if (!take_text(peer, args, next, all, ret_binary, ret_why))
                return FALSE;
        } else if (!tw_imap_take_word(args, "URL") || !take_url(peer, args, all, ret_why)) {
            return FALSE;
        }
    } while (tw_imap_take_char(args, ' '));
    if (!tw_imap_take_char(args, ')'))
        return FALSE;
    *ret = g_byte_array_free_to_bytes(g_steal_pointer(&all));
    return TRUE;
}
