/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The way to the databases. */

#include "controller/access.h"

#include <unistd.h>

#include "store/tenants.h"

bool ic_access_open(
        IcController *controller, uid_t owner, IcStoreFlags flags, IcStore **ret, GError **error)
{
        g_autofree char *folder = ic_tenants_folder(controller->state_dir, owner);

        return ic_store_open(folder, flags, ret, error);
}

bool ic_access_read(
        IcController *controller, uid_t owner, uint32_t id, IcServerRow **ret, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(controller, owner, 0, &store, error) &&
               ic_store_server_read(store, id, ret, error);
}

bool ic_access_is_visible(IcController *controller, uid_t caller, uid_t owner)
{
        if (caller == (uid_t) -1)
                return false;
        if (caller == 0 || caller == owner)
                return true;
        return controller->scope == IC_SCOPE_USER && caller == getuid();
}

uid_t ic_access_current_caller(IcController *controller)
{
        sd_bus_message *message = sd_bus_get_current_message(controller->bus);

        return message ? ic_callers_uid(controller->callers, message) : (uid_t) -1;
}

GArray *ic_access_list(IcController *controller, uid_t caller, GError **error)
{
        GArray *servers = ic_tenants_list(controller->state_dir, error);

        for (guint i = servers ? servers->len : 0; i > 0; i--)
                if (!ic_access_is_visible(controller, caller,
                            g_array_index(servers, IcTenantServer, i - 1).owner))
                        g_array_remove_index(servers, i - 1);
        return servers;
}
