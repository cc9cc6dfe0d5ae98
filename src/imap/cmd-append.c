/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * APPEND, also of several messages at once (RFC 3502): all of them or none. The messages were collected apart from the command,
 * in which only the heads of their literals stand. Messages made of parts are in catenate.c.
 */
#include <string.h>

#include "groupware/mail-import.h"
#include "imap/binary.h"
#include "imap/imap-private.h"

static void
clear_message(gpointer data)
{
    TwMailAppend *message = data;

    g_clear_pointer(&message->mail, g_bytes_unref);
}

static void
free_names(gpointer names)
{
    g_strfreev(names);
}

void
tw_imap_appends_clear(TwImapAppends *appends)
{
    g_clear_pointer(&appends->messages, g_array_unref);
    g_clear_pointer(&appends->owned, g_ptr_array_unref);
    g_clear_pointer(&appends->why, g_free);
}

/* Of CATENATE: the literal that the command ends with is a URL. */
static gboolean
ends_with_url(TwCursor rest)
{
    gsize at = rest.left;

    while (at > 0 && rest.next[at - 1] != '{')
        at--;
    return at > 6 && g_ascii_strncasecmp((const char *) rest.next + at - 5, "URL ", 4) == 0 &&
           (rest.next[at - 6] == '(' || rest.next[at - 6] == ' ');
}

/* APPEND INBOX, or UID REPLACE 5 INBOX; then more. */
gboolean
tw_imap_append_takes_mail(const guint8 *command, gsize len)
{
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    TwCursor cur = tw_cursor_init(command, len);
    char tag[TW_IMAP_TAG_MAX + 1];
    g_autofree char *name = NULL;

    if (!tw_imap_take_tag(&cur, tag) || !tw_imap_take_char(&cur, ' '))
        return FALSE;
    if (!tw_imap_take_word(&cur, "APPEND")) {
        if (tw_imap_take_word(&cur, "UID") && !tw_imap_take_char(&cur, ' '))
            return FALSE;
        if (!tw_imap_take_word(&cur, "REPLACE") || !tw_imap_take_char(&cur, ' ') ||
            (!tw_imap_take_char(&cur, '$') && !tw_imap_take_set(&cur, set)))
            return FALSE;
    }
    return tw_imap_take_char(&cur, ' ') && tw_imap_take_astring(&cur, &name) &&
           tw_imap_take_char(&cur, ' ') && !ends_with_url(cur);
}

/* ---- reading the command ---- */

/* The head of a literal; its bytes are the next of those that were collected. */
gboolean
tw_imap_append_take_literal(
    TwImapPeer *peer, TwCursor *args, guint *next, GBytes **ret, gboolean *ret_binary)
{
    TwImapLiteral literal;
    gboolean binary = tw_imap_take_char(args, '~');
    const guint8 *lf;

    lf = args->left > 0 && args->next[0] == '{' ? memchr(args->next, '\n', args->left) : NULL;
    if (lf == NULL || peer->mails == NULL || *next == peer->mails->len ||
        !tw_imap_find_literal(args->next, (gsize) (lf - args->next) + 1, &literal))
        return FALSE;
    *ret = g_byte_array_free_to_bytes(g_byte_array_ref(peer->mails->pdata[*next]));
    *ret_binary |= binary;
    (*next)++;
    return tw_cursor_skip(args, (gsize) (lf - args->next) + 1);
}

static gboolean
take_mail(TwImapPeer *peer, TwCursor *args, guint *next, TwMailAppend *message, char **ret_why)
{
    g_autoptr(GBytes) mail = NULL;
    gboolean binary = FALSE;

    if (tw_imap_take_word(args, "CATENATE")) {
        if (!tw_imap_take_catenate(peer, args, next, &mail, &binary, ret_why))
            return FALSE;
    } else if (!tw_imap_append_take_literal(peer, args, next, &mail, &binary)) {
        return FALSE;
    }
    message->mail = binary ? tw_imap_binary_encode(mail) : g_bytes_ref(mail);
    return message->mail != NULL; /* RFC 3516, 4.3: zero bytes that no encoding takes */
}

/* Keywords by the names they have in the folder. */
static void
set_flags(TwImapPeer *peer,
          const TwImapBox *to,
          const GPtrArray *names,
          TwMailAppend *ret,
          GPtrArray *owned)
{
    char **list;

    g_auto(TwKeywordsArgs) known = { .store = to->store, .folder = to->folder };
    g_autoptr(GPtrArray) keywords = g_ptr_array_new();
    TwFlagChange change = { 0 };
    guint flags = 0;

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        gint number;

        if (name[0] == '\\') {
            flags |= tw_imap_flag_named(name);
            continue;
        }
        if (known.names == NULL)
            (void) tw_session_keywords(peer->session, &known, NULL);
        number = tw_imap_keyword_find(known.names, name);
        g_ptr_array_add(keywords, g_strdup(number >= 0 ? known.names[number] : name));
    }
    g_ptr_array_add(keywords, NULL);
    tw_imap_flags_to_change(flags, 0, &change);
    ret->flags = change.flags_set;
    ret->status = change.status_set;
    list = (char **) g_ptr_array_free(g_steal_pointer(&keywords), FALSE);
    ret->keywords = (const char *const *) list;
    g_ptr_array_add(owned, list);
}

static gboolean
take_message(TwImapPeer *peer,
             TwCursor *args,
             const TwImapBox *to,
             guint *next,
             TwMailAppend *ret,
             TwImapAppends *all)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gboolean utf8;

    if (args->left > 0 && args->next[0] == '(') {
        if (!tw_imap_take_flags(args, FALSE, names) || !tw_imap_take_char(args, ' '))
            return FALSE;
    }
    if (tw_imap_take_date_time(args, &ret->recv_us) && !tw_imap_take_char(args, ' '))
        return FALSE;
    utf8 = tw_imap_take_word(args, "UTF8");
    if ((utf8 && (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))) ||
        !take_mail(peer, args, next, ret, &all->why) || (utf8 && !tw_imap_take_char(args, ')')))
        return FALSE;
    if (to->folder != 0)
        set_flags(peer, to, names, ret, all->owned);
    return TRUE;
}

gboolean
tw_imap_appends_take(TwImapPeer *peer, TwCursor *args, const TwImapBox *to, TwImapAppends *ret)
{
    guint next = 0;

    ret->messages = g_array_new(FALSE, TRUE, sizeof(TwMailAppend));
    ret->owned = g_ptr_array_new_with_free_func(free_names);
    g_array_set_clear_func(ret->messages, clear_message);
    do {
        TwMailAppend message = { 0 };
        gboolean understood = take_message(peer, args, to, &next, &message, ret);

        if (understood)
            g_array_append_val(ret->messages, message);
        else
            clear_message(&message);
        if (!understood)
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    g_clear_pointer(&peer->mails, g_ptr_array_unref);
    return tw_imap_take_end(args);
}

/* RFC 3502: an APPEND with an empty message is cancelled. */
gboolean
tw_imap_appends_have_empty(const TwImapAppends *appends)
{
    for (guint i = 0; i < appends->messages->len; i++) {
        if (g_bytes_get_size(g_array_index(appends->messages, TwMailAppend, i).mail) == 0)
            return TRUE;
    }
    return FALSE;
}

/* ---- putting them there ---- */

gboolean
tw_imap_appends_put(TwImapPeer *peer,
                    const TwImapBox *to,
                    const TwImapAppends *appends,
                    GArray *uids,
                    GError **error)
{
    g_auto(TwMailAppendArgs)
        args = { .store = to->store,
                 .folder = to->folder,
                 .mails = { (const TwMailAppend *) (gpointer) appends->messages->data,
                            appends->messages->len } };

    if (!tw_mail_import_append(peer->session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.made->len; i++)
        tw_imap_ranges_add(uids, g_array_index(args.made, TwMessageMade, i).uid);
    return TRUE;
}

static void
tell(TwImapPeer *peer, const TwImapBox *to, const GArray *uids)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(1 << 20);

    tw_imap_put_text(&text, "[APPENDUID ");
    tw_imap_put_number(&text, to->row->uidvalidity);
    tw_buffer_put_u8(&text, ' ');
    tw_imap_ranges_put(&text, uids);
    tw_imap_put_text(&text, "] APPEND done");
    tw_buffer_put_u8(&text, 0);
    tw_imap_done(peer, TW_IMAP_OK, (const char *) text.data);
}

gboolean
tw_imap_cmd_append(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwImapAppends) appends = { 0 };
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_autofree char *name = NULL;
    g_auto(TwImapBox) to = { 0 };
    g_autoptr(GError) error = NULL;
    gboolean found;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_char(args, ' '))
        return FALSE;
    found = tw_imap_box_find(peer, name, &to, &error) && to.folder != 0;
    if (!tw_imap_appends_take(peer, args, &to, &appends))
        return FALSE;
    if (!found)
        tw_imap_done(peer, TW_IMAP_NO, "[TRYCREATE] No such mailbox");
    else if (appends.why != NULL)
        tw_imap_done(peer, TW_IMAP_NO, appends.why);
    else if (tw_imap_appends_have_empty(&appends))
        tw_imap_done(peer, TW_IMAP_NO, "An empty message is none");
    else if (!tw_imap_appends_put(peer, &to, &appends, uids, &error))
        tw_imap_done_error(peer, error);
    else
        tell(peer, &to, uids);
    return TRUE;
}
