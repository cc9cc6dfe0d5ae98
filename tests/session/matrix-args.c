/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What each operation needs to succeed for who may. */
#include <string.h>

#include "mapi/entryid.h"
#include "mapi/tags.h"
#include "session/matrix.h"
#include "store/identity.h"

static void
set_number(TwOp op, gpointer args, const char *name, guint32 value)
{
    const TwOpField *field = tw_op_field(op, name);

    if (field != NULL && field->kind == TW_IN_U32)
        G_STRUCT_MEMBER(guint32, args, field->offset) = value;
}

static void
fill(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    const TwOpField *store = tw_op_field(op, "store");
    const TwOpField *messages = tw_op_field(op, "messages");
    const TwOpField *changes = tw_op_field(op, "changes");
    const TwOpField *name = tw_op_field(op, "name");

    parts->number = matrix->message;
    parts->text = g_strdup_printf("new%u", matrix->count);
    if (store != NULL)
        G_STRUCT_MEMBER(TwGuid, args, store->offset) = matrix->store_guid;
    set_number(op, args, "folder", matrix->folder);
    set_number(op, args, "message", matrix->message);
    set_number(op, args, "to", matrix->to);
    set_number(op, args, "user", matrix->victim);
    set_number(op, args, "company", matrix->ours);
    set_number(op, args, "table", matrix->table);
    if (messages != NULL)
        G_STRUCT_MEMBER(TwNumbers, args, messages->offset) = (TwNumbers){ &parts->number, 1 };
    if (changes != NULL) {
        parts->value = tw_value_str(PR_COMMENT, parts->text);
        G_STRUCT_MEMBER(TwPropChanges, args, changes->offset) =
            (TwPropChanges){ .values = &parts->value, .value_count = 1 };
    }
    if (name != NULL && name->kind == TW_IN_TEXT)
        G_STRUCT_MEMBER(const char *, args, name->offset) = parts->text;
}

static void
fill_store(Matrix *matrix, TwOp op, gpointer args)
{
    switch (op) {
    case TW_OP_STORE_FIND:
        ((TwStoreFindArgs *) args)->owner = matrix->numbers[OWNER];
        break;
    case TW_OP_RECEIVE_FOLDER:
        ((TwReceiveFolderArgs *) args)->message_class = "IPM.Note";
        break;
    case TW_OP_RECEIVE_FOLDER_SET:
        ((TwReceiveFolderSetArgs *) args)->message_class = "IPM.Test";
        ((TwReceiveFolderSetArgs *) args)->folder = matrix->owner.inbox;
        break;
    case TW_OP_STORE_HOOK:
        ((TwStoreHookArgs *) args)->owner = matrix->victim;
        break;
    case TW_OP_STORE_CREATE:
        ((TwStoreCreateArgs *) args)->kind = TW_STORE_PRIVATE;
        break;
    default:
        break;
    }
}

static void
fill_message(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    switch (op) {
    case TW_OP_FOLDER_FIND:
        ((TwFolderFindArgs *) args)->folder = matrix->shared;
        ((TwFolderFindArgs *) args)->name = matrix->folder_name;
        break;
    case TW_OP_FOLDER_OPEN:
        ((TwFolderOpenArgs *) args)->folder = matrix->shared;
        ((TwFolderOpenArgs *) args)->name = matrix->folder_name;
        break;
    case TW_OP_PERMISSIONS_SET:
        parts->permission = (TwPermission){ 0, matrix->numbers[NOBODY], TW_RIGHT_VISIBLE };
        ((TwPermissionsSetArgs *) args)->rows = (TwPermissionRows){ &parts->permission, 1 };
        break;
    case TW_OP_MESSAGES_TRANSFER:
        ((TwMessagesTransferArgs *) args)->to_store = matrix->store_guid;
        ((TwMessagesTransferArgs *) args)->to_folder = matrix->to;
        break;
    case TW_OP_FOLDER_TRANSFER:
        ((TwFolderTransferArgs *) args)->to_store = matrix->store_guid;
        ((TwFolderTransferArgs *) args)->to_folder = matrix->to;
        break;
    case TW_OP_VALUE_WRITE:
        parts->bytes = g_bytes_new_static("x", 1);
        ((TwValueWriteArgs *) args)->value = 4711;
        ((TwValueWriteArgs *) args)->bytes = parts->bytes;
        break;
    case TW_OP_RULES_CHANGE:
        parts->bytes = matrix_rule_bag();
        g_assert_true(tw_props_open_bytes(parts->bytes, &parts->props, NULL));
        parts->rule = (TwRulesChange){ TW_RULES_ADD, &parts->props };
        ((TwRulesChangeArgs *) args)->rows = (TwRuleChanges){ &parts->rule, 1 };
        break;
    case TW_OP_RULE_STATE:
        ((TwRuleStateArgs *) args)->rule = 1;
        ((TwRuleStateArgs *) args)->set = TW_RULE_ERROR;
        break;
    case TW_OP_MESSAGE_CREATE:
        ((TwMessageCreateArgs *) args)->object = parts->object = bed_object("new", 10);
        break;
    case TW_OP_MESSAGE_SAVE:
        ((TwMessageSaveArgs *) args)->object = parts->object = bed_object("new", 10);
        break;
    case TW_OP_VALUE_READ: {
        TwPart part = { 0 };
        tw_part_push(&part, TW_PART_PROPERTY, PR_SUBJECT >> 16);
        parts->bytes = g_bytes_new(part.bytes, part.len);
        ((TwValueReadArgs *) args)->path = parts->bytes;
        ((TwValueReadArgs *) args)->most = 10;
        break;
    }
    case TW_OP_MESSAGES_MARK:
        ((TwMessagesMarkArgs *) args)->change.flags_set = TW_MSGFLAG_READ;
        break;
    case TW_OP_MAIL_READ:
        ((TwMailReadArgs *) args)->most = 10;
        break;
    case TW_OP_MAIL_APPEND:
        parts->bytes = g_bytes_new_static(matrix_mail, strlen(matrix_mail));
        parts->append = (TwMailAppend){ .mail = parts->bytes };
        ((TwMailAppendArgs *) args)->mails = (TwMailAppends){ &parts->append, 1 };
        break;
    case TW_OP_MAIL_DELIVER:
        parts->bytes = g_bytes_new_static(matrix_mail, strlen(matrix_mail));
        parts->target = (TwDeliveryTarget){ .store = matrix->store_guid, .folder = matrix->folder };
        ((TwMailDeliverArgs *) args)->mail = parts->bytes;
        ((TwMailDeliverArgs *) args)->targets = (TwDeliveryTargets){ &parts->target, 1 };
        break;
    default:
        break;
    }
}

/* Of whoever asks now, for the folder or for the whole server. */
static guint32
new_sync_id(Matrix *matrix, gboolean of_folder)
{
    TwSyncInfo info = { .store = of_folder ? tw_store_get_number(matrix->store) : 0,
                        .folder = of_folder ? matrix->folder : 0,
                        .kind = TW_SYNC_CONTENTS,
                        .owner = matrix->numbers[matrix->role] };

    g_assert_true(tw_sync_register(matrix->world.bed.engine, &info, 1, NULL));
    return info.id;
}

static void
fill_key(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    guint8 id[TW_OBJECT_ID_LEN];

    switch (op) {
    case TW_OP_ENTRY_ID_FIND:
        tw_identity_entry_id(&matrix->owner.store, TW_OBJECT_ID_MESSAGE, matrix->message, id);
        parts->bytes = g_bytes_new(id, sizeof id);
        ((TwEntryIdFindArgs *) args)->entry_id = parts->bytes;
        break;
    case TW_OP_SOURCE_KEY_FIND:
        parts->bytes = tw_sync_server_key(matrix->store, matrix->message);
        ((TwSourceKeyFindArgs *) args)->source_key = parts->bytes;
        break;
    case TW_OP_SOURCE_KEY_LOCATE:
        parts->bytes = tw_sync_server_key(matrix->store, matrix->message);
        ((TwSourceKeyLocateArgs *) args)->source_key = parts->bytes;
        break;
    case TW_OP_SYNC_GET:
        ((TwSyncGetArgs *) args)->id = new_sync_id(matrix, TRUE);
        break;
    case TW_OP_SYNC_SERVER_SET:
        ((TwSyncServerSetArgs *) args)->id = new_sync_id(matrix, FALSE);
        break;
    case TW_OP_SYNC_SERVER_CHANGES:
        ((TwSyncServerChangesArgs *) args)->id = new_sync_id(matrix, FALSE);
        ((TwSyncServerChangesArgs *) args)->flags = TW_SYNC_CATCHUP;
        break;
    case TW_OP_SYNC_CHANGES:
        ((TwSyncChangesArgs *) args)->flags = TW_SYNC_NORMAL;
        break;
    case TW_OP_SYNC_REGISTER:
        ((TwSyncRegisterArgs *) args)->kind = TW_SYNC_CONTENTS;
        break;
    case TW_OP_SYNC_SET:
        ((TwSyncSetArgs *) args)->id = new_sync_id(matrix, TRUE);
        ((TwSyncSetArgs *) args)->kind = TW_SYNC_CONTENTS;
        break;
    case TW_OP_TABLE_FIND:
        parts->restriction = matrix_any_subject();
        ((TwTableFindArgs *) args)->restriction = parts->restriction;
        break;
    case TW_OP_TABLE_OPEN_BOOK:
        ((TwTableOpenBookArgs *) args)->place = TW_BOOK_PLACE_GLOBAL;
        break;
    case TW_OP_TABLE_OPEN_CHILDREN:
        ((TwTableOpenChildrenArgs *) args)->kind = TW_OBJECT_RECIPIENT;
        break;
    case TW_OP_TABLE_STATE_SET:
        parts->bytes = g_bytes_new_static("12345678", 8);
        ((TwTableStateSetArgs *) args)->state = parts->bytes;
        break;
    case TW_OP_TABLE_EXPAND:
    case TW_OP_TABLE_COLLAPSE:
        parts->bytes = g_bytes_new_static("12345678", 8);
        if (op == TW_OP_TABLE_EXPAND)
            ((TwTableExpandArgs *) args)->key = parts->bytes;
        else
            ((TwTableCollapseArgs *) args)->key = parts->bytes;
        break;
    case TW_OP_SEARCH_SET:
        parts->restriction = matrix_any_subject();
        ((TwSearchSetArgs *) args)->restriction = parts->restriction;
        ((TwSearchSetArgs *) args)->folders = (TwNumbers){ &matrix->shared, 1 };
        break;
    default:
        break;
    }
}

static void
fill_book(Matrix *matrix, TwOp op, gpointer args, Parts *parts)
{
    switch (op) {
    case TW_OP_BOOK_RESOLVE:
        ((TwBookResolveArgs *) args)->text = matrix->victim_name;
        ((TwBookResolveArgs *) args)->exact = TRUE;
        break;
    case TW_OP_NODE_FIND:
        ((TwNodeFindArgs *) args)->name = "any";
        ((TwNodeFindArgs *) args)->scheme = "https";
        break;
    case TW_OP_RECIPIENT_FIND:
        ((TwRecipientFindArgs *) args)->address = matrix->victim_name;
        break;
    case TW_OP_BOOK_RELATED:
        ((TwBookRelatedArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        break;
    case TW_OP_NAME_FIND:
        g_free(parts->text);
        parts->text = g_strconcat(matrix->victim_name, "@ours", NULL);
        ((TwNameFindArgs *) args)->name = parts->text;
        ((TwNameFindArgs *) args)->type = TW_DIRECTORY_USERS;
        break;
    case TW_OP_ID_FIND:
        ((TwIdFindArgs *) args)->id = matrix->victim_id;
        break;
    case TW_OP_OBJECTS_LIST:
        ((TwObjectsListArgs *) args)->type = TW_DIRECTORY_USERS;
        break;
    case TW_OP_OBJECT_CREATE:
        parts->values = (TwDirectoryObject){ .kind = TW_DIRECTORY_USER,
                                             .name = parts->text,
                                             .full_name = "New" };
        ((TwObjectCreateArgs *) args)->values = &parts->values;
        break;
    case TW_OP_OBJECT_CHANGE:
        parts->values = (TwDirectoryObject){ .full_name = "Changed" };
        ((TwObjectChangeArgs *) args)->values = &parts->values;
        ((TwObjectChangeArgs *) args)->fields = TW_DIRECTORY_SET_FULL_NAME;
        break;
    case TW_OP_RELATE:
        ((TwRelateArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        ((TwRelateArgs *) args)->other = matrix->numbers[READ];
        break;
    case TW_OP_UNRELATE:
        ((TwUnrelateArgs *) args)->relation = TW_DIRECTORY_SEND_AS;
        ((TwUnrelateArgs *) args)->other = matrix->numbers[NOBODY];
        break;
    case TW_OP_NAMES_TO_IDS:
        parts->name = (TwNamedProp){ .name = "x-matrix" };
        parts->names[0] = &parts->name;
        ((TwNamesToIdsArgs *) args)->names = (TwNamedProps){ parts->names, 1 };
        ((TwNamesToIdsArgs *) args)->create = TRUE;
        break;
    default:
        break;
    }
}

/* A session of nobody's interest, to be ended. */
static TwSession *
fill_session(Matrix *matrix, TwOp op, gpointer args)
{
    TwSession *session;
    TwSessionInfo who;

    if (op != TW_OP_SESSION_END)
        return NULL;
    session = matrix_log_on(matrix, NOBODY);
    tw_session_get_info(session, &who);
    ((TwSessionEndArgs *) args)->session = who.number;
    return session;
}

static void
name_objects_that_never_were(TwOp op, gpointer args, Parts *parts)
{
    const TwOpField *store = tw_op_field(op, "store");

    if (store != NULL)
        tw_guid_random(&G_STRUCT_MEMBER(TwGuid, args, store->offset));
    tw_guid_random(&parts->target.store);
    set_number(op, args, "user", 4000000);
    set_number(op, args, "company", 4000000);
    set_number(op, args, "owner", 4000000);
}

void
matrix_name_nothing(TwOp op, gpointer args, Parts *parts)
{
    guint8 id[TW_OBJECT_ID_LEN];
    TwGuid never;

    if (op == TW_OP_ENTRY_ID_FIND) {
        tw_guid_random(&never);
        tw_identity_entry_id(&never, TW_OBJECT_ID_MESSAGE, 4711, id);
        g_bytes_unref(parts->bytes);
        parts->bytes = g_bytes_new(id, sizeof id);
        ((TwEntryIdFindArgs *) args)->entry_id = parts->bytes;
    }
    name_objects_that_never_were(op, args, parts);
}

TwSession *
matrix_fill(Matrix *matrix, TwOp op, guint variant, gpointer args, Parts *parts)
{
    TwSession *extra;

    fill(matrix, op, args, parts);
    fill_store(matrix, op, args);
    fill_message(matrix, op, args, parts);
    fill_key(matrix, op, args, parts);
    fill_book(matrix, op, args, parts);
    extra = fill_session(matrix, op, args);
    if (variant & UNNAMED)
        set_number(op, args, "folder", 0);
    return extra;
}

void
matrix_parts_clear(Parts *parts)
{
    tw_object_free(parts->object);
    g_clear_pointer(&parts->bytes, g_bytes_unref);
    g_clear_pointer(&parts->restriction, tw_restriction_unref);
    g_free(parts->text);
}
