/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* connect, disconnect, restart. */

#include "ctl/servers.h"
#include "ctl/verbs.h"

bool verb_connect(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = ctl_servers_find(ctl, arguments, error);

        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++)
                if (!ctl_call_manager(ctl, CTL_JOB_TIMEOUT_USEC, NULL, error, "Connect", "u",
                            g_array_index(ids, uint32_t, i)))
                        return false;
        return true;
}

bool verb_disconnect(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = ctl_servers_find(ctl, arguments, error);

        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++)
                if (!ctl_call_manager(ctl, CTL_JOB_TIMEOUT_USEC, NULL, error, "Disconnect", "us",
                            g_array_index(ids, uint32_t, i), ctl->message ? ctl->message : ""))
                        return false;
        return true;
}

bool verb_restart(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = ctl_servers_find(ctl, arguments, error);

        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++)
                if (!ctl_call_manager(ctl, CTL_JOB_TIMEOUT_USEC, NULL, error, "Restart", "u",
                            g_array_index(ids, uint32_t, i)))
                        return false;
        return true;
}
