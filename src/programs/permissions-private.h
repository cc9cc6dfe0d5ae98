/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of twiga-mailbox-permissions share: one mailbox, the folders where rights have names, and names of rights. */
#pragma once

#include "groupware/mailbox.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    PERMISSIONS_LEVELS = 7,
    PERMISSIONS_PRESETS = 7,
    PERMISSIONS_AS_IT_IS = -1, /* of a yes or no */
};

/* A folder where rights are given by name; by the order of the options. */
typedef struct {
    const char *label, *key;
    TwLayoutFolderKey folder; /* NONE: the store itself */
} PermissionsLevel;

extern const PermissionsLevel tw_permissions_levels[PERMISSIONS_LEVELS];

/* spec/mailbox-layout.md 10.2. Where two have a number, the first is its name. */
typedef struct {
    const char *name;
    guint32 rights;
} PermissionsPreset;

extern const PermissionsPreset tw_permissions_presets[PERMISSIONS_PRESETS];

typedef struct {
    int action;
    const char *user; /* (nullable): of the action */
    gboolean all, json, dry_run;
    gboolean has[PERMISSIONS_LEVELS];
    guint32 rights[PERMISSIONS_LEVELS];
    int sees_private, copy, only; /* TRUE, FALSE, PERMISSIONS_AS_IT_IS */
} PermissionsWish;

/* One mailbox, and what is done there. */
typedef struct {
    TwSession *session;
    const PermissionsWish *wish;
    const char *name;
    TwGuid store;
    guint32 owner, object, root;
    guint32 user; /* number of the action's user, or 0 */
    TwMailboxFolders folders;
    GString *out;
} PermissionsBox;

/* 0: the mailbox has no such folder. */
guint32 tw_permissions_folder(const PermissionsBox *box, guint level);
/* Transfer full: of TwPermission. */
gboolean tw_permissions_get(const PermissionsBox *box,
                            guint32 folder,
                            GArray **ret,
                            GError **error);
/* Borrowed, or NULL. */
const TwPermission *tw_permissions_find(const GArray *rows, guint32 principal);

typedef gboolean (*PermissionsFunc)(
    PermissionsBox *box, guint32 folder, const char *name, gpointer data, GError **error);

/* The store itself, the root, and all folders below it. */
gboolean tw_permissions_each(PermissionsBox *box,
                             PermissionsFunc func,
                             gpointer data,
                             GError **error);

/* ---- permissions-show.c ---- */

/* The rights on every folder that gives any. */
gboolean tw_permissions_show_folders(PermissionsBox *box, GError **error);
/* Delegates, and rights on the folders that have names. */
gboolean tw_permissions_show_people(PermissionsBox *box, GError **error);

G_END_DECLS
