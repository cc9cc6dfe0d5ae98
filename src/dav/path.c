/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Paths and what they mean.
 *
 *   /                             the root
 *   /principals/USER/             somebody
 *   /caldav/USER/                 his calendars and task lists
 *   /caldav/USER/FOLDER/          one of them: a name that a client chose, "id_" and a number, or the folder's own name
 *   /caldav/USER/FOLDER/ITEM      one item
 */
#include "dav/dav-private.h"

#include <string.h>

#include "base/number.h"
#include "mapi/message-class.h"
#include "net/http-uri.h"

static void
folder_free(gpointer data)
{
    TwDavFolder *folder = data;

    g_free(folder->name);
    g_free(folder->segment);
    tw_object_free(folder->props);
    g_free(folder);
}

void
tw_dav_target_clear(TwDavTarget *target)
{
    if (target->folder != NULL)
        folder_free(target->folder);
    g_free(target->segment);
    g_free(target->item);
    memset(target, 0, sizeof *target);
}

/* A folder of calendar items or tasks, or NULL for any other. */
static TwDavFolder *
folder_of(TwDavCall *call, const TwFolderEntry *entry)
{
    g_auto(TwFolderPropsArgs) props = { .store = call->store, .folder = entry->row->id };
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavFolderId);
    const char *container, *chosen;
    TwDavFolder *folder;

    if (!tw_session_folder_props(call->session, &props, NULL) || props.object == NULL)
        return NULL;
    container = tw_object_get_text(props.object, PR_CONTAINER_CLASS, "");
    if (!tw_message_class_is(container, "IPF.Appointment") &&
        !tw_message_class_is(container, "IPF.Task"))
        return NULL;
    chosen = tag != 0 ? tw_object_get_text(props.object, tag, NULL) : NULL;
    folder = g_new0(TwDavFolder, 1);
    folder->number = entry->row->id;
    folder->name = g_strdup(entry->row->name);
    folder->segment = chosen != NULL ? g_strdup(chosen) : g_strdup_printf("id_%u", entry->row->id);
    folder->tasks_only = tw_message_class_is(container, "IPF.Task");
    folder->rights = entry->rights;
    folder->hicn = entry->row->hicn;
    folder->props = g_steal_pointer(&props.object);
    return folder;
}

GPtrArray *
tw_dav_folders(TwDavCall *call, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(folder_free);
    g_auto(TwFolderListArgs) args = { .store = call->store,
                                      .folder = call->folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE],
                                      .deep = TRUE };

    if (!tw_session_folder_list(call->session, &args, error))
        return NULL;
    for (guint i = 0; i < args.rows->len; i++) {
        TwDavFolder *folder = folder_of(call, &g_array_index(args.rows, TwFolderEntry, i));
        if (folder != NULL)
            g_ptr_array_add(list, folder);
    }
    return g_steal_pointer(&list);
}

/* A name that a client chose counts before a number, and that before the folder's own name. */
static TwDavFolder *
find_folder(TwDavCall *call, const char *segment, GError **error)
{
    g_autoptr(GPtrArray) list = tw_dav_folders(call, error);
    guint32 number = 0;
    gboolean has_number = g_str_has_prefix(segment, "id_") &&
                          tw_parse_u32(segment + 3, strlen(segment) - 3, G_MAXUINT32, &number);

    if (list == NULL)
        return NULL;
    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < list->len; i++) {
            TwDavFolder *folder = list->pdata[i];
            if (round == 0   ? strcmp(folder->segment, segment) == 0
                : round == 1 ? has_number && folder->number == number
                             : strcmp(folder->name, segment) == 0)
                return g_ptr_array_steal_index(list, i);
        }
    }
    return NULL;
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such path");
    return FALSE;
}

gboolean
tw_dav_target_read(TwDavCall *call, const char *path, TwDavTarget *ret, GError **error)
{
    g_auto(TwDavTarget) target = { 0 };
    g_auto(GStrv) parts = g_strsplit(path, "/", 8);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GError *failed = NULL;
    gboolean own;

    for (guint i = 0; parts[i] != NULL; i++) {
        char *name;
        if (parts[i][0] == '\0')
            continue;
        name = tw_http_percent_decode(parts[i], strlen(parts[i]), FALSE, NULL);
        if (name == NULL || strlen(name) > TW_DAV_MAX_NAME) {
            g_free(name);
            return not_found(error);
        }
        g_ptr_array_add(names, name);
    }
    own = names->len >= 2 && g_ascii_strcasecmp(names->pdata[1], call->who.name) == 0;
    if (names->len == 0 ||
        (names->len == 1 && (g_ascii_strcasecmp(names->pdata[0], "caldav") == 0 ||
                             strcmp(names->pdata[0], "principals") == 0))) {
        target.kind = TW_DAV_ROOT;
    } else if (own && names->len == 2 && strcmp(names->pdata[0], "principals") == 0) {
        target.kind = TW_DAV_PRINCIPAL;
    } else if (own && names->len <= 4 && g_ascii_strcasecmp(names->pdata[0], "caldav") == 0) {
        target.kind = names->len == 2   ? TW_DAV_HOME
                      : names->len == 3 ? TW_DAV_COLLECTION
                                        : TW_DAV_ITEM;
    } else {
        return not_found(error);
    }
    if (target.kind == TW_DAV_COLLECTION || target.kind == TW_DAV_ITEM) {
        target.segment = g_strdup(names->pdata[2]);
        target.folder = find_folder(call, target.segment, &failed);
        if (failed != NULL) {
            g_propagate_error(error, failed);
            return FALSE;
        }
        if (target.kind == TW_DAV_ITEM)
            target.item = g_strdup(names->pdata[3]);
    }
    *ret = target;
    memset(&target, 0, sizeof target);
    return TRUE;
}

char *
tw_dav_href(const TwDavCall *call, TwDavKind kind, const char *segment, const char *item)
{
    g_autofree char *user = tw_http_percent_encode(call->who.name);
    g_autofree char *folder = segment != NULL ? tw_http_percent_encode(segment) : NULL;
    g_autofree char *name = item != NULL ? tw_http_percent_encode(item) : NULL;

    switch (kind) {
    case TW_DAV_PRINCIPAL:
        return g_strconcat("/principals/", user, "/", NULL);
    case TW_DAV_HOME:
        return g_strconcat("/caldav/", user, "/", NULL);
    case TW_DAV_COLLECTION:
        return g_strconcat("/caldav/", user, "/", folder, "/", NULL);
    case TW_DAV_ITEM:
        return g_strconcat("/caldav/", user, "/", folder, "/", name, NULL);
    case TW_DAV_ROOT:
        break;
    }
    return g_strdup("/");
}
