/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The steps of REFERENCES are numbered as in RFC 5256, section 3. Nodes live in one array and name each other by index; 0 is
 * none.
 */
#include "imap/thread.h"

#include <string.h>

#include "imap/parse.h"

typedef struct {
    TwImapThreadMail *mail; /* NULL: a message that is only named, or not even that */
    guint parent, child;    /* child: the first of its children */
    guint prev, next;       /* siblings */
    gint64 date;            /* of itself, or of its first child */
} Node;

typedef struct {
    GArray *nodes;   /* Node; 0 is the root of all */
    GHashTable *ids; /* message id -> index */
} Threads;

static Node *
node_at(const Threads *threads, guint index)
{
    return &g_array_index(threads->nodes, Node, index);
}

static guint
add_node(Threads *threads, TwImapThreadMail *mail)
{
    Node node = { .mail = mail };

    g_array_append_val(threads->nodes, node);
    return threads->nodes->len - 1;
}

static guint
node_for(Threads *threads, const char *id)
{
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(threads->ids, id));

    if (index == 0) {
        index = add_node(threads, NULL);
        g_hash_table_insert(threads->ids, (gpointer) (guintptr) id, GUINT_TO_POINTER(index));
    }
    return index;
}

static gboolean
is_above(const Threads *threads, guint above, guint below)
{
    for (guint at = below; at != 0; at = node_at(threads, at)->parent) {
        if (at == above)
            return TRUE;
    }
    return FALSE;
}

static void
unlink_node(Threads *threads, guint index)
{
    Node *node = node_at(threads, index);

    if (node->prev != 0)
        node_at(threads, node->prev)->next = node->next;
    else if (node_at(threads, node->parent)->child == index)
        node_at(threads, node->parent)->child = node->next;
    if (node->next != 0)
        node_at(threads, node->next)->prev = node->prev;
    node->parent = node->prev = node->next = 0;
}

static void
link_node(Threads *threads, guint parent, guint index)
{
    guint first = node_at(threads, parent)->child;

    node_at(threads, index)->parent = parent;
    node_at(threads, index)->prev = 0;
    node_at(threads, index)->next = first;
    if (first != 0)
        node_at(threads, first)->prev = index;
    node_at(threads, parent)->child = index;
}

/* ---- step 1: who answers whom ---- */

static void
add_mail(Threads *threads, TwImapThreadMail *mail)
{
    guint self = mail->message_id != NULL ? node_for(threads, mail->message_id) : 0, parent = 0;

    if (self == 0 || node_at(threads, self)->mail != NULL)
        self = add_node(threads, mail); /* without an id, or with one that another has */
    node_at(threads, self)->mail = mail;
    for (guint i = 0; mail->references != NULL && mail->references[i] != NULL; i++) {
        guint index = node_for(threads, mail->references[i]);

        if (parent != 0 && node_at(threads, index)->parent == 0 &&
            !is_above(threads, index, parent))
            node_at(threads, index)->parent = parent;
        parent = index;
    }
    node_at(threads, self)->parent = 0;
    if (parent != 0 && !is_above(threads, self, parent))
        node_at(threads, self)->parent = parent;
}

/* Parents are known; children and, step 2, those without one. */
static void
link_all(Threads *threads)
{
    for (guint i = threads->nodes->len; i-- > 1;)
        link_node(threads, node_at(threads, i)->parent, i);
}

/* ---- step 3: empty nodes go; the deepest first ---- */

static guint
child_count(const Threads *threads, guint index)
{
    guint count = 0;

    for (guint at = node_at(threads, index)->child; at != 0; at = node_at(threads, at)->next)
        count++;
    return count;
}

static void
prune_one(Threads *threads, guint index)
{
    guint parent = node_at(threads, index)->parent;
    guint count = child_count(threads, index);

    if (node_at(threads, index)->mail != NULL || (parent == 0 && count > 1))
        return;
    unlink_node(threads, index);
    while (node_at(threads, index)->child != 0) {
        guint child = node_at(threads, index)->child;

        unlink_node(threads, child);
        link_node(threads, parent, child);
    }
}

/* All nodes below the root, each behind what is below it. */
static GArray *
bottom_up(const Threads *threads)
{
    GArray *order = g_array_new(FALSE, FALSE, sizeof(guint)), *out;
    guint root = 0;

    g_array_append_val(order, root);
    for (guint i = 0; i < order->len; i++) {
        for (guint at = node_at(threads, g_array_index(order, guint, i))->child; at != 0;
             at = node_at(threads, at)->next)
            g_array_append_val(order, at);
    }
    out = g_array_sized_new(FALSE, FALSE, sizeof(guint), order->len);
    for (guint i = order->len; i-- > 1;)
        g_array_append_val(out, g_array_index(order, guint, i));
    g_array_unref(order);
    return out;
}

/* ---- steps 4 and 6: siblings by date ---- */

static gint
compare_nodes(gconstpointer left, gconstpointer right, gpointer data)
{
    const Threads *threads = data;
    const Node *a = node_at(threads, *(const guint *) left);
    const Node *b = node_at(threads, *(const guint *) right);
    guint32 a_number = a->mail != NULL ? a->mail->number : 0;
    guint32 b_number = b->mail != NULL ? b->mail->number : 0;

    if (a->mail == NULL && a->child != 0 && node_at(threads, a->child)->mail != NULL)
        a_number = node_at(threads, a->child)->mail->number;
    if (b->mail == NULL && b->child != 0 && node_at(threads, b->child)->mail != NULL)
        b_number = node_at(threads, b->child)->mail->number;
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return (a_number > b_number) - (a_number < b_number);
}

static void
sort_children(Threads *threads, guint index)
{
    g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(guint));
    guint *at = &node_at(threads, index)->child;

    for (guint child = *at; child != 0; child = node_at(threads, child)->next)
        g_array_append_val(children, child);
    g_array_sort_with_data(children, compare_nodes, threads);
    for (guint i = 0; i < children->len; i++) {
        *at = g_array_index(children, guint, i);
        node_at(threads, *at)->prev = i > 0 ? g_array_index(children, guint, i - 1) : 0;
        at = &node_at(threads, *at)->next;
    }
    *at = 0;
    if (index != 0 && node_at(threads, index)->mail == NULL && children->len > 0)
        node_at(threads, index)->date = node_at(threads, g_array_index(children, guint, 0))->date;
}

static void
sort_all(Threads *threads)
{
    g_autoptr(GArray) order = bottom_up(threads);

    for (guint i = 0; i < order->len; i++) {
        guint index = g_array_index(order, guint, i);
        TwImapThreadMail *mail = node_at(threads, index)->mail;

        if (mail != NULL)
            node_at(threads, index)->date = mail->date;
        sort_children(threads, index);
    }
    sort_children(threads, 0);
}

/* ---- step 5: threads of one subject ---- */

static TwImapThreadMail *
speaker(const Threads *threads, guint index)
{
    const Node *node = node_at(threads, index);

    if (node->mail == NULL && node->child != 0)
        node = node_at(threads, node->child);
    return node->mail;
}

static void
move_children(Threads *threads, guint from, guint to)
{
    while (node_at(threads, from)->child != 0) {
        guint child = node_at(threads, from)->child;

        unlink_node(threads, child);
        link_node(threads, to, child);
    }
}

/* What becomes of a thread whose subject another one has. The index that stands for the subject then. */
static guint
join(Threads *threads, guint first, guint second)
{
    gboolean first_empty = node_at(threads, first)->mail == NULL;
    gboolean second_empty = node_at(threads, second)->mail == NULL;
    TwImapThreadMail *first_mail = speaker(threads, first);
    TwImapThreadMail *second_mail = speaker(threads, second);
    guint both;

    if (first_empty && second_empty) {
        unlink_node(threads, second);
        move_children(threads, second, first);
        return first;
    }
    if (first_empty || (!second_empty && !first_mail->reply && second_mail->reply)) {
        unlink_node(threads, second);
        link_node(threads, first, second);
        return first;
    }
    both = add_node(threads, NULL);
    unlink_node(threads, first);
    unlink_node(threads, second);
    link_node(threads, 0, both);
    if (second_empty) {
        link_node(threads, both, first);
        move_children(threads, second, both);
    } else {
        link_node(threads, both, second);
        link_node(threads, both, first);
    }
    return both;
}

/* Which thread stands for each subject: one without a message of its own before others, one that is no answer before one
 * that is. */
static GHashTable *
subjects_of(const Threads *threads)
{
    GHashTable *subjects = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint at = node_at(threads, 0)->child; at != 0; at = node_at(threads, at)->next) {
        TwImapThreadMail *mail = speaker(threads, at);
        guint held;

        if (mail == NULL || *mail->subject == '\0')
            continue;
        held = GPOINTER_TO_UINT(g_hash_table_lookup(subjects, mail->subject));
        if (held == 0 ||
            (node_at(threads, at)->mail == NULL && node_at(threads, held)->mail != NULL) ||
            (node_at(threads, held)->mail != NULL && speaker(threads, held)->reply && !mail->reply))
            g_hash_table_insert(subjects, (gpointer) (guintptr) mail->subject,
                                GUINT_TO_POINTER(at));
    }
    return subjects;
}

static void
join_subjects(Threads *threads)
{
    g_autoptr(GHashTable) subjects = subjects_of(threads);
    g_autoptr(GArray) tops = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint at = node_at(threads, 0)->child; at != 0; at = node_at(threads, at)->next)
        g_array_append_val(tops, at);
    for (guint i = 0; i < tops->len; i++) {
        guint at = g_array_index(tops, guint, i), held;
        TwImapThreadMail *mail = speaker(threads, at);

        if (mail == NULL || *mail->subject == '\0')
            continue;
        held = GPOINTER_TO_UINT(g_hash_table_lookup(subjects, mail->subject));
        if (held != 0 && held != at)
            g_hash_table_insert(subjects, (gpointer) (guintptr) mail->subject,
                                GUINT_TO_POINTER(join(threads, held, at)));
    }
}

/* ---- telling ---- */

/* A message and what answers it, as long as that is one message: "1 2". The first of several that answer the last one, or 0. */
static guint
put_chain(TwBuffer *out, const Threads *threads, guint index)
{
    gboolean first = TRUE;

    for (;;) {
        const Node *node = node_at(threads, index);

        if (node->mail != NULL) {
            if (!first)
                tw_buffer_put_u8(out, ' ');
            tw_imap_put_number(out, node->mail->number);
            first = FALSE;
        }
        if (node->child == 0)
            return 0;
        index = node->child;
        if (node_at(threads, index)->next != 0)
            break;
    }
    if (!first)
        tw_buffer_put_u8(out, ' ');
    return index;
}

/* Siblings, each in parentheses with all that is below it: "(1 2 (3)(4))(5)". */
static void
put_siblings(TwBuffer *out, const Threads *threads, guint index)
{
    g_autoptr(GArray) open =
        g_array_new(FALSE, FALSE, sizeof(guint)); /* of each level, who is next */

    g_array_append_val(open, index);
    while (open->len > 0) {
        guint *next = &g_array_index(open, guint, open->len - 1);
        guint at = *next, below;

        if (at == 0) {
            g_array_set_size(open, open->len - 1);
            if (open->len > 0)
                tw_buffer_put_u8(out, ')');
            continue;
        }
        *next = node_at(threads, at)->next;
        tw_buffer_put_u8(out, '(');
        below = put_chain(out, threads, at);
        if (below != 0)
            g_array_append_val(open, below);
        else
            tw_buffer_put_u8(out, ')');
    }
}

void
tw_imap_thread_references(TwBuffer *out, TwImapThreadMail *mails, guint count)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, TRUE, sizeof(Node));
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    Threads threads = { nodes, ids };
    g_autoptr(GArray) order = NULL;

    (void) add_node(&threads, NULL);
    for (guint i = 0; i < count; i++)
        add_mail(&threads, &mails[i]);
    link_all(&threads);
    order = bottom_up(&threads);
    for (guint i = 0; i < order->len; i++)
        prune_one(&threads, g_array_index(order, guint, i));
    sort_all(&threads);
    join_subjects(&threads);
    sort_all(&threads);
    put_siblings(out, &threads, node_at(&threads, 0)->child);
}

/* ---- ORDEREDSUBJECT ---- */

static gint
compare_mails(gconstpointer left, gconstpointer right)
{
    const TwImapThreadMail *a = *(TwImapThreadMail *const *) left;
    const TwImapThreadMail *b = *(TwImapThreadMail *const *) right;

    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

void
tw_imap_thread_subject(TwBuffer *out, TwImapThreadMail *mails, guint count)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_autoptr(GPtrArray) threads =
        g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    g_autoptr(GHashTable) subjects = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(order, &mails[i]);
    g_ptr_array_sort(order, compare_mails);
    for (guint i = 0; i < order->len; i++) {
        TwImapThreadMail *mail = order->pdata[i];
        GPtrArray *thread = g_hash_table_lookup(subjects, mail->subject);

        if (thread == NULL) {
            thread = g_ptr_array_new();
            g_ptr_array_add(threads, thread);
            g_hash_table_insert(subjects, (gpointer) (guintptr) mail->subject, thread);
        }
        g_ptr_array_add(thread, mail);
    }
    for (guint i = 0; i < threads->len; i++) {
        const GPtrArray *thread = threads->pdata[i];

        tw_buffer_put_u8(out, '(');
        for (guint at = 0; at < thread->len; at++) {
            TwImapThreadMail *mail = thread->pdata[at];

            if (at > 0)
                tw_imap_put_text(out, thread->len > 2 ? (at == 1 ? " (" : "(") : " ");
            tw_imap_put_number(out, mail->number);
            if (at > 0 && thread->len > 2)
                tw_buffer_put_u8(out, ')');
        }
        tw_buffer_put_u8(out, ')');
    }
}

/* ---- ids ---- */

char **
tw_imap_message_ids(const char *text, gsize len)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    const char *end = text + len;

    while (text < end) {
        const char *open = memchr(text, '<', (gsize) (end - text));
        const char *close = open != NULL ? memchr(open, '>', (gsize) (end - open)) : NULL;
        g_autoptr(GString) id = NULL;

        if (close == NULL)
            break;
        id = g_string_new(NULL);
        for (const char *at = open + 1; at < close; at++) {
            if (!g_ascii_isspace(*at) && *at != '"' && *at != '\0')
                g_string_append_c(id, *at);
        }
        if (strchr(id->str, '@') != NULL) {
            if (ids->len == TW_IMAP_REFERENCES_MAX)
                g_ptr_array_remove_index(ids, 0);
            g_ptr_array_add(ids, g_string_free(g_steal_pointer(&id), FALSE));
        }
        text = close + 1;
    }
    g_ptr_array_add(ids, NULL);
    return (char **) g_ptr_array_free(ids, FALSE);
}
