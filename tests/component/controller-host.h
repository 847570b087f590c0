/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* irc-controller --user on a private bus without systemd, with its state in a temporary folder, and
 * a client to it. */

#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "base/error.h"
#include "private-bus.h"

typedef struct {
        PrivateBus *daemon;
        char *state_dir;
        char *config_dir; /* no file in it yet */
        char *log_file;   /* what it wrote on standard error */
        GPid pid;         /* 0: not running */
        bool is_there;    /* owns its name */
        bool is_over;
        int exit_status;
        GDBusConnection *client;
        GVariant *answer; /* of the last call */
        GError *error;
        GString *heard; /* signals, a line each */
} ControllerHost;

void controller_host_set_up(ControllerHost *host, gconstpointer unused);
void controller_host_tear_down(ControllerHost *host, gconstpointer unused);

/* `idle_seconds` NULL: the default. Returns when it is on the bus. */
void controller_host_start(ControllerHost *host, const char *idle_seconds);
/* Sends a signal and waits for its end. */
void controller_host_stop(ControllerHost *host, int signal);

/* Calls org.ircconn1.Manager; `parameters` as text of a GVariant, NULL: none. */
void controller_host_call(ControllerHost *host, const char *member, const char *parameters);
void controller_host_call_on(ControllerHost *host, const char *path, const char *interface,
        const char *member, const char *parameters);
/* The answer must be this text, or the error be of this code with these words in it. */
void controller_host_expect(ControllerHost *host, const char *answer);
void controller_host_expect_error(ControllerHost *host, IcError code, const char *words);
/* The value of a key of the a{sv} that was answered; NULL: it has none. */
GVariant *controller_host_lookup(ControllerHost *host, const char *key);
