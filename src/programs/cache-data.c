/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/cache-data.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "programs/connect.h"

static const char folder_name[] = "Cache test data";

typedef struct {
    TwGuid store;
    guint32 root, folder;
} Place;

/* ---- where they lie ---- */

static gboolean
find_store(TwSession *session, gboolean make, TwGuid *ret, GError **error)
{
    g_auto(TwStoreCreateArgs) create = { .user = TW_DIRECTORY_SYSTEM, .kind = TW_STORE_PRIVATE };
    g_autoptr(GError) failure = NULL;

    if (tw_connect_find_store(session, "SYSTEM", NULL, ret, &failure))
        return TRUE;
    if (!make || !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!tw_session_store_create(session, &create, error))
        return FALSE;
    *ret = create.store;
    return TRUE;
}

static gboolean
find_place(TwSession *session, gboolean make, Place *ret, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { 0 };

    if (!find_store(session, make, &ret->store, error))
        return FALSE;
    info.store = ret->store;
    if (!tw_session_store_info(session, &info, error))
        return FALSE;
    ret->root = info.info.root;
    if (make) {
        g_auto(TwFolderCreateArgs) create = {
            .store = ret->store, .folder = ret->root, .name = folder_name, .open_existing = TRUE
        };
        if (!tw_session_folder_create(session, &create, error))
            return FALSE;
        ret->folder = create.created;
    } else {
        g_auto(TwFolderFindArgs)
            find = { .store = ret->store, .folder = ret->root, .name = folder_name };
        if (!tw_session_folder_find(session, &find, error))
            return FALSE;
        ret->folder = find.found;
    }
    return TRUE;
}

/* ---- making ---- */

static gboolean
make_one(TwSession *session, const Place *place, guint number, const char *text, GError **error)
{
    g_autofree char *subject = g_strdup_printf("Cache test %u", number);
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
        tw_value_str(PR_SUBJECT, subject),
        tw_value_str(PR_BODY, text),
    };
    g_auto(TwMessageCreateArgs)
        create = { .store = place->store, .folder = place->folder, .object = object };

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(object, &values[i], error))
            return FALSE;
    }
    return tw_session_message_create(session, &create, error);
}

gboolean
tw_cache_data_create(TwSession *session,
                     guint count,
                     guint bytes,
                     TwProgress *progress,
                     GString *out,
                     GError **error)
{
    g_autofree char *text = g_strnfill(bytes, 'x');
    Place place;

    if (!find_place(session, TRUE, &place, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        if (!make_one(session, &place, i, text, error)) {
            g_prefix_error(error, "After %u messages: ", i);
            return FALSE;
        }
        tw_progress_say(progress, "messages made", i + 1, count);
    }
    g_string_append_printf(out, "Cache test data made: %u messages of %u bytes.\n", count, bytes);
    return TRUE;
}

/* ---- reading ---- */

static gboolean
read_one(TwSession *session, const Place *place, guint32 number, guint64 *io_bytes, GError **error)
{
    g_auto(TwMessageReadArgs)
        read = { .store = place->store, .folder = place->folder, .message = number };

    if (!tw_session_message_read(session, &read, error))
        return FALSE;
    *io_bytes += (guint64) MAX(read.row.size, 0);
    return TRUE;
}

static gboolean
read_all(TwSession *session,
         const Place *place,
         TwProgress *progress,
         guint *ret_count,
         guint64 *io_bytes,
         GError **error)
{
    enum {
        AT_ONCE = 1000
    };
    guint32 after = 0;
    guint came = AT_ONCE;

    *ret_count = 0;
    while (came == AT_ONCE) {
        g_auto(TwMessageListArgs) list = {
            .store = place->store, .folder = place->folder, .after = after, .most = AT_ONCE
        };
        if (!tw_session_message_list(session, &list, error))
            return FALSE;
        came = list.rows->len;
        for (guint i = 0; i < came; i++) {
            after = g_array_index(list.rows, TwMessageRow, i).mid;
            if (!read_one(session, place, after, io_bytes, error))
                return FALSE;
            tw_progress_say(progress, "messages read", *ret_count + i + 1, 0);
        }
        *ret_count += came;
    }
    return TRUE;
}

gboolean
tw_cache_data_read(TwSession *session, TwProgress *progress, GString *out, GError **error)
{
    gint64 began = g_get_monotonic_time();
    g_autoptr(GError) failure = NULL;
    guint64 bytes = 0;
    guint count;
    Place place;

    if (!find_place(session, FALSE, &place, &failure)) {
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                                "There is no cache test data; make some with --ct-create.");
        return FALSE;
    }
    if (!read_all(session, &place, progress, &count, &bytes, error))
        return FALSE;
    g_string_append_printf(
        out, "Cache test data read: %u messages, %" G_GUINT64_FORMAT " bytes, %.3f seconds.\n",
        count, bytes, (double) (g_get_monotonic_time() - began) / 1e6);
    return TRUE;
}
