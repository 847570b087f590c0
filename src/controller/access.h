/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Opening tenants' databases, each only for the time of a call; and whose servers a caller sees. */

#pragma once

#include "controller/controller.h"
#include "store/servers.h"
#include "store/store.h"

/* The database of the tenant `owner`. */
bool ic_access_open(IcController *controller, uid_t owner, IcStoreFlags flags, IcStore **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One row of it. */
bool ic_access_read(IcController *controller, uid_t owner, uint32_t id, IcServerRow **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Without being asked, root sees all servers, everybody else his own. */
bool ic_access_is_visible(IcController *controller, uid_t caller, uid_t owner);
/* Of whom the message now being dispatched is; (uid_t) -1 when none is. */
uid_t ic_access_current_caller(IcController *controller);
/* GArray of IcTenantServer, those that `caller` sees. */
GArray *ic_access_list(
        IcController *controller, uid_t caller, GError **error) G_GNUC_WARN_UNUSED_RESULT;
