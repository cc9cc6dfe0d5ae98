/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical.h"

static const char *const methods[] = {
    [TW_ICAL_PUBLISH] = "PUBLISH", [TW_ICAL_REQUEST] = "REQUEST",
    [TW_ICAL_REPLY] = "REPLY",     [TW_ICAL_ADD] = "ADD",
    [TW_ICAL_CANCEL] = "CANCEL",   [TW_ICAL_REFRESH] = "REFRESH",
    [TW_ICAL_COUNTER] = "COUNTER", [TW_ICAL_DECLINE_COUNTER] = "DECLINECOUNTER",
};

const char *
tw_ical_method_name(TwIcalMethod method)
{
    return (guint) method < G_N_ELEMENTS(methods) ? methods[method] : NULL;
}

TwIcalMethod
tw_ical_method_parse(const char *name)
{
    for (guint i = 1; name != NULL && i < G_N_ELEMENTS(methods); i++) {
        if (g_ascii_strcasecmp(name, methods[i]) == 0)
            return (TwIcalMethod) i;
    }
    return TW_ICAL_NO_METHOD;
}
