/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Capability negotiation (IRCv3 capability-negotiation, version 302): CAP lines in, CAP lines out.
 */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/message.h"

/* What a server may make us remember, and how long a REQ gets (its parameter). */
#define IRC_CAPS_MAX 512
#define IRC_CAP_LENGTH_MAX 2048
#define IRC_CAP_REQ_MAX 400

typedef enum {
        IRC_CAPS_IDLE,       /* not begun */
        IRC_CAPS_LISTING,    /* LS was sent, its last line has not come */
        IRC_CAPS_REQUESTING, /* a REQ has no answer yet */
        IRC_CAPS_SETTLED,    /* nothing is under way; what was granted is known */
        IRC_CAPS_ABSENT,     /* the server has no capabilities */
} IrcCapsState;

typedef struct IrcCaps IrcCaps;

/* `wanted` are the capabilities to request where they are offered, NULL-terminated; copied. */
IrcCaps *irc_caps_new(const char *const *wanted);
void irc_caps_free(IrcCaps *caps);

/* Lines to send are added to `lines` as new strings, here and below. */
void irc_caps_start(IrcCaps *caps, GPtrArray *lines);
/* A message whose verb is CAP. */
void irc_caps_receive(IrcCaps *caps, const IrcMessage *message, GPtrArray *lines);
/* The server does not know CAP (421, 451), or knows not what we said (410), or has welcomed us
 * without an answer: what has no answer will get none. */
void irc_caps_give_up(IrcCaps *caps);

IrcCapsState irc_caps_get_state(const IrcCaps *caps);
/* Whether it is granted now. */
bool irc_caps_has(const IrcCaps *caps, const char *name);
bool irc_caps_is_offered(const IrcCaps *caps, const char *name);
/* The value with which it is offered: "" for none, NULL if it is not offered. */
const char *irc_caps_get_value(const IrcCaps *caps, const char *name);

/* What is offered, a{s(sb)}: name to value and whether it is granted; floating. Restored, it is
 * SETTLED; what cannot be understood is left out. */
GVariant *irc_caps_to_variant(const IrcCaps *caps);
void irc_caps_restore(IrcCaps *caps, GVariant *variant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcCaps, irc_caps_free)
