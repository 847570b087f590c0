/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One connection in the foreground: the same session without systemd and D-Bus, configured by a key
 * file, with its database in a folder of its own and its log on standard error. */

#pragma once

#include <stdbool.h>

typedef struct {
        const char *config;    /* the key file */
        const char *state_dir; /* made when it is missing */
        bool has_control;      /* commands on standard input, answers on standard output */
        bool has_events;       /* events on standard output */
        bool has_trace;        /* lines of IRC on standard error */
} StandaloneOptions;

/* Runs until the connection is to end; answers the exit status (IcExit). */
int standalone_run(const StandaloneOptions *options);
