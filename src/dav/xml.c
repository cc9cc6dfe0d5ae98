/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "dav/dav.h"

/* ---- reading ---- */

void
tw_dav_element_free(TwDavElement *element) /* NOLINT(misc-no-recursion): depth */
{
    while (element != NULL) {
        TwDavElement *next = element->next;
        tw_dav_element_free(element->children);
        g_free(element->text);
        g_free(element->own);
        g_clear_pointer(&element->attributes, g_hash_table_unref);
        g_clear_pointer(&element->lang, g_free);
        g_free(element);
        element = next;
    }
}

/* "<!" but in comments and CDATA: a document type, with all that can be in one. */
static gboolean
has_document_type(const guint8 *text, gsize len)
{
    for (gsize i = 0; i + 2 < len; i++) {
        if (text[i] == '<' && text[i + 1] == '!' && text[i + 2] != '-' && text[i + 2] != '[')
            return TRUE;
    }
    return FALSE;
}

typedef struct {
    guint elements;
    gboolean too_big;
} Count;

/* Attributes of namespaces are none that anybody asks for, but one. */
static void
copy_attributes(const xmlNode *node, const char *lang, TwDavElement *element)
{
    for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
        const char *name = (const char *) attr->name;
        const char *value = attr->children != NULL ? (const char *) attr->children->content : "";

        if (value == NULL)
            continue;
        if (attr->ns != NULL && strcmp(name, "lang") == 0 &&
            xmlStrEqual(attr->ns->href, XML_XML_NAMESPACE))
            lang = strlen(value) <= TW_DAV_MAX_LANG ? value : NULL;
        else if (*value != '\0')
            g_hash_table_insert(element->attributes, g_strdup(name), g_strdup(value));
    }
    element->lang = lang != NULL && *lang != '\0' ? g_strdup(lang) : NULL;
}

static TwDavElement *
/* NOLINTNEXTLINE(misc-no-recursion): depth */
copy_element(const xmlNode *node, const char *lang, guint depth, Count *count)
{
    TwDavElement *element, **last;
    g_autoptr(GString) text = NULL;
    gsize ns_len = node->ns != NULL ? strlen((const char *) node->ns->href) + 1 : 1;

    if (depth > TW_DAV_MAX_DEPTH || count->elements++ >= TW_DAV_MAX_ELEMENTS) {
        count->too_big = TRUE;
        return NULL;
    }
    element = g_new0(TwDavElement, 1);
    element->own = g_malloc0(ns_len + strlen((const char *) node->name) + 1);
    if (node->ns != NULL)
        memcpy(element->own, node->ns->href, ns_len);
    memcpy(element->own + ns_len, node->name, strlen((const char *) node->name));
    element->ns = element->own;
    element->name = element->own + ns_len;
    element->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    copy_attributes(node, lang, element);
    text = g_string_new(NULL);
    last = &element->children;
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            g_string_append(text, (const char *) child->content);
        } else if (child->type == XML_ELEMENT_NODE) {
            *last = copy_element(child, element->lang, depth + 1, count);
            if (*last != NULL)
                last = &(*last)->next;
        }
    }
    element->text = g_strdup(g_strstrip(text->str));
    return element;
}

TwDavElement *
tw_dav_xml_parse(const guint8 *text, gsize len, GError **error)
{
    g_autoptr(TwDavElement) root = NULL;
    Count count = { 0, FALSE };
    xmlDoc *doc;

    if (len > TW_DAV_MAX_XML) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "XML body");
        return NULL;
    }
    doc = has_document_type(text, len)
              ? NULL
              : xmlReadMemory((const char *) text, (int) len, NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc != NULL && doc->intSubset == NULL && doc->extSubset == NULL &&
        xmlDocGetRootElement(doc) != NULL)
        root = copy_element(xmlDocGetRootElement(doc), NULL, 0, &count);
    if (doc != NULL)
        xmlFreeDoc(doc);
    if (count.too_big) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "XML elements");
        return NULL;
    }
    if (root == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no well-formed XML");
    return g_steal_pointer(&root);
}

gboolean
tw_dav_element_is(const TwDavElement *element, const char *ns, const char *name)
{
    return element != NULL && strcmp(element->name, name) == 0 && strcmp(element->ns, ns) == 0;
}

const TwDavElement *
tw_dav_element_child(const TwDavElement *element, const char *ns, const char *name)
{
    if (element == NULL)
        return NULL;
    for (const TwDavElement *child = element->children; child != NULL; child = child->next) {
        if (tw_dav_element_is(child, ns, name))
            return child;
    }
    return NULL;
}

/* ---- writing ---- */

/* Bytes that stand for themselves, up to the first that does not. */
static gsize
plain_len(const char *text, gsize len)
{
    gsize n = 0;

    while (n < len && ((guint8) text[n] >= 0x20 || text[n] == '\n' || text[n] == '\t') &&
           text[n] != '&' && text[n] != '<' && text[n] != '>' && text[n] != '"')
        n++;
    return n;
}

void
tw_dav_put_text_len(GString *out, const char *text, gsize len)
{
    gsize n;

    for (gsize i = 0; i < len; i += n + 1) {
        n = plain_len(text + i, len - i);
        g_string_append_len(out, text + i, (gssize) n);
        if (i + n == len)
            return;
        switch (text[i + n]) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\r':
            g_string_append(out, "&#13;");
            break;
        default:
            g_string_append(out, "\xef\xbf\xbd");
        }
    }
}

void
tw_dav_put_text(GString *out, const char *text)
{
    tw_dav_put_text_len(out, text, strlen(text));
}

void
tw_dav_put_href(GString *out, const char *href)
{
    g_string_append(out, "<D:href>");
    tw_dav_put_text(out, href);
    g_string_append(out, "</D:href>");
}

gboolean
tw_dav_is_name(const char *name)
{
    if (!g_ascii_isalpha(name[0]) && name[0] != '_')
        return FALSE;
    for (const char *p = name; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("_-.", *p) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* Prefixes that the root of each answer declares. */
static const char *
prefix_of(const char *ns)
{
    static const struct {
        const char *ns, *prefix;
    } known[] = { { TW_DAV_NS, "D:" },
                  { TW_DAV_NS_CALDAV, "C:" },
                  { TW_DAV_NS_CARDDAV, "K:" },
                  { TW_DAV_NS_APPLE, "A:" },
                  { TW_DAV_NS_SERVER, "S:" } };

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i].ns, ns) == 0)
            return known[i].prefix;
    }
    return NULL;
}

static void
put_start(GString *out, const char *ns, const char *name)
{
    const char *prefix = prefix_of(ns);

    g_string_append_c(out, '<');
    if (prefix != NULL)
        g_string_append(out, prefix);
    g_string_append(out, name);
    if (prefix == NULL) {
        g_string_append(out, " xmlns=\"");
        tw_dav_put_text(out, ns);
        g_string_append_c(out, '"');
    }
}

void
tw_dav_put_open(GString *out, const char *ns, const char *name)
{
    put_start(out, ns, name);
    g_string_append_c(out, '>');
}

void
tw_dav_put_close(GString *out, const char *ns, const char *name)
{
    const char *prefix = prefix_of(ns);

    g_string_append_printf(out, "</%s%s>", prefix != NULL ? prefix : "", name);
}

void
tw_dav_put_name(GString *out, const char *ns, const char *name)
{
    put_start(out, ns, name);
    g_string_append(out, "/>");
}
