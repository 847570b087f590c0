/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What a session tells those who listen: D-Bus signals and, in the foreground, lines of JSON are
 * rendered from this. An event that speaks of stored rows comes after their commit. */

#pragma once

#include <glib.h>

#include "irc/effects.h"
#include "wire/status.h"

typedef enum {
        IC_EVENT_STATE_CHANGED,     /* state, text: the reason in words of ours, no names in it */
        IC_EVENT_CONNECTED,         /* the link is up, registration begins */
        IC_EVENT_READY,             /* registered; nickname */
        IC_EVENT_DISCONNECTED,      /* text */
        IC_EVENT_CONNECTION_FAILED, /* attempt, text */
        IC_EVENT_MESSAGE,           /* message */
        IC_EVENT_JOINED,            /* channel */
        IC_EVENT_PARTED,            /* channel */
        IC_EVENT_KICKED,            /* channel, nickname: by whom, text: the reason */
        IC_EVENT_NICK_CHANGED,      /* nickname: the new one */
        IC_EVENT_TOPIC_CHANGED,     /* channel, nickname: by whom or "", text */
        IC_EVENT_USERS_CHANGED,     /* channel */
        IC_EVENT_INVITED,           /* channel, nickname: by whom */
        IC_EVENT_ERROR,             /* code, text */
} IcEventType;

/* Borrowed strings, never NULL where a type has them. */
typedef struct {
        IcEventType type;
        IcState state;
        uint32_t attempt;
        const char *channel;
        const char *nickname;
        const char *code;
        const char *text;
        const IrcEffect *message; /* of IRC_EFFECT_MESSAGE, with its row_id */
} IcEvent;

typedef void (*IcEventFunc)(const IcEvent *event, gpointer user_data);
