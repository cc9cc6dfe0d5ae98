/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/mail-import.h"

#include "groupware/meeting-mail.h"
#include "groupware/name-budget.h"
#include "groupware/session-names.h"

TwMailIn *
tw_mail_import(GBytes *mail, const TwMailInOptions *options)
{
    gsize len;
    const guint8 *bytes = g_bytes_get_data(mail, &len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(bytes, len, NULL);
    TwMailInOptions effective = options != NULL ? *options : (TwMailInOptions){ 0 };
    g_autoptr(TwNameMap) names =
        effective.names != NULL ? tw_name_budget_new(effective.names) : NULL;
    TwMailIn *in;

    effective.names = names;
    in = tw_mail_to_object(bytes, len, tree, &effective);
    (void) tw_meeting_mail_read(bytes, len, tree, &effective, in);
    in->tree = g_steal_pointer(&tree);
    return in;
}

gboolean
tw_mail_import_append(TwSession *session, TwMailAppendArgs *args, GError **error)
{
    g_autoptr(TwNameMap) names = tw_session_names_new(session);
    g_autoptr(GPtrArray) owned =
        g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_mail_in_free);
    g_autofree TwMailAppend *mails =
        g_memdup2(args->mails.items, args->mails.count * sizeof *args->mails.items);
    TwMailAppends given = args->mails;
    gboolean ok;

    for (guint i = 0; i < given.count; i++) {
        const TwMailInOptions how = { .names = names, .received_us = mails[i].recv_us };
        TwMailIn *in;

        if (mails[i].mail == NULL)
            continue; /* refused by the operation */
        in = tw_mail_import(mails[i].mail, &how);
        g_ptr_array_add(owned, in);
        mails[i].message = in;
    }
    args->mails = (TwMailAppends){ mails, given.count };
    ok = tw_session_mail_append(session, args, error);
    args->mails = given;
    return ok;
}
