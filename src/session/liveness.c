/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Deadlines: from the link to the welcome; and after it, PING when the server is silent. */

#include "base/clock.h"
#include "session/session-private.h"

/* When a timer of ours comes so much too late we were stopped or starved ourselves, and the server
 * is given its time anew. */
#define OWN_STALL_USEC (5 * G_USEC_PER_SEC)

static gboolean on_deadline(gpointer user_data)
{
        IcSession *session = user_data;
        g_autofree char *words = g_strdup_printf("No welcome within %u seconds; waiting for %s",
                session->row->config->register_timeout,
                irc_client_get_waiting_for(session->client));

        session->deadline_timer = 0;
        session_end_with(session, IC_ERROR_REGISTRATION, words);
        return G_SOURCE_REMOVE;
}

void session_start_deadline(IcSession *session)
{
        gint64 timeout = session->row->config->register_timeout * IC_USEC_PER_SEC;

        session_timer_set(&session->deadline_timer, timeout, on_deadline, session);
        if (session->host.progress)
                session->host.progress(timeout, session->host.user_data);
}

void session_heard(IcSession *session)
{
        session->last_heard = ic_now_monotonic();
}

static gboolean on_tick(gpointer user_data);

static void arm(IcSession *session, gint64 due)
{
        session->tick_due = due;
        session_timer_set(&session->liveness_timer, due - ic_now_monotonic(), on_tick, session);
}

static void ping(IcSession *session, gint64 now)
{
        g_autofree char *token = g_strdup_printf("%" G_GINT64_FORMAT, now);

        session->pinged_at = now;
        irc_client_ping(session->client, token, session->effects);
        session_queue_lines(session, 0, 0);
        session_open_batch(session);
        arm(session, now + session->row->config->ping_timeout * IC_USEC_PER_SEC);
        session_commit(session);
}

/* Bytes that wait in the kernel are a sign of life, too: it is us who did not look. */
bool session_has_unread(IcSession *session)
{
        g_autoptr(GError) error = NULL;
        const guint8 *data;
        gsize len;

        return ic_link_peek(session->link, &data, &len, &error) != IC_LINK_AGAIN;
}

static gboolean on_tick(gpointer user_data)
{
        IcSession *session = user_data;
        const IcServerConfig *config = session->row->config;
        gint64 now = ic_now_monotonic();
        bool was_stalled = now - session->tick_due > OWN_STALL_USEC;

        session->liveness_timer = 0;
        if (session->batch.is_open || was_stalled || session_has_unread(session))
                session->last_heard = now;

        if (session->pinged_at != 0 && session->last_heard < session->pinged_at) {
                g_autofree char *words =
                        g_strdup_printf("The server is silent: no answer to PING within %u seconds",
                                config->ping_timeout);

                session_end_with(session, IC_ERROR_PING_TIMEOUT, words);
                return G_SOURCE_REMOVE;
        }

        if (session->choked_since != 0 &&
                now - session->choked_since >= config->ping_timeout * IC_USEC_PER_SEC) {
                session_end_with(session, IC_ERROR_PING_TIMEOUT,
                        "The server goes on speaking, but does not read what it is told");
                return G_SOURCE_REMOVE;
        }

        session->pinged_at = 0;
        if (now - session->last_heard >= config->ping_interval * IC_USEC_PER_SEC)
                ping(session, now);
        else
                arm(session, session->last_heard + config->ping_interval * IC_USEC_PER_SEC);
        return G_SOURCE_REMOVE;
}

void session_got_pong(IcSession *session, const char *token)
{
        gint64 asked;

        if (!g_ascii_string_to_signed(token, 10, 0, ic_now_monotonic(), &asked, NULL) ||
                asked != session->pinged_at)
                return;

        session->lag = ic_now_monotonic() - asked;
        session_set_state(session, session->state, session->waiting_for, NULL);
}

void session_start_liveness(IcSession *session)
{
        gint64 now = ic_now_monotonic();

        session->last_heard = now;
        session->pinged_at = 0;
        arm(session, now + session->row->config->ping_interval * IC_USEC_PER_SEC);
}
