/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The settings of the machine, or of a user for himself: irc-conn.conf and its drop-ins. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"

/* Which channels are joined by themselves. */
typedef enum {
        IC_DISCOVERY_INVITED, /* those we are invited to */
        IC_DISCOVERY_ALL,     /* and those that the server lists */
        IC_DISCOVERY_OFF,
} IcDiscoveryMode;

typedef enum {
        IC_ON_KICK_BLOCK, /* never join that channel again by ourselves */
        IC_ON_KICK_REJOIN,
        IC_ON_KICK_LEAVE,
} IcOnKick;

/* Times in microseconds. */
typedef struct {
        uint32_t max_connections;            /* of the machine; 0: no limit */
        uint32_t max_connections_per_tenant; /* 0: no limit */
        uint32_t max_connection_attempts;    /* that fail in a row before a block */
        gint64 block_duration;
        gint64 restart_delay; /* before the first new attempt; grows up to restart_delay_max */
        gint64 restart_delay_max;
        uint32_t restart_limit; /* in a row without progress before a block */
        gint64 shutdown_timeout;
        gint64 status_poll_interval;
        IcDiscoveryMode discovery_mode;
        gint64 discovery_interval;
        char *command_prefix; /* of commands in channels; never NULL */
        IcOnKick on_kick;
        gint64 dial_interval; /* between two dials of this machine to one host; 0: none */
        uint32_t dial_burst;  /* dials at once before dial_interval counts */
        char **sources;       /* internal: where each comes from, NULL: the default */
} IcSettings;

#define IC_SETTINGS_FILE "irc-conn.conf"
#define IC_SETTINGS_GROUP "Connections"

IcSettings *ic_settings_new(void); /* the defaults */
void ic_settings_free(IcSettings *settings);

/* Reads the files below ic_config_dir(): irc-conn.conf, then irc-conn.conf.d/ *.conf in the order
 * of their names; later ones win, an empty value puts the default back. Never fails: what is wrong
 * leaves the value as it was, and is one of `ret_problems` (of char *, which the array frees):
 * "FILE:LINE: what is wrong. What would be right." */
void ic_settings_load(IcScope scope, IcSettings **ret, GPtrArray **ret_problems);
void ic_settings_load_from(const char *folder, IcSettings **ret, GPtrArray **ret_problems);

/* Each setting as the files have it. `source` is "FILE:LINE" or "default". */
typedef void (*IcSettingFunc)(const char *name, const char *value, const char *source,
        const char *description, gpointer user_data);
void ic_settings_foreach(const IcSettings *settings, IcSettingFunc func, gpointer user_data);

/* irc-conn.conf with every setting explained, and commented out with its default. */
char *ic_settings_sample(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcSettings, ic_settings_free)
