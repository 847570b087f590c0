/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table of failures. */

#include "base/error.h"

#include <string.h>

typedef struct {
        const char *code;
        const char *bus_name;
        IcExit exit_status;
        const char *remedy;
} IcErrorEntry;

#define BUS(name) "org.ircconn1.Error." name

static const IcErrorEntry entries[_IC_ERROR_MAX] = {
        [IC_ERROR_FAILED] = {"failed", BUS("Failed"), IC_EXIT_BUG, NULL},
        [IC_ERROR_NO_SUCH_SERVER] = {"no-such-server", BUS("NoSuchServer"), IC_EXIT_CONFIGURATION,
                "'ircctl list' shows the connections there are, 'ircctl add' makes one."},
        [IC_ERROR_BAD_CONFIGURATION] = {"bad-configuration", BUS("BadConfiguration"),
                IC_EXIT_CONFIGURATION, "Correct it with 'ircctl set'."},
        [IC_ERROR_BAD_REQUEST] = {"bad-request", BUS("BadRequest"), IC_EXIT_BUG, NULL},
        [IC_ERROR_TOO_LONG] = {"too-long", BUS("TooLong"), IC_EXIT_BUG, NULL},
        [IC_ERROR_UNKNOWN_COMMAND] = {"unknown-command", BUS("UnknownCommand"), IC_EXIT_BUG, NULL},
        [IC_ERROR_MISSING_KEY] = {"missing-key", BUS("MissingKey"), IC_EXIT_BUG, NULL},
        [IC_ERROR_INVALID_VALUE] = {"invalid-value", BUS("InvalidValue"), IC_EXIT_BUG, NULL},
        [IC_ERROR_NOT_CONNECTED] = {"not-connected", BUS("NotConnected"), IC_EXIT_UNAVAILABLE,
                "'ircctl connect' brings it up."},
        [IC_ERROR_SOCKET_NOT_FOUND] = {"socket-not-found", BUS("SocketNotFound"),
                IC_EXIT_UNAVAILABLE, "'ircctl connect' brings it up."},
        [IC_ERROR_NOT_IN_CHANNEL] = {"not-in-channel", BUS("NotInChannel"), IC_EXIT_BUG,
                "Join the channel first."},
        [IC_ERROR_REFUSED] = {"refused", BUS("Refused"), IC_EXIT_BUG, NULL},
        [IC_ERROR_QUEUE_FULL] = {"queue-full", BUS("QueueFull"), IC_EXIT_BUG,
                "Try again when what waits has been sent."},
        [IC_ERROR_ACCESS_DENIED] = {"access-denied", BUS("AccessDenied"), IC_EXIT_REFUSED, NULL},
        [IC_ERROR_TIMED_OUT] = {"timed-out", BUS("TimedOut"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_NETWORK_DOWN] = {"network-down", BUS("NetworkDown"), IC_EXIT_UNAVAILABLE,
                "Check this machine's network."},
        [IC_ERROR_UNRESOLVABLE] = {"unresolvable", BUS("Unresolvable"), IC_EXIT_UNAVAILABLE,
                "Check the address for a typing error, and this machine's name resolution."},
        [IC_ERROR_UNREACHABLE] = {"unreachable", BUS("Unreachable"), IC_EXIT_UNAVAILABLE,
                "Check address, port and firewall; the server may be down."},
        [IC_ERROR_TLS] = {"tls", BUS("Tls"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_LINK_CLOSED] = {"link-closed", BUS("LinkClosed"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_PING_TIMEOUT] = {"ping-timeout", BUS("PingTimeout"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_REGISTRATION] = {"registration", BUS("Registration"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_THROTTLED] = {"throttled", BUS("Throttled"), IC_EXIT_TEMPORARY, NULL},
        [IC_ERROR_NICKNAME] = {"nickname", BUS("Nickname"), IC_EXIT_TEMPORARY,
                "Set another nickname, or alt_nicknames."},
        [IC_ERROR_CREDENTIALS] = {"credentials", BUS("Credentials"), IC_EXIT_REFUSED,
                "Check account and password: 'ircctl set-credential' stores a new one."},
        [IC_ERROR_BANNED] = {"banned", BUS("Banned"), IC_EXIT_REFUSED, "Ask the network's staff."},
        [IC_ERROR_BLOCKED] = {"blocked", BUS("Blocked"), IC_EXIT_REFUSED, NULL},
        [IC_ERROR_KILLED] = {"killed", BUS("Killed"), IC_EXIT_UNAVAILABLE, NULL},
        [IC_ERROR_SHUTTING_DOWN] = {"shutting-down", BUS("ShuttingDown"), IC_EXIT_UNAVAILABLE,
                NULL},
        [IC_ERROR_STORE_CORRUPT] = {"store-corrupt", BUS("StoreCorrupt"), IC_EXIT_CONFIGURATION,
                "Put a backup in its place, or save what can be read with the '.recover' command "
                "of "
                "sqlite3."},
        [IC_ERROR_STORE_SCHEMA] = {"store-schema", BUS("StoreSchema"), IC_EXIT_CONFIGURATION,
                "Install the irc-conn that wrote it, or a newer one."},
        [IC_ERROR_STORE_UNWRITABLE] = {"store-unwritable", BUS("StoreUnwritable"), IC_EXIT_STORE,
                "Check owner and permissions of the folder, and that its file system is mounted "
                "for "
                "writing."},
        [IC_ERROR_STORE_FULL] = {"store-full", BUS("StoreFull"), IC_EXIT_STORE,
                "Make room on the disk."},
        [IC_ERROR_STORE_BUSY] = {"store-busy", BUS("StoreBusy"), IC_EXIT_STORE,
                "Another program holds the database; see who has it open."},
        [IC_ERROR_LIMIT] = {"limit", BUS("Limit"), IC_EXIT_TEMPORARY, NULL},
        [IC_ERROR_UNIT] = {"unit", BUS("Unit"), IC_EXIT_UNAVAILABLE, NULL},
};

/* clang-format takes the name for a subtraction. */
/* clang-format off */
G_DEFINE_QUARK(ic-error-quark, ic_error)
/* clang-format on */

static const IcErrorEntry *entry_of(IcError code)
{
        g_assert((unsigned int) code < _IC_ERROR_MAX);

        return &entries[code];
}

const char *ic_error_code(IcError code)
{
        return entry_of(code)->code;
}

const char *ic_error_bus_name(IcError code)
{
        return entry_of(code)->bus_name;
}

IcError ic_error_from_bus_name(const char *name)
{
        for (unsigned int i = 0; i < _IC_ERROR_MAX; i++)
                if (g_strcmp0(entries[i].bus_name, name) == 0)
                        return (IcError) i;

        return IC_ERROR_FAILED;
}

IcError ic_error_from_code(const char *code)
{
        for (unsigned int i = 0; i < _IC_ERROR_MAX; i++)
                if (g_strcmp0(entries[i].code, code) == 0)
                        return (IcError) i;

        return IC_ERROR_FAILED;
}

IcExit ic_error_exit_status(IcError code)
{
        return entry_of(code)->exit_status;
}

const char *ic_error_remedy(IcError code)
{
        return entry_of(code)->remedy;
}

char *ic_error_words(const GError *error)
{
        const char *remedy = ic_error_remedy(ic_error_of(error));
        const char *stop;

        if (!remedy || strstr(error->message, remedy))
                return g_strdup(error->message);

        stop = g_str_has_suffix(error->message, ".") ? "" : ".";
        return g_strconcat(error->message, stop, " ", remedy, NULL);
}

IcError ic_error_of(const GError *error)
{
        g_assert(error);

        return error->domain == IC_ERROR ? (IcError) error->code : IC_ERROR_FAILED;
}
