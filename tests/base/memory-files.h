/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files that live in memory, for tests and fuzz targets. */
#pragma once

#include <string.h>

#include "base/config-file.h"
#include "base/error.h"

typedef struct {
    const char *path;
    const char *text;
    gsize len; /* 0: text is a string */
} MemoryFile;

/* A TwConfigReadFunc; data is an array of MemoryFile that ends with a NULL path. The identity is the path. */
static inline char *
read_memory_file(
    const char *path, gsize *ret_len, char **ret_identity, gpointer data, GError **error)
{
    for (const MemoryFile *file = data; file->path != NULL; file++) {
        gsize len = file->len > 0 ? file->len : strlen(file->text);
        char *copy;

        if (strcmp(file->path, path) != 0)
            continue;
        copy = g_malloc(len > 0 ? len : 1);
        memcpy(copy, file->text, len);
        *ret_len = len;
        *ret_identity = g_strdup(path);
        return copy;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "%s: no such file", path);
    return NULL;
}
