/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * LIST with LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819), LIST-MYRIGHTS (RFC 8440), SPECIAL-USE (RFC 6154); LSUB; NAMESPACE.
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/mailbox-name.h"

enum {
    PATTERNS_MOST = 50,
    OUT_MOST = 32 << 20
};

typedef enum {
    SELECT_SUBSCRIBED = 1u << 0,
    SELECT_REMOTE = 1u << 1,
    SELECT_RECURSIVE = 1u << 2,
    SELECT_SPECIAL = 1u << 3,
    RETURN_SUBSCRIBED = 1u << 4,
    RETURN_CHILDREN = 1u << 5,
    RETURN_SPECIAL = 1u << 6,
    RETURN_STATUS = 1u << 7,
    RETURN_MYRIGHTS = 1u << 8,
} Option;

typedef struct {
    guint options;
    guint status; /* items of RETURN_STATUS */
    char *reference;
    GPtrArray *patterns; /* as sent */
    gboolean extended;
} Ask;

static void
ask_clear(Ask *ask)
{
    g_free(ask->reference);
    g_clear_pointer(&ask->patterns, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ask, ask_clear)

/* ---- reading the command ---- */

static gboolean
take_selection(TwCursor *args, Ask *ask)
{
    static const struct {
        const char *word;
        guint option;
    } words[] = { { "SUBSCRIBED", SELECT_SUBSCRIBED },
                  { "REMOTE", SELECT_REMOTE },
                  { "RECURSIVEMATCH", SELECT_RECURSIVE },
                  { "SPECIAL-USE", SELECT_SPECIAL } };

    if (tw_imap_take_char(args, ')'))
        return TRUE;
    do {
        guint i = 0;

        while (i < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[i].word))
            i++;
        if (i == G_N_ELEMENTS(words))
            return FALSE;
        ask->options |= words[i].option;
    } while (tw_imap_take_char(args, ' '));
    if ((ask->options & SELECT_RECURSIVE) != 0 &&
        (ask->options & (SELECT_SUBSCRIBED | SELECT_SPECIAL)) == 0)
        return FALSE; /* RFC 5258, 3: it needs something to match */
    return tw_imap_take_char(args, ')');
}

static gboolean
take_return(TwCursor *args, Ask *ask)
{
    static const struct {
        const char *word;
        guint option;
    } words[] = { { "SUBSCRIBED", RETURN_SUBSCRIBED },
                  { "CHILDREN", RETURN_CHILDREN },
                  { "SPECIAL-USE", RETURN_SPECIAL },
                  { "STATUS", RETURN_STATUS },
                  { "MYRIGHTS", RETURN_MYRIGHTS } };

    if (!tw_imap_take_word(args, "RETURN") || !tw_imap_take_char(args, ' ') ||
        !tw_imap_take_char(args, '('))
        return FALSE;
    if (tw_imap_take_char(args, ')'))
        return TRUE;
    do {
        guint i = 0;

        while (i < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[i].word))
            i++;
        if (i == G_N_ELEMENTS(words))
            return FALSE;
        ask->options |= words[i].option;
        if (words[i].option == RETURN_STATUS &&
            (!tw_imap_take_char(args, ' ') || !tw_imap_take_status_items(args, &ask->status)))
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

static gboolean
take_patterns(TwCursor *args, Ask *ask)
{
    gboolean list = tw_imap_take_char(args, '(');
    char *pattern;

    ask->extended |= list;
    do {
        if (ask->patterns->len == PATTERNS_MOST || !tw_imap_take_list_mailbox(args, &pattern))
            return FALSE;
        g_ptr_array_add(ask->patterns, pattern);
    } while (list && tw_imap_take_char(args, ' '));
    return !list || tw_imap_take_char(args, ')');
}

static gboolean
take_ask(TwImapPeer *peer, TwCursor *args, Ask *ask)
{
    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_char(args, '(')) {
        ask->extended = TRUE;
        if (!take_selection(args, ask) || !tw_imap_take_char(args, ' '))
            return FALSE;
    }
    if (!tw_imap_take_astring(args, &ask->reference) || !tw_imap_take_char(args, ' ') ||
        !take_patterns(args, ask))
        return FALSE;
    if (tw_imap_take_char(args, ' ')) {
        ask->extended = TRUE;
        if (!take_return(args, ask))
            return FALSE;
    }
    (void) peer;
    return tw_imap_take_end(args);
}

/* ---- what is listed ---- */

/* One name, a mailbox or not. */
typedef struct {
    const TwImapBox *box; /* (nullable) */
    const char *name;
    gboolean subscribed;
    gboolean child_subscribed; /* below it, and it does not match itself */
    gboolean child_special;
    gboolean parent; /* something is below it */
} Line;

/* Patterns joined with the reference, in the form names are kept in. */
static GPtrArray *
join_patterns(TwImapPeer *peer, const Ask *ask)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < ask->patterns->len; i++) {
        char *pattern = g_strconcat(ask->reference, ask->patterns->pdata[i], NULL);

        if ((peer->enabled & (TW_IMAP_UTF8 | TW_IMAP_REV2)) != 0 &&
            g_utf8_validate(pattern, -1, NULL)) {
            char *encoded = tw_imap_name_encode(pattern);
            g_free(pattern);
            pattern = encoded;
        }
        if (g_ascii_strncasecmp(pattern, "INBOX", 5) == 0 &&
            (pattern[5] == '\0' || pattern[5] == TW_IMAP_DELIMITER))
            memcpy(pattern, "INBOX", 5);
        g_ptr_array_add(out, pattern);
    }
    return out;
}

static gboolean
matches(const GPtrArray *patterns, const char *name)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (tw_imap_name_matches(name, patterns->pdata[i], TW_IMAP_DELIMITER))
            return TRUE;
    }
    return FALSE;
}

static Line *
line_for(GHashTable *lines, GPtrArray *order, const char *name)
{
    Line *line = g_hash_table_lookup(lines, name);

    if (line == NULL) {
        line = g_new0(Line, 1);
        line->name = name;
        g_hash_table_insert(lines, g_strdup(name), line);
        g_ptr_array_add(order, line);
    }
    return line;
}

/* Tells the parents of a subscribed or special name. names keeps those that are of no mailbox. */
static void
mark_parents(
    GHashTable *lines, GPtrArray *order, GPtrArray *names, const char *name, gboolean special)
{
    for (const char *at = strrchr(name, TW_IMAP_DELIMITER); at != NULL;
         at = g_strrstr_len(name, at - name, "/")) {
        g_autofree char *parent = g_strndup(name, (gsize) (at - name));
        Line *line = g_hash_table_lookup(lines, parent);

        if (line == NULL) {
            g_ptr_array_add(names, g_steal_pointer(&parent));
            line = line_for(lines, order, names->pdata[names->len - 1]);
        }
        line->parent = TRUE;
        if (special)
            line->child_special = TRUE;
        else
            line->child_subscribed = TRUE;
    }
}

static gint
compare_lines(gconstpointer left, gconstpointer right)
{
    const Line *a = *(const Line *const *) left, *b = *(const Line *const *) right;
    gboolean a_inbox = strcmp(a->name, "INBOX") == 0, b_inbox = strcmp(b->name, "INBOX") == 0;

    return a_inbox != b_inbox ? (a_inbox ? -1 : 1) : strcmp(a->name, b->name);
}

static void
put_attribute(TwBuffer *out, const char *word, gboolean *first)
{
    if (!*first)
        tw_buffer_put_u8(out, ' ');
    tw_imap_put_text(out, word);
    *first = FALSE;
}

static void
put_line(TwImapPeer *peer, TwBuffer *out, const Ask *ask, const Line *line, gboolean childinfo)
{
    const TwImapBox *box = line->box;
    gboolean children = box != NULL ? (box->flags & TW_IMAP_BOX_HAS_CHILDREN) != 0 : line->parent;
    gboolean first = TRUE;

    tw_imap_put_text(out, "* LIST (");
    if (box == NULL)
        put_attribute(out, "\\NonExistent", &first);
    else if ((box->flags & TW_IMAP_BOX_NOSELECT) != 0)
        put_attribute(out, "\\Noselect", &first);
    if (line->subscribed && (ask->options & (SELECT_SUBSCRIBED | RETURN_SUBSCRIBED)) != 0)
        put_attribute(out, "\\Subscribed", &first);
    put_attribute(out, children ? "\\HasChildren" : "\\HasNoChildren", &first);
    if (box != NULL && box->use != NULL)
        put_attribute(out, box->use, &first);
    tw_imap_put_text(out, ") \"/\" ");
    tw_imap_put_mailbox(peer, out, line->name);
    if (childinfo) {
        tw_imap_put_text(out, " (\"CHILDINFO\" (");
        first = TRUE;
        if (line->child_subscribed && (ask->options & SELECT_SUBSCRIBED) != 0)
            put_attribute(out, "\"SUBSCRIBED\"", &first);
        if (line->child_special && (ask->options & SELECT_SPECIAL) != 0)
            put_attribute(out, "\"SPECIAL-USE\"", &first);
        tw_imap_put_text(out, "))");
    }
    tw_imap_put_text(out, "\r\n");
    if ((ask->options & RETURN_STATUS) != 0 && box != NULL &&
        (box->flags & TW_IMAP_BOX_NOSELECT) == 0)
        (void) tw_imap_put_status(peer, out, box, ask->status, NULL);
    if ((ask->options & RETURN_MYRIGHTS) != 0 && box != NULL && box->folder != 0)
        tw_imap_put_myrights(peer, out, box);
}

/* Whether it is listed for its own sake. */
static gboolean
is_selected(const Ask *ask, const Line *line)
{
    if ((ask->options & SELECT_SUBSCRIBED) != 0 && !line->subscribed)
        return FALSE;
    if ((ask->options & SELECT_SPECIAL) != 0 && (line->box == NULL || line->box->use == NULL))
        return FALSE;
    return (ask->options & SELECT_SUBSCRIBED) != 0 || line->box != NULL;
}

static gboolean
has_selected_child(const Ask *ask, const Line *line)
{
    return (ask->options & SELECT_RECURSIVE) != 0 &&
           (((ask->options & SELECT_SUBSCRIBED) != 0 && line->child_subscribed) ||
            ((ask->options & SELECT_SPECIAL) != 0 && line->child_special));
}

/* All names there are, in order. A parent is told of what is below it only where that is not listed itself. */
static void
collect(const GArray *boxes,
        const GPtrArray *patterns,
        GHashTable *subscriptions,
        GHashTable *lines,
        GPtrArray *order,
        GPtrArray *names)
{
    GHashTableIter iter;
    gpointer name;

    for (guint i = 0; i < boxes->len; i++) {
        const TwImapBox *box = &g_array_index(boxes, TwImapBox, i);
        line_for(lines, order, box->name)->box = box;
    }
    if (subscriptions != NULL) {
        g_hash_table_iter_init(&iter, subscriptions);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
            line_for(lines, order, name)->subscribed = TRUE;
            if (!matches(patterns, name))
                mark_parents(lines, order, names, name, FALSE);
        }
    }
    for (guint i = 0; i < boxes->len; i++) {
        const TwImapBox *box = &g_array_index(boxes, TwImapBox, i);
        if (box->use != NULL && !matches(patterns, box->name))
            mark_parents(lines, order, names, box->name, TRUE);
    }
    g_ptr_array_sort(order, compare_lines);
}

/* Whether a name below this one may match. */
static gboolean
may_match_below(const GPtrArray *patterns, const char *name)
{
    for (guint i = 0; i < patterns->len; i++) {
        const char *pattern = patterns->pdata[i];
        gsize plain = strcspn(pattern, "*%");

        if (strncmp(pattern, name, MIN(plain, strlen(name))) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
put_all(TwImapPeer *peer, const Ask *ask, TwBuffer *out, GError **error)
{
    g_autoptr(GArray) boxes = NULL;
    g_autoptr(GHashTable) subscriptions = NULL;
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) patterns = join_patterns(peer, ask);
    guint which = 0;

    if (may_match_below(patterns, TW_IMAP_PUBLIC_NAME))
        which |= TW_IMAP_TREE_PUBLIC;
    if (may_match_below(patterns, TW_IMAP_SHARED_NAME))
        which |= TW_IMAP_TREE_SHARED;
    boxes = tw_imap_tree(peer, which, error);
    if (boxes == NULL)
        return FALSE;
    if ((ask->options & (SELECT_SUBSCRIBED | RETURN_SUBSCRIBED)) != 0) {
        subscriptions = tw_imap_subscriptions(peer, error);
        if (subscriptions == NULL)
            return FALSE;
    }
    collect(boxes, patterns, subscriptions, lines, order, names);
    for (guint i = 0; i < order->len; i++) {
        const Line *line = order->pdata[i];
        gboolean child = has_selected_child(ask, line);

        if ((is_selected(ask, line) || child) && matches(patterns, line->name))
            put_line(peer, out, ask, line, child);
    }
    return TRUE;
}

gboolean
tw_imap_cmd_list(TwImapPeer *peer, TwCursor *args)
{
    g_auto(Ask) ask = { .patterns = g_ptr_array_new_with_free_func(g_free) };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    g_autoptr(GError) error = NULL;

    if (!take_ask(peer, args, &ask))
        return FALSE;
    if (!ask.extended && *(const char *) ask.patterns->pdata[0] == '\0') {
        /* RFC 3501, 6.3.8: what is the delimiter? */
        tw_conn_write_str(peer->conn, "* LIST (\\Noselect) \"/\" \"\"\r\n");
        tw_imap_done(peer, TW_IMAP_OK, "LIST done");
        return TRUE;
    }
    if (!put_all(peer, &ask, &out, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "LIST done");
    return TRUE;
}

/* ---- LSUB ---- */

static void
put_lsub_line(TwImapPeer *peer, TwBuffer *out, const char *name, gboolean noselect)
{
    tw_imap_put_text(out, noselect ? "* LSUB (\\Noselect) \"/\" " : "* LSUB () \"/\" ");
    tw_imap_put_mailbox(peer, out, name);
    tw_imap_put_text(out, "\r\n");
}

/* RFC 3501, 6.3.9: with "%", a parent that matches stands for what is subscribed below it. */
static gboolean
put_lsub(TwImapPeer *peer, const Ask *ask, TwBuffer *out, GError **error)
{
    g_autoptr(GHashTable) subscriptions = tw_imap_subscriptions(peer, error);
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) patterns = join_patterns(peer, ask);
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(TwImapBox));
    const char *pattern = patterns->pdata[0];
    gboolean percent = strchr(pattern, '%') != NULL && strchr(pattern, '*') == NULL;

    if (subscriptions == NULL)
        return FALSE;
    collect(none, patterns, subscriptions, lines, order, names);
    for (guint i = 0; i < order->len; i++) {
        const Line *line = order->pdata[i];

        if (matches(patterns, line->name) &&
            (line->subscribed || (percent && line->child_subscribed)))
            put_lsub_line(peer, out, line->name, !line->subscribed);
    }
    return TRUE;
}

gboolean
tw_imap_cmd_lsub(TwImapPeer *peer, TwCursor *args)
{
    g_auto(Ask) ask = { .patterns = g_ptr_array_new_with_free_func(g_free) };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    g_autoptr(GError) error = NULL;

    if (!take_ask(peer, args, &ask) || ask.extended)
        return FALSE;
    if (!put_lsub(peer, &ask, &out, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "LSUB done");
    return TRUE;
}

gboolean
tw_imap_cmd_namespace(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwImapBox) inbox = { 0 };

    if (!tw_imap_take_end(args))
        return FALSE;
    if (!tw_imap_box_find(peer, "INBOX", &inbox, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_conn_printf(peer->conn, "* NAMESPACE ((\"\" \"/\")) ((\"Shared/\" \"/\")) %s\r\n",
                   tw_imap_roots_public(peer) != 0 ? "((\"Public folders/\" \"/\"))" : "NIL");
    tw_imap_done(peer, TW_IMAP_OK, "NAMESPACE done");
    return TRUE;
}
