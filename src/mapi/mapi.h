/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The MAPI vocabulary: start here. README.md leads through it by examples; each header is a contract of its own.
 * Everything in this folder is a pure function of its input: no files, no sockets, no clock.
 */
#pragma once

#include "mapi/actions.h"
#include "mapi/codepage.h"
#include "mapi/collation.h"
#include "mapi/compare.h"
#include "mapi/conversation.h"
#include "mapi/entryid.h"
#include "mapi/keys.h"
#include "mapi/message-class.h"
#include "mapi/named.h"
#include "mapi/props.h"
#include "mapi/proptype.h"
#include "mapi/recurrence.h"
#include "mapi/restriction.h"
#include "mapi/result.h"
#include "mapi/rtf-compress.h"
#include "mapi/rtf.h"
#include "mapi/sort.h"
#include "mapi/tags.h"
#include "mapi/timezone.h"
#include "mapi/value.h"
#include "mapi/wire.h"
