/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/book-row.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"

/* Tags that the address book of the peer has and no specification names (spec/mapi-soap.md 15.3). */
enum {
    TAG_CONTAINER_ID = 0xFFFD0003,
    TAG_PARENT_ID = 0xFFFC0102,
    TAG_IS_MASTER = 0xFFFB000B,
    TAG_PATH = 0xFFF9001F,
    TAG_MEMBER_OF = 0x80081102,

    TYPE_CONTAINER = 4,
    ALL_LISTS_ID = 7000,         /* PR_EMS_AB_CONTAINERID of "All Address Lists" */
    CONTAINER_FLAGS = 0x49,      /* recipients, not to be changed, Unicode */
    CONTAINER_FLAGS_ROOT = 0x4B, /* and has containers in it */
    DISPLAY_ROOT = 0x00020000,
    DISPLAY_GLOBAL = 0x00050000,
    DISPLAY_COMPANY = 4,
    DISPLAY_LIST = 0x01000000,
    LISTS_MOST = 1 << 20, /* bytes of one value with several texts or ids */
};

static const char *const features[] = { "imap", "pop3", "mobile", "outlook", "webapp" };

/* ---- what somebody is ---- */

static gboolean
is_user(const TwDirectoryObject *object)
{
    return tw_directory_type(object->kind) == TW_DIRECTORY_USERS;
}

TwBookId
tw_book_row_id(const TwDirectoryObject *object)
{
    TwBookId id = { .type = TW_BOOK_LIST, .number = object->number, .external = object->id };

    if (is_user(object))
        id.type = TW_BOOK_USER;
    else if (tw_directory_type(object->kind) == TW_DIRECTORY_CONTAINERS)
        id.type = TW_BOOK_CONTAINER;
    return id;
}

const char *
tw_book_row_name(const TwDirectoryObject *object)
{
    return *object->full_name != '\0' ? object->full_name : object->name;
}

static guint32
display_type(const TwDirectoryObject *object)
{
    if (object->kind == TW_DIRECTORY_CONTACT)
        return 6;
    if (object->kind == TW_DIRECTORY_COMPANY)
        return DISPLAY_COMPANY;
    return is_user(object) ? 0 : 1;
}

static guint32
display_type_ex(const TwDirectoryObject *object)
{
    switch (object->kind) {
    case TW_DIRECTORY_USER:
        return 0x40000000;
    case TW_DIRECTORY_NONACTIVE_USER:
        return 0;
    case TW_DIRECTORY_ROOM:
        return 7;
    case TW_DIRECTORY_EQUIPMENT:
        return 8;
    case TW_DIRECTORY_CONTACT:
        return 6;
    case TW_DIRECTORY_GROUP:
        return 1;
    case TW_DIRECTORY_SECURITY_GROUP:
        return 0x40000009;
    case TW_DIRECTORY_DYNAMIC_GROUP:
        return 3;
    case TW_DIRECTORY_COMPANY:
        return 0x40000004;
    case TW_DIRECTORY_ADDRESS_LIST:
        break;
    }
    return 0;
}

/* ---- values ---- */

/* No text is no value. */
static void
put_text(TwPropsBuilder *builder, guint32 tag, const char *text)
{
    if (text != NULL && *text != '\0')
        tw_props_builder_set(builder, tw_value_str(tag, text));
}

static void
put_id(TwPropsBuilder *builder, guint32 tag, const TwBookId *id)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);

    tw_book_id_write(id, &out);
    tw_props_builder_set(builder, tw_value_bytes(tag, out.data, out.len));
}

static void
put_list(TwPropsBuilder *builder, TwListBuilder *list)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LISTS_MOST);
    TwPropValue value;

    if (tw_list_builder_finish(list, &out, &value, NULL)) /* a longer list is no value */
        tw_props_builder_set(builder, value);
}

static void
add_text(TwListBuilder *list, const char *text)
{
    tw_list_builder_add(list, text, strlen(text));
}

static void
put_addresses(TwPropsBuilder *builder, const TwDirectoryObject *object)
{
    g_autofree char *first = g_strconcat("SMTP:", object->mail, NULL);
    g_auto(TwListBuilder) list;

    tw_list_builder_init(&list, PR_EMS_AB_PROXY_ADDRESSES);
    if (*object->mail == '\0')
        return;
    add_text(&list, first);
    for (guint i = 0; object->aliases != NULL && object->aliases[i] != NULL; i++) {
        g_autofree char *alias = g_strconcat("smtp:", object->aliases[i], NULL);
        add_text(&list, alias);
    }
    put_list(builder, &list);
}

static gboolean
stands_in(const char *const *list, const char *what)
{
    return list != NULL && g_strv_contains(list, what);
}

/* Each known feature is in one of the two lists. */
static void
put_features(TwPropsBuilder *builder,
             const TwBookRowContext *context,
             const TwDirectoryObject *object)
{
    static const guint32 tags[] = { PR_EC_ENABLED_FEATURES, PR_EC_DISABLED_FEATURES };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_auto(TwListBuilder) list;
        tw_list_builder_init(&list, tags[i]);
        for (guint j = 0; j < G_N_ELEMENTS(features); j++) {
            gboolean off = stands_in(object->features_off, features[j]) ||
                           (!stands_in(object->features_on, features[j]) &&
                            stands_in(context->features_off, features[j]));
            if (off == (tags[i] == PR_EC_DISABLED_FEATURES))
                add_text(&list, features[j]);
        }
        put_list(builder, &list);
    }
}

static void
put_search_key(TwPropsBuilder *builder, const TwDirectoryObject *object)
{
    g_autofree char *upper = g_utf8_strup(is_user(object) ? object->mail : object->name, -1);
    g_autofree char *key = g_strconcat("ZARAFA:", upper, NULL);

    tw_props_builder_set(builder,
                         tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) key, strlen(key) + 1));
}

static void
put_home(TwPropsBuilder *builder, const TwDirectoryObject *object)
{
    const char *server = *object->home_server != '\0' ? object->home_server : "Unknown";
    g_autofree char *home =
        g_strconcat("/o=Domain/ou=Location/cn=Configuration/cn=Servers/cn=", server,
                    "/cn=Microsoft Private MDB", NULL);

    tw_props_builder_set(builder, tw_value_str(PR_EMS_AB_HOME_MDB, home));
    put_text(builder, PR_EC_HOMESERVER_NAME, object->home_server);
}

static void
put_company(TwPropsBuilder *builder,
            const TwBookRowContext *context,
            const TwDirectoryObject *object)
{
    const TwDirectoryObject *company =
        object->company != TW_DIRECTORY_NO_COMPANY
            ? tw_directory_snapshot_get(context->snapshot, object->company)
            : NULL;

    if (company != NULL)
        put_text(builder, PR_EC_COMPANY_NAME, company->name);
}

static void
put_provider(TwPropsBuilder *builder)
{
    tw_props_builder_set(
        builder,
        tw_value_bytes(PR_AB_PROVIDER_ID, tw_provider_guid(TW_PROVIDER_BOOK)->bytes, TW_GUID_LEN));
}

/* ---- lists of others ---- */

static void
add_object(const TwBookRowContext *context, TwListBuilder *list, guint32 number)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(context->snapshot, number);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    TwBookId id;

    if (object == NULL)
        return;
    id = tw_book_row_id(object);
    tw_book_id_write(&id, &out);
    tw_list_builder_add(list, out.data, out.len);
}

static void
put_related(TwPropsBuilder *builder,
            const TwBookRowContext *context,
            const TwDirectoryObject *object)
{
    g_autoptr(GArray) groups =
        tw_directory_snapshot_holders(context->snapshot, TW_DIRECTORY_MEMBER, object->number);
    g_auto(TwListBuilder) member_of;
    g_auto(TwListBuilder) send_as;
    const TwDirectoryLink *links;
    gsize count;

    tw_list_builder_init(&member_of, TAG_MEMBER_OF);
    tw_list_builder_init(&send_as, PR_EC_SENDAS_USER_ENTRYIDS);
    for (guint i = 0; i < groups->len; i++)
        add_object(context, &member_of, g_array_index(groups, guint32, i));
    links = tw_directory_links(object, TW_DIRECTORY_SEND_AS, &count);
    for (gsize i = 0; i < count; i++)
        add_object(context, &send_as, links[i].number);
    if (groups->len > 0)
        put_list(builder, &member_of);
    if (count > 0)
        put_list(builder, &send_as);
}

/* ---- entries ---- */

static void
put_user(TwPropsBuilder *builder, const TwBookRowContext *context, const TwDirectoryObject *object)
{
    tw_props_builder_set(builder,
                         tw_value_bool(PR_EC_NONACTIVE, object->kind != TW_DIRECTORY_USER));
    tw_props_builder_set(builder, tw_value_long(PR_EC_ADMINISTRATOR, (guint32) object->admin));
    tw_props_builder_set(builder, tw_value_long(PR_SEND_INTERNET_ENCODING, 0));
    tw_props_builder_set(builder, tw_value_bool(PR_SEND_RICH_INFO, TRUE));
    put_home(builder, object);
    put_features(builder, context, object);
    if (object->kind == TW_DIRECTORY_ROOM || object->kind == TW_DIRECTORY_EQUIPMENT) {
        tw_props_builder_set(builder, tw_value_long(PR_EMS_AB_ROOM_CAPACITY, object->capacity));
        put_text(builder, PR_EMS_AB_ROOM_DESCRIPTION, object->description);
    }
}

static void
put_names(TwPropsBuilder *builder, const TwDirectoryObject *object)
{
    const char *shown = tw_book_row_name(object);
    const char *account = object->kind == TW_DIRECTORY_CONTACT ? shown : object->name;

    put_text(builder, PR_DISPLAY_NAME, shown);
    put_text(builder, PR_NORMALIZED_SUBJECT, shown);
    put_text(builder, PR_TRANSMITABLE_DISPLAY_NAME, shown);
    put_text(builder, PR_ACCOUNT, account);
    put_text(builder, PR_EMAIL_ADDRESS, account);
    put_text(builder, PR_ADDRTYPE, "ZARAFA");
    put_text(builder, PR_SMTP_ADDRESS, object->mail);
}

GBytes *
tw_book_row_entry(const TwBookRowContext *context,
                  const TwDirectoryObject *object,
                  gboolean whole,
                  GError **error)
{
    guint32 number = GUINT32_TO_LE(object->number);
    TwBookId id = tw_book_row_id(object);
    gboolean user = is_user(object);
    g_auto(TwPropsBuilder) builder;
    TwProps details;

    if (id.type == TW_BOOK_CONTAINER)
        id.type = TW_BOOK_LIST; /* a company is a list of all its users, too */
    tw_props_builder_init(&builder);
    if (object->details != NULL && tw_props_open_bytes(object->details, &details, NULL))
        tw_props_builder_merge(&builder, &details);
    put_id(&builder, PR_ENTRYID, &id);
    tw_props_builder_set(&builder, tw_value_bytes(PR_RECORD_KEY, (guint8 *) &number, 4));
    tw_props_builder_set(&builder,
                         tw_value_long(PR_OBJECT_TYPE, user ? TW_BOOK_USER : TW_BOOK_LIST));
    tw_props_builder_set(&builder, tw_value_long(PR_DISPLAY_TYPE, display_type(object)));
    tw_props_builder_set(&builder, tw_value_long(PR_DISPLAY_TYPE_EX, display_type_ex(object)));
    put_names(&builder, object);
    put_search_key(&builder, object);
    put_addresses(&builder, object);
    put_text(&builder, PR_MESSAGE_CLASS, user ? "IPM.Contact" : "IPM.DistList");
    put_provider(&builder);
    put_company(&builder, context, object);
    if (user)
        put_user(&builder, context, object);
    if (whole)
        put_related(&builder, context, object);
    return tw_props_builder_finish_bytes(&builder, error);
}

/* ---- containers ---- */

guint32
tw_book_row_container_number(TwDirectoryContainerKind kind, const TwDirectoryObject *object)
{
    switch (kind) {
    case TW_DIRECTORY_ROOT:
        return TW_BOOK_NUMBER_ROOT;
    case TW_DIRECTORY_GLOBAL_LIST:
        return TW_BOOK_NUMBER_GLOBAL;
    case TW_DIRECTORY_ALL_LISTS:
        return TW_BOOK_NUMBER_ALL_LISTS;
    case TW_DIRECTORY_COMPANY_LIST:
    case TW_DIRECTORY_OWN_LIST:
        break;
    }
    return object != NULL ? object->number : 0;
}

static const char *
container_name(TwDirectoryContainerKind kind, const TwDirectoryObject *object)
{
    switch (kind) {
    case TW_DIRECTORY_ROOT:
        return "Kopano Address Book";
    case TW_DIRECTORY_GLOBAL_LIST:
        return "Global Address Book";
    case TW_DIRECTORY_ALL_LISTS:
        return "All Address Lists";
    case TW_DIRECTORY_COMPANY_LIST:
    case TW_DIRECTORY_OWN_LIST:
        break;
    }
    return object != NULL ? tw_book_row_name(object) : "";
}

static guint32
container_display(TwDirectoryContainerKind kind)
{
    switch (kind) {
    case TW_DIRECTORY_ROOT:
        return DISPLAY_ROOT;
    case TW_DIRECTORY_COMPANY_LIST:
        return DISPLAY_COMPANY;
    case TW_DIRECTORY_OWN_LIST:
        return DISPLAY_LIST;
    case TW_DIRECTORY_GLOBAL_LIST:
    case TW_DIRECTORY_ALL_LISTS:
        break;
    }
    return DISPLAY_GLOBAL;
}

/* Where it stands: lists below "All Address Lists", companies below the global list, these two below the root. */
static void
put_parent(TwPropsBuilder *builder, TwDirectoryContainerKind kind, const char *name)
{
    static const TwBookId root = { .type = TW_BOOK_CONTAINER, .number = TW_BOOK_NUMBER_ROOT };
    static const TwBookId global = { .type = TW_BOOK_CONTAINER, .number = TW_BOOK_NUMBER_GLOBAL };
    static const TwBookId lists = { .type = TW_BOOK_CONTAINER, .number = TW_BOOK_NUMBER_ALL_LISTS };
    const TwBookId *parent = &root;
    g_autofree char *path = NULL;

    if (kind == TW_DIRECTORY_ROOT)
        return;
    if (kind == TW_DIRECTORY_COMPANY_LIST)
        parent = &global;
    else if (kind == TW_DIRECTORY_OWN_LIST)
        parent = &lists;
    path = parent == &root
               ? g_strconcat("/", name, NULL)
               : g_strconcat(parent == &global ? "/Global Address Book/" : "/All Address Lists/",
                             name, NULL);
    put_id(builder, TAG_PARENT_ID, parent);
    put_id(builder, PR_PARENT_ENTRYID, parent);
    put_text(builder, TAG_PATH, path);
}

GBytes *
tw_book_row_container(TwDirectoryContainerKind kind,
                      const TwDirectoryObject *object,
                      int depth,
                      GError **error)
{
    const char *name = container_name(kind, object);
    TwBookId id = { .type = TW_BOOK_CONTAINER,
                    .number = tw_book_row_container_number(kind, object),
                    .external = object != NULL ? object->id : NULL };
    gboolean root = kind == TW_DIRECTORY_ROOT;
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    put_id(&builder, PR_ENTRYID, &id);
    put_id(&builder, PR_RECORD_KEY, &id);
    put_id(&builder, PR_SEARCH_KEY, &id);
    put_text(&builder, PR_DISPLAY_NAME, name);
    put_text(&builder, PR_ACCOUNT, object != NULL ? object->name : name);
    tw_props_builder_set(&builder, tw_value_long(PR_OBJECT_TYPE, TYPE_CONTAINER));
    tw_props_builder_set(&builder, tw_value_long(PR_DISPLAY_TYPE, container_display(kind)));
    tw_props_builder_set(
        &builder, tw_value_long(PR_CONTAINER_FLAGS, root ? CONTAINER_FLAGS_ROOT : CONTAINER_FLAGS));
    tw_props_builder_set(&builder, tw_value_bool(TAG_IS_MASTER, root));
    if (!root)
        tw_props_builder_set(&builder,
                             tw_value_long(TAG_CONTAINER_ID, kind == TW_DIRECTORY_GLOBAL_LIST ? 0
                                                             : kind == TW_DIRECTORY_ALL_LISTS
                                                                 ? (guint32) ALL_LISTS_ID
                                                                 : id.number));
    if (kind != TW_DIRECTORY_OWN_LIST)
        put_text(&builder, PR_CONTAINER_CLASS, "IPM.Contact");
    if (depth >= 0)
        tw_props_builder_set(&builder, tw_value_long(PR_DEPTH, (guint32) depth));
    put_parent(&builder, kind, name);
    put_provider(&builder);
    return tw_props_builder_finish_bytes(&builder, error);
}
