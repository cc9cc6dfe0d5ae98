/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* --details: everything about one user, group or company, field by field in the order scripts know. */
#include "base/date.h"
#include "base/error.h"
#include "base/time.h"
#include "mapi/props.h"
#include "mapi/tags.h"
#include "programs/admin-private.h"

#include <string.h>
#include <time.h>

/* ---- a sheet of fields ---- */

typedef struct {
    GString *out;
    gboolean json, begun;
} Sheet;

static void
begin_json_field(Sheet *sheet, const char *key)
{
    g_string_append_c(sheet->out, sheet->begun ? ',' : '{');
    sheet->begun = TRUE;
    tw_admin_print_json_text(key, sheet->out);
    g_string_append_c(sheet->out, ':');
}

static void
put(Sheet *sheet, const char *label, const char *key, const char *value)
{
    if (!sheet->json) {
        tw_admin_print_field(label, value, sheet->out);
        return;
    }
    begin_json_field(sheet, key);
    tw_admin_print_json_text(value, sheet->out);
}

static void
put_flag(Sheet *sheet, const char *label, const char *key, gboolean value)
{
    put(sheet, label, key, value ? "yes" : "no");
}

/* "Groups (2):" and a table. */
static void
put_table(Sheet *sheet, const char *label, const char *key, const AdminTable *table)
{
    if (sheet->json) {
        begin_json_field(sheet, key);
        tw_admin_table_print_json(table, sheet->out);
        return;
    }
    g_string_append_printf(sheet->out, "%s (%u):\n", label, tw_admin_table_rows(table));
    if (tw_admin_table_rows(table) > 0)
        tw_admin_table_print(table, sheet->out);
}

static void
finish(Sheet *sheet)
{
    if (sheet->json)
        g_string_append(sheet->out, "}\n");
}

/* ---- values ---- */

/* Local date and time. NULL when the number is no time. */
static char *
format_filetime(gint64 filetime)
{
    gint64 us;
    g_autoptr(GDateTime) at = NULL;

    if (filetime <= 0)
        return NULL;
    tw_time_from_filetime((guint64) filetime, &us);
    at = g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);
    return at == NULL ? NULL : g_date_time_format(at, "%Y-%m-%d %H:%M:%S");
}

static char *
format_value(const TwPropValue *value)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_UNICODE:
    case TW_PT_STRING8:
        return g_strdup(value->text);
    case TW_PT_LONG:
        return g_strdup_printf("%d", value->i4);
    case TW_PT_BOOLEAN:
        return g_strdup(value->truth ? "yes" : "no");
    case TW_PT_SYSTIME:
        return format_filetime(value->i8);
    default:
        return NULL;
    }
}

/* Multi-values joined by "; "; what is not for reading as a count of its bytes. */
static char *
format_property(const TwPropValue *value)
{
    g_autoptr(GString) joined = NULL;
    TwPropValue item;
    char *plain = format_value(value);

    if (plain != NULL)
        return plain;
    if (tw_prop_tag_type(value->tag) != TW_PT_MV_UNICODE)
        return g_strdup_printf("%u bytes", value->len);
    joined = g_string_new(NULL);
    for (guint i = 0; tw_value_item(value, i, &item); i++)
        g_string_append_printf(joined, "%s%s", i == 0 ? "" : "; ", item.text);
    return g_string_free(g_steal_pointer(&joined), FALSE);
}

static void
put_mapped(Sheet *sheet, const TwDirectoryObject *object)
{
    static const AdminColumn columns[] = { { "Property", "property" }, { "Value", "value" } };
    g_auto(AdminTable) table = { 0 };
    TwProps props;
    TwPropValue value;

    if (object->details == NULL || !tw_props_open_bytes(object->details, &props, NULL))
        return;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; tw_props_at(&props, i, &value); i++) {
        g_autofree char *name = tw_tag_to_string(value.tag);
        g_autofree char *text = format_property(&value);
        tw_admin_table_add(&table, name);
        tw_admin_table_add(&table, text);
    }
    put_table(sheet, "Mapped properties", "mapped_properties", &table);
}

static void
put_size(Sheet *sheet, const char *label, const char *key, guint64 bytes, const char *zero)
{
    g_autofree char *text =
        bytes == 0 && zero != NULL ? g_strdup(zero) : tw_admin_format_size(bytes);

    put(sheet, label, key, text);
}

static void
put_address_book(Sheet *sheet, const TwDirectoryObject *object)
{
    put(sheet, "Address book", "address_book",
        object->hidden ? "Hidden" : "Visible to current user");
}

/* Who stands in a list, or in whose lists somebody stands. */
static gboolean
put_names(Sheet *sheet,
          Admin *admin,
          const char *label,
          const char *key,
          TwBookRelatedArgs asked,
          GError **error)
{
    static const AdminColumn columns[] = { { "Name", "name" }, { "Fullname", "fullname" } };
    g_autoptr(GPtrArray) rows = tw_admin_related(admin, &asked, error);
    g_auto(AdminTable) table = { 0 };

    if (rows == NULL)
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = rows->pdata[i];
        tw_admin_table_add(&table, object->name);
        tw_admin_table_add(&table, object->full_name);
    }
    tw_admin_table_sort(&table);
    put_table(sheet, label, key, &table);
    return TRUE;
}

/* ---- stores ---- */

/* Times of a window: "from X until Y (currently active)", each end only when it is set. */
static char *
format_oof(const TwObject *props)
{
    TwPropValue value, from = { 0 }, until = { 0 };
    gboolean on = tw_object_get(props, PR_EC_OUTOFOFFICE, &value) && value.truth;
    g_autoptr(GString) text = NULL;
    g_autofree char *begin = NULL, *end = NULL;
    guint64 now = 0;

    if (!on)
        return g_strdup("disabled");
    if (tw_object_get(props, PR_EC_OUTOFOFFICE_FROM, &from))
        begin = format_filetime(from.i8);
    if (tw_object_get(props, PR_EC_OUTOFOFFICE_UNTIL, &until))
        end = format_filetime(until.i8);
    if (begin == NULL && end == NULL)
        return g_strdup("enabled");
    text = g_string_new(NULL);
    if (begin != NULL)
        g_string_append_printf(text, "from %s ", begin);
    if (end != NULL)
        g_string_append_printf(text, "until %s ", end);
    tw_time_to_filetime(g_get_real_time(), &now);
    g_string_append(text, (begin == NULL || (guint64) from.i8 <= now) &&
                                  (end == NULL || now < (guint64) until.i8)
                              ? "(currently active)"
                              : "(currently inactive)");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
put_time(Sheet *sheet, const TwObject *props, guint32 tag, const char *label, const char *key)
{
    TwPropValue value;
    g_autofree char *text = tw_object_get(props, tag, &value) ? format_filetime(value.i8) : NULL;

    if (text != NULL)
        put(sheet, label, key, text);
}

static const char *
provider_name(TwStoreKind kind)
{
    switch (kind) {
    case TW_STORE_PUBLIC:
        return "Public store";
    case TW_STORE_ARCHIVE:
        return "Archive store";
    case TW_STORE_PRIVATE:
        break;
    }
    return "Private store";
}

static gboolean
put_store(Sheet *sheet, Admin *admin, const TwGuid *store, TwStoreKind kind, GError **error)
{
    g_auto(TwStorePropsArgs) props = { .store = *store };
    char guid[TW_GUID_TEXT_SIZE];
    g_autofree char *oof = NULL;

    if (!tw_session_store_props(admin->session, &props, error))
        return FALSE;
    oof = format_oof(props.object);
    tw_guid_print(store, TW_GUID_HEX, guid);
    put(sheet, "MDB provider", "mdb_provider", provider_name(kind));
    put(sheet, "Store GUID", "store_guid", guid);
    put(sheet, "Out Of Office", "out_of_office", oof);
    put_time(sheet, props.object, PR_LAST_LOGON_TIME, "Last logon", "last_logon");
    put_time(sheet, props.object, PR_LAST_LOGOFF_TIME, "Last logoff", "last_logoff");
    return TRUE;
}

static gboolean
put_store_size(Sheet *sheet, Admin *admin, const TwGuid *store, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { .store = *store };

    if (!tw_session_store_info(admin->session, &info, error))
        return FALSE;
    put_size(sheet, "Current store size", "store_size", (guint64) MAX(info.info.bytes, 0), NULL);
    return TRUE;
}

static gboolean
put_quota(Sheet *sheet, Admin *admin, const TwDirectoryObject *object, GError **error)
{
    g_auto(TwQuotaGetArgs) get = { .user = object->number };

    if (!tw_session_quota_get(admin->session, &get, error))
        return FALSE;
    if (!sheet->json)
        g_string_append(sheet->out, "Current user store quota settings:\n");
    put_flag(sheet, " Quota overrides", "quota_override", object->quota.own);
    put_size(sheet, " Warning level", "quota_warn", (guint64) get.quota.warn, "unlimited");
    put_size(sheet, " Soft level", "quota_soft", (guint64) get.quota.soft, "unlimited");
    put_size(sheet, " Hard level", "quota_hard", (guint64) get.quota.hard, "unlimited");
    return TRUE;
}

/* ---- users ---- */

static const char *
nonactive_name(TwDirectoryKind kind)
{
    switch (kind) {
    case TW_DIRECTORY_NONACTIVE_USER:
        return "Shared store";
    case TW_DIRECTORY_ROOM:
        return "Room";
    case TW_DIRECTORY_EQUIPMENT:
        return "Equipment";
    case TW_DIRECTORY_CONTACT:
        return "Contact";
    default:
        return NULL;
    }
}

static void
put_who(Sheet *sheet, const TwDirectoryObject *user)
{
    static const char *const levels[] = { [TW_DIRECTORY_NO_ADMIN] = "no",
                                          [TW_DIRECTORY_COMPANY_ADMIN] = "yes",
                                          [TW_DIRECTORY_SYSTEM_ADMIN] = "yes (system)" };
    const char *nonactive = nonactive_name(user->kind);

    put(sheet, "Username", "username", user->name);
    put(sheet, "Fullname", "fullname", user->full_name);
    put(sheet, "Emailaddress", "email", user->mail);
    put_flag(sheet, "Active", "active", nonactive == NULL);
    if (nonactive != NULL)
        put(sheet, "Non-active type", "nonactive_type", nonactive);
    if (user->kind == TW_DIRECTORY_ROOM || user->kind == TW_DIRECTORY_EQUIPMENT) {
        g_autofree char *capacity = g_strdup_printf("%u", user->capacity);
        put(sheet, "Resource capacity", "capacity", capacity);
    }
    put(sheet, "Administrator", "administrator", levels[user->admin]);
    put_address_book(sheet, user);
    put_flag(sheet, "Auto-accept meeting req", "mr_accept",
             (user->meeting & TW_DIRECTORY_ACCEPT) != 0);
    if (user->meeting & TW_DIRECTORY_ACCEPT) {
        put_flag(sheet, "Decline dbl meetingreq", "mr_decline_conflict",
                 (user->meeting & TW_DIRECTORY_DECLINE_CONFLICT) != 0);
        put_flag(sheet, "Decline recur meet.req", "mr_decline_recurring",
                 (user->meeting & TW_DIRECTORY_DECLINE_RECURRING) != 0);
    }
    put_flag(sheet, "Auto-process meeting req", "mr_process",
             (user->meeting & TW_DIRECTORY_PROCESS) != 0);
    if (user->home_server[0] != '\0')
        put(sheet, "Home server", "home_server", user->home_server);
}

static char *
join(const char *const *list)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; list != NULL && list[i] != NULL; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : "; ", list[i]);
    return g_string_free(text, FALSE);
}

static void
put_features(Sheet *sheet, const TwDirectoryObject *user)
{
    g_autofree char *on = join(user->features_on);
    g_autofree char *off = join(user->features_off);

    put(sheet, "Enabled features", "features_on", on);
    put(sheet, "Disabled features", "features_off", off);
}

static gboolean
show_user(Sheet *sheet, Admin *admin, const TwDirectoryObject *user, GError **error)
{
    TwStoreKind kind =
        admin->request->type == ADMIN_TYPE_ARCHIVE ? TW_STORE_ARCHIVE : TW_STORE_PRIVATE;
    TwBookRelatedArgs groups = {
        .user = user->number, .relation = TW_DIRECTORY_MEMBER, .holders = TRUE, .deep = TRUE
    };
    TwGuid store;
    gboolean has_store = tw_admin_find_store(admin, user->number, kind, &store);

    put_who(sheet, user);
    if (has_store && !put_store(sheet, admin, &store, kind, error))
        return FALSE;
    put_features(sheet, user);
    put_mapped(sheet, user);
    return put_quota(sheet, admin, user, error) &&
           (!has_store || put_store_size(sheet, admin, &store, error)) &&
           put_names(sheet, admin, "Groups", "groups", groups, error);
}

/* ---- groups and companies ---- */

static gboolean
show_group(Sheet *sheet, Admin *admin, const TwDirectoryObject *group, GError **error)
{
    TwBookRelatedArgs members = { .user = group->number,
                                  .relation = TW_DIRECTORY_MEMBER,
                                  .deep = group->number == TW_DIRECTORY_EVERYONE };

    put(sheet, "Groupname", "groupname", group->name);
    put(sheet, "Fullname", "fullname", group->full_name);
    put(sheet, "Emailaddress", "email", group->mail);
    put_address_book(sheet, group);
    put_mapped(sheet, group);
    return put_names(sheet, admin, "Users", "users", members, error);
}

static gboolean
show_company(Sheet *sheet, Admin *admin, const TwDirectoryObject *company, GError **error)
{
    guint32 number = company->system_contact == 0 ? TW_DIRECTORY_SYSTEM : company->system_contact;
    g_autoptr(TwDirectoryObject) contact = tw_admin_get(admin, number, NULL);
    TwBookRelatedArgs admins = { .user = company->number, .relation = TW_DIRECTORY_ADMIN };
    TwBookRelatedArgs viewers = { .user = company->number, .relation = TW_DIRECTORY_VIEW };
    g_auto(TwQuotaGetArgs) quota = { .user = company->number };
    TwGuid store;

    if (!tw_session_quota_get(admin->session, &quota, error))
        return FALSE;

    put(sheet, "Companyname", "companyname", company->name);
    put(sheet, "Sysadmin", "sysadmin", contact == NULL ? "" : contact->name);
    if (company->home_server[0] != '\0')
        put(sheet, "Home server", "home_server", company->home_server);
    put_address_book(sheet, company);
    put_mapped(sheet, company);
    if (!sheet->json)
        g_string_append(sheet->out, "Current public store quota settings:\n");
    put_flag(sheet, " Quota overrides", "quota_override", company->quota.own);
    put_size(sheet, " Warning level", "quota_warn", (guint64) quota.quota.warn, "unlimited");
    return (!tw_admin_find_store(admin, company->number, TW_STORE_PUBLIC, &store) ||
            put_store_size(sheet, admin, &store, error)) &&
           put_names(sheet, admin, "Remote admins", "remote_admins", admins, error) &&
           put_names(sheet, admin, "Remote viewers", "remote_viewers", viewers, error);
}

gboolean
tw_admin_details(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    Sheet sheet = { .out = admin->out, .json = request->json };
    g_autoptr(TwDirectoryObject) object = tw_admin_find(admin, request->type, request->name, error);
    gboolean ok = FALSE;

    if (object == NULL)
        return FALSE;
    switch (request->type) {
    case ADMIN_TYPE_USER:
    case ADMIN_TYPE_ARCHIVE:
        ok = show_user(&sheet, admin, object, error);
        break;
    case ADMIN_TYPE_GROUP:
        ok = show_group(&sheet, admin, object, error);
        break;
    case ADMIN_TYPE_COMPANY:
        ok = show_company(&sheet, admin, object, error);
        break;
    }
    finish(&sheet);
    return ok;
}
