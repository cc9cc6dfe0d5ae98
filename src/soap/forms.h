/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Between structures of the wire and the types of mapi/: restrictions, sort orders, rule actions. Property values need no
 * such step: decoder and serialiser make and take TwPropValue.
 */
#pragma once

#include "base/arena.h"
#include "mapi/actions.h"
#include "mapi/restriction.h"
#include "mapi/sort.h"
#include "soap/types.h"

G_BEGIN_DECLS

/**
 * tw_soap_restriction_new:
 * @table: (nullable): a restriction of the wire; NULL is TW_ERROR_INVALID
 * @error: on failure TW_ERROR_INVALID (its kind and its member do not belong together), or as
 *   tw_restriction_builder_finish(): TW_ERROR_TOO_COMPLEX past 16 levels
 *
 * Source: spec/mapi-soap.md 4.3.
 *
 * Returns: (transfer full): the restriction, or NULL
 */
TwRestriction *tw_soap_restriction_new(const TwSoapRestrictTable *table, GError **error);

/**
 * tw_soap_restriction_table:
 * @restriction: a restriction; its values are borrowed as long as the table is used
 * @arena: where the table shall lie
 * @error: on failure TW_ERROR_UNSUPPORTED (COUNT, which the wire has not) or TW_ERROR_TOO_BIG (the arena is full)
 *
 * NULL becomes an AND of nothing, ANNOTATION a COMMENT.
 *
 * Returns: (transfer none): the same for the wire, or NULL
 */
TwSoapRestrictTable *tw_soap_restriction_table(const TwRestriction *restriction,
                                               TwArena *arena,
                                               GError **error);

/**
 * tw_soap_sort_order_get:
 * @list: (nullable): sort keys of the wire; NULL is none
 * @categories: leading keys that form headings
 * @expanded: of these levels, how many start open
 * @ret: (out): the order
 * @error: on failure as tw_sort_order_set()
 *
 * Source: spec/mapi-soap.md 4.4.
 *
 * Returns: TRUE if it can be used
 */
gboolean tw_soap_sort_order_get(const TwSoapSortOrderArray *list,
                                guint32 categories,
                                guint32 expanded,
                                TwSortOrder *ret,
                                GError **error);

/**
 * tw_soap_sort_order_list:
 * @order: an order
 * @arena: where the list shall lie
 * @ret: (out): its keys for the wire; categories and expanded levels are members of their own there
 *
 * Returns: FALSE when the arena is full
 */
gboolean tw_soap_sort_order_list(const TwSortOrder *order,
                                 TwArena *arena,
                                 TwSoapSortOrderArray *ret);

/**
 * tw_soap_actions_new:
 * @list: actions of the wire
 * @error: on failure TW_ERROR_INVALID (its type and its member do not belong together), or as tw_actions_new()
 *
 * Source: spec/mapi-soap.md 4.6.
 *
 * Returns: (transfer full): the actions, or NULL
 */
TwActions *tw_soap_actions_new(const TwSoapActions *list, GError **error);

/**
 * tw_soap_actions_list:
 * @actions: actions; what they hold is borrowed as long as the list is used
 * @arena: where the list shall lie
 * @ret: (out): the same for the wire
 *
 * Returns: FALSE when the arena is full
 */
gboolean tw_soap_actions_list(const TwActions *actions, TwArena *arena, TwSoapActions *ret);

G_END_DECLS
