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
