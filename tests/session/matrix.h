/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who asks, of whom, and for what: what the test of all operations by all roles is made of. */
#pragma once

#include "mapi/part.h"
#include "session/world.h"

G_BEGIN_DECLS

typedef enum {
    OWNER,       /* of the store */
    ADMIN,       /* administrator of the owner's company */
    SYSADMIN,    /* system administrator, of another company */
    SYSTEM_SELF, /* SYSTEM */
    DELEGATE,    /* secretary: 0x47B */
    VISIBLE,
    READ,
    CREATE,
    EDIT_OWN,
    DELETE_OWN,
    EDIT,
    DELETE,
    SUBFOLDER,
    FOLDER_OWNER,
    GROUP,       /* member of a group in a group that may read */
    NOBODY,      /* of the same company, without rights */
    STRANGER,    /* of another company */
    OTHER_ADMIN, /* administrator of another company */
    ANONYMOUS,
    ROLES
} Role;

typedef struct {
    const char *name;
    guint32 rights; /* on the shared folder; 0: no row */
    gboolean other_company;
    TwDirectoryAdmin admin;
} RoleInfo;

extern const RoleInfo matrix_roles[ROLES];

enum {
    NAMED = 0,   /* somebody else's message, with its folder */
    UNNAMED = 1, /* without */
    OWN = 2,     /* one's own */
    VARIANTS = 4
};

typedef struct {
    World world;
    guint32 ours, theirs, group;
    guint32 numbers[ROLES];
    TwSession *sessions[ROLES];
    TwSession *other; /* one more of the owner */
    TwStore *store;
    WorldUser owner;
    guint32 shared; /* the folder that gives rights to the roles */
    guint32 victim; /* a user of our company, made anew for each cell */
    guint count;
    /* of the cell in hand */
    guint32 folder, to, message, table;
    TwGuid store_guid, orphan;
    char *folder_name, *victim_name;
    GBytes *victim_id;
    Role role;
} Matrix;

/* matrix-world.c */
extern const char matrix_mail[];
TwSession *matrix_log_on(Matrix *matrix, Role role);
TwRestriction *matrix_any_subject(void);
GBytes *matrix_rule_bag(void);
void matrix_open(Matrix *matrix);
void matrix_close(Matrix *matrix);
/* Makes what the cell is about. */
void matrix_prepare(Matrix *matrix, TwOp op, Role role, guint variant);
/* What a cell left behind that a later one would meet. */
void matrix_repair(Matrix *matrix, TwOp op);

/* Everything the operation needs to succeed for who may. */
typedef struct {
    TwObject *object;
    GBytes *bytes;
    guint32 number;
    TwPropValue value;
    TwPermission permission;
    TwDirectoryObject values;
    TwNamedProp name;
    const TwNamedProp *names[1];
    TwDeliveryTarget target;
    TwRestriction *restriction;
    TwProps props;
    TwRulesChange rule;
    TwMailAppend append;
    char *text;
} Parts;

/* matrix-args.c: gives @args what the operation needs to succeed. A session that is to live as long as the call, or NULL. */
TwSession *matrix_fill(Matrix *matrix, TwOp op, guint variant, gpointer args, Parts *parts);
/* Names a store, user or company that never was instead. */
void matrix_name_nothing(TwOp op, gpointer args, Parts *parts);
void matrix_parts_clear(Parts *parts);

G_END_DECLS
