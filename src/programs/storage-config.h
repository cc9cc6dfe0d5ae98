/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration keys of the storage, for every program that opens a data folder. */
#pragma once

#include "base/config.h"

G_BEGIN_DECLS

/** tw_storage_config_table: data_path. */
extern const TwConfigTable tw_storage_config_table;

G_END_DECLS
