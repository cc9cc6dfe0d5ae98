/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/storage-config.h"

static const char *const inline_choices[] = { "never", "auto", "always", NULL };

G_STATIC_ASSERT(TW_INLINE_NEVER == 0 && TW_INLINE_AUTO == 1 && TW_INLINE_ALWAYS == 2);

static const TwConfigKey keys[] = {
    { .name = "data_path",
      .type = TW_CONFIG_PATH,
      .def = "/var/lib/twiga",
      .help = "The folder with server.db, directory.db, the partitions and the blobs. It belongs "
              "to the user the server runs as, and one program at a time can have it open." },
    { .name = "inline_values",
      .type = TW_CONFIG_ENUM,
      .choices = inline_choices,
      .def = "auto",
      .help =
          "Where small mails are kept: in the mailbox's database (always), which makes a single "
          "delivery wait for one flush of the disk rather than two, or among the large values "
          "(never), where equal ones are kept once. auto measures the disk at each start, and "
          "keeps them in the database when a flush takes longer than a millisecond. What was "
          "kept before is read in any case." },
    { .name = "inline_size",
      .type = TW_CONFIG_SIZE,
      .def = "8k",
      .min = 1,
      .max = TW_INLINE_MOST,
      .help =
          "The largest mail that inline_values is about; of one that goes to several mailboxes, "
          "all its copies together." },
    { .name = "softdelete_lifetime",
      .type = TW_CONFIG_TIME,
      .def = "30",
      .max = 36500,
      .unit = "d",
      .help =
          "How long messages and folders that were deleted can be restored: once a day those "
          "that were deleted longer ago go for good. 0: they stay until somebody purges them." },
};

const TwConfigTable tw_storage_config_table = {
    .title = "Storage",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

gint64
tw_storage_config_deleted_us(const TwConfig *config)
{
    return config != NULL ? tw_config_get_time_ms(config, "softdelete_lifetime") * 1000 : 0;
}

void
tw_storage_config_apply(const TwConfig *config, TwEngineConfig *ret)
{
    ret->inline_mode = (TwInlineMode) tw_config_get_enum(config, "inline_values");
    ret->inline_most = (gsize) tw_config_get_size(config, "inline_size");
}
