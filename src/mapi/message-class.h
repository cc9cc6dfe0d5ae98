/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Message classes, which are names with dots, and the two halves of a subject.
 * Sources: spec/mailbox-layout.md 8 and 22.5, spec/mapi-soap.md 8.4.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_MESSAGE_CLASS_MAX_LEN = 255
};

/**
 * tw_message_class_is:
 * @message_class: a class, such as "IPM.Note.SMIME"
 * @base: another, such as "IPM.Note"
 *
 * Whether the class is @base or one made from it: a prefix that ends at a dot or at the end, without regard to
 * case. "IPM.NoteX" is no "IPM.Note". Everything is made from the empty class.
 *
 * Returns: whether it is
 */
gboolean tw_message_class_is(const char *message_class, const char *base);

/**
 * tw_message_class_parent_len:
 * @message_class: (array length=len): a class
 * @len: how many bytes of it count; 0 is the empty class
 *
 * For walking from a class to the ones it is made from, as receive folders are found: "IPM.Note.SMIME", "IPM.Note",
 * "IPM", "".
 *
 * Returns: the length of the next shorter one; 0 for one without a dot
 */
gsize tw_message_class_parent_len(const char *message_class, gsize len);

/**
 * tw_message_class_check:
 * @message_class: a class from outside
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG for more than %TW_MESSAGE_CLASS_MAX_LEN bytes
 *
 * Whether it may name a receive folder: printable ASCII, no dot at either end, no two dots together. The empty class is fine.
 *
 * Returns: TRUE if it may
 */
gboolean tw_message_class_check(const char *message_class, GError **error);

/**
 * tw_subject_prefix_len:
 * @subject: UTF-8
 *
 * Where PR_SUBJECT_PREFIX ends and PR_NORMALIZED_SUBJECT begins when no prefix was set: two or three characters that are
 * no digits and no colon, a colon and a space ("Re: ", "AW: ", "Fwd: "). Prefixes of one letter are not split off: the
 * peer does not, and its column of normalised subjects must agree with ours.
 *
 * Returns: length of the prefix in bytes with its colon and space; 0 when there is none
 */
gsize tw_subject_prefix_len(const char *subject);

/**
 * tw_subject_skip_mark:
 * @subject: a subject of old 8-bit messages
 *
 * Such subjects may begin with a byte 1 and a byte that counts the prefix.
 *
 * Returns: @subject behind these two bytes, or as it is
 */
const char *tw_subject_skip_mark(const char *subject);

G_END_DECLS
