/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The MAPI-in-SOAP codec, whole. See README.md.
 */
#pragma once

#include "soap/calls.h"
#include "soap/decode.h"
#include "soap/encode.h"
#include "soap/forms.h"
#include "soap/mtom.h"
#include "soap/reader.h"
#include "soap/result.h"
#include "soap/stream.h"
#include "soap/tree.h"
#include "soap/types.h"
