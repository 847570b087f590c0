/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The connections that the caller may see, by number and by name. */

#pragma once

#include "ctl/ctl.h"
#include "wire/status.h"

/* Ascending; a GArray of uint32_t, or NULL. */
GArray *ctl_server_ids(Ctl *ctl, GError **error);

bool ctl_server_status(
        Ctl *ctl, uint32_t id, IcStatus *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A connection as a person names it: its number, or the name that its owner gave it. */
bool ctl_server_find(
        Ctl *ctl, const char *text, uint32_t *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for a list, in its order. */
GArray *ctl_servers_find(Ctl *ctl, char **texts, GError **error);
