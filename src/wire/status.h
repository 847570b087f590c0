/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The state of one connection as all show it: D-Bus, JSON answers, STATUS= and ircctl render this
 * one struct, and none has facts of its own. */

#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
        IC_STATE_DISCONNECTED, /* down, and nothing is under way */
        IC_STATE_WAITING,      /* before the next attempt */
        IC_STATE_CONNECTING,   /* resolving, dialling, TLS */
        IC_STATE_REGISTERING,
        IC_STATE_CONNECTED,
        IC_STATE_CLOSING, /* QUIT was said */
        IC_STATE_BLOCKED, /* on the blocklist */
        _IC_STATE_MAX,
} IcState;

const char *ic_state_name(IcState state);     /* "connected", … */
IcState ic_state_from_name(const char *name); /* _IC_STATE_MAX if there is none of that name */

/* Owned strings; what is not known is NULL or 0. Times in µs since the epoch. */
typedef struct {
        uint32_t id;
        char *name; /* the owner's name for the server */
        char *address;
        uint16_t port;
        bool is_tls;
        IcState state;
        char *waiting_for; /* what a state other than connected waits for, in words */
        bool is_healthy;   /* link up, liveness answered, store not stuck */
        bool is_wanted;
        gint64 since; /* of the state */
        gint64 connected_at;
        char *nickname;
        char *network;
        GStrv channels;
        gint64 lag; /* µs from our last PING to its PONG; -1: not measured */
        int32_t pid;
        char *socket;
        uint32_t attempts; /* failed ones in a row */
        gint64 next_attempt_at;
        gint64 blocked_until; /* 0 while blocked: for good */
        char *block_reason;
        char *last_error;
        char *last_error_code; /* its ic_error_code() */
        uint32_t restarts;     /* of the unit, by systemd */
        uint32_t owner;        /* uid */
} IcStatus;

void ic_status_clear(IcStatus *status);

/* One sentence for STATUS=, such as "Connected to Libera.Chat as nick; 3 channels: #a, #b, #c". */
char *ic_status_sentence(const IcStatus *status);

/* The members of the answer to `status`, and of `ircctl status --json`: keys as in the struct,
 * without "is_", unknown ones left out. */
void ic_status_to_json(const IcStatus *status, JsonBuilder *builder);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcStatus, ic_status_clear)
