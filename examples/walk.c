/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Walks through a server: lists its users, and for each the folders of the mailbox with the latest messages of each folder.
 *
 *     twiga-walk /var/lib/twiga [USER]
 *     twiga-walk --server file:///run/twiga/server.sock [USER]
 *
 * All it knows of the server is session/session.h. Only main() knows which provider there is: local.h opens the data folder,
 * which no server may have open, and remote.h reaches a running server, there as whoever our user is.
 */
#include "remote/remote.h"
#include "session/local.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN = 3 /* messages of each folder */
};

static void
print_message(const TwMessageRow *row)
{
    const char *mark = row->flags & TW_MSGFLAG_READ ? " " : "*";
    TwPropValue subject = { 0 };
    const guint8 *data;
    TwHead head;
    gsize len;

    if (row->head == NULL)
        return;
    data = g_bytes_get_data(row->head, &len);
    if (tw_head_open(data, len, &head, NULL))
        tw_head_get(&head, PR_SUBJECT, &subject);
    printf("        %s %u: %.*s\n", mark, row->mid, (int) subject.len,
           subject.tag != 0 ? subject.text : "");
}

static gboolean
walk_messages(TwSession *session, const TwGuid *store, guint32 folder, GError **error)
{
    g_auto(TwMessageListArgs)
        list = { .store = *store, .folder = folder, .heads = TRUE, .most = SHOWN };

    if (!tw_session_message_list(session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++)
        print_message(&g_array_index(list.rows, TwMessageRow, i));
    return TRUE;
}

static gboolean
walk_folders(TwSession *session, const TwGuid *store, GError **error)
{
    g_auto(TwFolderListArgs) list = { .store = *store, .deep = TRUE };

    if (!tw_session_folder_list(session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i);
        printf("    %*s%s (%u, %u unread)\n", (int) (2 * (entry->depth - 1)), "", entry->row->name,
               entry->row->total, entry->row->unread);
        if (entry->row->total > 0 && !walk_messages(session, store, entry->row->id, error))
            return FALSE;
    }
    return TRUE;
}

/* One user; one without a mailbox is no failure. */
static gboolean
walk_user(TwSession *session, const TwDirectoryObject *user, GError **error)
{
    g_auto(TwStoreFindArgs) find = { .owner = user->number, .kind = TW_STORE_PRIVATE };
    g_autoptr(GError) why = NULL;

    printf("%s <%s> %s\n", user->name, user->mail, user->full_name);
    if (tw_session_store_find(session, &find, &why))
        return walk_folders(session, &find.store, error);
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static gboolean
walk_company(TwSession *session, guint32 company, const char *only, GError **error)
{
    g_auto(TwObjectsListArgs) list = { .company = company, .type = TW_DIRECTORY_USERS };

    if (!tw_session_objects_list(session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwDirectoryObject *user = list.rows->pdata[i];
        if (user->number >= TW_DIRECTORY_FIRST_NUMBER &&
            (only == NULL || strcmp(user->name, only) == 0) && !walk_user(session, user, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
walk_server(TwServer *server, const char *only, GError **error)
{
    TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                      .flags = TW_LOGON_BOUND,
                      .user = "SYSTEM",
                      .program = "twiga-walk" };
    g_autoptr(TwSession) session = NULL;
    g_auto(TwObjectsListArgs) companies = { .type = TW_DIRECTORY_CONTAINERS };

    if (!tw_server_logon(server, &logon, &session, NULL, error) ||
        !tw_session_objects_list(session, &companies, error) ||
        !walk_company(session, TW_DIRECTORY_NO_COMPANY, only, error))
        return FALSE;
    for (guint i = 0; i < companies.rows->len; i++) {
        const TwDirectoryObject *company = companies.rows->pdata[i];
        if (company->kind == TW_DIRECTORY_COMPANY &&
            !walk_company(session, company->number, only, error))
            return FALSE;
    }
    return TRUE;
}

static TwServer *
open_remote(const char *where, GError **error)
{
    g_autoptr(TwServerUrl) url = tw_server_url_parse(where, strlen(where), error);
    const TwRemoteConfig config = { .url = url, .program = "twiga-walk" };

    return url != NULL ? tw_remote_new(&config, error) : NULL;
}

int
main(int argc, char **argv)
{
    gboolean remote = argc > 1 && strcmp(argv[1], "--server") == 0;
    int first = remote ? 2 : 1;
    g_autoptr(TwServer) server = NULL;
    g_autoptr(GError) error = NULL;

    if (argc <= first || argc > first + 2) {
        fprintf(stderr, "usage: %s DATA-FOLDER [USER]\n       %s --server URL [USER]\n", argv[0],
                argv[0]);
        return 2;
    }
    server = remote ? open_remote(argv[first], &error) : tw_local_open(argv[first], &error);
    if (server != NULL && walk_server(server, argv[first + 1], &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %s\n", argv[0], error->message);
    return EXIT_FAILURE;
}
