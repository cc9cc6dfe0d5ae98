/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Text of MAPI blobs: UTF-16, little-endian, not terminated, length in units.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"

G_BEGIN_DECLS

/**
 * tw_utf16_to_utf8:
 * @data: (array length=units): two bytes a unit, at any alignment
 * @units: how many
 *
 * What is no text (half a pair, a NUL) becomes U+FFFD, so that the result is valid and is as long as it looks.
 *
 * Returns: (transfer full): UTF-8
 */
char *tw_utf16_to_utf8(const guint8 *data, gsize units);

/**
 * tw_utf16_units:
 * @text: valid UTF-8
 *
 * Returns: how many units tw_utf16_put() writes
 */
gsize tw_utf16_units(const char *text);

/**
 * tw_utf16_put:
 * @buf: a buffer
 * @text: valid UTF-8
 */
void tw_utf16_put(TwBuffer *buf, const char *text);

G_END_DECLS
