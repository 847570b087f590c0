/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Names of units, bus objects and folders. */

#include "base/name.h"

#include <string.h>

#include "build-config.h"

bool ic_id_parse(const char *text, uint32_t *ret_id)
{
        guint64 value;

        if (!text || text[0] == '0')
                return false;
        if (!g_ascii_string_to_unsigned(text, 10, 1, IC_ID_MAX, &value, NULL))
                return false;

        *ret_id = (uint32_t) value;
        return true;
}

char *ic_unit_name(uint32_t id)
{
        return g_strdup_printf("irc-conn@%u.service", id);
}

char *ic_socket_unit_name(uint32_t id)
{
        return g_strdup_printf("irc-conn@%u.socket", id);
}

bool ic_unit_name_parse(const char *unit, uint32_t *ret_id)
{
        g_autofree char *number = NULL;

        if (!g_str_has_prefix(unit, "irc-conn@") || !g_str_has_suffix(unit, ".service"))
                return false;

        number = g_strndup(unit + strlen("irc-conn@"),
                strlen(unit) - strlen("irc-conn@") - strlen(".service"));
        return ic_id_parse(number, ret_id);
}

char *ic_connection_bus_name(uint32_t id)
{
        return g_strdup_printf(IC_BUS_NAME ".Connection.N%u", id);
}

char *ic_connection_path(uint32_t id)
{
        return g_strdup_printf(IC_CONNECTION_PATH_PREFIX "/%u", id);
}

char *ic_server_path(uint32_t id)
{
        return g_strdup_printf(IC_SERVER_PATH_PREFIX "/%u", id);
}

bool ic_server_path_parse(const char *path, uint32_t *ret_id)
{
        if (!g_str_has_prefix(path, IC_SERVER_PATH_PREFIX "/"))
                return false;

        return ic_id_parse(path + strlen(IC_SERVER_PATH_PREFIX "/"), ret_id);
}

static char *folder(
        const char *variable, IcScope scope, const char *system_dir, const char *user_base)
{
        const char *given = g_getenv(variable);

        if (given && g_path_is_absolute(given))
                return g_strdup(given);
        if (scope == IC_SCOPE_SYSTEM)
                return g_strdup(system_dir);

        return g_build_filename(user_base, "irc-conn", NULL);
}

char *ic_state_dir(IcScope scope)
{
        return folder("IRC_CONN_STATE_DIR", scope, IC_SYSTEM_STATE_DIR, g_get_user_state_dir());
}

char *ic_runtime_dir(IcScope scope)
{
        return folder("IRC_CONN_RUNTIME_DIR", scope, "/run/irc-conn", g_get_user_runtime_dir());
}

char *ic_config_dir(IcScope scope)
{
        return folder("IRC_CONN_CONFIG_DIR", scope, IC_SYSCONF_DIR, g_get_user_config_dir());
}

char *ic_control_socket_path(IcScope scope, uint32_t id)
{
        g_autofree char *dir = ic_runtime_dir(scope);

        return g_strdup_printf("%s/%u.sock", dir, id);
}
