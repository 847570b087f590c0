/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table `sts_policies`. */

#include "store/sts.h"

#include <string.h>

#include "base/clock.h"
#include "store/statement.h"

static char *host_name(const char *host)
{
        char *name = g_strdup(host);

        if (g_str_has_suffix(name, "."))
                name[strlen(name) - 1] = '\0';
        return name;
}

bool ic_store_sts_get(IcStore *store, const char *host, gint64 now, IcStsPolicy *ret_policy,
        bool *ret_is_found, GError **error)
{
        g_autofree char *name = host_name(host);
        g_autoptr(IcStatement) select = ic_statement_get(store,
                "SELECT port, duration, expires_at FROM sts_policies"
                " WHERE host = ?1 AND expires_at > ?2",
                error);

        if (!select)
                return false;
        ic_statement_bind_text(select, 1, name);
        ic_statement_bind_int(select, 2, now);
        if (!ic_statement_step(select, ret_is_found, error))
                return false;
        *ret_policy = (IcStsPolicy){0};
        if (*ret_is_found)
                *ret_policy = (IcStsPolicy){
                        .port = (uint16_t) ic_statement_int(select, 0),
                        .duration = ic_statement_int(select, 1),
                        .expires_at = ic_statement_int(select, 2),
                };
        return true;
}

static bool forget(IcStore *store, const char *name, GError **error)
{
        g_autoptr(IcStatement) forget =
                ic_statement_get(store, "DELETE FROM sts_policies WHERE host = ?1", error);

        if (!forget)
                return false;
        ic_statement_bind_text(forget, 1, name);
        return ic_statement_run(forget, error);
}

bool ic_store_sts_put(IcStore *store, const char *host, uint16_t port, gint64 duration, gint64 now,
        GError **error)
{
        g_autofree char *name = host_name(host);
        gint64 kept = MIN(duration, IC_STS_DURATION_MAX);

        if (duration <= 0)
                return forget(store, name, error);

        g_autoptr(IcStatement) put = ic_statement_get(store,
                "INSERT INTO sts_policies (host, port, duration, expires_at)"
                " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET port = excluded.port,"
                " duration = excluded.duration, expires_at = excluded.expires_at",
                error);
        if (!put)
                return false;
        ic_statement_bind_text(put, 1, name);
        ic_statement_bind_int(put, 2, port);
        ic_statement_bind_int(put, 3, kept);
        ic_statement_bind_int(put, 4, now + kept * IC_USEC_PER_SEC);
        return ic_statement_run(put, error);
}

bool ic_store_sts_refresh(IcStore *store, const char *host, gint64 now, GError **error)
{
        g_autofree char *name = host_name(host);
        g_autoptr(IcStatement) refresh = ic_statement_get(store,
                "UPDATE sts_policies SET expires_at = ?2 + duration * 1000000"
                " WHERE host = ?1 AND expires_at > ?2",
                error);

        if (!refresh)
                return false;
        ic_statement_bind_text(refresh, 1, name);
        ic_statement_bind_int(refresh, 2, now);
        return ic_statement_run(refresh, error);
}
