/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Heads as a disk may give them back: what is accepted has good values only, and readers stay inside either way. */
#include "base/error.h"
#include "mapi/tags.h"
#include "store/head.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static guint64
read_all(const TwHead *head, gboolean checked)
{
    guint64 sum = tw_head_get_eid(head);

    for (guint id = 1; id < 0x4000; id++) {
        TwPropValue value = { 0 };
        guint32 tag = tw_prop_tag(id, TW_PT_UNSPECIFIED);
        TwHeadAnswer answer = tw_head_get(head, tag, &value);

        if (answer != TW_HEAD_FOUND && (answer != TW_HEAD_CUT || value.tag == 0))
            continue;
        g_assert_true(!checked || tw_value_check(&value, NULL));
        sum += tw_value_hash(&value, id);
    }
    for (guint i = 0; i < tw_head_keyword_count(head); i++)
        sum += tw_head_keyword(head, i);
    return sum;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    TwHead head;

    if (tw_head_open_verified(data, size, &head))
        (void) read_all(&head, FALSE);
    if (tw_head_open(data, size, &head, &error))
        (void) read_all(&head, TRUE);
    else
        g_assert_true(error->domain == TW_ERROR &&
                      (error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_UNSUPPORTED));
    return 0;
}
