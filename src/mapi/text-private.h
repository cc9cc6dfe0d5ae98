/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text helpers that the comparing and matching modules of this folder share. */
#pragma once

#include <glib.h>

/* Whether no byte has its high bit set. */
gboolean tw_text_is_ascii(const char *text, gsize len);
