/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/data.h"

gboolean
tw_lmtp_data_take(TwLmtpData *data, const guint8 *piece, gsize len, gsize *ret_skip)
{
    gboolean at_start = !data->middle;
    gboolean lf = piece[len - 1] == '\n';
    gboolean cr = len > 1 ? piece[len - 2] == '\r' : data->cr_last;

    *ret_skip = at_start && piece[0] == '.' ? 1 : 0;
    data->middle = !(lf && cr);
    data->cr_last = piece[len - 1] == '\r';
    return !(at_start && len == 3 && piece[0] == '.' && lf && cr);
}
