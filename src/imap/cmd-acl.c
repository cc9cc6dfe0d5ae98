/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS. Source: RFC 4314.
 *
 * What is shown of a mailbox is what counts there: its own rows and, for whom it has none, those of the folders above it.
 * What is set stands at the mailbox itself. Rights are those of MAPI (spec/mailbox-layout.md 10.1); some of IMAP are one
 * right there, and are given and taken together.
 */
#include <string.h>

#include "imap/imap-private.h"

enum {
    OUT_MOST = 1 << 20,
    LEVELS_MOST = 100, /* of folders above each other */
};

/* What LISTRIGHTS calls tied: letters of one right of MAPI. */
static const struct {
    const char *letters;
    guint32 rights; /* are given by them */
    guint32 any;    /* one of these is enough to have them */
} groups[] = {
    { "l", TW_RIGHT_VISIBLE, TW_RIGHT_VISIBLE },
    { "rs", TW_RIGHT_READ, TW_RIGHT_READ },
    { "wt", TW_RIGHT_EDIT | TW_RIGHT_EDIT_OWN, TW_RIGHT_EDIT },
    { "ip", TW_RIGHT_CREATE, TW_RIGHT_CREATE },
    { "e", TW_RIGHT_DELETE | TW_RIGHT_DELETE_OWN, TW_RIGHT_DELETE },
    { "k", TW_RIGHT_SUBFOLDER, TW_RIGHT_SUBFOLDER },
    { "xa", TW_RIGHT_OWNER, TW_RIGHT_OWNER },
};

/* ---- letters ---- */

/* With the older letters (2.1.1): "c" for those who may create, "d" for those who may delete something. */
void
tw_imap_put_rights(TwBuffer *out, guint32 rights)
{
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        if ((rights & groups[i].any) != 0)
            tw_imap_put_text(out, groups[i].letters);
    }
    if ((rights & TW_RIGHT_SUBFOLDER) != 0)
        tw_buffer_put_u8(out, 'c');
    if ((rights & (TW_RIGHT_DELETE | TW_RIGHT_OWNER)) != 0)
        tw_buffer_put_u8(out, 'd');
}

/* FALSE: a letter that no right has. */
static gboolean
read_letters(const char *letters, guint32 *ret)
{
    guint32 rights = 0;

    for (; *letters != '\0'; letters++) {
        guint i = 0;

        while (i < G_N_ELEMENTS(groups) && strchr(groups[i].letters, *letters) == NULL)
            i++;
        if (i < G_N_ELEMENTS(groups))
            rights |= groups[i].rights;
        else if (*letters == 'c')
            rights |= TW_RIGHT_SUBFOLDER;
        else if (*letters == 'd')
            rights |= TW_RIGHT_DELETE | TW_RIGHT_DELETE_OWN;
        else
            return FALSE;
    }
    *ret = rights;
    return TRUE;
}

/* ---- people ---- */

/* 0: nobody has that name. */
static guint32
principal_of(TwImapPeer *peer, const char *name)
{
    static const guint32 types[] = { TW_DIRECTORY_USERS, TW_DIRECTORY_GROUPS };

    if (strcmp(name, "anyone") == 0)
        return TW_DIRECTORY_EVERYONE;
    if (strcmp(name, "anonymous") == 0)
        return TW_PERMISSION_ANONYMOUS;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_auto(TwNameFindArgs) find = { .name = name, .type = types[i] };

        if (tw_session_name_find(peer->session, &find, NULL))
            return find.entry->number;
    }
    return 0;
}

/* (nullable): who is not in the directory any more has no name. */
static char *
name_of(TwImapPeer *peer, guint32 principal)
{
    g_auto(TwBookGetArgs) get = { .user = principal };

    if (principal == TW_DIRECTORY_EVERYONE)
        return g_strdup("anyone");
    if (principal == TW_PERMISSION_ANONYMOUS)
        return g_strdup("anonymous");
    return tw_session_book_get(peer->session, &get, NULL) ? g_strdup(get.entry->name) : NULL;
}

/* ---- what counts ---- */

/* A mailbox and what is above it. */
typedef struct {
    const TwImapBox *box;
    guint32 root, object, owner;
} Place;

static gboolean
place_of(TwImapPeer *peer, const TwImapBox *box, Place *ret, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { .store = box->store };

    if (!tw_session_store_info(peer->session, &info, error))
        return FALSE;
    *ret = (Place){ box, info.info.root, info.info.object, info.owner };
    return TRUE;
}

static TwPermission *
row_for(GArray *rows, guint32 principal)
{
    for (guint i = 0; i < rows->len; i++) {
        TwPermission *row = &g_array_index(rows, TwPermission, i);

        if (row->principal == principal)
            return row;
    }
    return NULL;
}

/* Rows of one level, of those who have none nearer. What may not be seen is passed over. */
static void
add_level(TwImapPeer *peer, const Place *place, guint32 folder, GArray *rows)
{
    g_auto(TwPermissionsArgs) level = { .store = place->box->store, .folder = folder };

    if (!tw_session_permissions(peer->session, &level, NULL))
        return;
    for (guint i = 0; i < level.rows->len; i++) {
        const TwPermission *row = &g_array_index(level.rows, TwPermission, i);

        if (row_for(rows, row->principal) == NULL)
            g_array_append_vals(rows, row, 1);
    }
}

static guint32
parent_of(TwImapPeer *peer, const Place *place, guint32 folder)
{
    g_auto(TwFolderGetArgs) get = { .store = place->box->store, .folder = folder };

    if (folder == place->root)
        return place->object;
    return tw_session_folder_get(peer->session, &get, NULL) ? get.row.row->parent : place->object;
}

/* (element-type TwPermission): from a folder up, the nearest row of each. */
static GArray *
rows_from(TwImapPeer *peer, const Place *place, guint32 folder)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(TwPermission));

    for (guint level = 0; level < LEVELS_MOST; level++) {
        add_level(peer, place, folder, rows);
        if (folder == place->object)
            break;
        folder = parent_of(peer, place, folder);
    }
    return rows;
}

/* ---- what the commands have in common ---- */

/* A mailbox whose rights may be looked at and changed. FALSE: it was answered why not. */
static gboolean
open_owned(TwImapPeer *peer, const char *name, TwImapBox *ret, Place *ret_place)
{
    g_autoptr(GError) error = NULL;

    if (!tw_imap_box_find(peer, name, ret, &error)) {
        tw_imap_done_error(peer, error);
        return FALSE;
    }
    if (ret->folder == 0 || (ret->rights & TW_RIGHT_OWNER) == 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] Not allowed");
        return FALSE;
    }
    if (!place_of(peer, ret, ret_place, &error)) {
        tw_imap_done_error(peer, error);
        return FALSE;
    }
    return TRUE;
}

static gboolean
take_box(TwImapPeer *peer, TwCursor *args, char **ret)
{
    return tw_imap_take_char(args, ' ') && tw_imap_take_mailbox(peer, args, ret);
}

static gboolean
take_word(TwCursor *args, char **ret)
{
    return tw_imap_take_char(args, ' ') && tw_imap_take_astring(args, ret);
}

/* ---- GETACL ---- */

static void
put_entry(TwBuffer *out, const char *name, guint32 rights)
{
    tw_buffer_put_u8(out, ' ');
    tw_imap_put_astring(out, name);
    tw_buffer_put_u8(out, ' ');
    if ((rights & TW_RIGHT_ALL) == 0)
        tw_imap_put_text(out, "\"\"");
    else
        tw_imap_put_rights(out, rights);
}

gboolean
tw_imap_cmd_getacl(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL, *owner = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_autoptr(GArray) rows = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    Place place;

    if (!take_box(peer, args, &name) || !tw_imap_take_end(args))
        return FALSE;
    if (!open_owned(peer, name, &box, &place))
        return TRUE;
    rows = rows_from(peer, &place, box.folder);
    owner = place.owner != 0 ? name_of(peer, place.owner) : NULL;
    tw_imap_put_text(&out, "* ACL ");
    tw_imap_put_mailbox(peer, &out, name);
    if (owner != NULL && place.owner != TW_DIRECTORY_EVERYONE)
        put_entry(&out, owner, TW_RIGHT_ALL);
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        g_autofree char *who = name_of(peer, row->principal);

        if (who != NULL && (row->rights & TW_RIGHT_ALL) != 0 &&
            (row->principal != place.owner || row->principal == TW_DIRECTORY_EVERYONE))
            put_entry(&out, who, row->rights);
    }
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "GETACL done");
    return TRUE;
}

/* ---- SETACL, DELETEACL ---- */

static void
set_row(TwImapPeer *peer, const Place *place, TwPermission row, const char *done)
{
    g_auto(TwPermissionsSetArgs)
        set = { .store = place->box->store, .folder = place->box->folder, .rows = { &row, 1 } };
    g_autoptr(GError) error = NULL;

    if (tw_session_permissions_set(peer->session, &set, &error))
        tw_imap_done(peer, TW_IMAP_OK, done);
    else
        tw_imap_done_error(peer, error);
}

/* FALSE: it was answered why not. */
static gboolean
find_principal(TwImapPeer *peer, const Place *place, const char *name, guint32 *ret)
{
    *ret = principal_of(peer, name);
    if (*ret == 0)
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] Nobody has that name");
    else if (*ret == place->owner && *ret != TW_DIRECTORY_EVERYONE)
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] The owner has all rights");
    else
        return TRUE;
    return FALSE;
}

gboolean
tw_imap_cmd_setacl(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL, *who = NULL, *letters = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_autoptr(GArray) rows = NULL;
    const TwPermission *known;
    TwPermission row = { 0 };
    guint32 rights, now;
    gboolean add, remove;
    Place place;

    if (!take_box(peer, args, &name) || !take_word(args, &who) || !take_word(args, &letters) ||
        !tw_imap_take_end(args))
        return FALSE;
    add = letters[0] == '+';
    remove = letters[0] == '-';
    if (!read_letters(letters + (add || remove), &rights)) {
        tw_imap_done(peer, TW_IMAP_BAD, "No such right");
        return TRUE;
    }
    if (!open_owned(peer, name, &box, &place) || !find_principal(peer, &place, who, &row.principal))
        return TRUE;
    rows = rows_from(peer, &place, box.folder);
    known = row_for(rows, row.principal);
    now = known != NULL ? known->rights : 0;
    row.rights = add      ? now | rights
                 : remove ? now & ~rights
                          : (now & ~(guint32) TW_RIGHT_ALL) | rights;
    set_row(peer, &place, row, "SETACL done");
    return TRUE;
}

/* Where a folder above gives rights, an empty row keeps them out. */
gboolean
tw_imap_cmd_deleteacl(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL, *who = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_autoptr(GArray) above = NULL;
    TwPermission row = { .rights = TW_PERMISSION_REMOVE };
    Place place;

    if (!take_box(peer, args, &name) || !take_word(args, &who) || !tw_imap_take_end(args))
        return FALSE;
    if (!open_owned(peer, name, &box, &place) || !find_principal(peer, &place, who, &row.principal))
        return TRUE;
    above = rows_from(peer, &place, parent_of(peer, &place, box.folder));
    if (row_for(above, row.principal) != NULL)
        row.rights = 0;
    set_row(peer, &place, row, "DELETEACL done");
    return TRUE;
}

/* ---- LISTRIGHTS, MYRIGHTS ---- */

gboolean
tw_imap_cmd_listrights(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL, *who = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    guint32 principal;
    Place place;

    if (!take_box(peer, args, &name) || !take_word(args, &who) || !tw_imap_take_end(args))
        return FALSE;
    if (!open_owned(peer, name, &box, &place))
        return TRUE;
    principal = principal_of(peer, who);
    if (principal == 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] Nobody has that name");
        return TRUE;
    }
    tw_imap_put_text(&out, "* LISTRIGHTS ");
    tw_imap_put_mailbox(peer, &out, name);
    tw_buffer_put_u8(&out, ' ');
    tw_imap_put_astring(&out, who);
    tw_buffer_put_u8(&out, ' ');
    if (principal == place.owner)
        tw_imap_put_rights(&out, TW_RIGHT_ALL);
    else
        tw_imap_put_text(&out, "\"\"");
    for (guint i = 0; principal != place.owner && i < G_N_ELEMENTS(groups); i++) {
        tw_buffer_put_u8(&out, ' ');
        tw_imap_put_text(&out, groups[i].letters);
    }
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "LISTRIGHTS done");
    return TRUE;
}

void
tw_imap_put_myrights(TwImapPeer *peer, TwBuffer *out, const TwImapBox *box)
{
    tw_imap_put_text(out, "* MYRIGHTS ");
    tw_imap_put_mailbox(peer, out, box->name);
    tw_buffer_put_u8(out, ' ');
    if ((box->rights & TW_RIGHT_ALL) == 0)
        tw_imap_put_text(out, "\"\"");
    else
        tw_imap_put_rights(out, box->rights);
    tw_imap_put_text(out, "\r\n");
}

gboolean
tw_imap_cmd_myrights(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    g_autoptr(GError) error = NULL;

    if (!take_box(peer, args, &name) || !tw_imap_take_end(args))
        return FALSE;
    if (!tw_imap_box_find(peer, name, &box, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_put_myrights(peer, &out, &box);
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "MYRIGHTS done");
    return TRUE;
}
