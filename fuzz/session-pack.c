/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations as bytes: the first byte says which, the second which way; what can be read is written the same again. */
#include "session/pack.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST = 16 << 20
};

static void
check_request(TwOp op, const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwOpRequest) request = tw_op_unpack_request(op, data, size, &error);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(MOST);

    g_assert((request == NULL) == (error != NULL));
    if (request != NULL && tw_op_pack_request(op, tw_op_request_args(request), &again, NULL)) {
        TwOpRequest *same = tw_op_unpack_request(op, again.data, again.len, &error);
        g_assert_no_error(error);
        tw_op_request_free(same);
    }
}

static void
check_answer(TwOp op, const guint8 *data, gsize size)
{
    g_autofree gpointer args = g_malloc0(tw_op_info(op)->args_size);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(MOST);
    g_autoptr(GError) error = NULL;
    gboolean ok = tw_op_unpack_answer(op, data, size, args, &error);

    g_assert(ok == (error == NULL));
    if (ok)
        (void) tw_op_pack_answer(op, args, &again, NULL);
    tw_op_clear(op, args);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwOp op;

    if (size < 2)
        return 0;
    op = (TwOp) (data[0] % TW_OP_COUNT);
    if (data[1] & 1)
        check_answer(op, data + 2, size - 2);
    else
        check_request(op, data + 2, size - 2);
    return 0;
}
