/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One question to polkit, without waiting for its answer. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

/* How long a person may take to type a password. */
#define IC_POLKIT_TIMEOUT_USEC (G_GUINT64_CONSTANT(120) * G_USEC_PER_SEC)

/* Asks whether `subject`, a unique name, may do `action`; `interactive`: he may be asked to
 * authenticate. `answered` gets the reply for ic_polkit_read(). Negative errno. */
int ic_polkit_ask(sd_bus *bus, const char *subject, const char *action, bool interactive,
        sd_bus_message_handler_t answered, void *user_data, sd_bus_slot **ret_slot);

typedef enum {
        IC_POLKIT_AUTHORIZED,
        IC_POLKIT_CHALLENGE, /* he would be if he authenticated, which the call did not allow */
        IC_POLKIT_REFUSED,
        IC_POLKIT_UNAVAILABLE, /* polkit does not run, or did not answer */
} IcPolkitAnswer;

IcPolkitAnswer ic_polkit_read(sd_bus_message *reply);
