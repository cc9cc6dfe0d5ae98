/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Administration of users, groups and companies. Beyond what the table asks: nobody gives a level above their own, and
 * companies and who may see or administer them are the system administrators' alone.
 */
#include "base/error.h"
#include "base/log.h"
#include "session/ops-private.h"

static gboolean
forbidden(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_NO_ACCESS, "not allowed: %s", why);
    return FALSE;
}

static gboolean
is_system_admin(const TwLocalCall *call)
{
    return call->who->admin == TW_DIRECTORY_SYSTEM_ADMIN;
}

static gboolean
may_give_level(const TwLocalCall *call, const TwDirectoryObject *values, GError **error)
{
    return values->admin <= call->who->admin || forbidden(error, "a level above one's own");
}

/* ---- quota ---- */

static gint64
clamp(guint64 bytes)
{
    return (gint64) MIN(bytes, (guint64) G_MAXINT64);
}

static TwQuota
quota_from(const TwDirectoryQuota *quota)
{
    return (TwQuota){ clamp(quota->warn), clamp(quota->soft), clamp(quota->hard) };
}

TwQuota
tw_local_quota_of(const TwLocalCall *call, const TwDirectoryObject *owner, gboolean *ret_inherited)
{
    const TwDirectoryObject *company =
        owner->company != TW_DIRECTORY_NO_COMPANY
            ? tw_directory_snapshot_get(call->snapshot, owner->company)
            : NULL;

    *ret_inherited = !owner->quota.own;
    if (owner->quota.own)
        return quota_from(&owner->quota);
    if (owner->kind == TW_DIRECTORY_COMPANY)
        return tw_local_policy(call->local)->company_quota;
    if (tw_directory_type(owner->kind) != TW_DIRECTORY_USERS)
        return (TwQuota){ 0 };
    return company != NULL && company->user_quota.own ? quota_from(&company->user_quota)
                                                      : tw_local_policy(call->local)->user_quota;
}

/* Brings what a store keeps in line with the directory. */
static gboolean
apply_quota(const TwLocalCall *call,
            const TwDirectoryObject *owner,
            TwStoreKind kind,
            GError **error)
{
    g_autoptr(TwStore) store = NULL;
    TwStoreOwned place;
    TwStoreInfo info;
    TwQuota quota;
    gboolean inherited;

    if (!tw_engine_find_owned(call->local->config.engine, owner->number, kind, &place))
        return TRUE;
    store = tw_store_open_number(call->local->config.engine, place.number, error);
    if (store == NULL || !tw_store_get_info(store, &info, error))
        return FALSE;
    quota = tw_local_quota_of(call, owner, &inherited);
    return (info.quota.warn == quota.warn && info.quota.soft == quota.soft &&
            info.quota.hard == quota.hard) ||
           tw_store_set_quota(store, &quota, error);
}

static gboolean
apply_quotas(TwLocalCall *call, guint32 number, guint32 fields, GError **error)
{
    const TwDirectoryObject *changed;
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(TwDirectorySnapshot) before = NULL;

    if (!(fields & (TW_DIRECTORY_SET_QUOTA | TW_DIRECTORY_SET_USER_QUOTA)))
        return TRUE;
    before = g_steal_pointer(&call->snapshot);
    call->snapshot = tw_directory_snapshot(call->local->config.directory, error);
    if (call->snapshot == NULL) {
        call->snapshot = g_steal_pointer(&before);
        return FALSE;
    }
    call->object = NULL;
    changed = tw_directory_snapshot_get(call->snapshot, number);
    if (changed == NULL)
        return TRUE;
    if (changed->kind != TW_DIRECTORY_COMPANY)
        return apply_quota(call, changed, TW_STORE_PRIVATE, error);
    if (!apply_quota(call, changed, TW_STORE_PUBLIC, error))
        return FALSE;
    all = tw_directory_snapshot_changed(call->snapshot, 0);
    for (guint i = 0; fields & TW_DIRECTORY_SET_USER_QUOTA && i < all->len; i++) {
        const TwDirectoryObject *user = all->pdata[i];
        if (user->company == number && tw_directory_has_store(user) && !user->quota.own &&
            !apply_quota(call, user, TW_STORE_PRIVATE, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_local_apply_quotas(TwServer *server, GError **error)
{
    TwLocal *local = (TwLocal *) server;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(local->config.directory, error);
    TwLocalCall call = { .local = local, .snapshot = snapshot };
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) first = NULL;

    if (snapshot == NULL)
        return FALSE;
    all = tw_directory_snapshot_changed(snapshot, 0);
    for (guint i = 0; i < all->len; i++) {
        const TwDirectoryObject *object = all->pdata[i];
        gboolean company = object->kind == TW_DIRECTORY_COMPANY;
        if (company || tw_directory_has_store(object))
            (void) apply_quota(&call, object, company ? TW_STORE_PUBLIC : TW_STORE_PRIVATE,
                               first == NULL ? &first : NULL);
    }
    if (first == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

/* What users have who have none of their own: the company's, or the server's. */
static TwQuota
users_quota(const TwLocalCall *call, const TwDirectoryObject *object, gboolean *ret_inherited)
{
    guint32 number = object->kind == TW_DIRECTORY_COMPANY ? object->number : object->company;
    const TwDirectoryObject *company = number != TW_DIRECTORY_NO_COMPANY
                                           ? tw_directory_snapshot_get(call->snapshot, number)
                                           : NULL;

    *ret_inherited = company == NULL || !company->user_quota.own;
    return *ret_inherited ? tw_local_policy(call->local)->user_quota
                          : quota_from(&company->user_quota);
}

gboolean
tw_local_quota_get(TwLocalCall *call, TwQuotaGetArgs *args, GError **error)
{
    g_autoptr(TwStore) store = NULL;
    TwStoreKind kind =
        call->object->kind == TW_DIRECTORY_COMPANY ? TW_STORE_PUBLIC : TW_STORE_PRIVATE;
    TwStoreOwned place;
    TwStoreInfo info;

    args->quota = args->of_users ? users_quota(call, call->object, &args->inherited)
                                 : tw_local_quota_of(call, call->object, &args->inherited);
    args->bytes = -1;
    if (!tw_engine_find_owned(call->local->config.engine, call->object->number, kind, &place))
        return TRUE;
    store = tw_store_open_number(call->local->config.engine, place.number, error);
    if (store == NULL || !tw_store_get_info(store, &info, error))
        return FALSE;
    args->bytes = info.bytes;
    args->state = info.quota_state;
    return TRUE;
}

/* ---- objects ---- */

/* Which event it is when an object of that kind is made; FALSE: none. The one of its end is the next. */
static gboolean
event_of(const TwDirectoryObject *object, TwLocalEvent *ret)
{
    switch (tw_directory_type(object->kind)) {
    case TW_DIRECTORY_USERS:
        *ret = TW_LOCAL_USER_MADE;
        return tw_directory_has_store(object);
    case TW_DIRECTORY_GROUPS:
        *ret = TW_LOCAL_GROUP_MADE;
        return TRUE;
    case TW_DIRECTORY_CONTAINERS:
        *ret = TW_LOCAL_COMPANY_MADE;
        return object->kind == TW_DIRECTORY_COMPANY;
    }
    return FALSE;
}

/* Tells who wants to know. A program that hears it may come back with calls of its own. */
static void
tell(const TwLocalCall *call, const TwDirectoryObject *object, guint32 number, const TwGuid *gone)
{
    const TwLocalConfig *config = &call->local->config;
    const TwDirectoryObject *company =
        object->company != TW_DIRECTORY_NO_COMPANY
            ? tw_directory_snapshot_get(call->snapshot, object->company)
            : NULL;
    g_autofree char *name =
        tw_local_join_login(call->local, object->name, company != NULL ? company->name : NULL);
    TwLocalChange change = { .name = name, .number = number };

    if (config->changed == NULL || !event_of(object, &change.event))
        return;
    if (gone != NULL) {
        change.event++;
        change.store = *gone;
        if (change.event == TW_LOCAL_USER_GONE && tw_guid_is_zero(gone))
            return;
    }
    config->changed(&change, config->changed_data);
}

/* Whether it is of a kind that has a store at one of several servers. */
static gboolean
may_be_at_home(const TwDirectoryObject *object)
{
    return object->kind == TW_DIRECTORY_COMPANY || tw_directory_has_store(object);
}

gboolean
tw_local_object_create(TwLocalCall *call, TwObjectCreateArgs *args, GError **error)
{
    TwDirectoryExtras extras = { args->password, args->photo };
    TwDirectoryObject values;
    guint32 created;

    if (!tw_local_given(args->values, "what to make", error))
        return FALSE;
    values = *args->values;
    values.company = args->company;
    if (may_be_at_home(&values) && (values.home_server == NULL || *values.home_server == '\0'))
        values.home_server = call->local->config.node;
    if (values.kind == TW_DIRECTORY_COMPANY && !is_system_admin(call))
        return forbidden(error, "making a company");
    if (values.kind == TW_DIRECTORY_COMPANY && !call->local->config.hosted) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "there are no companies here");
        return FALSE;
    }
    if (!may_give_level(call, &values, error) ||
        !tw_directory_create(call->local->config.directory, &values, &extras, &created, error))
        return FALSE;
    args->created = created;
    tell(call, &values, created, NULL);
    return TRUE;
}

/* Who is no administrator proves to be the user once more. */
static gboolean
check_old_password(const TwLocalCall *call, const TwSecret *old, GError **error)
{
    TwLocal *local = call->local;
    const char *address = call->session->address != NULL ? call->session->address : "";
    gint64 now = tw_local_now(local);
    g_autoptr(TwDirectoryObject) user = NULL;

    if (old == NULL)
        return forbidden(error, "the old password is needed");
    if (tw_login_limiter_advise(local->limiter, call->who->name, address, now) > 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "too many failures just now");
        return FALSE;
    }
    user = tw_directory_login(local->config.directory, call->who->company, call->who->name, old,
                              now, error);
    if (user == NULL)
        tw_login_limiter_failed(local->limiter, call->who->name, address, now);
    return user != NULL;
}

gboolean
tw_local_object_change(TwLocalCall *call, TwObjectChangeArgs *args, GError **error)
{
    TwDirectoryExtras extras = { args->password, args->photo };
    TwDirectoryObject values = { 0 };
    guint32 fields = args->values != NULL ? args->fields : 0, number = call->object->number;
    gboolean over = tw_identity_is_over(call->who, call->snapshot, call->object);

    if (args->values != NULL)
        values = *args->values;
    values.number = number;
    values.kind = fields & TW_DIRECTORY_SET_KIND ? values.kind : call->object->kind;
    if (!over) {
        fields &= TW_DIRECTORY_SET_DETAILS; /* all else is dropped: spec/mapi-soap.md 6.4 */
        if (args->password != NULL && !check_old_password(call, args->old_password, error))
            return FALSE;
    }
    if (call->object->kind == TW_DIRECTORY_COMPANY && !is_system_admin(call))
        return forbidden(error, "changing a company");
    if (fields & TW_DIRECTORY_SET_ADMIN && !may_give_level(call, &values, error))
        return FALSE;
    return tw_directory_modify(call->local->config.directory, &values, (TwDirectoryFields) fields,
                               &extras, error) &&
           apply_quotas(call, number, fields, error);
}

/* Its stores stay, without an owner. *ret_gone: the private one. */
static gboolean
make_orphans(
    const TwLocalCall *call, guint32 number, const char *name, TwGuid *ret_gone, GError **error)
{
    static const TwStoreKind kinds[] = { TW_STORE_PRIVATE, TW_STORE_PUBLIC, TW_STORE_ARCHIVE };

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(TwStore) store = NULL;
        TwStoreOwned place;
        if (!tw_engine_find_owned(call->local->config.engine, number, kinds[i], &place))
            continue;
        store = tw_store_open_number(call->local->config.engine, place.number, error);
        if (store == NULL || !tw_local_make_orphan_of(store, name, error))
            return FALSE;
        if (kinds[i] == TW_STORE_PRIVATE)
            *ret_gone = place.guid;
    }
    return TRUE;
}

gboolean
tw_local_object_remove(TwLocalCall *call, TwObjectRemoveArgs *args, GError **error)
{
    guint32 number = call->object->number;
    TwGuid gone = { { 0 } };

    if (call->object->kind == TW_DIRECTORY_COMPANY && !is_system_admin(call))
        return forbidden(error, "removing a company");
    if (number == call->who->number || args->user == 0)
        return forbidden(error, "removing oneself");
    if (!tw_directory_remove(call->local->config.directory, number, error) ||
        !make_orphans(call, number, call->object->name, &gone, error))
        return FALSE;
    tell(call, call->object, number, &gone);
    return TRUE;
}

/* ---- what came and went in a source elsewhere ---- */

static gboolean
take_gone(const TwLocalCall *call, const TwDirectoryNews *news, GError **error)
{
    const TwDirectoryObject object = {
        .number = news->number, .kind = news->kind, .company = news->company, .name = news->name
    };
    TwGuid gone = { { 0 } };

    if (!make_orphans(call, news->number, news->name, &gone, error))
        return FALSE;
    tell(call, &object, news->number, &gone);
    return TRUE;
}

static gboolean
take_news(TwLocalCall *call, const TwDirectoryNews *news, GError **error)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(call->snapshot, news->number);

    switch (news->what) {
    case TW_DIRECTORY_WENT:
        return take_gone(call, news, error);
    case TW_DIRECTORY_CAME:
        if (object != NULL)
            tell(call, object, news->number, NULL);
        return TRUE;
    case TW_DIRECTORY_OTHER_QUOTA:
        return apply_quotas(call, news->number,
                            TW_DIRECTORY_SET_QUOTA | TW_DIRECTORY_SET_USER_QUOTA, error);
    }
    return TRUE;
}

static gboolean
on_news(const TwDirectoryNews *news, gpointer data)
{
    TwLocal *local = data;
    g_autoptr(GError) error = NULL;
    TwLocalCall call = { .local = local };
    gboolean ok;

    call.snapshot = tw_directory_snapshot(local->config.directory, &error);
    ok = call.snapshot != NULL && take_news(&call, news, &error);
    tw_directory_snapshot_unref(call.snapshot);
    if (!ok)
        tw_log(TW_LOG_ERR, "user-news-failed", tw_log_str(TW_LOG_USER, news->name),
               tw_log_error(error));
    return ok;
}

void
tw_local_follow_directory(TwServer *server, gboolean follow)
{
    TwLocal *local = (TwLocal *) server;

    tw_directory_follow(local->config.directory, follow ? on_news : NULL, local);
}

/* ---- relations ---- */

static gboolean
may_relate(const TwLocalCall *call, guint32 relation, guint32 other, GError **error)
{
    if ((relation == TW_DIRECTORY_VIEW || relation == TW_DIRECTORY_ADMIN) && !is_system_admin(call))
        return forbidden(error, "who sees or administers a company");
    return tw_local_object(call, other, error) != NULL;
}

gboolean
tw_local_relate(TwLocalCall *call, TwRelateArgs *args, GError **error)
{
    TwDirectoryLink link = { (TwDirectoryRelation) args->relation, args->other };

    return may_relate(call, args->relation, args->other, error) &&
           tw_directory_relate(call->local->config.directory, call->object->number, link, error);
}

gboolean
tw_local_unrelate(TwLocalCall *call, TwUnrelateArgs *args, GError **error)
{
    TwDirectoryLink link = { (TwDirectoryRelation) args->relation, args->other };

    return may_relate(call, args->relation, args->other, error) &&
           tw_directory_unrelate(call->local->config.directory, call->object->number, link, error);
}
