/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Global object ids: the name of a meeting in each calendar that has it, and the UID of iCalendar in it.
 *
 * | offset | size | meaning                                                                            |
 * |--------|------|------------------------------------------------------------------------------------|
 * | 0      | 16   | 04 00 00 00 82 00 E0 00 74 C5 B7 10 1A 82 E0 08                                    |
 * | 16     | 4    | original date of an exception: year, big-endian, month, day; zero in the clean id  |
 * | 20     | 8    | creation time                                                                      |
 * | 28     | 8    | zero                                                                               |
 * | 36     | 4    | length of data, little-endian                                                      |
 * | 40     | n    | data: own bytes, or "vCal-Uid", 01 00 00 00, a foreign UID and 00                  |
 *
 * Source: spec/mailbox-layout.md 16.4; MS-OXOCAL 2.2.1.27.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_GLOBAL_ID_MAX_UID =
        2048, /* bytes of a UID; it travels in each meeting message and is a key */
    TW_GLOBAL_ID_HEADER = 40,
};

/**
 * tw_global_id_from_uid:
 * @uid: a UID of iCalendar, UTF-8, at most %TW_GLOBAL_ID_MAX_UID bytes; a longer one is cut
 * @day: the day number (mapi/civil.h) of an exception's original date, or -1
 *
 * A UID that is the hexadecimal form of an id gives this id; any other one is kept as data.
 *
 * Returns: (transfer full): the id, with the date of the exception; the clean id for -1
 */
GBytes *tw_global_id_from_uid(const char *uid, gint64 day);

/**
 * tw_global_id_to_uid:
 * @data: (array length=len): an id
 * @len: how many bytes
 *
 * The UID: what is kept in the data, or the clean id in hexadecimal capitals.
 *
 * Returns: (transfer full) (nullable): NULL for what is no id
 */
char *tw_global_id_to_uid(const guint8 *data, gsize len);

/**
 * tw_global_id_get_day:
 * @data: (array length=len): an id
 * @len: how many bytes
 *
 * Returns: the day number of the exception's original date, or -1
 */
gint64 tw_global_id_get_day(const guint8 *data, gsize len);

/**
 * tw_global_id_clean:
 * @data: (array length=len): an id
 * @len: how many bytes
 *
 * Returns: (transfer full) (nullable): the id without its date, which is what meetings are matched by; NULL for what is no id
 */
GBytes *tw_global_id_clean(const guint8 *data, gsize len);

G_END_DECLS
