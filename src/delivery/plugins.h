/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Programs of the administrator as hooks (delivery/hooks.h). Each file in a folder that can be run and whose name ends with a stage is
 * one: "10-scan.pre-delivery". They are called in the order of their names.
 *
 *   argument 1     the stage: post-converting, pre-delivery, pre-rule, post-delivery
 *   input          the mail as it came
 *   environment    TWIGA_USER (a number), TWIGA_STORE (a GUID), TWIGA_FOLDER, TWIGA_MESSAGE (numbers; 0: none yet)
 *   exit code      of spec/config-and-cli.md 8: 0 go on, 1 failed, 2 stop: delivered, 3 stop: refused, 4 no further ones, 5 again later
 *
 * Another code, a signal or more than half a minute are as 1: it is logged, and the mail goes on.
 */
#pragma once

#include "delivery/hooks.h"

G_BEGIN_DECLS

enum {
    TW_PLUGINS_MOST = 100, /* files of a folder that are called */
    TW_PLUGINS_MS = 30000, /* that one may take: a mail server waits for its answer ten minutes */
};

typedef struct TwPlugins TwPlugins;

/**
 * tw_plugins_load:
 * @folder: where they are
 * @error: TW_ERROR_NOT_FOUND or others: the folder cannot be read
 *
 * Files that others than their owner may change are passed over, as are those without a stage; both are logged.
 *
 * Returns: (transfer full): the programs that are there, or NULL
 */
TwPlugins *tw_plugins_load(const char *folder, GError **error);

/**
 * tw_plugins_free:
 * @plugins: (nullable) (transfer full): programs; nobody calls their hooks any more
 */
void tw_plugins_free(TwPlugins *plugins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwPlugins, tw_plugins_free)

/**
 * tw_plugins_hooks:
 * @plugins: programs, which outlive the hooks
 *
 * Returns: (transfer none) (element-type TwDeliveryHook): a hook for each, in order
 */
const GArray *tw_plugins_hooks(const TwPlugins *plugins);

G_END_DECLS
