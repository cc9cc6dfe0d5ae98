/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/recipients.h"

#include "spooler/people.h"

enum {
    MEMBER_HEAD =
        4 + 16 + 1, /* flags, GUID, type: before the entry id in a member of a personal list */
    ROW_ORIGINATOR = 0,
    ROW_P1 = 0x10000000, /* PR_RECIPIENT_TYPE: it got an earlier copy of what is sent again */
};

typedef struct {
    TwSession *session;
    const TwSpoolerSettings *settings;
    TwGuid store;
    TwObject *message;
    GArray *list;
    GHashTable *seen;  /* addresses (char *, folded; owned) */
    GHashTable *lists; /* numbers of personal lists that were opened */
    gboolean show;     /* what is found becomes rows of the message */
    guint32 type;      /* PR_RECIPIENT_TYPE of such rows */
} Collecting;

/* ---- the list ---- */

static void
clear_recipient(gpointer data)
{
    TwRecipient *one = data;

    g_free(one->address);
    g_free(one->name);
    g_free(one->text);
}

GArray *
tw_recipients_new(void)
{
    GArray *list = g_array_new(FALSE, TRUE, sizeof(TwRecipient));

    g_array_set_clear_func(list, clear_recipient);
    return list;
}

void
tw_recipients_add(GArray *list, const char *address, const char *name, TwRecipientTrouble trouble)
{
    TwRecipient one = { .address = g_strdup(address), .name = g_strdup(name), .trouble = trouble };

    g_array_append_val(list, one);
}

static gboolean
add_row(Collecting *to, const char *address, const char *name, GError **error)
{
    TwObject *row = tw_object_add(to->message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, error);
    const TwPropValue values[] = {
        tw_value_long(PR_RECIPIENT_TYPE, to->type),
        tw_value_str(PR_DISPLAY_NAME, name),
        tw_value_str(PR_ADDRTYPE, "SMTP"),
        tw_value_str(PR_EMAIL_ADDRESS, address != NULL ? address : ""),
        tw_value_str(PR_SMTP_ADDRESS, address != NULL ? address : ""),
    };

    for (guint i = 0; row != NULL && i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(row, &values[i], error))
            return FALSE;
    }
    return row != NULL;
}

static gboolean
add_found(Collecting *to, const char *address, const char *name, GError **error)
{
    if (address != NULL && *address == '\0')
        address = NULL;
    if (address != NULL && !g_hash_table_add(to->seen, g_ascii_strdown(address, -1)))
        return TRUE;
    if (to->list->len >= TW_RECIPIENTS_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many recipients");
        return FALSE;
    }
    tw_recipients_add(to->list, address, name,
                      address != NULL ? TW_RECIPIENT_OK : TW_RECIPIENT_UNKNOWN);
    return !to->show || add_row(to, address, name, error);
}

/* ---- the address book ---- */

static const char *
name_of(const TwDirectoryObject *entry)
{
    return *entry->full_name != '\0' ? entry->full_name : entry->name;
}

static gboolean
expand_group(Collecting *to, const TwDirectoryObject *group, GError **error)
{
    g_auto(TwBookRelatedArgs)
        args = { .user = group->number, .relation = TW_DIRECTORY_MEMBER, .deep = TRUE };

    if (!tw_session_book_related(to->session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.rows->len; i++) {
        const TwDirectoryObject *member = args.rows->pdata[i];
        if (member->number == TW_DIRECTORY_SYSTEM || tw_person_is_group(member) ||
            *member->mail == '\0')
            continue;
        if (!add_found(to, member->mail, name_of(member), error))
            return FALSE;
    }
    return TRUE;
}

/* An entry that was found in the address book; *@ret_replaced: its members stand in headers now. */
static gboolean
add_entry(Collecting *to, const TwDirectoryObject *entry, gboolean *ret_replaced, GError **error)
{
    gboolean ok;

    *ret_replaced = FALSE;
    if (entry->number == TW_DIRECTORY_EVERYONE && !to->settings->to_everyone) {
        tw_recipients_add(to->list, NULL, name_of(entry), TW_RECIPIENT_EVERYONE);
        return TRUE;
    }
    if (!tw_person_is_group(entry) || *entry->mail != '\0')
        return add_found(to, entry->mail, name_of(entry), error);
    if (to->show || !to->settings->expand_groups)
        return expand_group(to, entry, error);
    *ret_replaced = to->show = TRUE;
    ok = expand_group(to, entry, error);
    to->show = FALSE;
    return ok;
}

/* ---- personal lists ---- */

static gboolean add_list(Collecting *to, guint32 message, guint depth, GError **error);

/* Where a contact or list of this store is; 0: not here. */
static gboolean
find_message(Collecting *to, GBytes *id, guint32 *ret, GError **error)
{
    g_auto(TwEntryIdFindArgs) args = { .entry_id = id };
    g_autoptr(GError) why = NULL;

    *ret = 0;
    if (!tw_session_entry_id_find(to->session, &args, &why)) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) ||
            g_error_matches(why, TW_ERROR, TW_ERROR_INVALID))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (tw_guid_equal(&args.store, &to->store))
        *ret = args.message;
    return TRUE;
}

/* The message that an entry id of a personal list leads to, whatever is around it. */
static GBytes *
inner_id(const guint8 *data, gsize len)
{
    g_autoptr(TwEntryId) id = tw_entryid_parse(data, len, NULL);

    if (id == NULL)
        return NULL;
    if (id->kind == TW_ENTRYID_CONTACT)
        return g_bytes_ref(id->contact.message);
    if (id->kind == TW_ENTRYID_CONTACT_FOLDER)
        return g_bytes_ref(id->contact_folder.inner);
    return id->kind == TW_ENTRYID_OBJECT ? g_bytes_new(data, len) : NULL;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
add_member(Collecting *to,
           const TwPropValue *member,
           const TwPropValue *one_off,
           guint depth,
           GError **error)
{
    const guint8 *data = member->data;
    gsize len = member->len;
    guint type = 0;
    g_autoptr(TwDirectoryObject) entry = NULL;
    g_autoptr(TwEntryId) id = NULL;
    gboolean replaced;

    if (len > MEMBER_HEAD && data[4] == 0xc0 && data[5] == 0x91) {
        type = data[MEMBER_HEAD - 1] & 0xf;
        data += MEMBER_HEAD;
        len -= MEMBER_HEAD;
    }
    if (type == 4) {
        g_autoptr(GBytes) inner = inner_id(data, len);
        guint32 number;
        if (inner == NULL)
            return TRUE;
        return find_message(to, inner, &number, error) &&
               (number == 0 || add_list(to, number, depth + 1, error));
    }
    if (!tw_person_find_id(to->session, data, len, &entry, error))
        return FALSE;
    if (entry != NULL)
        return add_entry(to, entry, &replaced, error);
    id = one_off != NULL ? tw_entryid_parse(one_off->data, one_off->len, NULL) : NULL;
    if (id == NULL)
        id = tw_entryid_parse(data, len, NULL);
    if (id != NULL && id->kind == TW_ENTRYID_ONE_OFF)
        return add_found(to, strchr(id->one_off.address, '@') != NULL ? id->one_off.address : NULL,
                         id->one_off.name, error);
    return TRUE;
}

static gboolean
get_list_tags(Collecting *to, guint32 ret_tags[2], GError **error)
{
    TwNamedProp names[2] = { tw_known_name(TW_PidLidDistributionListMembers),
                             tw_known_name(TW_PidLidDistributionListOneOffMembers) };
    const TwNamedProp *items[2] = { &names[0], &names[1] };
    g_auto(TwNamesToIdsArgs) args = { .names = { items, 2 } };

    if (!tw_session_names_to_ids(to->session, &args, error))
        return FALSE;
    for (guint i = 0; i < 2; i++)
        ret_tags[i] = tw_prop_tag(g_array_index(args.ids, guint32, i), TW_PT_MV_BINARY);
    return TRUE;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_RECIPIENTS_MOST_DEPTH */
add_list(Collecting *to, guint32 message, guint depth, GError **error)
{
    g_auto(TwMessageReadArgs) args = { .store = to->store, .message = message };
    TwPropValue members, one_offs, member, one_off;
    gboolean has_one_offs;
    guint32 tags[2];

    if (depth > TW_RECIPIENTS_MOST_DEPTH || !g_hash_table_add(to->lists, GUINT_TO_POINTER(message)))
        return TRUE;
    if (!tw_session_message_read(to->session, &args, error) || !get_list_tags(to, tags, error))
        return FALSE;
    if (!tw_object_get(args.object, tags[0], &members))
        return TRUE;
    has_one_offs = tw_object_get(args.object, tags[1], &one_offs);
    for (guint i = 0; tw_value_item(&members, i, &member); i++) {
        gboolean has = has_one_offs && tw_value_item(&one_offs, i, &one_off);
        if (!add_member(to, &member, has ? &one_off : NULL, depth, error))
            return FALSE;
    }
    return TRUE;
}

/* Whether the row is a personal list of this store, and which message. */
static gboolean
find_list(Collecting *to, const TwObject *row, guint32 *ret, GError **error)
{
    g_autoptr(GBytes) id = NULL;
    TwPropValue value;

    *ret = 0;
    if (g_ascii_strcasecmp(tw_object_get_text(row, PR_ADDRTYPE, ""), "MAPIPDL") != 0 ||
        !tw_object_get(row, PR_ENTRYID, &value) || tw_prop_tag_type(value.tag) != TW_PT_BINARY)
        return TRUE;
    id = inner_id(value.data, value.len);
    return id == NULL || find_message(to, id, ret, error);
}

/* ---- rows ---- */

static char *
fax_address(const Collecting *to, const TwObject *row)
{
    const char *number = tw_object_get_text(row, PR_EMAIL_ADDRESS, "");
    const char *at = strrchr(number, '@');
    g_autofree char *plain = NULL;
    gboolean plus;

    if (g_ascii_strcasecmp(tw_object_get_text(row, PR_ADDRTYPE, ""), "FAX") != 0 ||
        *to->settings->fax_domain == '\0')
        return NULL;
    plain = g_strdup(at != NULL ? at + 1 : number);
    plus = plain[0] == '+';
    return g_strconcat(plus ? to->settings->fax_international : "", plain + plus, "@",
                       to->settings->fax_domain, NULL);
}

/* One row; *@ret_replaced: others stand for it now. */
static gboolean
add_person(Collecting *to, TwObject *row, gboolean *ret_replaced, GError **error)
{
    const char *name = tw_object_get_text(row, PR_DISPLAY_NAME, "");
    g_autoptr(TwDirectoryObject) entry = NULL;
    g_autofree char *address = NULL;
    guint32 list;

    *ret_replaced = FALSE;
    to->type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & 0xf;
    if (!find_list(to, row, &list, error))
        return FALSE;
    if (list != 0) {
        gboolean ok;
        *ret_replaced = to->show = TRUE;
        ok = add_list(to, list, 1, error);
        to->show = FALSE;
        return ok;
    }
    address = fax_address(to, row);
    if (address == NULL) {
        if (!tw_person_find(to->session, row, &tw_person_recipient, &entry, error))
            return FALSE;
        address = tw_person_get_smtp(row, &tw_person_recipient);
        /* who has no address in the book may have one in the message */
        if (entry != NULL && (*entry->mail != '\0' || address == NULL)) {
            TwPropValue smtp = tw_value_str(PR_SMTP_ADDRESS, entry->mail);
            return add_entry(to, entry, ret_replaced, error) &&
                   (*entry->mail == '\0' || tw_object_set(row, &smtp, error));
        }
    }
    if (address != NULL) {
        TwPropValue smtp = tw_value_str(PR_SMTP_ADDRESS, address);
        if (!tw_object_set(row, &smtp, error))
            return FALSE;
        name = tw_object_get_text(row, PR_DISPLAY_NAME, "");
    }
    return add_found(to, address, name, error);
}

static gboolean
collect(Collecting *to, GError **error)
{
    guint count = tw_object_count(to->message, TW_OBJECT_RECIPIENT);
    g_autofree guint32 *numbers = g_new(guint32, MAX(count, 1));

    for (guint i = 0; i < count; i++)
        numbers[i] = tw_object_get_number(tw_object_at(to->message, TW_OBJECT_RECIPIENT, i));
    for (guint i = 0; i < count; i++) {
        TwObject *row = tw_object_find(to->message, TW_OBJECT_RECIPIENT, numbers[i]);
        guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1);
        gboolean replaced;

        if (type == ROW_ORIGINATOR || (type & ROW_P1) != 0)
            continue;
        if (!add_person(to, row, &replaced, error))
            return FALSE;
        if (replaced)
            tw_object_remove_child(to->message, TW_OBJECT_RECIPIENT, numbers[i]);
    }
    return TRUE;
}

GArray *
tw_recipients_collect(TwSession *session,
                      const TwSpoolerSettings *settings,
                      const TwGuid *store,
                      TwObject *message,
                      GError **error)
{
    g_autoptr(GArray) list = tw_recipients_new();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) lists = g_hash_table_new(NULL, NULL);
    Collecting to = { .session = session,
                      .settings = settings,
                      .store = *store,
                      .message = message,
                      .list = list,
                      .seen = seen,
                      .lists = lists };

    return collect(&to, error) ? g_steal_pointer(&list) : NULL;
}
