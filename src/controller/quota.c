/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Counting what is up against the settings. */

#include "controller/quota.h"

#include "controller/settings.h"
#include "controller/units.h"
#include "store/tenants.h"

#define MACHINE "MaxConnections"
#define TENANT "MaxConnectionsPerTenant"

static bool is_up(IcController *controller, GHashTable *units, uint32_t id)
{
        const IcUnitFacts *facts = g_hash_table_lookup(units, GUINT_TO_POINTER(id));

        return (facts && (ic_unit_facts_is_up(facts) || facts->has_job)) ||
               ic_units_is_starting(controller->units, id);
}

static bool refuse(const IcSettings *settings, const char *setting, const char *whose,
        uint32_t limit, GError **error)
{
        g_autofree char *origin = ic_settings_origin(settings, setting);

        g_set_error(error, IC_ERROR, IC_ERROR_LIMIT,
                "%s %u connections are up, and no more may be (%s). Disconnect another one, or "
                "have the limit raised",
                whose, limit, origin);
        return false;
}

bool ic_quota_check(
        IcController *controller, GHashTable *units, uint32_t id, uid_t owner, GError **error)
{
        const IcSettings *settings = ic_settings_cache_get(controller->settings);
        uint32_t machine = settings->max_connections, tenant = settings->max_connections_per_tenant;
        uint32_t n_machine = 0, n_tenant = 0;
        g_autoptr(GArray) servers = NULL;

        if ((machine == 0 && tenant == 0) || is_up(controller, units, id))
                return true;
        servers = ic_tenants_list(controller->state_dir, error);
        if (!servers)
                return false;
        for (guint i = 0; i < servers->len; i++) {
                const IcTenantServer *server = &g_array_index(servers, IcTenantServer, i);

                if (!is_up(controller, units, server->id))
                        continue;
                n_machine++;
                n_tenant += server->owner == owner;
        }
        if (tenant > 0 && n_tenant >= tenant)
                return refuse(settings, TENANT, "The owner's", tenant, error);
        if (machine > 0 && n_machine >= machine)
                return refuse(settings, MACHINE, "This machine's", machine, error);
        return true;
}

uint32_t ic_quota_of(IcController *controller, uid_t caller)
{
        const IcSettings *settings = ic_settings_cache_get(controller->settings);
        uint32_t machine = settings->max_connections, tenant = settings->max_connections_per_tenant;

        if (caller == 0 || tenant == 0 || (machine > 0 && machine < tenant))
                return machine;
        return tenant;
}
