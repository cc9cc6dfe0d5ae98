/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/name-budget.h"

#include "base/error.h"

typedef struct {
    TwNameMap base;
    TwNameMap *names; /* borrowed */
    guint left;
} Budget;

/* Whether strangers have used what is theirs. Ids are given in their order. */
static gboolean
is_share_used(Budget *budget, GError **error, gboolean *ret)
{
    const guint16 last = TW_NAME_BUDGET_LAST_ID;
    const TwNamedProp *name = NULL;

    if (!budget->names->funcs->get_names(budget->names, &last, 1, &name, error))
        return FALSE;
    *ret = name != NULL;
    return TRUE;
}

static gboolean
get_one(Budget *budget, const TwNamedProp *name, gboolean create, guint16 *ret, GError **error)
{
    TwKnownName known;
    gboolean used = FALSE;

    if (!create || tw_known_name_find(name, &known))
        return budget->names->funcs->get_ids(budget->names, &name, 1, create, ret, error);
    if (!budget->names->funcs->get_ids(budget->names, &name, 1, FALSE, ret, error))
        return FALSE;
    if (*ret != 0 || budget->left == 0)
        return TRUE;
    if (!is_share_used(budget, error, &used))
        return FALSE;
    if (used) {
        budget->left = 0;
        return TRUE;
    }
    budget->left--;
    return budget->names->funcs->get_ids(budget->names, &name, 1, TRUE, ret, error);
}

static gboolean
get_ids(TwNameMap *base,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    for (gsize i = 0; i < count; i++) {
        if (!get_one((Budget *) base, names[i], create, &ret_ids[i], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *base, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    Budget *budget = (Budget *) base;

    return budget->names->funcs->get_names(budget->names, ids, count, ret_names, error);
}

static void
destroy(TwNameMap *base)
{
    g_free(base);
}

TwNameMap *
tw_name_budget_new(TwNameMap *names)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, destroy };
    Budget *budget = g_new0(Budget, 1);

    budget->base.funcs = &funcs;
    budget->names = names;
    budget->left = TW_NAME_BUDGET_MAIL;
    return &budget->base;
}
