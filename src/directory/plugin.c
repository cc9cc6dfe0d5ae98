/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/plugin.h"

void
tw_directory_delta_clear(TwDirectoryDelta *delta)
{
    g_clear_pointer(&delta->objects, g_ptr_array_unref);
    g_clear_pointer(&delta->gone, g_array_unref);
}

void
tw_directory_plugin_close(TwDirectoryPlugin *plugin)
{
    if (plugin != NULL)
        plugin->funcs->close(plugin);
}

static gboolean
same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

TwDirectoryFields
tw_directory_fields_changed(const TwDirectoryObject *now,
                            const TwDirectoryObject *values,
                            TwDirectoryFields fields)
{
    const struct {
        TwDirectoryFields field;
        gboolean same;
    } each[] = {
        { TW_DIRECTORY_SET_KIND, now->kind == values->kind },
        { TW_DIRECTORY_SET_NAME, same_text(now->name, values->name) },
        { TW_DIRECTORY_SET_FULL_NAME, same_text(now->full_name, values->full_name) },
        { TW_DIRECTORY_SET_MAIL, same_text(now->mail, values->mail) },
        { TW_DIRECTORY_SET_ADMIN, now->admin == values->admin },
        { TW_DIRECTORY_SET_HIDDEN, !now->hidden == !values->hidden },
        { TW_DIRECTORY_SET_MEETING, now->meeting == values->meeting &&
                                        now->capacity == values->capacity &&
                                        same_text(now->description, values->description) },
        { TW_DIRECTORY_SET_HOME_SERVER, same_text(now->home_server, values->home_server) },
        { TW_DIRECTORY_SET_SYSTEM_CONTACT, now->system_contact == values->system_contact },
        { TW_DIRECTORY_SET_DETAILS,
          now->details == values->details || (now->details != NULL && values->details != NULL &&
                                              g_bytes_equal(now->details, values->details)) },
    };

    for (guint i = 0; i < G_N_ELEMENTS(each); i++) {
        if (each[i].same)
            fields &= ~(guint) each[i].field;
    }
    return fields;
}
