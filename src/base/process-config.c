/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/process-config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

enum {
    LOOKUP_MOST = 1 << 20 /* bytes for one passwd or group entry; large groups need many */
};

static const char *const coredump_choices[] = { "no|false|0", "yes|true|1", "systemdefault", NULL };
static const char *const process_models[] = { "thread", "fork", NULL };

static const TwConfigKey keys[] = {
    { .name = "run_as_user",
      .type = TW_CONFIG_STRING,
      .help =
          "Name or number of the user to become once ports are bound. Empty: stay as started." },
    { .name = "run_as_group",
      .type = TW_CONFIG_STRING,
      .help = "Name or number of the group to become once ports are bound. Empty: the group of "
              "run_as_user." },
    { .name = "pid_file",
      .type = TW_CONFIG_PATH,
      .help = "File for the number of the process. Empty: none." },
    { .name = "running_path",
      .type = TW_CONFIG_PATH,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was the working folder of the daemon." },
    { .name = "process_model",
      .type = TW_CONFIG_ENUM,
      .def = "thread",
      .choices = process_models,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was thread or fork. One process with threads serves all connections." },
    { .name = "max_connections",
      .type = TW_CONFIG_INT,
      .def = "100000",
      .min = 1,
      .max = 10000000,
      .help = "Most open connections of all clients together. Who comes when there are so many is "
              "turned away." },
    { .name = "max_connections_per_peer",
      .type = TW_CONFIG_INT,
      .def = "10000",
      .min = 1,
      .max = 10000000,
      .help = "Most open connections of one IPv4 address or IPv6 network (/64)." },
    { .name = "coredump_enabled",
      .type = TW_CONFIG_ENUM,
      .def = "systemdefault",
      .choices = coredump_choices,
      .help = "Whether a crash leaves a core file: no, yes, or as the system is set up. A core "
              "file may hold "
              "passwords and mail." },
    { .name = "allocator_library",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_OBSOLETE,
      .help = "Was a memory allocator to load." },
};

const TwConfigTable tw_process_config_table = {
    .title = "Process",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

void
tw_process_identity_clear(TwProcessIdentity *identity)
{
    g_clear_pointer(&identity->user_name, g_free);
}

/* Runs a lookup with growing memory. Fills *ret_found; returns FALSE on failure. */
static gboolean
look_up_user(
    const char *name, gboolean by_number, uid_t uid, TwProcessIdentity *ret, GError **error)
{
    struct passwd entry;
    struct passwd *found = NULL;

    for (gsize size = 4096; size <= LOOKUP_MOST; size *= 2) {
        g_autofree char *memory = g_malloc(size);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
        int problem = by_number ? getpwuid_r(uid, &entry, memory, size, &found)
                                : getpwnam_r(name, &entry, memory, size, &found);

        if (problem == ERANGE)
            continue;
        if (problem != 0)
            return tw_error_from_errno(error, problem, name);
        if (found != NULL) {
            ret->uid = entry.pw_uid;
            ret->gid = entry.pw_gid;
            ret->user_name = g_strdup(entry.pw_name);
            return TRUE;
        }
        break;
    }
    if (by_number) { /* a number needs no entry */
        ret->uid = uid;
        return TRUE;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "run_as_user: no user %s", name);
    return FALSE;
}

static gboolean
look_up_group(const char *name, gid_t *ret, GError **error)
{
    struct group entry;
    struct group *found = NULL;

    for (gsize size = 4096; size <= LOOKUP_MOST; size *= 2) {
        g_autofree char *memory = g_malloc(size);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
        int problem = getgrnam_r(name, &entry, memory, size, &found);

        if (problem == ERANGE)
            continue;
        if (problem != 0)
            return tw_error_from_errno(error, problem, name);
        if (found != NULL) {
            *ret = entry.gr_gid;
            return TRUE;
        }
        break;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "run_as_group: no group %s", name);
    return FALSE;
}

gboolean
tw_process_identity_from_config(const TwConfig *config, TwProcessIdentity *ret, GError **error)
{
    const char *user = tw_config_get_string(config, "run_as_user");
    const char *group = tw_config_get_string(config, "run_as_group");
    g_auto(TwProcessIdentity) identity = { .uid = (uid_t) -1, .gid = (gid_t) -1 };
    guint32 number = 0;
    gboolean by_number;

    if (*user != '\0') {
        by_number = tw_parse_u32(user, strlen(user), G_MAXUINT32 - 1, &number);
        if (!look_up_user(user, by_number, number, &identity, error))
            return FALSE;
    }
    if (*group != '\0' && tw_parse_u32(group, strlen(group), G_MAXUINT32 - 1, &number))
        identity.gid = number;
    else if (*group != '\0' && !look_up_group(group, &identity.gid, error))
        return FALSE;
    *ret = identity;
    identity.user_name = NULL;
    return TRUE;
}
