/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/result.h"

#include <string.h>

typedef struct {
    guint32 value;
    const char *name;
} ResultRow;

static const ResultRow results[] = {
#define RESULT_ROW(row_name, row_value) { .value = (row_value), .name = #row_name },
    TW_MAPI_RESULT_LIST(RESULT_ROW)
#undef RESULT_ROW
};

const char *
tw_mapi_result_name(guint32 result)
{
    for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
        if (results[i].value == result)
            return results[i].name;
    }
    return NULL;
}

gboolean
tw_mapi_result_from_name(const char *name, guint32 *ret)
{
    for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
        if (strcmp(results[i].name, name) == 0) {
            *ret = results[i].value;
            return TRUE;
        }
    }
    return FALSE;
}
