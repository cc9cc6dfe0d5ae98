/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entry ids: the opaque names of stores, folders, messages and people. What comes from outside is parsed into a TwEntryId
 * of one kind; later floors do not look at the bytes again.
 *
 * Objects of a store (spec/mapi-soap.md 5.2); integers are little-endian:
 *
 * | offset | size | version 1                                    | version 0          |
 * |--------|------|----------------------------------------------|--------------------|
 * | 0      | 4    | flags, 0; byte 3 = 1: seen through favourites | same               |
 * | 4      | 16   | store GUID                                   | same               |
 * | 20     | 4    | 1                                            | 0                  |
 * | 24     | 2    | 1 store, 3 folder, 5 message, 7 attachment   | same               |
 * | 26     | 2    | flags; 0x10: open here, do not redirect      | same               |
 * | 28     |      | 16: GUID of the object                       | 4: object number   |
 * | 44, 32 | 4    | 0; in clients a server's URL with its NUL    | same               |
 *
 * Sources: spec/mapi-soap.md 5, spec/mailbox-layout.md 3.1, MS-OXCDATA 2.2.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "base/guid.h"

G_BEGIN_DECLS

/* Longer ids are refused. They are keys of tables and are held by the thousand in lists. */
enum {
    TW_ENTRYID_MAX_LEN = 4096,     /* a whole entry id */
    TW_ENTRYID_MAX_TEXT = 1024,    /* bytes of one name or address in it */
    TW_ENTRYID_MAX_EXTERNAL = 512, /* bytes of a directory's own id, decoded */
    TW_ENTRYID_MAX_SERVER = 255    /* bytes of a server's URL */
};

/* Providers, spec/mapi-soap.md 5.7 and spec/mailbox-layout.md 2.2. Each row: name, GUID as printed. */
#define TW_PROVIDER_LIST(X)                                                                        \
    X(PRIVATE_STORE, 0x3c253dcau, 0xd227, 0x443c, 0x94, 0xfe, 0x42, 0x5f, 0xab, 0x95, 0x8c, 0x19)  \
    X(PUBLIC_STORE, 0xd47f4a09u, 0xd3bd, 0x493c, 0xb2, 0xfc, 0x3c, 0x90, 0xbb, 0xcb, 0x48, 0xd4)   \
    X(DELEGATE_STORE, 0x7c7c1085u, 0xbc6d, 0x4e53, 0x9d, 0xab, 0x8a, 0x53, 0xf8, 0xde, 0xf8, 0x08) \
    X(ARCHIVE_STORE, 0xbc8953adu, 0x2e3f, 0x4172, 0x94, 0x04, 0x89, 0x6f, 0xf4, 0x59, 0x87, 0x0f)  \
    X(SERVICE_BOOK, 0x5abae40eu, 0x1df7, 0x4f3d, 0x96, 0x4d, 0x65, 0x8a, 0x79, 0x92, 0x4e, 0x9d)   \
    X(BOOK, 0x50a921acu, 0xd340, 0x48ee, 0xb3, 0x19, 0xfb, 0xa7, 0x53, 0x30, 0x44, 0x25)           \
    X(STORE_WRAP, 0x10bba138u, 0xe505, 0x1a10, 0xa1, 0xbb, 0x08, 0x00, 0x2b, 0x2a, 0x56, 0xc2)     \
    X(ONE_OFF, 0xa41f2b81u, 0xa3be, 0x1910, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02)        \
    X(EXCHANGE_BOOK, 0xc840a7dcu, 0x42c0, 0x1a10, 0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1, 0x82)  \
    X(CONTACT, 0x0aaa42feu, 0xc718, 0x101a, 0xe8, 0x85, 0x0b, 0x65, 0x1c, 0x24, 0x00, 0x00)        \
    X(CONTACT_FOLDER, 0x30047f72u, 0x92e3, 0xda4f, 0xb8, 0x6a, 0xe5, 0x2a, 0x7f, 0xe4, 0x65, 0x71) \
    X(INSTANCE, 0x54ed7679u, 0xd2d0, 0xdd11, 0x97, 0x05, 0xbe, 0x50, 0x55, 0xd8, 0x95, 0x93)

/* TW_PROVIDER_BOOK and so on. Not part of any format. */
typedef enum {
#define TW_PROVIDER_ENUM_ROW(name, a, b, c, ...) TW_PROVIDER_##name,
    TW_PROVIDER_LIST(TW_PROVIDER_ENUM_ROW)
#undef TW_PROVIDER_ENUM_ROW
} TwProvider;

/**
 * tw_provider_guid:
 * @provider: a provider of the list
 *
 * Returns: (transfer none): its GUID, a constant
 */
const TwGuid *tw_provider_guid(TwProvider provider);

typedef enum {
    TW_OBJECT_ID_STORE = 1,
    TW_OBJECT_ID_FOLDER = 3,
    TW_OBJECT_ID_MESSAGE = 5,
    TW_OBJECT_ID_ATTACHMENT = 7
} TwObjectType; /* as in PR_OBJECT_TYPE and in entry ids */

enum {
    TW_OBJECT_ID_OPEN_HERE = 0x10, /* of TwObjectId.flags: do not redirect to another server */
    TW_OBJECT_ID_LEN = 48,         /* version 1 */
    TW_OBJECT_ID_LEN_V0 = 36
};

/* A store, folder or message of a store. */
typedef struct {
    TwGuid store;
    TwObjectType type;
    guint16 flags;  /* TW_OBJECT_ID_OPEN_HERE and bits not known; no part of the identity */
    guint8 version; /* 1, or 0 for the ids of before 6.x */
    gboolean from_favorites; /* client side only; no part of the identity */
    TwGuid unique;           /* version 1: the object; all zero in version 0 */
    guint32 number;          /* version 0: the object; 0 in version 1 */
} TwObjectId;

/**
 * tw_object_id_parse:
 * @data: (array length=len): an entry id: bare, with a server's URL behind it, or wrapped for applications
 * @len: how many bytes
 * @ret_id: (out): the id
 * @error: on failure TW_ERROR_INVALID
 *
 * Reads the id of a store, folder, message or attachment and takes off what clients put around it: the wrapper of
 * spec/mapi-soap.md 5.3, and the server's URL, which is checked and dropped.
 *
 * Returns: FALSE, and @ret_id untouched, on failure
 */
gboolean tw_object_id_parse(const guint8 *data, gsize len, TwObjectId *ret_id, GError **error);

/**
 * tw_object_id_write:
 * @id: an id
 * @out: (array fixed-size=48): where to put the bare form
 *
 * Returns: its length, 48 or 36
 */
gsize tw_object_id_write(const TwObjectId *id, guint8 out[TW_OBJECT_ID_LEN]);

/**
 * tw_object_id_equal:
 * @a: an id
 * @b: another
 *
 * Flags do not count. Two ids of a store are the same by the store's GUID, whatever their version; of other objects the
 * number in version 0 and the GUID in version 1 say nothing of each other: only the store that had the object in both
 * times knows.
 *
 * Returns: whether they name the same object
 */
gboolean tw_object_id_equal(const TwObjectId *a, const TwObjectId *b);

/**
 * tw_object_id_wrap:
 * @id: the id of a store
 * @server: the server's URL, such as "pseudo://node1"; at most %TW_ENTRYID_MAX_SERVER bytes
 * @out: gets the id as applications see it: wrapper, id, URL with its NUL
 */
void tw_object_id_wrap(const TwObjectId *id, const char *server, TwBuffer *out);

/* An entry of the address book, spec/mapi-soap.md 5.4. */
typedef enum {
    TW_BOOK_CONTAINER = 4,
    TW_BOOK_USER = 6,
    TW_BOOK_LIST = 8
} TwBookType; /* as in PR_OBJECT_TYPE */

typedef struct {
    TwBookType type;
    guint32 number; /* on the server that made the id: a hint where there is an external id */
    GBytes
        *external; /* (owned) (nullable) what the directory knows the object by; version 1 if set */
} TwBookId;

/* Numbers of what every server has. */
enum {
    TW_BOOK_NUMBER_EVERYONE = 1, /* a list */
    TW_BOOK_NUMBER_SYSTEM = 2,   /* a user */
    TW_BOOK_NUMBER_ROOT = 0,     /* a container, and the next two */
    TW_BOOK_NUMBER_GLOBAL = 1,
    TW_BOOK_NUMBER_ALL_LISTS = 2
};

/**
 * tw_book_id_write:
 * @id: an id
 * @out: gets its bytes: version 1 with an external id, else version 0
 */
void tw_book_id_write(const TwBookId *id, TwBuffer *out);

/**
 * tw_book_id_equal:
 * @a: an id
 * @b: another
 *
 * Compares by external id where both have one, else by number.
 *
 * Returns: whether they name the same entry
 */
gboolean tw_book_id_equal(const TwBookId *a, const TwBookId *b);

/* A recipient that is in no address book, MS-OXCDATA 2.2.5.1. */
enum {
    TW_ONE_OFF_NO_RICH_TEXT = 0x0001,
    TW_ONE_OFF_NO_LOOKUP = 0x1000,
    TW_ONE_OFF_UNICODE = 0x8000 /* set by the writer: it always writes Unicode */
};

typedef struct {
    guint16 flags;
    char *name;         /* (owned) UTF-8 */
    char *address_type; /* (owned) UTF-8, such as "SMTP" */
    char *address;      /* (owned) UTF-8 */
} TwOneOff;

/**
 * tw_one_off_write:
 * @one_off: a recipient
 * @out: gets the entry id, with Unicode strings
 */
void tw_one_off_write(const TwOneOff *one_off, TwBuffer *out);

/* An object of an Exchange store, MS-OXCDATA 2.2.4: only met in mail from elsewhere. */
typedef struct {
    TwGuid provider;
    guint16 type; /* 1 private folder, 3 public folder, 7 private message, 9 public message */
    TwGuid folder_replica;
    guint8 folder_counter[6];
    TwGuid message_replica; /* zero for a folder */
    guint8 message_counter[6];
} TwExchangeId;

/* An entry of an Exchange address book, MS-OXCDATA 2.2.5.2. */
typedef struct {
    guint32 display_type;
    char *dn; /* (owned) ASCII or UTF-8 */
} TwExchangeBookId;

/* An address of a contact, or a personal distribution list, MS-OXOCNTC. */
typedef struct {
    guint32 type;    /* 4 contact, 5 distribution list */
    guint32 index;   /* 0-2 e-mail, 3-5 fax, 255 list */
    GBytes *message; /* (owned) entry id of the contact */
} TwContactId;

/* An entry of the address book that stands for a contact or its folder (Zarafa, Kopano). */
typedef struct {
    guint32 type;   /* PR_OBJECT_TYPE of what it wraps */
    guint32 offset; /* number of the folder, or slot of the address, 0-5 */
    GBytes *inner;  /* (owned) entry id of the contact or folder */
} TwContactFolderId;

/* Attachment data or raw mail that a server has already, spec/mapi-soap.md 5.5. */
typedef struct {
    guint32 property; /* 0x3701 attachment data, 0x678c raw mail */
    guint32 number;
    TwGuid server;
} TwInstanceId;

enum {
    TW_INSTANCE_ID_LEN = 52
};

/**
 * tw_instance_id_parse:
 * @data: (array length=len): a single-instance id
 * @len: how many bytes
 * @ret_id: (out): the id
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: FALSE, and @ret_id untouched, on failure
 */
gboolean tw_instance_id_parse(const guint8 *data, gsize len, TwInstanceId *ret_id, GError **error);

/**
 * tw_instance_id_write:
 * @id: an id
 * @out: (array fixed-size=52): where to put it
 */
void tw_instance_id_write(const TwInstanceId *id, guint8 out[TW_INSTANCE_ID_LEN]);

typedef enum {
    TW_ENTRYID_OBJECT,
    TW_ENTRYID_BOOK,
    TW_ENTRYID_ONE_OFF,
    TW_ENTRYID_EXCHANGE,
    TW_ENTRYID_EXCHANGE_BOOK,
    TW_ENTRYID_CONTACT,
    TW_ENTRYID_CONTACT_FOLDER
} TwEntryIdKind;

typedef struct {
    TwEntryIdKind kind;
    union {
        TwObjectId object;
        TwBookId book;
        TwOneOff one_off;
        TwExchangeId exchange;
        TwExchangeBookId exchange_book;
        TwContactId contact;
        TwContactFolderId contact_folder;
    };
} TwEntryId;

/**
 * tw_entryid_parse:
 * @data: (array length=len): any entry id
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID for what no provider made, or TW_ERROR_TOO_BIG
 *
 * Finds out whose entry id it is and reads it. 8-bit strings of one-off ids that are not UTF-8 are taken as
 * windows-1252.
 *
 * Returns: (transfer full): the id, or NULL
 */
TwEntryId *tw_entryid_parse(const guint8 *data, gsize len, GError **error);

/**
 * tw_entryid_write:
 * @id: an id
 * @out: gets its bytes
 *
 * What tw_entryid_parse() gave is written in one canonical form; for objects of a store that is the bare one.
 */
void tw_entryid_write(const TwEntryId *id, TwBuffer *out);

/**
 * tw_entryid_equal:
 * @a: an id
 * @b: another
 *
 * Whether they name the same thing, by each kind's own rule. One-off ids are the same when type and address are,
 * without regard to case; the display name does not count.
 *
 * Returns: whether they are equal
 */
gboolean tw_entryid_equal(const TwEntryId *a, const TwEntryId *b);

/**
 * tw_entryid_same:
 * @a: (array length=a_len): bytes of an entry id
 * @a_len: how many
 * @b: (array length=b_len): bytes of another
 * @b_len: how many
 *
 * As tw_entryid_equal(), for ids as they stand in properties: a wrapped one and a bare one may be the same. Bytes that are
 * no entry id are the same as equal bytes only.
 *
 * Returns: whether they name the same thing
 */
gboolean tw_entryid_same(const guint8 *a, gsize a_len, const guint8 *b, gsize b_len);

/**
 * tw_entryid_to_string:
 * @id: an id
 *
 * For logs: kind and identity; never a person's name or address.
 *
 * Returns: (transfer full): such as "message 1b4e28ba-... in 6fa459ea-..."
 */
char *tw_entryid_to_string(const TwEntryId *id);

/**
 * tw_entryid_free:
 * @id: (nullable) (transfer full): an id of tw_entryid_parse()
 */
void tw_entryid_free(TwEntryId *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwEntryId, tw_entryid_free)

G_END_DECLS
