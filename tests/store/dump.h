/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A store as text, so that two of them can be compared: everything the public functions tell, contents and mails as
 * digests. Left out is what two runs of one script have different: times, random keys, uidvalidity.
 */
#pragma once

#include "store/store.h"

#include <glib.h>

G_BEGIN_DECLS

/* Aborts the test when something cannot be read. */
char *dump_store(TwStore *store);

/* One object with all in it, large values whole; equal whether they are inline or in blobs. */
char *dump_object(TwStore *store, TwObject *object);

/* The first line that differs, for a message; NULL when they are equal. */
char *dump_diff(const char *a, const char *b);

G_END_DECLS
