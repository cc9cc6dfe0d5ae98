/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords that PAM knows: the key auth_method = pam. */
#pragma once

#include "base/secret.h"

G_BEGIN_DECLS

/**
 * tw_pam_check:
 * @service: name of a service
 * @folder: (nullable): where it is described; NULL: in /etc/pam.d, or where else the system has them
 * @name: (nullable): log-on name; NULL: nobody, which takes as long as somebody with a wrong password
 * @password: what a client sent
 * @error: TW_ERROR_NO_ACCESS: it is wrong, empty, or the account is locked or over; FAILED: PAM cannot say
 *
 * Delays after failures are asked of PAM not to be made: login-limiter.h makes them. Any thread, several at a time, if the
 * service's modules can.
 *
 * Returns: TRUE if it is right and the account may be used
 */
gboolean tw_pam_check(const char *service,
                      const char *folder,
                      const char *name,
                      const TwSecret *password,
                      GError **error);

G_END_DECLS
