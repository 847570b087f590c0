/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the protocol core does without a line of the server: long computations in slices, and what
 * is due at some time. */

#include "base/clock.h"
#include "session/session-private.h"

/* The core's times are of the machine's clock, which may be set: never look more often than this.
 */
#define TICK_MIN_USEC (100 * IC_USEC_PER_MSEC)

void session_carry_on(IcSession *session)
{
        if (irc_effects_count(session->effects) == 0) {
                session_schedule_work(session);
                return;
        }
        session_queue_lines(session, 0, 0);
        session_open_batch(session);
        session_commit(session);
}

/* A key of many rounds is derived in slices, so that nothing else waits for it. */
static gboolean on_slice(gpointer user_data)
{
        IcSession *session = user_data;

        /* A batch that is open is asked about again when it is committed. */
        if (!session->batch.is_open) {
                irc_client_work(session->client, session->effects);
                if (irc_effects_count(session->effects) == 0 &&
                        irc_client_has_work(session->client))
                        return G_SOURCE_CONTINUE;
        }
        session->work_idle = 0;
        if (!session->batch.is_open)
                session_carry_on(session);
        return G_SOURCE_REMOVE;
}

static gboolean on_due(gpointer user_data)
{
        IcSession *session = user_data;

        session->client_timer = 0;
        session->client_due = 0;
        if (!session->batch.is_open) {
                irc_client_tick(session->client, ic_now_real(), session->effects);
                session_carry_on(session);
        }
        return G_SOURCE_REMOVE;
}

void session_schedule_work(IcSession *session)
{
        gint64 due = irc_client_get_deadline(session->client);

        if (session->work_idle == 0 && irc_client_has_work(session->client))
                session->work_idle = g_idle_add(on_slice, session);
        if (due == session->client_due)
                return;

        session->client_due = due;
        if (due == 0)
                session_timer_clear(&session->client_timer);
        else
                session_timer_set(&session->client_timer, MAX(due - ic_now_real(), TICK_MIN_USEC),
                        on_due, session);
}
