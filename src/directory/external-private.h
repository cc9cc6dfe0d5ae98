/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the external plugin share. */
#pragma once

#include "directory/db-private.h"
#include "directory/external.h"

G_BEGIN_DECLS

/* What an image changed in the mirror. */
typedef struct {
    guint made, changed, gone;
} TwDirectoryApplied;

/* Ids are unique within a class: the type of a kind, and the kinds of containers each for itself. */
guint32 tw_directory_external_class(TwDirectoryKind kind);

/* external-image.c: takes out of an image what cannot be in a directory, and links that lead nowhere or do not fit. */
typedef void (*TwDirectorySkipFunc)(const TwDirectoryRow *row, const GError *why, gpointer data);
GPtrArray *tw_directory_image_clean(GPtrArray *rows, TwDirectorySkipFunc skip, gpointer data);

/* external-apply.c: brings the mirror in line with a clean image, all or nothing. */
gboolean tw_directory_external_apply(TwDirectoryPlugin *mirror,
                                     const TwDirectorySourceFuncs *source,
                                     gboolean safe_mode,
                                     const GPtrArray *rows,
                                     TwDirectoryApplied *ret,
                                     GError **error);

/* external-news.c: tells all that is not told yet, while @go_on says so. */
void tw_directory_external_tell(TwDb *db,
                                TwDirectoryNewsFunc func,
                                gpointer data,
                                gboolean (*go_on)(gpointer data),
                                gpointer go_on_data);

G_END_DECLS
