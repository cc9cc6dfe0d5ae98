/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/identity.h"

#include "base/error.h"
#include "store/permissions.h"

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

static TwIdentity *
new_identity(void)
{
    TwIdentity *identity = g_new0(TwIdentity, 1);

    identity->refs = 1;
    identity->principals = g_array_new(FALSE, FALSE, sizeof(guint32));
    identity->admin_of = g_array_new(FALSE, FALSE, sizeof(guint32));
    return identity;
}

TwIdentity *
tw_identity_new(const TwDirectorySnapshot *snapshot, guint32 number, GError **error)
{
    const TwDirectoryObject *user = tw_directory_snapshot_get(snapshot, number);
    g_autoptr(GArray) groups = NULL;
    TwIdentity *identity;

    if (user == NULL || tw_directory_type(user->kind) != TW_DIRECTORY_USERS ||
        user->kind == TW_DIRECTORY_CONTACT) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no user %u", number);
        return NULL;
    }
    identity = new_identity();
    identity->epoch = tw_directory_snapshot_epoch(snapshot);
    identity->number = number;
    identity->company = user->company;
    identity->system = number == TW_DIRECTORY_SYSTEM;
    identity->admin = identity->system ? TW_DIRECTORY_SYSTEM_ADMIN : user->admin;
    identity->name = g_strdup(user->name);
    identity->full_name = g_strdup(user->full_name);
    identity->mail = g_strdup(user->mail);
    identity->id = user->id != NULL ? g_bytes_ref(user->id) : NULL;
    groups = tw_directory_snapshot_groups_of(snapshot, number);
    g_array_append_val(identity->principals, number);
    g_array_append_vals(identity->principals, groups->data, groups->len);
    if (user->company != TW_DIRECTORY_NO_COMPANY)
        g_array_append_val(identity->principals, user->company);
    g_array_sort(identity->principals, compare_numbers);
    g_array_unref(identity->admin_of);
    identity->admin_of = tw_directory_snapshot_holders(snapshot, TW_DIRECTORY_ADMIN, number);
    return identity;
}

TwIdentity *
tw_identity_new_anonymous(void)
{
    TwIdentity *identity = new_identity();
    guint32 nobody = TW_PERMISSION_ANONYMOUS;

    identity->anonymous = TRUE;
    identity->name = g_strdup("");
    identity->full_name = g_strdup("");
    identity->mail = g_strdup("");
    g_array_append_val(identity->principals, nobody);
    return identity;
}

TwIdentity *
tw_identity_ref(TwIdentity *identity)
{
    g_atomic_int_inc(&identity->refs);
    return identity;
}

void
tw_identity_unref(TwIdentity *identity)
{
    if (identity == NULL || !g_atomic_int_dec_and_test(&identity->refs))
        return;
    g_free(identity->name);
    g_free(identity->full_name);
    g_free(identity->mail);
    g_clear_pointer(&identity->id, g_bytes_unref);
    g_array_unref(identity->principals);
    g_array_unref(identity->admin_of);
    g_free(identity);
}

gboolean
tw_identity_is_principal(const TwIdentity *identity, guint32 principal)
{
    return g_array_binary_search(identity->principals, &principal, compare_numbers, NULL);
}

gboolean
tw_identity_administers(const TwIdentity *identity,
                        const TwDirectorySnapshot *snapshot,
                        guint32 company)
{
    if (identity->admin == TW_DIRECTORY_SYSTEM_ADMIN)
        return TRUE;
    if (identity->anonymous)
        return FALSE;
    if (identity->admin == TW_DIRECTORY_COMPANY_ADMIN && company == identity->company)
        return TRUE;
    return g_array_binary_search(identity->admin_of, &company, compare_numbers, NULL) &&
           tw_directory_snapshot_company_sees(snapshot, identity->company, company);
}

gboolean
tw_identity_is_over(const TwIdentity *identity,
                    const TwDirectorySnapshot *snapshot,
                    const TwDirectoryObject *object)
{
    guint32 company = tw_directory_type(object->kind) == TW_DIRECTORY_CONTAINERS &&
                              object->kind == TW_DIRECTORY_COMPANY
                          ? object->number
                          : object->company;

    if (identity->admin == TW_DIRECTORY_SYSTEM_ADMIN)
        return TRUE;
    return object->number >= TW_DIRECTORY_FIRST_NUMBER &&
           object->admin != TW_DIRECTORY_SYSTEM_ADMIN &&
           tw_identity_administers(identity, snapshot, company);
}

TwDirectoryViewer
tw_identity_viewer(const TwIdentity *identity, gboolean hide_everyone)
{
    return (TwDirectoryViewer){
        .company = identity->company,
        .everything = identity->admin == TW_DIRECTORY_SYSTEM_ADMIN,
        .hide_everyone = hide_everyone,
    };
}
