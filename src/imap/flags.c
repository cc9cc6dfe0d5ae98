/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Flags and keywords. Flags are bits of a message's flags and status (spec/mailbox-layout.md 22.2, 24); keywords are its
 * categories, whose names may hold what no atom may: such bytes are shown as "_" and found again by that.
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/mailbox-name.h"

enum {
    FLAGS_MOST = 100 /* of one command */
};

static const struct {
    const char *name;
    guint flag;
} system_flags[] = {
    { "\\Seen", TW_IMAP_SEEN },       { "\\Answered", TW_IMAP_ANSWERED },
    { "\\Flagged", TW_IMAP_FLAGGED }, { "\\Deleted", TW_IMAP_DELETED },
    { "\\Draft", TW_IMAP_DRAFT },     { "$Forwarded", TW_IMAP_FORWARDED },
    { "\\Recent", TW_IMAP_RECENT },
};

guint
tw_imap_flags_of(const TwIndexRow *row)
{
    guint flags = 0;

    if ((row->flags & TW_MSGFLAG_READ) != 0)
        flags |= TW_IMAP_SEEN;
    if ((row->status & (TW_IMAP_STATUS_ANSWERED | TW_IMAP_STATUS_ANSWERED_OLD)) != 0)
        flags |= TW_IMAP_ANSWERED;
    if ((row->status & TW_IMAP_STATUS_FORWARDED) != 0)
        flags |= TW_IMAP_FORWARDED;
    if ((row->status & TW_IMAP_STATUS_FLAGGED) != 0)
        flags |= TW_IMAP_FLAGGED;
    if ((row->status & TW_IMAP_STATUS_DELETED) != 0)
        flags |= TW_IMAP_DELETED;
    if ((row->flags & TW_MSGFLAG_UNSENT) != 0 ||
        (row->status & (TW_IMAP_STATUS_DRAFT | TW_IMAP_STATUS_DRAFT_OLD)) != 0)
        flags |= TW_IMAP_DRAFT;
    return flags;
}

void
tw_imap_flags_to_change(guint set, guint clear, TwFlagChange *change)
{
    if ((set & TW_IMAP_SEEN) != 0)
        change->flags_set |= TW_MSGFLAG_READ;
    if ((clear & TW_IMAP_SEEN) != 0)
        change->flags_clear |= TW_MSGFLAG_READ;
    if ((set & TW_IMAP_ANSWERED) != 0)
        change->status_set |= TW_IMAP_STATUS_ANSWERED;
    if ((clear & TW_IMAP_ANSWERED) != 0)
        change->status_clear |= TW_IMAP_STATUS_ANSWERED | TW_IMAP_STATUS_ANSWERED_OLD;
    if ((set & TW_IMAP_FORWARDED) != 0)
        change->status_set |= TW_IMAP_STATUS_FORWARDED;
    if ((clear & TW_IMAP_FORWARDED) != 0)
        change->status_clear |= TW_IMAP_STATUS_FORWARDED;
    if ((set & TW_IMAP_FLAGGED) != 0)
        change->status_set |= TW_IMAP_STATUS_FLAGGED;
    if ((clear & TW_IMAP_FLAGGED) != 0)
        change->status_clear |= TW_IMAP_STATUS_FLAGGED;
    if ((set & TW_IMAP_DELETED) != 0)
        change->status_set |= TW_IMAP_STATUS_DELETED;
    if ((clear & TW_IMAP_DELETED) != 0)
        change->status_clear |= TW_IMAP_STATUS_DELETED;
    if ((set & TW_IMAP_DRAFT) != 0)
        change->flags_set |= TW_MSGFLAG_UNSENT; /* one bit for all kinds of clients */
    if ((clear & TW_IMAP_DRAFT) != 0) {
        change->status_clear |= TW_IMAP_STATUS_DRAFT | TW_IMAP_STATUS_DRAFT_OLD;
        change->flags_clear |= TW_MSGFLAG_UNSENT;
    }
}

guint
tw_imap_flag_named(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(system_flags); i++) {
        if (g_ascii_strcasecmp(system_flags[i].name, name) == 0)
            return system_flags[i].flag;
    }
    return 0;
}

/* ---- keywords ---- */

char *
tw_imap_keyword_atom(const char *name)
{
    char *atom = tw_imap_name_encode(name);

    for (char *at = atom; *at != '\0'; at++) {
        if (*at <= 0x20 || *at == 0x7f || strchr("(){%*\"\\]", *at) != NULL)
            *at = '_';
    }
    return atom;
}

gint
tw_imap_keyword_find(char *const *names, const char *keyword)
{
    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        g_autofree char *atom = tw_imap_keyword_atom(names[i]);

        if (g_ascii_strcasecmp(atom, keyword) == 0)
            return (gint) i;
    }
    return -1;
}

static void
put_word(TwBuffer *out, const char *word, gboolean *first)
{
    if (!*first)
        tw_buffer_put_u8(out, ' ');
    tw_imap_put_text(out, word);
    *first = FALSE;
}

void
tw_imap_put_flags(const TwImapView *view, TwBuffer *out, const TwIndexRow *row)
{
    guint flags = tw_imap_flags_of(row);
    gboolean first = TRUE;

    if (tw_imap_view_is_recent(view, row->uid))
        flags |= TW_IMAP_RECENT;
    tw_imap_put_text(out, "FLAGS (");
    for (guint i = 0; i < G_N_ELEMENTS(system_flags); i++) {
        if ((flags & system_flags[i].flag) != 0)
            put_word(out, system_flags[i].name, &first);
    }
    for (guint number = 0; tw_imap_words_next(view, row, &number); number++) {
        g_autofree char *atom = tw_imap_keyword_atom(view->keywords[number]);

        if (tw_imap_flag_named(atom) == 0)
            put_word(out, atom, &first);
    }
    tw_buffer_put_u8(out, ')');
}

void
tw_imap_put_flag_lists(const TwImapView *view, TwBuffer *out)
{
    for (guint list = 0; list < 2; list++) {
        gboolean changes = (view->rights & TW_RIGHT_EDIT) != 0 && !view->read_only;
        gboolean first = TRUE;

        tw_imap_put_text(out, list == 0 ? "* FLAGS (" : "* OK [PERMANENTFLAGS (");
        for (guint i = 0; (list == 0 || changes) && i + 1 < G_N_ELEMENTS(system_flags); i++)
            put_word(out, system_flags[i].name, &first);
        for (guint i = 0; (list == 0 || changes) && i < view->keyword_count; i++) {
            g_autofree char *atom = tw_imap_keyword_atom(view->keywords[i]);
            if (tw_imap_flag_named(atom) == 0)
                put_word(out, atom, &first);
        }
        if (list == 1 && changes && view->keyword_count < TW_KEYWORDS_FOLDER)
            put_word(out, "\\*", &first);
        tw_imap_put_text(out, list == 0 ? ")\r\n" : ")] Flags\r\n");
    }
}

gboolean
tw_imap_take_flags(TwCursor *args, gboolean bare, GPtrArray *ret)
{
    gboolean list = tw_imap_take_char(args, '(');
    char *flag;

    if (!list && !bare)
        return FALSE;
    if (list && tw_imap_take_char(args, ')'))
        return TRUE;
    do {
        if (ret->len == FLAGS_MOST || !tw_imap_take_flag(args, &flag))
            return FALSE;
        g_ptr_array_add(ret, flag);
        if (flag[0] == '\\' && tw_imap_flag_named(flag) == 0)
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return !list || tw_imap_take_char(args, ')');
}

gboolean
tw_imap_flags_resolve(TwImapPeer *peer,
                      const TwGuid *store,
                      guint32 folder,
                      const GPtrArray *names,
                      gboolean create,
                      guint *ret_flags,
                      GArray *numbers,
                      GError **error)
{
    g_auto(TwKeywordsArgs) known = { .store = *store, .folder = folder };

    *ret_flags = 0;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        gint number;

        if (tw_imap_flag_named(name) != 0) {
            *ret_flags |= tw_imap_flag_named(name);
            continue;
        }
        if (known.names == NULL && !tw_session_keywords(peer->session, &known, error))
            return FALSE;
        number = tw_imap_keyword_find(known.names, name);
        if (number < 0 && create) {
            g_auto(TwKeywordAddArgs) add = { .store = *store, .folder = folder, .name = name };

            if (!tw_session_keyword_add(peer->session, &add, error))
                return FALSE;
            number = (gint) add.bit;
        }
        if (number >= 0)
            g_array_append_val(numbers, number);
    }
    *ret_flags &= ~(guint) TW_IMAP_RECENT;
    return TRUE;
}
