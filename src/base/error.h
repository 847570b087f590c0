/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The failures of irc-conn, and the one table that gives each its name on D-Bus and in JSON, the
 * exit status of a worker that ends because of it, and what a person can do about it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#define IC_ERROR (ic_error_quark())

typedef enum {
        IC_ERROR_FAILED,         /* what has no class of its own; a bug when a worker ends by it */
        IC_ERROR_NO_SUCH_SERVER, /* no connection has this number */
        IC_ERROR_BAD_CONFIGURATION, /* stored or given configuration that cannot be used */
        IC_ERROR_BAD_REQUEST,       /* not JSON, not an object, not UTF-8 */
        IC_ERROR_TOO_LONG,          /* a request line, text or list above its bound */
        IC_ERROR_UNKNOWN_COMMAND,   /* no command has this name */
        IC_ERROR_MISSING_KEY,       /* a request lacks a key that its command needs */
        IC_ERROR_INVALID_VALUE,     /* a value of the wrong type or outside of its range */
        IC_ERROR_NOT_CONNECTED,     /* the connection is down and nothing will bring it up */
        IC_ERROR_SOCKET_NOT_FOUND,  /* the command socket does not exist */
        IC_ERROR_NOT_IN_CHANNEL,    /* the command needs membership of the channel */
        IC_ERROR_REFUSED,           /* the IRC server refused the command */
        IC_ERROR_QUEUE_FULL,        /* too much waits already */
        IC_ERROR_ACCESS_DENIED,     /* the caller may not do this */
        IC_ERROR_TIMED_OUT,         /* no answer in time */
        IC_ERROR_NETWORK_DOWN,      /* this machine has no network */
        IC_ERROR_UNRESOLVABLE,      /* the server's name has no address */
        IC_ERROR_UNREACHABLE,       /* no address of the server accepts a connection */
        IC_ERROR_TLS,               /* the TLS handshake or the certificate was not acceptable */
        IC_ERROR_LINK_CLOSED,       /* the server closed the link, or it broke */
        IC_ERROR_PING_TIMEOUT,      /* the server is silent */
        IC_ERROR_REGISTRATION,      /* the server did not let us in, for no reason of the below */
        IC_ERROR_THROTTLED,         /* the server wants us to come back later */
        IC_ERROR_NICKNAME,          /* no nickname of ours is free or acceptable */
        IC_ERROR_CREDENTIALS,       /* password, account or certificate refused */
        IC_ERROR_BANNED,            /* K-line and the like */
        IC_ERROR_BLOCKED,           /* on the blocklist */
        IC_ERROR_KILLED,            /* an operator removed us */
        IC_ERROR_SHUTTING_DOWN,     /* the server goes down or restarts */
        IC_ERROR_STORE_CORRUPT,     /* the database is damaged or no database */
        IC_ERROR_STORE_SCHEMA,      /* the database was written by a newer irc-conn */
        IC_ERROR_STORE_UNWRITABLE,  /* permissions, or a file system that is read-only */
        IC_ERROR_STORE_FULL,        /* no room on the disk */
        IC_ERROR_STORE_BUSY,        /* another process holds the database */
        IC_ERROR_LIMIT,             /* a configured limit is reached */
        IC_ERROR_UNIT,              /* systemd could not carry out a job */
        _IC_ERROR_MAX,
} IcError;

/* Exit statuses of the worker (sysexits.h). Scripts and the units rely on them. */
typedef enum {
        IC_EXIT_STOPPED = 0,        /* asked to stop */
        IC_EXIT_CONFIGURATION = 65, /* EX_DATAERR: stored configuration unusable; not restarted */
        IC_EXIT_UNAVAILABLE = 69,   /* EX_UNAVAILABLE: server unreachable, or it closed the link */
        IC_EXIT_BUG = 70,           /* EX_SOFTWARE */
        IC_EXIT_STORE = 74,         /* EX_IOERR: the store cannot be written */
        IC_EXIT_TEMPORARY = 75,     /* EX_TEMPFAIL: throttled, nick delay */
        IC_EXIT_REFUSED = 77, /* EX_NOPERM: blocked, banned, credentials refused; not restarted */
} IcExit;

GQuark ic_error_quark(void) G_GNUC_CONST;

/* The name in JSON answers and in logs, such as "not-connected". Never NULL. */
const char *ic_error_code(IcError code);

/* The D-Bus error name, such as "org.ircconn1.Error.NotConnected". Never NULL. */
const char *ic_error_bus_name(IcError code);

/* The code that a D-Bus error name or a JSON code stands for; IC_ERROR_FAILED for any other. */
IcError ic_error_from_bus_name(const char *name);
IcError ic_error_from_code(const char *code);

IcExit ic_error_exit_status(IcError code);

/* What a person can do about it, a sentence, or NULL where only the error's own text can say. */
const char *ic_error_remedy(IcError code);

/* For people: the error's text, and the remedy behind it where the text does not have it already.
 */
char *ic_error_words(const GError *error);

/* The IcError of any error: of another domain, IC_ERROR_FAILED. */
IcError ic_error_of(const GError *error);
