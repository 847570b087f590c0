/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The part of session/session.h that the bus side of a worker needs, without an IRC server: it
 * records what it is told to do, answers what the test wants, and tells what the test makes up. */

#pragma once

#include "session/session.h"

/* Finishes every command with `error` (copied), or well when it is NULL. */
IcSession *recording_session_new(void);
void recording_session_fail_with(IcSession *session, const GError *error);
/* The last command, as "privmsg target=#a message=hello"; "" when there was none since. */
char *recording_session_take_command(IcSession *session);
void recording_session_tell(IcSession *session, const IcEvent *event);
