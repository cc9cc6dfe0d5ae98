/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lines of an item's text that are about sending: functions of their input. */
#include "dav/schedule.h"

#include <string.h>

#include "base/hash.h"

char *
tw_dav_bare_address(const char *uri)
{
    static const char scheme[] = "mailto:";
    g_autofree char *address = NULL;

    if (g_ascii_strncasecmp(uri, scheme, strlen(scheme)) != 0)
        return NULL;
    address = g_uri_unescape_string(uri + strlen(scheme), NULL);
    return address != NULL && *address != '\0' ? g_ascii_strdown(address, -1) : NULL;
}

static TwContentTree *
parse(GBytes *text)
{
    return tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
}

/* ---- agents ---- */

static GHashTable *
address_set(void)
{
    return g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
}

static void
read_attendee(const TwContentLine *line, TwDavAgents *agents)
{
    char *address = tw_dav_bare_address(line->value);
    const char *agent = tw_lines_param(line, "SCHEDULE-AGENT");
    const char *force = tw_lines_param(line, "SCHEDULE-FORCE-SEND");

    if (address == NULL)
        return;
    if (force != NULL && g_ascii_strcasecmp(force, "REQUEST") == 0)
        g_hash_table_add(agents->forced, g_strdup(address));
    if (agent != NULL && g_ascii_strcasecmp(agent, "SERVER") != 0)
        g_hash_table_add(agents->others, address);
    else
        g_free(address);
}

static void
read_organiser(const TwContentLine *line, TwDavAgents *agents)
{
    const char *agent = tw_lines_param(line, "SCHEDULE-AGENT");
    const char *force = tw_lines_param(line, "SCHEDULE-FORCE-SEND");

    agents->organiser_is_other |= agent != NULL && g_ascii_strcasecmp(agent, "SERVER") != 0;
    agents->reply_forced |= force != NULL && g_ascii_strcasecmp(force, "REPLY") == 0;
}

void
tw_dav_agents_read(GBytes *text, TwDavAgents *ret)
{
    g_autoptr(TwContentTree) tree = text != NULL ? parse(text) : NULL;
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;

    *ret = (TwDavAgents){ .others = address_set(), .forced = address_set() };
    for (const TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = node->next) {
        for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
            if (strcmp(line->name, "ATTENDEE") == 0)
                read_attendee(line, ret);
            else if (strcmp(line->name, "ORGANIZER") == 0)
                read_organiser(line, ret);
        }
    }
}

void
tw_dav_agents_clear(TwDavAgents *agents)
{
    g_clear_pointer(&agents->others, g_hash_table_unref);
    g_clear_pointer(&agents->forced, g_hash_table_unref);
}

/* ---- status ---- */

static gboolean
is_dropped(const char *param, gsize len, gboolean status)
{
    static const char force[] = "SCHEDULE-FORCE-SEND=", state[] = "SCHEDULE-STATUS=";

    return (len >= strlen(force) && g_ascii_strncasecmp(param, force, strlen(force)) == 0) ||
           (status && len >= strlen(state) &&
            g_ascii_strncasecmp(param, state, strlen(state)) == 0);
}

/* One parameter of a line, or its name, up to ";" or ":" outside of quotes. */
static gsize
part_len(const char *text)
{
    gboolean quoted = FALSE;
    gsize len = 0;

    for (; text[len] != '\0' && (quoted || (text[len] != ';' && text[len] != ':')); len++)
        quoted ^= text[len] == '"';
    return len;
}

/* The line without what a server takes out, and with @status; NULL: it is the same. */
static char *
change_line(const char *raw, const char *status)
{
    gsize len = part_len(raw);
    GString *out = g_string_new_len(raw, (gssize) len);
    gboolean changed = status != NULL;

    while (raw[len] == ';') {
        const char *param = raw + len + 1;
        gsize param_len = part_len(param);
        if (is_dropped(param, param_len, status != NULL))
            changed = TRUE;
        else
            g_string_append_len(out, param - 1, (gssize) param_len + 1);
        len += param_len + 1;
    }
    if (status != NULL)
        tw_lines_put_param(out, "SCHEDULE-STATUS", status);
    g_string_append(out, raw + len);
    return g_string_free(out, !changed);
}

/* Lines that were made are kept by @made. */
static gboolean
change_lines(TwContentNode *node,
             const char *property,
             GHashTable *told,
             GHashTable *otherwise,
             GPtrArray *made)
{
    gboolean changed = FALSE;

    for (TwContentLine *line = node->lines; line != NULL; line = line->next) {
        g_autofree char *address = NULL;
        const char *status = NULL;
        char *raw;
        if (strcmp(line->name, "ATTENDEE") != 0 && strcmp(line->name, "ORGANIZER") != 0)
            continue;
        address = tw_dav_bare_address(line->value);
        if (address != NULL && strcmp(line->name, property) == 0)
            status = g_hash_table_lookup(told, address);
        if (address != NULL && strcmp(line->name, property) == 0 && status == NULL &&
            otherwise != NULL && tw_lines_param(line, "SCHEDULE-STATUS") == NULL)
            status = g_hash_table_lookup(otherwise, address);
        raw = change_line(line->raw, status);
        if (raw == NULL)
            continue;
        g_ptr_array_add(made, raw);
        line->raw = raw;
        line->raw_len = strlen(raw);
        line->stood = NULL;
        changed = TRUE;
    }
    return changed;
}

GBytes *
tw_dav_text_with_status(GBytes *text, const char *property, GHashTable *told, GHashTable *otherwise)
{
    g_autoptr(TwContentTree) tree = parse(text);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    g_auto(TwBuffer) out = TW_BUFFER_INIT((gsize) 2 * TW_DAV_MAX_ITEM);
    gboolean changed = FALSE;

    for (TwContentNode *calendar = tree != NULL ? tree->root->children : NULL; calendar != NULL;
         calendar = calendar->next) {
        for (TwContentNode *node = calendar->children; node != NULL; node = node->next)
            changed |= change_lines(node, property, told, otherwise, made);
    }
    if (!changed)
        return NULL;
    tw_lines_write(tree->root, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

/* ---- the organiser ---- */

gboolean
tw_dav_text_one_organiser(GBytes *text, char **ret)
{
    g_autoptr(TwContentTree) tree = text != NULL ? parse(text) : NULL;
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const char *first = NULL;

    for (const TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = node->next) {
        const TwContentLine *line = tw_lines_find(node, "ORGANIZER");

        if (line == NULL)
            continue;
        if (first == NULL)
            first = line->value;
        if (g_ascii_strcasecmp(first, line->value) != 0)
            return FALSE;
    }
    if (ret != NULL)
        *ret = first != NULL ? tw_dav_bare_address(first) : NULL;
    return TRUE;
}

/* ---- the tag ---- */

static gboolean
is_stamp(const char *name)
{
    static const char *const stamps[] = { "DTSTAMP", "LAST-MODIFIED", "CREATED", NULL };

    return g_strv_contains(stamps, name);
}

static void
add_line(TwSha256 *sum, const TwContentLine *line, const char *self)
{
    g_autofree char *address = NULL;

    if (is_stamp(line->name))
        return;
    if (strcmp(line->name, "ATTENDEE") == 0) {
        address = tw_dav_bare_address(line->value);
        if (address == NULL || self == NULL || g_ascii_strcasecmp(address, self) != 0) {
            tw_sha256_update(sum, line->value, line->value_len);
            return;
        }
    }
    tw_sha256_update(sum, line->raw, line->raw_len);
}

static gboolean
is_meeting(const TwContentNode *node)
{
    return tw_lines_find(node, "ORGANIZER") != NULL && tw_lines_find(node, "ATTENDEE") != NULL;
}

char *
tw_dav_text_schedule_tag(GBytes *text, const char *self)
{
    g_autoptr(TwContentTree) tree = parse(text);
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    guint8 digest[TW_SHA256_LEN];
    gboolean meeting = FALSE;
    guint64 half;
    TwSha256 sum;

    tw_sha256_init(&sum);
    for (const TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = node->next) {
        meeting |= is_meeting(node);
        for (const TwContentLine *line = node->lines; line != NULL; line = line->next)
            add_line(&sum, line, self);
        for (const TwContentNode *child = node->children; child != NULL; child = child->next) {
            for (const TwContentLine *line = child->lines; line != NULL; line = line->next)
                add_line(&sum, line, self);
        }
    }
    tw_sha256_finish(&sum, digest);
    memcpy(&half, digest, sizeof half);
    return meeting ? g_strdup_printf("\"%016" G_GINT64_MODIFIER "x\"", GUINT64_FROM_BE(half))
                   : NULL;
}
