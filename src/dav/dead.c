/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/dead.h"

#include <string.h>

struct TwDavDead {
    GTree *by_name; /* (owned): "{namespace}name" to the element as XML, both owned */
    gsize bytes;
};

static char *
key_of(const char *ns, const char *name)
{
    return g_strdup_printf("{%s}%s", ns, name);
}

static gint
compare(gconstpointer a, gconstpointer b, gpointer data)
{
    (void) data;
    return strcmp(a, b);
}

static TwDavDead *
dead_new(void)
{
    TwDavDead *dead = g_new0(TwDavDead, 1);

    dead->by_name = g_tree_new_full(compare, NULL, g_free, g_free);
    return dead;
}

void
tw_dav_dead_free(TwDavDead *dead)
{
    if (dead == NULL)
        return;
    g_tree_unref(dead->by_name);
    g_free(dead);
}

/* ---- elements as text ---- */

/* The language of a property is kept with it (RFC 4918, 4.3), also when it stood further out; @outer: what is known already. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_element(GString *out, const TwDavElement *element, const char *outer)
{
    GHashTableIter iter;
    gpointer name, value;

    tw_dav_put_open(out, element->ns, element->name);
    g_string_truncate(out, out->len - 1); /* ">" */
    if (g_strcmp0(element->lang, outer) != 0) {
        g_string_append(out, " xml:lang=\"");
        tw_dav_put_text(out, element->lang != NULL ? element->lang : "");
        g_string_append_c(out, '"');
    }
    g_hash_table_iter_init(&iter, element->attributes);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        if (!tw_dav_is_name(name))
            continue;
        g_string_append_printf(out, " %s=\"", (const char *) name);
        tw_dav_put_text(out, value);
        g_string_append_c(out, '"');
    }
    g_string_append_c(out, '>');
    tw_dav_put_text(out, element->text);
    for (const TwDavElement *child = element->children; child != NULL; child = child->next)
        put_element(out, child, element->lang);
    tw_dav_put_close(out, element->ns, element->name);
}

/* ---- all of them ---- */

static gsize
weight(const char *key, const char *text)
{
    return strlen(key) + strlen(text);
}

void
tw_dav_dead_remove(TwDavDead *dead, const char *ns, const char *name)
{
    g_autofree char *key = key_of(ns, name);
    const char *text = g_tree_lookup(dead->by_name, key);

    if (text == NULL)
        return;
    dead->bytes -= weight(key, text);
    g_tree_remove(dead->by_name, key);
}

gboolean
tw_dav_dead_set(TwDavDead *dead, const TwDavElement *prop)
{
    g_autofree char *key = key_of(prop->ns, prop->name);
    const char *old = g_tree_lookup(dead->by_name, key);
    gsize others = dead->bytes - (old != NULL ? weight(key, old) : 0);
    g_autoptr(GString) text = g_string_new(NULL);

    put_element(text, prop, NULL);
    if (weight(key, text->str) > TW_DAV_MAX_DEAD - others)
        return FALSE;
    dead->bytes = others + weight(key, text->str);
    g_tree_replace(dead->by_name, g_steal_pointer(&key),
                   g_string_free(g_steal_pointer(&text), FALSE));
    return TRUE;
}

TwDavDead *
tw_dav_dead_parse(const char *text)
{
    TwDavDead *dead = dead_new();
    g_autofree char *whole = NULL;
    g_autoptr(TwDavElement) root = NULL;

    if (text == NULL)
        return dead;
    whole = g_strconcat("<D:prop" TW_DAV_DECLARATIONS ">", text, "</D:prop>", NULL);
    root = tw_dav_xml_parse((const guint8 *) whole, strlen(whole), NULL);
    for (const TwDavElement *prop = root != NULL ? root->children : NULL; prop != NULL;
         prop = prop->next)
        (void) tw_dav_dead_set(dead, prop);
    return dead;
}

static gboolean
append(gpointer key, gpointer text, gpointer out)
{
    (void) key;
    g_string_append(out, text);
    return FALSE;
}

void
tw_dav_dead_put_all(const TwDavDead *dead, GString *out)
{
    g_tree_foreach(dead->by_name, append, out);
}

char *
tw_dav_dead_print(const TwDavDead *dead)
{
    GString *out;

    if (g_tree_nnodes(dead->by_name) == 0)
        return NULL;
    out = g_string_new(NULL);
    tw_dav_dead_put_all(dead, out);
    return g_string_free(out, FALSE);
}

const char *
tw_dav_dead_get(const TwDavDead *dead, const char *ns, const char *name)
{
    g_autofree char *key = key_of(ns, name);

    return g_tree_lookup(dead->by_name, key);
}
