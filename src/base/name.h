/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The names that people and scripts rely on: units, folders, bus names and object paths. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Whose service manager, bus and folders: the machine's or one user's. */
typedef enum {
        IC_SCOPE_SYSTEM,
        IC_SCOPE_USER,
} IcScope;

#define IC_BUS_NAME "org.ircconn1"
#define IC_TARGET_UNIT "irc-conn.target"
#define IC_MANAGER_PATH "/org/ircconn1"
#define IC_MANAGER_INTERFACE "org.ircconn1.Manager"
#define IC_SERVER_PATH_PREFIX "/org/ircconn1/server"
#define IC_SERVER_INTERFACE "org.ircconn1.Server"
#define IC_CONNECTION_PATH_PREFIX "/org/ircconn1/connection"
#define IC_CONNECTION_INTERFACE "org.ircconn1.Connection"

/* The highest number of a connection. */
#define IC_ID_MAX 999999u

/* Reads a connection's number, 1 to IC_ID_MAX in plain digits without a leading zero. */
bool ic_id_parse(const char *text, uint32_t *ret_id);

char *ic_unit_name(uint32_t id);                             /* "irc-conn@3.service" */
char *ic_socket_unit_name(uint32_t id);                      /* "irc-conn@3.socket" */
bool ic_unit_name_parse(const char *unit, uint32_t *ret_id); /* of the service only */
char *ic_connection_bus_name(uint32_t id);                   /* "org.ircconn1.Connection.N3" */
char *ic_connection_path(uint32_t id);                       /* "/org/ircconn1/connection/3" */
char *ic_server_path(uint32_t id);                           /* "/org/ircconn1/server/3" */
bool ic_server_path_parse(const char *path, uint32_t *ret_id);

/* /var/lib/irc-conn, or $XDG_STATE_HOME/irc-conn. $IRC_CONN_STATE_DIR goes before both. */
char *ic_state_dir(IcScope scope);
/* /run/irc-conn, or $XDG_RUNTIME_DIR/irc-conn. $IRC_CONN_RUNTIME_DIR goes before both. */
char *ic_runtime_dir(IcScope scope);
/* /etc/irc-conn, or $XDG_CONFIG_HOME/irc-conn. $IRC_CONN_CONFIG_DIR goes before both. */
char *ic_config_dir(IcScope scope);
char *ic_control_socket_path(IcScope scope, uint32_t id); /* RUNTIME/3.sock */
