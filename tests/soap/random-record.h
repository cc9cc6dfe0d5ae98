/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Structures of the wire filled at random, by their descriptions, and compared. */
#pragma once

#include "base/arena.h"
#include "soap/soap.h"

/**
 * random_record:
 * @rand: a source of numbers
 * @arena: where it shall lie
 * @type: a structure
 *
 * Returns: one of them, with members that are there and members that are not
 */
gpointer random_record(GRand *rand, TwArena *arena, const TwSoapType *type);

/**
 * assert_same_record:
 * @type: a structure
 * @a: one
 * @b: another
 *
 * Fails the test unless both say the same.
 */
void assert_same_record(const TwSoapType *type, gconstpointer a, gconstpointer b);
