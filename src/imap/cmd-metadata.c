/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GETMETADATA and SETMETADATA (RFC 5464): annotations of mailboxes, and of the server (""), which are the user's own.
 *
 * They lie at the folder (metadata.h). A folder has one set for all who may read it, so that "/private/" entries are only
 * for folders of one's own mailbox; "/shared/" entries need the right to change the folder.
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/metadata.h"

enum {
    OUT_MOST = 1 << 20,
    ENTRIES_MOST = 100, /* of one command */
};

static const char data_name[] = "twiga-imap-metadata";

/* ---- where they are ---- */

typedef struct {
    TwGuid store;
    guint32 folder, rights;
} Place;

/* "": the folder that holds all of one's own. */
static gboolean
find_place(TwImapPeer *peer, const char *name, Place *ret, GError **error)
{
    g_auto(TwImapBox) box = { 0 };

    if (*name == '\0') {
        if (!tw_imap_roots_find(peer, error))
            return FALSE;
        *ret = (Place){ peer->store, peer->root, TW_RIGHT_ALL };
        return TRUE;
    }
    if (!tw_imap_box_find(peer, name, &box, error))
        return FALSE;
    if (box.folder == 0 || (box.rights & TW_RIGHT_READ) == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no mailbox");
        return FALSE;
    }
    *ret = (Place){ box.store, box.folder, box.rights };
    return TRUE;
}

static gboolean
is_own(const TwImapPeer *peer, const Place *place)
{
    return memcmp(&place->store, &peer->store, sizeof place->store) == 0;
}

static GArray *
read_entries(TwImapPeer *peer, const Place *place, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    const guint8 *data;
    gsize len;

    if (!tw_imap_data_read(peer, &place->store, place->folder, data_name, &bytes, error))
        return NULL;
    if (bytes == NULL)
        return tw_imap_metadata_new();
    data = g_bytes_get_data(bytes, &len);
    return tw_imap_metadata_parse(data, len);
}

/* The empty name is the server; one that is none is kept apart from it. */
static gboolean
take_place_name(TwImapPeer *peer, TwCursor *args, char **ret)
{
    TwCursor copy = *args;
    g_autofree char *raw = NULL;

    if (!tw_imap_take_astring(&copy, &raw) || !tw_imap_take_mailbox(peer, args, ret))
        return FALSE;
    if (*raw != '\0' && **ret == '\0') {
        g_free(*ret);
        *ret = g_strdup("/");
    }
    return TRUE;
}

static gboolean
take_entry(TwCursor *args, char **ret)
{
    g_autofree char *name = NULL;

    if (!tw_imap_take_astring(args, &name))
        return FALSE;
    *ret = g_ascii_strdown(name, -1);
    return TRUE;
}

/* ---- GETMETADATA ---- */

typedef struct {
    gboolean limited;
    guint32 max;      /* bytes of a value */
    guint depth;      /* levels below: 0, 1, G_MAXUINT */
    char *mailbox;    /* owned */
    GPtrArray *names; /* owned */
    guint64 too_long; /* the longest value that was left out */
} Get;

static void
get_clear(Get *get)
{
    g_free(get->mailbox);
    g_clear_pointer(&get->names, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Get, get_clear)

static gboolean
take_depth(TwCursor *args, guint *ret)
{
    if (tw_imap_take_word(args, "infinity"))
        *ret = G_MAXUINT;
    else if (tw_imap_take_char(args, '0'))
        *ret = 0;
    else if (tw_imap_take_char(args, '1'))
        *ret = 1;
    else
        return FALSE;
    return TRUE;
}

/* (MAXSIZE 1024 DEPTH infinity) */
static gboolean
take_options(TwCursor *args, Get *get)
{
    do {
        if (tw_imap_take_word(args, "MAXSIZE")) {
            get->limited = TRUE;
            if (!tw_imap_take_char(args, ' ') || !tw_imap_take_number(args, &get->max))
                return FALSE;
        } else if (!tw_imap_take_word(args, "DEPTH") || !tw_imap_take_char(args, ' ') ||
                   !take_depth(args, &get->depth)) {
            return FALSE;
        }
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

static gboolean
take_names(TwCursor *args, GPtrArray *names)
{
    gboolean list = tw_imap_take_char(args, '(');
    char *name;

    do {
        if (names->len == ENTRIES_MOST || !take_entry(args, &name))
            return FALSE;
        g_ptr_array_add(names, name);
    } while (list && tw_imap_take_char(args, ' '));
    return !list || tw_imap_take_char(args, ')');
}

/* Options stand before the mailbox; clients that read the first edition put them behind it. */
static gboolean
take_get(TwImapPeer *peer, TwCursor *args, Get *get)
{
    TwCursor copy;

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_char(args, '(') && (!take_options(args, get) || !tw_imap_take_char(args, ' ')))
        return FALSE;
    if (!take_place_name(peer, args, &get->mailbox) || !tw_imap_take_char(args, ' '))
        return FALSE;
    copy = *args;
    if (tw_imap_take_char(&copy, '(') && take_options(&copy, get) && tw_imap_take_char(&copy, ' '))
        *args = copy;
    return take_names(args, get->names) && tw_imap_take_end(args);
}

/* Whether an entry is the one that was named, or so many levels below it. */
static gboolean
is_asked(const Get *get, const char *entry)
{
    for (guint i = 0; i < get->names->len; i++) {
        const char *name = get->names->pdata[i];
        gsize len = strlen(name);

        if (strcmp(entry, name) == 0)
            return TRUE;
        if (get->depth > 0 && g_str_has_prefix(entry, name) && entry[len] == '/' &&
            (get->depth > 1 || strchr(entry + len + 1, '/') == NULL))
            return TRUE;
    }
    return FALSE;
}

static void
put_value(TwBuffer *out, GBytes *value)
{
    gsize len;
    const char *text = g_bytes_get_data(value, &len);

    if (memchr(text != NULL ? text : "", '\0', len) != NULL)
        tw_buffer_put_u8(out, '~'); /* RFC 3516: bytes of any kind */
    tw_imap_put_string(out, text != NULL ? text : "", len);
}

static void
put_entries(TwImapPeer *peer, TwBuffer *out, Get *get, const Place *place, const GArray *entries)
{
    gboolean first = TRUE;

    for (guint i = 0; i < entries->len; i++) {
        const TwImapMetadatum *entry = &g_array_index(entries, TwImapMetadatum, i);
        gsize len = g_bytes_get_size(entry->value);

        if (!is_asked(get, entry->name) ||
            (g_str_has_prefix(entry->name, "/private/") && !is_own(peer, place)))
            continue;
        if (get->limited && len > get->max) {
            get->too_long = MAX(get->too_long, len);
            continue;
        }
        if (first) {
            tw_imap_put_text(out, "* METADATA ");
            if (*get->mailbox == '\0')
                tw_imap_put_text(out, "\"\"");
            else
                tw_imap_put_mailbox(peer, out, get->mailbox);
            tw_imap_put_text(out, " (");
        } else {
            tw_buffer_put_u8(out, ' ');
        }
        first = FALSE;
        tw_imap_put_astring(out, entry->name);
        tw_buffer_put_u8(out, ' ');
        put_value(out, entry->value);
    }
    if (!first)
        tw_imap_put_text(out, ")\r\n");
}

gboolean
tw_imap_cmd_getmetadata(TwImapPeer *peer, TwCursor *args)
{
    g_auto(Get) get = { .names = g_ptr_array_new_with_free_func(g_free) };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    g_autoptr(GArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    char text[100] = "GETMETADATA done";
    Place place;

    if (!take_get(peer, args, &get))
        return FALSE;
    if (!find_place(peer, get.mailbox, &place, &error) ||
        (entries = read_entries(peer, &place, &error)) == NULL) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    put_entries(peer, &out, &get, &place, entries);
    tw_imap_write(peer, &out);
    if (get.too_long > 0)
        g_snprintf(text, sizeof text,
                   "[METADATA LONGENTRIES %" G_GUINT64_FORMAT "] Some are longer", get.too_long);
    tw_imap_done(peer, TW_IMAP_OK, text);
    return TRUE;
}

/* ---- SETMETADATA ---- */

/* NIL or a string, whatever its bytes. */
static gboolean
take_value(TwCursor *args, GBytes **ret)
{
    g_autofree char *text = NULL;

    (void) tw_imap_take_char(args, '~');
    if (!tw_imap_take_nstring(args, &text))
        return FALSE;
    *ret = text != NULL ? g_bytes_new(text, strlen(text)) : NULL;
    return TRUE;
}

static gboolean
take_changes(TwCursor *args, GArray *changes)
{
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        TwImapMetadatum change = { 0 };
        gboolean understood;

        if (changes->len == ENTRIES_MOST || !take_entry(args, &change.name))
            return FALSE;
        understood = tw_imap_take_char(args, ' ') && take_value(args, &change.value);
        g_array_append_val(changes, change);
        if (!understood)
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')') && tw_imap_take_end(args);
}

/* NULL, or why not. */
static const char *
refusal(const TwImapPeer *peer, const Place *place, const GArray *changes)
{
    for (guint i = 0; i < changes->len; i++) {
        const TwImapMetadatum *change = &g_array_index(changes, TwImapMetadatum, i);

        if (!tw_imap_metadata_name_valid(change->name))
            return "[CANNOT] No such entry";
        if (g_str_has_prefix(change->name, "/private/") && !is_own(peer, place))
            return "[METADATA NOPRIVATE] Not at this mailbox";
        if (change->value != NULL && g_bytes_get_size(change->value) > TW_IMAP_METADATA_VALUE_MAX)
            return "[METADATA MAXSIZE 16384] Too long";
    }
    return (place->rights & TW_RIGHT_OWNER) == 0 ? "[NOPERM] Not allowed" : NULL;
}

/* NULL, or why not; error: it could not be kept. */
static const char *
change_entries(TwImapPeer *peer, const Place *place, const GArray *changes, GError **error)
{
    g_autoptr(GArray) entries = read_entries(peer, place, error);
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_IMAP_METADATA_BYTES_MAX);

    if (entries == NULL)
        return NULL;
    for (guint i = 0; i < changes->len; i++) {
        const TwImapMetadatum *change = &g_array_index(changes, TwImapMetadatum, i);

        if (!tw_imap_metadata_set(entries, change->name, change->value))
            return "[METADATA TOOMANY] Too many entries";
    }
    tw_imap_metadata_write(entries, &bytes);
    if (tw_buffer_failed(&bytes))
        return "[METADATA TOOMANY] Too much";
    (void) tw_imap_data_write(peer, &place->store, place->folder, data_name, bytes.data, bytes.len,
                              error);
    return NULL;
}

gboolean
tw_imap_cmd_setmetadata(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *mailbox = NULL;
    g_autoptr(GArray) changes = tw_imap_metadata_new();
    g_autoptr(GError) error = NULL;
    const char *why;
    Place place;

    if (!tw_imap_take_char(args, ' ') || !take_place_name(peer, args, &mailbox) ||
        !tw_imap_take_char(args, ' ') || !take_changes(args, changes))
        return FALSE;
    if (!find_place(peer, mailbox, &place, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    why = refusal(peer, &place, changes);
    if (why == NULL)
        why = change_entries(peer, &place, changes, &error);
    if (why != NULL)
        tw_imap_done(peer, TW_IMAP_NO, why);
    else if (error != NULL)
        tw_imap_done_error(peer, error);
    else
        tw_imap_done(peer, TW_IMAP_OK, "SETMETADATA done");
    return TRUE;
}
