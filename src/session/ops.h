/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every operation of the API, once. From this table are made: the argument structs, one inline function for each, the
 * local dispatch, the rights that are asked, the audit log, what the remote provider sends, and the matrix of tests.
 *
 * An argument struct holds what goes in, borrowed for the call, and what comes out, owned by the caller and cleared by
 * its tw_..._args_clear(), also as g_auto(). It is set to zeros before its fields are set. A call that fails leaves
 * what comes out at zeros.
 *
 * Objects are named by the store's GUID, the folder's number (0: the root) and the message's number. Where an
 * operation is on a message and its folder is not known, folder is 0.
 */
#pragma once

#include "session/ops-admin.h"
#include "session/ops-book.h"
#include "session/ops-folder.h"
#include "session/ops-key.h"
#include "session/ops-mail.h"
#include "session/ops-message.h"
#include "session/ops-queue.h"
#include "session/ops-rule.h"
#include "session/ops-server.h"
#include "session/ops-store.h"
#include "session/ops-sync.h"
#include "session/ops-table.h"
#include "session/ops-upkeep.h"
#include "session/ops-value.h"
#include "session/types.h"

G_BEGIN_DECLS

/* ---- the operations ----
 *
 * Each row: constant, name of the function, name of the argument struct, class, what it is done to, the right it takes
 * there, the right it takes on the folder in the field "to", whether it is audited. */
#define TW_OP_LIST(X)                                                                              \
    TW_OP_STORE_LIST(X)                                                                            \
    TW_OP_FOLDER_LIST(X)                                                                           \
    TW_OP_RULE_LIST(X)                                                                             \
    TW_OP_MESSAGE_LIST(X)                                                                          \
    TW_OP_QUEUE_LIST(X)                                                                            \
    TW_OP_VALUE_LIST(X)                                                                            \
    TW_OP_MAIL_LIST(X)                                                                             \
    TW_OP_KEY_LIST(X)                                                                              \
    TW_OP_SYNC_LIST(X)                                                                             \
    TW_OP_SEARCH_LIST(X)                                                                           \
    TW_OP_TABLE_LIST(X)                                                                            \
    TW_OP_BOOK_LIST(X)                                                                             \
    TW_OP_ADMIN_LIST(X)                                                                            \
    TW_OP_UPKEEP_LIST(X)                                                                           \
    TW_OP_SERVER_LIST(X)

/* ---- what is made of it ---- */

typedef enum {
#define TW_OP_ENUM_ROW(upper, ...) TW_OP_##upper,
    TW_OP_LIST(TW_OP_ENUM_ROW)
#undef TW_OP_ENUM_ROW
    TW_OP_COUNT
} TwOp;

#define TW_ARG_FIELD_IN(kind, name, doc) TwIn_##kind name;
#define TW_ARG_FIELD_OUT(kind, name, doc) TwOut_##kind name;
#define TW_OP_STRUCT(upper, lower, camel, ...)                                                     \
    typedef struct {                                                                               \
        TW_ARGS_##camel(TW_ARG_FIELD_IN, TW_ARG_FIELD_OUT)                                         \
    } Tw##camel##Args;
TW_OP_LIST(TW_OP_STRUCT)
#undef TW_OP_STRUCT
#undef TW_ARG_FIELD_IN
#undef TW_ARG_FIELD_OUT

/* Whether it changes anything, and whether it is an administrator's. */
typedef enum {
    TW_OP_READ,
    TW_OP_WRITE,
    TW_OP_ADMIN,
} TwOpClass;

/* What it is done to: which fields its argument struct has. */
typedef enum {
    TW_ON_SERVER,   /* none */
    TW_ON_USER,     /* user */
    TW_ON_COMPANY,  /* company */
    TW_ON_STORE,    /* store */
    TW_ON_FOLDER,   /* store, folder */
    TW_ON_MESSAGE,  /* store, folder, message */
    TW_ON_MESSAGES, /* store, folder, messages */
    TW_ON_MANY,     /* each target by itself */
} TwOpTarget;

/* The right it takes. rights.c has what each means. */
typedef enum {
    TW_NEED_NOTHING,      /* the answer itself is limited to what the session may know */
    TW_NEED_SEEN,         /* it is not hidden from the session */
    TW_NEED_VISIBLE,      /* more of a folder than its name */
    TW_NEED_READ,         /* or the message is one's own */
    TW_NEED_CREATE,       /* */
    TW_NEED_EDIT,         /* all, or own and the message is one's own */
    TW_NEED_DELETE,       /* likewise */
    TW_NEED_MARK,         /* READ for the read mark; EDIT for everything else */
    TW_NEED_SUBFOLDER,    /* */
    TW_NEED_FOLDER_OWNER, /* */
    TW_NEED_STORE_OWNER,  /* its owner, or an administrator over it */
    TW_NEED_DELIVER,      /* CREATE on each target, or a session for delivery */
    TW_NEED_SELF,         /* the user, or an administrator over it */
    TW_NEED_ADMIN,        /* an administrator over it */
    TW_NEED_SYSTEM,       /* a system administrator */
} TwOpNeed;

/* One field of an argument struct. */
typedef struct {
    const char *name, *doc;
    gsize offset;
    guint8 kind; /* TwInKind or TwOutKind */
    gboolean out;
} TwOpField;

/* One row of the table. */
typedef struct {
    const char *name, *struct_name;
    TwOpClass op_class;
    TwOpTarget target;
    TwOpNeed need, need_to;
    gboolean audited;
    gsize args_size;
} TwOpInfo;

/**
 * tw_op_info:
 * @op: an operation
 *
 * Returns: (transfer none): its row
 */
const TwOpInfo *tw_op_info(TwOp op);

/**
 * tw_op_fields:
 * @op: an operation
 * @ret_count: (out): how many
 *
 * Returns: (transfer none): the fields of its argument struct
 */
const TwOpField *tw_op_fields(TwOp op, guint *ret_count);

/**
 * tw_op_field:
 * @op: an operation
 * @name: of a field
 *
 * Returns: (transfer none) (nullable): the field of that name that goes in
 */
const TwOpField *tw_op_field(TwOp op, const char *name);

/**
 * tw_op_clear:
 * @op: an operation
 * @args: its argument struct
 *
 * Frees what came out and sets it to zeros; what went in stays.
 */
void tw_op_clear(TwOp op, gpointer args);

G_END_DECLS
