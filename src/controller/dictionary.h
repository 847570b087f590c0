/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The a{sv} of AddServer and UpdateServer: the keys of config/server-config.h, each as its own
 * D-Bus type or as text. */

#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "config/server-config.h"

#define IC_DICTIONARY_MAX 128u         /* entries of the dictionary */
#define IC_DICTIONARY_VALUE_MAX 65536u /* bytes of a value */

/* Sets the keys of `message` in `config`. `ret_owner` NULL: the key "owner" is refused; else it is
 * left as it is when the key is not given. INVALID_VALUE, TOO_LONG, or BAD_REQUEST when the message
 * is not what its signature says. */
bool ic_dictionary_read(sd_bus_message *message, IcServerConfig *config, uid_t *ret_owner,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
