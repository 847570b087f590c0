/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The bus of this machine, of another one or of a container, and calls over it. */

#include "bus/reply.h"
#include "ctl/ctl.h"
#include "ctl/servers.h"

G_DEFINE_QUARK(ctl - error - quark, ctl_error)

static bool open_elsewhere(Ctl *ctl, GError **error)
{
        g_autofree char *prefix = NULL;
        int r;

        if (ctl->host && ctl->scope == IC_SCOPE_USER) {
                g_set_error_literal(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("--host reaches the system's connections only, not those of --user"));
                return false;
        }
        if (ctl->host)
                r = sd_bus_open_system_remote(&ctl->bus, ctl->host);
        else if (ctl->scope == IC_SCOPE_USER)
                r = sd_bus_open_user_machine(&ctl->bus, ctl->machine);
        else
                r = sd_bus_open_system_machine(&ctl->bus, ctl->machine);
        if (r >= 0)
                return true;
        prefix = g_strdup_printf(
                _("cannot reach the bus of %s"), ctl->host ? ctl->host : ctl->machine);
        ic_bus_errno(r, prefix, error);
        return false;
}

bool ctl_open_bus(Ctl *ctl, GError **error)
{
        if (ctl->host || ctl->machine) {
                if (!open_elsewhere(ctl, error))
                        return false;
        } else if (!ic_bus_open(ctl->scope, &ctl->bus, error)) {
                return false;
        }
        (void) sd_bus_set_allow_interactive_authorization(ctl->bus, ctl->may_ask_password);
        return true;
}

bool ctl_check(int r, GError **error)
{
        if (r >= 0)
                return true;
        ic_bus_errno(r, _("a message on the bus is not as expected"), error);
        return false;
}

sd_bus_message *ctl_new_manager_call(Ctl *ctl, const char *method, GError **error)
{
        sd_bus_message *call = NULL;
        int r = sd_bus_message_new_method_call(
                ctl->bus, &call, IC_BUS_NAME, IC_MANAGER_PATH, IC_MANAGER_INTERFACE, method);

        return ctl_check(r, error) ? call : NULL;
}

sd_bus_message *ctl_new_worker_call(Ctl *ctl, uint32_t id, const char *method, GError **error)
{
        g_autofree char *name = ic_connection_bus_name(id);
        g_autofree char *path = ic_connection_path(id);
        sd_bus_message *call = NULL;
        int r = sd_bus_message_new_method_call(
                ctl->bus, &call, name, path, IC_CONNECTION_INTERFACE, method);

        return ctl_check(r, error) ? call : NULL;
}

static bool is_absent(const sd_bus_error *error)
{
        return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER);
}

static void translate(const sd_bus_error *failure, GError **error)
{
        if (is_absent(failure))
                g_set_error(error, IC_ERROR, IC_ERROR_NOT_CONNECTED,
                        _("%s is not on the bus and cannot be started; is irc-conn installed? "
                          "(See also --user and --system.)"),
                        IC_BUS_NAME);
        else if (sd_bus_error_has_name(failure, SD_BUS_ERROR_NO_REPLY) ||
                 sd_bus_error_has_name(failure, SD_BUS_ERROR_TIMEOUT))
                g_set_error_literal(error, IC_ERROR, IC_ERROR_TIMED_OUT,
                        _("no answer in time; 'journalctl -u \"irc-con*\"' may say why"));
        else if (sd_bus_error_has_name(failure, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
                g_set_error_literal(error, IC_ERROR, IC_ERROR_ACCESS_DENIED,
                        _("this needs a password; try without --no-ask-password, or as root"));
        else
                ic_bus_error_get(failure, error);
}

bool ctl_send(Ctl *ctl, sd_bus_message *call, gint64 timeout, sd_bus_message **ret, GError **error)
{
        g_auto(sd_bus_error) failure = SD_BUS_ERROR_NULL;

        if (sd_bus_call(ctl->bus, call, (uint64_t) timeout, &failure, ret) >= 0)
                return true;
        translate(&failure, error);
        return false;
}

bool ctl_call_manager(Ctl *ctl, gint64 timeout, sd_bus_message **ret, GError **error,
        const char *method, const char *types, ...)
{
        g_autoptr(sd_bus_message) call = ctl_new_manager_call(ctl, method, error);
        va_list arguments;
        int r;

        if (!call)
                return false;
        va_start(arguments, types);
        r = sd_bus_message_appendv(call, types, arguments);
        va_end(arguments);
        return ctl_check(r, error) && ctl_send(ctl, call, timeout, ret, error);
}

/* Why there is no worker: for all that the controller can say. */
static void explain_absence(Ctl *ctl, uint32_t id, GError **error)
{
        g_auto(IcStatus) status = {0};
        g_autoptr(GError) cause = NULL;

        if (!ctl_server_status(ctl, id, &status, &cause) &&
                g_error_matches(cause, IC_ERROR, IC_ERROR_NO_SUCH_SERVER))
                g_propagate_error(error, g_steal_pointer(&cause));
        else if (!cause && status.connected_at != 0)
                g_set_error(error, IC_ERROR, IC_ERROR_SOCKET_NOT_FOUND,
                        _("Socket not found: the program of connection %u does not answer though "
                          "its link was up; systemd starts it again, or 'ircctl restart %u' does"),
                        id, id);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_NOT_CONNECTED,
                        _("Server not connected: connection %u is down; 'ircctl connect %u' brings "
                          "it up"),
                        id, id);
}

bool ctl_call_worker(
        Ctl *ctl, uint32_t id, GError **error, const char *method, const char *types, ...)
{
        g_autoptr(sd_bus_message) call = ctl_new_worker_call(ctl, id, method, error);
        g_auto(sd_bus_error) failure = SD_BUS_ERROR_NULL;
        va_list arguments;
        int r;

        if (!call)
                return false;
        va_start(arguments, types);
        r = sd_bus_message_appendv(call, types, arguments);
        va_end(arguments);
        if (!ctl_check(r, error))
                return false;
        if (sd_bus_call(ctl->bus, call, CTL_CALL_TIMEOUT_USEC, &failure, NULL) >= 0)
                return true;
        if (is_absent(&failure))
                explain_absence(ctl, id, error);
        else
                translate(&failure, error);
        return false;
}
