/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the XML of a request: a tree or an error, and no text of it can leave its place in an answer. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "dav/xml.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check(const TwDavElement *element) /* NOLINT(misc-no-recursion): depth */
{
    for (; element != NULL; element = element->next) {
        g_autoptr(GString) out = g_string_new(NULL);
        tw_dav_put_text(out, element->text);
        g_assert_null(strpbrk(out->str, "<>\""));
        g_string_truncate(out, 0);
        tw_dav_put_name(out, element->ns, element->name);
        g_assert_true(g_str_has_suffix(out->str, "/>"));
        check(element->children);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavElement) root = tw_dav_xml_parse(data, size, &error);

    g_assert_true((root == NULL) == (error != NULL));
    if (error != NULL)
        g_assert_true(error->domain == TW_ERROR &&
                      (error->code == TW_ERROR_INVALID || error->code == TW_ERROR_TOO_BIG));
    check(root);
    return 0;
}
