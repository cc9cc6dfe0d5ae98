/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables for administrators: stores, users and companies, as they are when a table is opened. Source: spec/mapi-soap.md 8.9.
 */
#include "session/making-private.h"

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/identity.h"

/* ---- values ---- */

/* Microseconds since 1970; 0 is no time. */
static void
put_time(TwPropsBuilder *builder, guint32 tag, gint64 us)
{
    guint64 filetime;

    if (us != 0 && tw_time_to_filetime(us, &filetime))
        tw_props_builder_set(builder, tw_value_i8(tag, (gint64) filetime));
}

static void
put_kib(TwPropsBuilder *builder, guint32 tag, gint64 bytes)
{
    tw_making_put_long(builder, tag, (guint32) MIN(bytes / 1024, G_MAXINT32));
}

static void
put_quota(TwPropsBuilder *builder, const TwQuota *quota)
{
    put_kib(builder, PR_QUOTA_WARNING_THRESHOLD, quota->warn);
    put_kib(builder, PR_QUOTA_SEND_THRESHOLD, quota->soft);
    put_kib(builder, PR_QUOTA_RECEIVE_THRESHOLD, quota->hard);
}

static void
put_company(const TwLocalCall *call, TwPropsBuilder *builder, guint32 company)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(call->snapshot, company);

    tw_making_put_long(builder, PR_EC_COMPANYID, company);
    if (object != NULL && object->kind == TW_DIRECTORY_COMPANY)
        tw_making_put_text(builder, PR_EC_COMPANY_NAME, object->name);
}

static void
put_seen(const TwLocalCall *call, TwPropsBuilder *builder, guint32 user)
{
    TwLocalSeen seen = tw_local_get_seen(call->local, user);

    put_time(builder, PR_LAST_LOGON_TIME, seen.logon_us);
    put_time(builder, PR_LAST_LOGOFF_TIME, seen.logoff_us);
}

/* ---- stores ---- */

/* A store and what could be read of it: one that is offline says little. */
typedef struct {
    TwStoreOwned place;
    TwStoreInfo info;
    TwStore *store;   /* owned, nullable */
    TwObject *object; /* owned, nullable: its properties */
    gboolean full;    /* the session may do everything in it */
} Mailbox;

static void
clear_mailbox(Mailbox *mailbox)
{
    tw_object_free(mailbox->object);
    tw_store_unref(mailbox->store);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mailbox, clear_mailbox)

/* What can be read of it; *ret_mine: the session administers it. */
static gboolean
load_mailbox(const TwLocalCall *call, Mailbox *mailbox, gboolean *ret_mine, GError **error)
{
    TwEngine *engine = call->local->config.engine;
    TwRightsStore facts = { mailbox->place.owner, mailbox->place.kind, 0 };
    gboolean ok;

    mailbox->info.kind = mailbox->place.kind;
    mailbox->info.guid = mailbox->place.guid;
    mailbox->store = tw_store_open_number(engine, mailbox->place.number, error);
    ok = mailbox->store != NULL && tw_store_get_info(mailbox->store, &mailbox->info, error);
    facts.kind = mailbox->info.kind;
    facts.company = mailbox->info.company;
    *ret_mine = tw_rights_administers(call->who, call->snapshot, &facts);
    mailbox->full = tw_rights_relation(call->who, call->snapshot, &facts, &call->local->rights) ==
                    TW_RELATION_FULL;
    if (ok && *ret_mine)
        mailbox->object = tw_folder_read_object(mailbox->store, mailbox->info.object, error);
    return ok && (!*ret_mine || mailbox->object != NULL);
}

/* Walks all stores the session administers; FALSE on failure. */
static gboolean
each_mailbox(TwMaking *making,
             gboolean (*func)(TwMaking *making, const Mailbox *mailbox, GError **error),
             GError **error)
{
    g_autoptr(GArray) all = tw_engine_list_owned(making->call->local->config.engine);

    for (guint i = 0; i < all->len; i++) {
        g_auto(Mailbox) mailbox = { .place = g_array_index(all, TwStoreOwned, i) };
        g_autoptr(GError) why = NULL;
        gboolean mine;
        if (!load_mailbox(making->call, &mailbox, &mine, &why)) {
            if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
                continue; /* it is being deleted */
            if (!g_error_matches(why, TW_ERROR, TW_ERROR_OFFLINE)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return FALSE;
            }
        }
        if (mine && !func(making, &mailbox, error))
            return FALSE;
    }
    return TRUE;
}

static const TwDirectoryObject *
owner_of(const TwLocalCall *call, const Mailbox *mailbox)
{
    return mailbox->place.owner != 0
               ? tw_directory_snapshot_get(call->snapshot, mailbox->place.owner)
               : NULL;
}

static void
put_stored(TwPropsBuilder *builder, const Mailbox *mailbox, guint32 from, guint32 to)
{
    TwPropValue value;

    if (mailbox->object == NULL || !tw_object_get(mailbox->object, from, &value))
        return;
    value.tag = to;
    tw_props_builder_set(builder, value);
}

static void
put_store_id(TwPropsBuilder *builder, const TwGuid *guid)
{
    guint8 id[TW_OBJECT_ID_LEN];

    tw_identity_entry_id(guid, TW_OBJECT_ID_STORE, 0, id);
    tw_props_builder_set(builder, tw_value_bytes(PR_STORE_ENTRYID, id, sizeof id));
}

/* Of an orphan, whose it was (STORE_UNHOOK, OBJECT_REMOVE). */
static void
put_owner(const TwLocalCall *call, TwPropsBuilder *builder, const Mailbox *mailbox)
{
    const TwDirectoryObject *owner = owner_of(call, mailbox);

    if (owner == NULL) {
        put_stored(builder, mailbox, PR_EC_MAILBOX_OWNER_ACCOUNT, PR_DISPLAY_NAME);
        return;
    }
    tw_making_put_text(builder, PR_EC_USERNAME, owner->name);
    tw_making_put_text(builder, PR_DISPLAY_NAME, owner->name);
    tw_making_put_long(builder, PR_OBJECT_TYPE, (guint32) owner->kind);
    put_seen(call, builder, owner->number);
}

static gboolean
add_store(TwMaking *making, const Mailbox *mailbox, GError **error)
{
    const TwStoreInfo *info = &mailbox->info;
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    put_owner(making->call, &builder, mailbox);
    tw_props_builder_set(&builder, tw_value_bytes(PR_EC_STOREGUID, info->guid.bytes, TW_GUID_LEN));
    tw_making_put_long(&builder, PR_EC_STORETYPE, (guint32) info->kind);
    put_company(making->call, &builder, info->company);
    put_store_id(&builder, &info->guid);
    tw_props_builder_set(&builder, tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, info->bytes));
    put_time(&builder, PR_LAST_MODIFICATION_TIME, info->created_us);
    put_stored(&builder, mailbox, PR_LAST_MODIFICATION_TIME, PR_LAST_MODIFICATION_TIME);
    return tw_making_add(making, &builder, error);
}

/* Users who should have a store and have none. */
static gboolean
add_users_without(TwMaking *making, GError **error)
{
    TwLocalCall *call = making->call;
    g_autoptr(GPtrArray) all = tw_directory_snapshot_changed(call->snapshot, 0);

    for (guint i = 0; i < all->len; i++) {
        const TwDirectoryObject *user = all->pdata[i];
        g_auto(TwPropsBuilder) builder;
        TwStoreOwned place;
        tw_props_builder_init(&builder);
        if (!tw_directory_has_store(user) || user->number == TW_DIRECTORY_SYSTEM ||
            !tw_identity_administers(call->who, call->snapshot, user->company) ||
            tw_engine_find_owned(call->local->config.engine, user->number, TW_STORE_PRIVATE,
                                 &place))
            continue;
        tw_making_put_text(&builder, PR_EC_USERNAME, user->name);
        tw_making_put_text(&builder, PR_DISPLAY_NAME, user->name);
        tw_making_put_long(&builder, PR_EC_STORETYPE, TW_STORE_PRIVATE);
        put_company(call, &builder, user->company);
        tw_making_put_long(&builder, PR_OBJECT_TYPE, (guint32) user->kind);
        put_seen(call, &builder, user->number);
        if (!tw_making_add(making, &builder, error))
            return FALSE;
    }
    return TRUE;
}

static void
merge_stored(TwPropsBuilder *builder, TwObject *object)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwPropValue value;
        if (tw_prop_tag_type(tag) != TW_PT_OBJECT && tw_object_get(object, tag, &value))
            tw_props_builder_set(builder, value);
    }
}

static gboolean
merge_computed(const TwLocalCall *call,
               TwPropsBuilder *builder,
               const Mailbox *mailbox,
               GError **error)
{
    enum {
        RESTRICTED = TW_RIGHT_VISIBLE | TW_RIGHT_SUBFOLDER | TW_RIGHT_OWNER
    };
    TwLocalMailbox view = {
        .store = mailbox->store,
        .owner = mailbox->place.owner,
        .kind = mailbox->info.kind,
        .rights = mailbox->full ? (guint32) TW_RIGHT_ALL : (guint32) RESTRICTED,
        .full = mailbox->full,
    };
    g_autoptr(GBytes) bag = tw_local_mailbox_computed(call, &view, mailbox->object, error);
    TwProps props;

    if (bag == NULL || !tw_props_open_bytes(bag, &props, error))
        return FALSE;
    tw_props_builder_merge(builder, &props);
    return TRUE;
}

/* What a store has as properties when it is opened. */
static gboolean
add_mailbox(TwMaking *making, const Mailbox *mailbox, GError **error)
{
    const TwDirectoryObject *owner = owner_of(making->call, mailbox);
    const TwStoreInfo *info = &mailbox->info;
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    if (mailbox->object != NULL) {
        merge_stored(&builder, mailbox->object);
        if (!merge_computed(making->call, &builder, mailbox, error))
            return FALSE;
    }
    if (owner != NULL)
        tw_making_put_text(&builder, PR_EC_MAILBOX_OWNER_ACCOUNT, owner->name);
    tw_props_builder_set(&builder, tw_value_bool(PR_EC_DELETED_STORE, owner == NULL));
    tw_props_builder_set(&builder, tw_value_bytes(PR_EC_STOREGUID, info->guid.bytes, TW_GUID_LEN));
    tw_making_put_long(&builder, PR_EC_STORETYPE, (guint32) info->kind);
    put_company(making->call, &builder, info->company);
    put_store_id(&builder, &info->guid);
    if (owner != NULL)
        put_seen(making->call, &builder, owner->number);
    return tw_making_add(making, &builder, error);
}

gboolean
tw_local_table_open_stores(TwLocalCall *call, TwTableOpenStoresArgs *args, GError **error)
{
    static const guint32 store_columns[] = {
        PR_EC_USERNAME,           PR_EC_STOREGUID,    PR_EC_STORETYPE,  PR_DISPLAY_NAME,
        PR_EC_COMPANYID,          PR_EC_COMPANY_NAME, PR_STORE_ENTRYID, PR_LAST_MODIFICATION_TIME,
        PR_MESSAGE_SIZE_EXTENDED, PR_OBJECT_TYPE,
    };
    static const guint32 mailbox_columns[] = {
        PR_ENTRYID,          PR_DISPLAY_NAME,          PR_STORE_ENTRYID,
        PR_EC_STORETYPE,     PR_MAILBOX_OWNER_NAME,    PR_EC_MAILBOX_OWNER_ACCOUNT,
        PR_EC_DELETED_STORE, PR_MESSAGE_SIZE_EXTENDED,
    };
    static const TwMadeColumns columns[] = {
        [TW_STORES_OF_USERS] = { store_columns, G_N_ELEMENTS(store_columns) },
        [TW_STORES_MAILBOXES] = { mailbox_columns, G_N_ELEMENTS(mailbox_columns) },
    };
    g_auto(TwMaking) making = tw_making_begin(call);
    gboolean users = args->kind == TW_STORES_OF_USERS;

    if (args->kind >= G_N_ELEMENTS(columns)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such table");
        return FALSE;
    }
    return each_mailbox(&making, users ? add_store : add_mailbox, error) &&
           (!users || add_users_without(&making, error)) &&
           tw_making_open(&making, TW_NEED_NOTHING, args->flags, &columns[args->kind], &args->table,
                          error);
}

/* ---- users and companies ---- */

static gboolean
find_mailbox(const TwLocalCall *call, guint32 owner, TwStoreKind kind, Mailbox *ret, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean mine;

    if (!tw_engine_find_owned(call->local->config.engine, owner, kind, &ret->place) ||
        load_mailbox(call, ret, &mine, &why) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_OFFLINE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

/* What somebody uses, and how much it may be. */
static void
put_use(const TwLocalCall *call,
        TwPropsBuilder *builder,
        const TwDirectoryObject *owner,
        const Mailbox *mailbox)
{
    gboolean inherited;
    TwQuota quota = tw_local_quota_of(call, owner, &inherited);

    tw_props_builder_set(builder, tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, mailbox->info.bytes));
    put_quota(builder, &quota);
    put_stored(builder, mailbox, PR_EC_QUOTA_MAIL_TIME, PR_EC_QUOTA_MAIL_TIME);
    if (mailbox->place.number != 0)
        tw_props_builder_set(
            builder, tw_value_bytes(PR_EC_STOREGUID, mailbox->place.guid.bytes, TW_GUID_LEN));
}

static gboolean
add_user(TwMaking *making, const TwDirectoryObject *user, GError **error)
{
    TwLocalCall *call = making->call;
    g_auto(Mailbox) mailbox = { 0 };
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    if (!find_mailbox(call, user->number, TW_STORE_PRIVATE, &mailbox, error))
        return FALSE;
    put_company(call, &builder, user->company);
    tw_making_put_text(&builder, PR_EC_USERNAME, user->name);
    tw_making_put_text(&builder, PR_DISPLAY_NAME, user->full_name);
    tw_making_put_text(&builder, PR_SMTP_ADDRESS, user->mail);
    tw_props_builder_set(&builder, tw_value_bool(PR_EC_NONACTIVE, user->kind != TW_DIRECTORY_USER));
    tw_making_put_long(&builder, PR_EC_ADMINISTRATOR, (guint32) user->admin);
    tw_making_put_text(&builder, PR_EC_HOMESERVER_NAME, user->home_server);
    put_use(call, &builder, user, &mailbox);
    tw_props_builder_set(&builder, tw_value_bool(PR_EC_OUTOFOFFICE, FALSE));
    put_stored(&builder, &mailbox, PR_EC_OUTOFOFFICE, PR_EC_OUTOFOFFICE);
    put_seen(call, &builder, user->number);
    return tw_making_add(making, &builder, error);
}

static gboolean
each_object(TwMaking *making,
            TwDirectoryType type,
            gboolean (*func)(TwMaking *making, const TwDirectoryObject *object, GError **error),
            GError **error)
{
    TwLocalCall *call = making->call;
    g_autoptr(GPtrArray) all = tw_directory_snapshot_changed(call->snapshot, 0);

    for (guint i = 0; i < all->len; i++) {
        const TwDirectoryObject *object = all->pdata[i];
        guint32 company = object->kind == TW_DIRECTORY_COMPANY ? object->number : object->company;
        if (tw_directory_type(object->kind) == type &&
            object->number >= TW_DIRECTORY_FIRST_NUMBER &&
            tw_identity_administers(call->who, call->snapshot, company) &&
            !func(making, object, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_local_table_open_users(TwLocalCall *call, TwTableOpenUsersArgs *args, GError **error)
{
    static const guint32 tags[] = {
        PR_EC_COMPANY_NAME,
        PR_EC_USERNAME,
        PR_DISPLAY_NAME,
        PR_SMTP_ADDRESS,
        PR_EC_NONACTIVE,
        PR_EC_ADMINISTRATOR,
        PR_EC_HOMESERVER_NAME,
        PR_MESSAGE_SIZE_EXTENDED,
        PR_QUOTA_WARNING_THRESHOLD,
        PR_QUOTA_SEND_THRESHOLD,
        PR_QUOTA_RECEIVE_THRESHOLD,
        PR_EC_QUOTA_MAIL_TIME,
        PR_EC_OUTOFOFFICE,
        PR_LAST_LOGON_TIME,
        PR_LAST_LOGOFF_TIME,
    };
    static const TwMadeColumns columns = { tags, G_N_ELEMENTS(tags) };
    g_auto(TwMaking) making = tw_making_begin(call);

    return each_object(&making, TW_DIRECTORY_USERS, add_user, error) &&
           tw_making_open(&making, TW_NEED_ADMIN, args->flags, &columns, &args->table, error);
}

static gboolean
add_company(TwMaking *making, const TwDirectoryObject *company, GError **error)
{
    TwLocalCall *call = making->call;
    guint32 contact =
        company->system_contact != 0 ? company->system_contact : (guint32) TW_DIRECTORY_SYSTEM;
    const TwDirectoryObject *admin = tw_directory_snapshot_get(call->snapshot, contact);
    g_auto(Mailbox) mailbox = { 0 };
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    if (company->kind != TW_DIRECTORY_COMPANY)
        return TRUE;
    if (!find_mailbox(call, company->number, TW_STORE_PUBLIC, &mailbox, error))
        return FALSE;
    put_company(call, &builder, company->number);
    tw_making_put_text(&builder, PR_EC_COMPANY_ADMIN, admin != NULL ? admin->name : NULL);
    put_use(call, &builder, company, &mailbox);
    return tw_making_add(making, &builder, error);
}

gboolean
tw_local_table_open_companies(TwLocalCall *call, TwTableOpenCompaniesArgs *args, GError **error)
{
    static const guint32 tags[] = {
        PR_EC_COMPANY_NAME,         PR_EC_COMPANY_ADMIN,     PR_MESSAGE_SIZE_EXTENDED,
        PR_QUOTA_WARNING_THRESHOLD, PR_QUOTA_SEND_THRESHOLD, PR_QUOTA_RECEIVE_THRESHOLD,
        PR_EC_QUOTA_MAIL_TIME,
    };
    static const TwMadeColumns columns = { tags, G_N_ELEMENTS(tags) };
    g_auto(TwMaking) making = tw_making_begin(call);

    return each_object(&making, TW_DIRECTORY_CONTAINERS, add_company, error) &&
           tw_making_open(&making, TW_NEED_SYSTEM, args->flags, &columns, &args->table, error);
}
