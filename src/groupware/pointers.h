/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The properties of a store, its root and its Inbox that lead to default folders: read and written as clients expect them.
 * Pure: bytes in, bytes out. What was there and is not ours is kept.
 *
 * PERSIST, spec/mailbox-layout.md 5.2; all little-endian:
 *
 *   offset  size  meaning
 *   0       2     persist id; 0: the end
 *   2       2     n: bytes of the elements
 *   4       n     elements {u16 id, u16 len, data}: id 1 an entry id
 */
#pragma once

#include "base/buffer.h"
#include "groupware/layout.h"
#include "mapi/value.h"

G_BEGIN_DECLS

enum {
    TW_POINTERS_MOST_ITEMS =
        64, /* of an MV property; without it one client's list is rewritten at every repair */
    TW_POINTERS_MOST_LEN = 65536, /* of a persist property */
};

/**
 * tw_pointer_get:
 * @value: (nullable): the property as it is stored, checked; NULL: it is not there
 * @form: its form
 * @number: which item or block
 * @ret_data: (out): the entry id, borrowed from @value
 * @ret_len: (out): its bytes
 *
 * Returns: FALSE if it leads nowhere: not there, empty, or broken
 */
gboolean tw_pointer_get(const TwPropValue *value,
                        TwLayoutForm form,
                        guint number,
                        const guint8 **ret_data,
                        gsize *ret_len);

/**
 * tw_pointer_set:
 * @value: (nullable): the property as it is stored, checked; NULL: it is not there
 * @tag: of the property
 * @form: its form
 * @number: which item or block
 * @data: (array length=len): an entry id
 * @len: its bytes
 * @out: gets the bytes of the new value
 * @ret: (out): the property as it shall be, borrowed from @out
 * @error: TW_ERROR_TOO_BIG: a limit above
 *
 * All other items and blocks stay. A PERSIST property that is broken keeps the blocks before the break.
 *
 * Returns: FALSE on failure
 */
gboolean tw_pointer_set(const TwPropValue *value,
                        guint32 tag,
                        TwLayoutForm form,
                        guint number,
                        const guint8 *data,
                        gsize len,
                        TwBuffer *out,
                        TwPropValue *ret,
                        GError **error);

G_END_DECLS
