/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the reader share. */
#pragma once

#include "soap/reader.h"

G_BEGIN_DECLS

/* What a scan of some bytes came to. */
typedef enum {
    TW_SOAP_SCAN_WHOLE,
    TW_SOAP_SCAN_CUT,
    TW_SOAP_SCAN_BAD,
} TwSoapScan;

/* reader-text.c: reads "&...;" at @at. @out takes up to 4 bytes of UTF-8. */
TwSoapScan tw_soap_scan_reference(
    const guint8 *at, const guint8 *end, gsize *ret_len, char *out, guint *ret_out_len);
/* Which of those that count a URI names. */
TwSoapSpace tw_soap_find_space(const guint8 *uri, gsize len);

G_END_DECLS
