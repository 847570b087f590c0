/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The one table of settings. */

#include "config/settings-keys.h"

#include "base/clock.h"

#define MSEC IC_USEC_PER_MSEC
#define SEC IC_USEC_PER_SEC
#define HOUR (3600 * SEC)
#define DAY (24 * HOUR)
#define ATTEMPTS_MAX 1000
#define DIALS_MAX 1000
#define PREFIX_MAX 8

static const char *const discovery_modes[] = {
        [IC_DISCOVERY_INVITED] = "invited",
        [IC_DISCOVERY_ALL] = "all",
        [IC_DISCOVERY_OFF] = "off",
        NULL,
};

static const char *const kick_actions[] = {
        [IC_ON_KICK_BLOCK] = "block",
        [IC_ON_KICK_REJOIN] = "rejoin",
        [IC_ON_KICK_LEAVE] = "leave",
        NULL,
};

#define MEMBER(member) .offset = G_STRUCT_OFFSET(IcSettings, member)
#define COUNT(member, lo, hi) IC_SETTING_COUNT, MEMBER(member), .min = (lo), .max = (hi)
#define SPAN(member, lo, hi) IC_SETTING_SPAN, MEMBER(member), .min = (lo), .max = (hi)
#define CHOICE(member, of) IC_SETTING_CHOICE, MEMBER(member), .choices = (of)
#define TEXT(member, lo, hi) IC_SETTING_TEXT, MEMBER(member), .min = (lo), .max = (hi)

/* clang-format off */
static const IcSettingKey keys[] = {
        { "MaxConnections", COUNT(max_connections, 0, IC_ID_MAX), .default_text = "0", .description = "Connections of the machine at most; 0 for no limit" },
        { "MaxConnectionsPerTenant", COUNT(max_connections_per_tenant, 0, IC_ID_MAX), .default_text = "0", .description = "Connections of each tenant at most; 0 for no limit" },
        { "MaxConnectionAttempts", COUNT(max_connection_attempts, 1, ATTEMPTS_MAX), .default_text = "3", .description = "Failed attempts in a row after which a server is blocked" },
        { "BlockDuration", SPAN(block_duration, MSEC, 3650 * DAY), .default_text = "1h", .description = "How long a server is blocked after that" },
        { "RestartDelay", SPAN(restart_delay, MSEC, DAY), .default_text = "5s", .description = "Wait before the first new attempt; it grows with each that fails" },
        { "RestartDelayMax", SPAN(restart_delay_max, MSEC, DAY), .default_text = "5min", .description = "Wait between attempts at most" },
        { "RestartLimit", COUNT(restart_limit, 1, ATTEMPTS_MAX), .default_text = "5", .description = "Restarts in a row without progress after which a server is blocked" },
        { "ShutdownTimeout", SPAN(shutdown_timeout, MSEC, HOUR), .default_text = "10s", .description = "How long a stop waits for the server to close the link" },
        { "StatusPollInterval", SPAN(status_poll_interval, SEC, DAY), .default_text = "30s", .description = "Time between two looks at the state of all connections" },
        { "DiscoveryMode", CHOICE(discovery_mode, discovery_modes), .default_text = "invited", .description = "Channels to join by themselves: invited (those we are invited to), all (and those the server lists) or off" },
        { "DiscoveryInterval", SPAN(discovery_interval, SEC, DAY), .default_text = "60s", .description = "Time between two lists of a server's channels, for DiscoveryMode=all" },
        { "CommandPrefix", TEXT(command_prefix, 1, PREFIX_MAX), .default_text = "?", .description = "What a command in a channel begins with" },
        { "OnKick", CHOICE(on_kick, kick_actions), .default_text = "block", .description = "After a kick from a channel: block it, rejoin (after twice RestartDelay, at most 3 times) or leave it alone" },
        { "DialInterval", SPAN(dial_interval, 0, HOUR), .default_text = "500ms", .description = "Time between two dials of this machine to one host" },
        { "DialBurst", COUNT(dial_burst, 1, DIALS_MAX), .default_text = "5", .description = "Dials to one host that need not wait for each other" },
};
/* clang-format on */

const IcSettingKey *ic_setting_keys(gsize *ret_count)
{
        *ret_count = G_N_ELEMENTS(keys);
        return keys;
}
