/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/session-names.h"

typedef struct {
    TwNameMap base;
    TwSession *session; /* borrowed */
    GPtrArray *kept;    /* TwNamedProp that were given out */
} Names;

static gboolean
get_ids(TwNameMap *base,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    Names *own = (Names *) base;
    g_auto(TwNamesToIdsArgs) args = { .names = { names, (guint) count }, .create = create };

    if (!tw_session_names_to_ids(own->session, &args, error))
        return FALSE;
    for (gsize i = 0; i < count; i++)
        ret_ids[i] = (guint16) g_array_index(args.ids, guint32, i);
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *base, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    Names *own = (Names *) base;
    g_autofree guint32 *wide = g_new(guint32, MAX(count, 1));
    g_auto(TwIdsToNamesArgs) args = { .ids = { wide, (guint) count } };

    for (gsize i = 0; i < count; i++)
        wide[i] = ids[i];
    if (!tw_session_ids_to_names(own->session, &args, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwNamedProp *name = args.names->pdata[i];
        TwNamedProp *copy = name != NULL ? tw_named_prop_copy(name) : NULL;

        if (copy != NULL)
            g_ptr_array_add(own->kept, copy);
        ret_names[i] = copy;
    }
    return TRUE;
}

static void
free_names(TwNameMap *base)
{
    Names *own = (Names *) base;

    g_ptr_array_unref(own->kept);
    g_free(own);
}

TwNameMap *
tw_session_names_new(TwSession *session)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, free_names };
    Names *own = g_new0(Names, 1);

    own->base.funcs = &funcs;
    own->session = session;
    own->kept = g_ptr_array_new_with_free_func(g_free);
    return &own->base;
}
