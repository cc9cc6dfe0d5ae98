/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The historic configuration file, read into lines: what stands where. What the names mean is config.h's business.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_CONFIG_FILES_MOST = 64,      /* files read in one go, so that includes cannot run away */
    TW_CONFIG_DEPTH_MOST = 16,      /* files open within one another */
    TW_CONFIG_FILE_MOST = 4 << 20,  /* bytes of one file: a wrong name must not fill the memory */
    TW_CONFIG_LINES_MOST = 1 << 17, /* lines that say something, in all files */
    TW_CONFIG_VALUE_ADVISED = 1023, /* both old generations cut a value here */
};

typedef enum {
    TW_CONFIG_LINE_SETTING = 0,   /* name = value */
    TW_CONFIG_LINE_PROPMAP = 1,   /* TAG = attribute, from a file named by !propmap */
    TW_CONFIG_LINE_DIRECTIVE = 2, /* a "!" line that means nothing; name is its text */
} TwConfigLineKind;

typedef struct {
    TwConfigLineKind kind;
    GRefString *file; /* as it was named, relative names resolved */
    guint line;       /* from 1 */
    char *name;       /* trimmed, may be any text but NUL */
    char *value;      /* trimmed, may be empty; wiped when freed, for it may be a password */
} TwConfigLine;

/**
 * TwConfigReadFunc:
 * @path: file to read
 * @ret_len: (out): bytes read, at most %TW_CONFIG_FILE_MOST
 * @ret_identity: (out) (transfer full): a text that is the same for two names of the same file
 * @data: what the caller gave
 * @error: why not
 *
 * Returns: (transfer full): the bytes, or NULL
 */
typedef char *(*TwConfigReadFunc)(
    const char *path, gsize *ret_len, char **ret_identity, gpointer data, GError **error);

/**
 * tw_config_read_disk:
 * @path: file to read
 * @ret_len: (out): bytes read
 * @ret_identity: (out) (transfer full): device and inode
 * @data: unused
 * @error: on failure by errno, or TW_ERROR_TOO_BIG, or TW_ERROR_INVALID for a directory
 *
 * The #TwConfigReadFunc of real programs.
 *
 * Returns: (transfer full): the bytes, or NULL
 */
char *tw_config_read_disk(
    const char *path, gsize *ret_len, char **ret_identity, gpointer data, GError **error);

/**
 * tw_config_file_read:
 * @path: the file to start with
 * @read: reads a file
 * @data: for @read
 * @error: on failure TW_ERROR_INVALID or TW_ERROR_TOO_BIG, or what @read says, with "file:line: " in front
 *
 * Reads a file and all that it includes, at the place of the include, each file once. Blank lines, comments and lines
 * without "=" are left out.
 *
 * Returns: (transfer full) (element-type TwConfigLine): the lines in order, freed with the array, or NULL
 */
GPtrArray *tw_config_file_read(const char *path,
                               TwConfigReadFunc read,
                               gpointer data,
                               GError **error);

G_END_DECLS
