/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * XML of requests and answers. Bodies are read by libxml2, without network, entities or document types, into a small tree;
 * answers are written by hand, each text escaped.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define TW_DAV_NS "DAV:"
#define TW_DAV_NS_CALDAV "urn:ietf:params:xml:ns:caldav"
#define TW_DAV_NS_CARDDAV "urn:ietf:params:xml:ns:carddav"
#define TW_DAV_NS_APPLE "http://apple.com/ns/ical/"
#define TW_DAV_NS_SERVER "http://calendarserver.org/ns/"

/* Prefixes of all that is written: attributes of a root. */
#define TW_DAV_DECLARATIONS                                                                        \
    " xmlns:D=\"" TW_DAV_NS "\" xmlns:C=\"" TW_DAV_NS_CALDAV "\" xmlns:K=\"" TW_DAV_NS_CARDDAV     \
    "\" xmlns:A=\"" TW_DAV_NS_APPLE "\" xmlns:S=\"" TW_DAV_NS_SERVER "\""

enum {
    TW_DAV_MAX_LANG = 64, /* bytes of xml:lang, of which each element below has a copy */
};

typedef struct TwDavElement TwDavElement;
struct TwDavElement {
    const char *ns, *name;  /* "" without a namespace */
    char *text;             /* (owned): what stands in it directly, blanks at its ends taken off */
    GHashTable *attributes; /* (owned): name to value, without namespaces */
    char *lang;             /* (owned) (nullable): xml:lang of it, or of what it stands in */
    TwDavElement *children, *next; /* (owned) (nullable) */
    char *own;                     /* (owned): memory of ns and name */
};

/**
 * tw_dav_xml_parse:
 * @text: (array length=len): a body
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID (no well-formed XML, or a document type), or TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): its root, or NULL
 */
TwDavElement *tw_dav_xml_parse(const guint8 *text, gsize len, GError **error);

/**
 * tw_dav_element_free:
 * @element: (nullable) (transfer full): an element with its children
 */
void tw_dav_element_free(TwDavElement *element);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDavElement, tw_dav_element_free)

/**
 * tw_dav_element_is:
 * @element: (nullable): an element
 * @ns: a namespace
 * @name: a name
 *
 * Returns: whether it is that
 */
gboolean tw_dav_element_is(const TwDavElement *element, const char *ns, const char *name);

/**
 * tw_dav_element_child:
 * @element: (nullable): an element
 * @ns: a namespace
 * @name: a name
 *
 * Returns: (transfer none) (nullable): its first child of that name
 */
const TwDavElement *tw_dav_element_child(const TwDavElement *element,
                                         const char *ns,
                                         const char *name);

/**
 * tw_dav_put_text:
 * @out: takes the text as XML; characters that XML cannot have become U+FFFD
 * @text: UTF-8
 */
void tw_dav_put_text(GString *out, const char *text);

/**
 * tw_dav_put_text_len:
 * @out: as for tw_dav_put_text()
 * @text: (array length=len): UTF-8
 * @len: how many bytes
 */
void tw_dav_put_text_len(GString *out, const char *text, gsize len);

/**
 * tw_dav_put_href:
 * @out: takes an "href"
 * @href: a path, percent-encoded
 */
void tw_dav_put_href(GString *out, const char *href);

/**
 * tw_dav_is_name:
 * @name: a text
 *
 * Returns: whether it can be the name of an element
 */
gboolean tw_dav_is_name(const char *name);

/**
 * tw_dav_put_name:
 * @out: takes an empty element of that name
 * @ns: a namespace, maybe none of ours
 * @name: a name
 */
void tw_dav_put_name(GString *out, const char *ns, const char *name);

/**
 * tw_dav_put_open:
 * @out: takes the start of an element
 * @ns: a namespace
 * @name: a name
 */
void tw_dav_put_open(GString *out, const char *ns, const char *name);

/**
 * tw_dav_put_close:
 * @out: takes the end of an element
 * @ns: as for tw_dav_put_open()
 * @name: likewise
 */
void tw_dav_put_close(GString *out, const char *ns, const char *name);

G_END_DECLS
