/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The key file of a connection in the foreground: one group [connection] with the keys that
 * AddServer takes, `reconnect`, and the secrets. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/server-config.h"

#define STANDALONE_GROUP "connection"

typedef struct {
        IcServerConfig *server; /* complete */
        bool reconnect;         /* default: true */
        GHashTable *secrets;    /* name of the credential -> GBytes */
} StandaloneConfig;

/* A value is what follows the "=", without the space around it, and knows no escapes. Whatever is
 * wrong makes the file unusable: then NULL, and each problem is one line of `ret_problems` (of
 * char *, which the array frees), naming file, line and key. No problem shows a secret. */
StandaloneConfig *standalone_config_read(const char *path, GPtrArray **ret_problems);
void standalone_config_free(StandaloneConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StandaloneConfig, standalone_config_free)
