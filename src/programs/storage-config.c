/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/storage-config.h"

static const TwConfigKey keys[] = {
    { .name = "data_path",
      .type = TW_CONFIG_PATH,
      .def = "/var/lib/twiga",
      .help = "The folder with server.db, directory.db, the partitions and the blobs. It belongs "
              "to the user the server runs as, and one program at a time can have it open." },
};

const TwConfigTable tw_storage_config_table = {
    .title = "Storage",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};
