/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bytes of the dictionaries, in base64. Private to dictionary.c. */
#pragma once

extern const char tw_dictionary_1[];
