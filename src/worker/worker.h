/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session under systemd: descriptors, READY and STATUS, the watchdog, D-Bus, the command socket,
 * stop and restart. */

#pragma once

#include <stdint.h>

#include "base/name.h"

typedef struct {
        IcScope scope;
        uint32_t id;
        const char *tenant; /* the folder with the owner's irc.db; NULL: STATE/servers/ID */
} WorkerOptions;

/* Runs until the connection ends; answers the exit status (IcExit). */
int worker_run(const WorkerOptions *options);
