/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a directory is made of: users, groups, companies, address lists. An object is immutable once made and may be
 * read by any thread that holds a reference.
 */
#pragma once

#include <glib.h>

#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_DIRECTORY_MOST_NAME = 255, /* bytes of a name; names are keys of indexes */
    TW_DIRECTORY_MOST_TEXT = 255, /* of a full name, a server's name, a description */
    TW_DIRECTORY_MOST_MAIL = 320, /* of an address: 64 + 1 + 255, RFC 5321, 4.5.3.1 */
    TW_DIRECTORY_MOST_ID = 255,   /* of an external id */
    TW_DIRECTORY_MOST_ALIASES = 256,
    TW_DIRECTORY_MOST_FEATURES = 32,
    TW_DIRECTORY_MOST_DETAILS = 65536, /* bytes of a property bag: all of them are in memory */
    TW_DIRECTORY_MOST_PHOTO = 1 << 20,
    TW_DIRECTORY_MOST_LINKS = 100000, /* relations of one object: a group of everybody */
};

/* Classes, spec/config-and-cli.md 4.1: the upper half is the type, the lower the kind within it. */
typedef enum {
    TW_DIRECTORY_USER = 0x10001,
    TW_DIRECTORY_NONACTIVE_USER = 0x10002, /* a shared store: cannot log in */
    TW_DIRECTORY_ROOM = 0x10003,
    TW_DIRECTORY_EQUIPMENT = 0x10004,
    TW_DIRECTORY_CONTACT = 0x10005, /* no store */
    TW_DIRECTORY_GROUP = 0x30001,
    TW_DIRECTORY_SECURITY_GROUP = 0x30002,
    TW_DIRECTORY_DYNAMIC_GROUP =
        0x30003, /* members come from the plugin, not from relations set here */
    TW_DIRECTORY_COMPANY = 0x40001,
    TW_DIRECTORY_ADDRESS_LIST = 0x40002,
} TwDirectoryKind;

/* The type of a kind. Names are unique within a company and type. */
typedef enum {
    TW_DIRECTORY_USERS = 1,
    TW_DIRECTORY_GROUPS = 3,
    TW_DIRECTORY_CONTAINERS = 4,
} TwDirectoryType;

/* Numbers of what is always there. Ordinary objects have greater ones. */
enum {
    TW_DIRECTORY_NO_COMPANY = 0, /* the default company, which has no object */
    TW_DIRECTORY_EVERYONE = 1,
    TW_DIRECTORY_SYSTEM = 2,
    TW_DIRECTORY_FIRST_NUMBER = 3,
};

/* Whom a search by name is about: the only one of that name, wherever it is. */
#define TW_DIRECTORY_ANY_COMPANY (G_MAXUINT32 - 1)

typedef enum {
    TW_DIRECTORY_NO_ADMIN = 0,
    TW_DIRECTORY_COMPANY_ADMIN = 1, /* of the own company */
    TW_DIRECTORY_SYSTEM_ADMIN = 2,  /* of all */
} TwDirectoryAdmin;

/* From one object to another; the first holds the list, in which no object stands twice. */
typedef enum {
    TW_DIRECTORY_MEMBER = 1,               /* group -> user or group */
    TW_DIRECTORY_VIEW = 2,                 /* company -> a company that may see it */
    TW_DIRECTORY_ADMIN = 3,                /* company -> a user of another one who administers it */
    TW_DIRECTORY_USER_QUOTA_RECIPIENT = 4, /* company -> user */
    TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT = 5, /* company -> user */
    TW_DIRECTORY_SEND_AS = 6, /* user or group -> a user or group that may send as it */
    TW_DIRECTORY_LISTED = 7,  /* address list -> user or group */
} TwDirectoryRelation;

typedef struct {
    TwDirectoryRelation relation;
    guint32 number; /* what it leads to */
} TwDirectoryLink;

typedef struct {
    gboolean own;             /* FALSE: the default of the company or server holds instead */
    guint64 warn, soft, hard; /* bytes; 0: none */
} TwDirectoryQuota;

/* What a room or a piece of equipment does with a meeting request. */
typedef enum {
    TW_DIRECTORY_ACCEPT = 1u << 0,
    TW_DIRECTORY_DECLINE_CONFLICT = 1u << 1,  /* needs ACCEPT */
    TW_DIRECTORY_DECLINE_RECURRING = 1u << 2, /* needs ACCEPT */
    TW_DIRECTORY_PROCESS = 1u << 3,           /* put requests into the calendar without an answer */
    TW_DIRECTORY_MEETING_FLAGS = (1u << 4) - 1,
    TW_DIRECTORY_MEETING_DEFAULT = TW_DIRECTORY_PROCESS, /* of new users */
} TwDirectoryMeetingFlags;

/* Which members of a TwDirectoryObject a change sets. */
typedef enum {
    TW_DIRECTORY_SET_KIND = 1u << 0, /* within its type */
    TW_DIRECTORY_SET_NAME = 1u << 1,
    TW_DIRECTORY_SET_FULL_NAME = 1u << 2,
    TW_DIRECTORY_SET_MAIL = 1u << 3,
    TW_DIRECTORY_SET_ALIASES = 1u << 4,
    TW_DIRECTORY_SET_ADMIN = 1u << 5,
    TW_DIRECTORY_SET_HIDDEN = 1u << 6,
    TW_DIRECTORY_SET_QUOTA = 1u << 7,
    TW_DIRECTORY_SET_USER_QUOTA = 1u << 8,
    TW_DIRECTORY_SET_FEATURES = 1u << 9, /* both lists */
    TW_DIRECTORY_SET_MEETING = 1u << 10, /* flags, capacity and description */
    TW_DIRECTORY_SET_HOME_SERVER = 1u << 11,
    TW_DIRECTORY_SET_SYSTEM_CONTACT = 1u << 12,
    TW_DIRECTORY_SET_DETAILS = 1u << 13,
    TW_DIRECTORY_SET_ALL = (1u << 14) - 1,
} TwDirectoryFields;

typedef struct {
    guint32 number;  /* on this server */
    guint32 company; /* number of its company; %TW_DIRECTORY_NO_COMPANY for companies too */
    TwDirectoryKind kind;
    GBytes *id;                   /* external id: unique, never reused; NULL when setting values */
    const char *name;             /* login name of users */
    const char *full_name, *mail; /* "" for none, like all text here */
    const char *const
        *aliases; /* more addresses; NULL-terminated, or NULL for none, like all lists */
    TwDirectoryAdmin admin;
    gboolean hidden;             /* not in listings; found by its exact address only */
    TwDirectoryQuota quota;      /* of a user, or of a company's public store */
    TwDirectoryQuota user_quota; /* a company's default for its users */
    const char *const *features_on,
        *const *features_off; /* "imap", ...; what is in neither follows the server */
    TwDirectoryMeetingFlags meeting;
    guint32 capacity;        /* of a room, or how many of a piece of equipment */
    const char *description; /* of a room */
    const char *home_server; /* where the store is, when there are several */
    guint32 system_contact;  /* company: whom to ask; grants nothing. 0: SYSTEM */
    GBytes *details;         /* (nullable): phones, postal data ...: a bag of mapi/props.h */
    gboolean has_photo;
    guint64 password_generation;  /* differs after each change of the password; 0: has none here */
    guint64 cn;                   /* the directory's change number when this was last changed */
    const TwDirectoryLink *links; /* by relation, then number */
    gsize link_count;
} TwDirectoryObject;

/**
 * tw_directory_object_new:
 * @values: what it shall say; all of it is copied, links are sorted, NULL texts become ""
 *
 * Returns: (transfer full): the object
 */
TwDirectoryObject *tw_directory_object_new(const TwDirectoryObject *values);

/**
 * tw_directory_object_ref:
 * @object: an object made by tw_directory_object_new()
 *
 * Returns: (transfer full): the same one
 */
TwDirectoryObject *tw_directory_object_ref(TwDirectoryObject *object);

/**
 * tw_directory_object_unref:
 * @object: (nullable): an object made by tw_directory_object_new()
 */
void tw_directory_object_unref(TwDirectoryObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectoryObject, tw_directory_object_unref)

/**
 * tw_directory_type:
 * @kind: a kind
 *
 * Returns: its type
 */
static inline TwDirectoryType
tw_directory_type(TwDirectoryKind kind)
{
    return (TwDirectoryType) ((guint) kind >> 16);
}

/**
 * tw_directory_has_store:
 * @object: an object
 *
 * Returns: whether it is a user of a kind that owns a store
 */
gboolean tw_directory_has_store(const TwDirectoryObject *object);

/**
 * tw_directory_links:
 * @object: an object
 * @relation: which list
 * @ret_count: (out): how many
 *
 * Returns: (transfer none): the first of that list, sorted by number; borrowed from @object
 */
const TwDirectoryLink *tw_directory_links(const TwDirectoryObject *object,
                                          TwDirectoryRelation relation,
                                          gsize *ret_count);

/**
 * tw_directory_object_check:
 * @values: an object somebody wants to be there
 * @fields: which of its members count
 * @error: TW_ERROR_INVALID: not UTF-8, a control character, a blank at an end, an unknown kind or flag, a reserved name,
 *   a broken bag; TW_ERROR_TOO_BIG: a limit above
 *
 * Returns: TRUE if each value may stand in a directory
 */
gboolean tw_directory_object_check(const TwDirectoryObject *values,
                                   TwDirectoryFields fields,
                                   GError **error);

/**
 * tw_directory_relation_fits:
 * @relation: any number
 * @from: kind of the object that holds the list
 * @to: kind of what shall stand in it
 *
 * Returns: whether the table of relations allows it
 */
gboolean tw_directory_relation_fits(TwDirectoryRelation relation,
                                    TwDirectoryKind from,
                                    TwDirectoryKind to);

G_END_DECLS
