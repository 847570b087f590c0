/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Which lines of the past are stored already.
 *
 * A line is known by its id within its target; where it or the row has none, by time, sender, text
 * and type. The server's time finds the rows that come into question: they are of the same moment,
 * or of the same second where the line's time is no finer. Rows that have their time of our clock
 * are looked for within two minutes: by the id where a server gives ids but no times, and by the
 * text where we said it to a server that showed us nothing of it. A line without a time is new.
 *
 * A row is matched by one line of a list of effects, so that what was said twice stays two; but an
 * id by as many as have it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/effects.h"
#include "store/conversation.h"

typedef struct IcReplay IcReplay;

/* For one list of effects. */
IcReplay *ic_replay_new(IcStore *store);
void ic_replay_free(IcReplay *replay);

/* Whether `effect`, a message with is_replay, is a row of `conversation`. What the row lacks is
 * filled in from the line: its id, the server's time, that the server has it. */
bool ic_replay_find(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect,
        bool *ret_is_known, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* It was none, and has its row_id now: no other line of the list is that row, unless by its id. */
void ic_replay_note(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect);
/* A row was added that is no line of the past. */
void ic_replay_forget(IcReplay *replay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcReplay, ic_replay_free)
