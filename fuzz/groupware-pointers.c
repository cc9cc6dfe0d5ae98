/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the properties that lead to default folders. What is set is got back, and what was there before stays. */
#include <glib.h>
#include <string.h>

#include "groupware/pointers.h"
#include "mapi/tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const guint8 id[] = "an entry id";

static gboolean
get(const TwPropValue *value, TwLayoutForm form, guint number, const guint8 **ret, gsize *ret_len)
{
    gboolean found = tw_pointer_get(value, form, number, ret, ret_len);

    if (found) {
        g_assert_cmpuint(*ret_len, >, 0);
        g_assert_true(*ret >= value->data && *ret + *ret_len <= value->data + value->len);
    }
    return found;
}

static void
check(const TwPropValue *value, TwLayoutForm form, guint number, guint other)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1u << 20);
    g_autoptr(GError) error = NULL;
    const guint8 *before = NULL, *after = NULL;
    gsize before_len = 0, after_len = 0;
    gboolean had = get(value, form, other, &before, &before_len);
    TwPropValue next;

    if (!tw_pointer_set(value, value->tag, form, number, id, sizeof id, &out, &next, &error)) {
        g_assert_nonnull(error);
        return;
    }
    g_assert_no_error(error);
    g_assert_true(tw_value_check(&next, NULL));
    g_assert_true(get(&next, form, number, &after, &after_len));
    g_assert_true(after_len == sizeof id && memcmp(after, id, sizeof id) == 0);
    if (form == TW_LAYOUT_PLAIN)
        return;
    g_assert_cmpint(get(&next, form, other, &after, &after_len), ==, had);
    if (had)
        g_assert_true(after_len == before_len && memcmp(after, before, before_len) == 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwPropValue persist = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, data, size);
    TwPropValue items = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS, data, size);
    TwPropValue plain = tw_value_bytes(PR_IPM_SUBTREE_ENTRYID, data, size);

    check(&persist, TW_LAYOUT_PERSIST, 0x8001, 0x8006);
    check(&plain, TW_LAYOUT_PLAIN, 0, 0);
    if (tw_value_check(&items, NULL))
        check(&items, TW_LAYOUT_ITEM, 4, 1);
    return 0;
}
