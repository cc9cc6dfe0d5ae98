/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the two program files share. */
#pragma once

#include "base/program.h"

G_BEGIN_DECLS

/**
 * tw_program_option_tables:
 * @program: the program
 * @ret: (array fixed-size=4): filled with its tables in order of precedence, NULL-terminated
 */
void tw_program_option_tables(const TwProgram *program, const TwOption *ret[4]);

G_END_DECLS
