/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the server answers to commands (IRCv3 labeled-response): accepted, or refused and why. An
 * answer that does not come is a failure, too, but says nothing about what was done. */

#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "session/session-private.h"
#include "store/messages.h"

/* Below the time-out of a call on D-Bus (25 s). */
#define ANSWER_TIMEOUT_USEC (20 * IC_USEC_PER_SEC)

/* Requests outlive the process with the link, whoever waited for them does not: a label tells whose
 * it is. */
char *session_make_label(guint64 ticket)
{
        return g_strdup_printf("%d.%" G_GUINT64_FORMAT, (int) getpid(), ticket);
}

static SessionCommand *find_command(const IcSession *session, const char *label)
{
        g_autofree char *prefix = g_strdup_printf("%d.", (int) getpid());
        guint64 ticket;

        if (!label || !g_str_has_prefix(label, prefix) ||
                !g_ascii_string_to_unsigned(
                        label + strlen(prefix), 10, 1, G_MAXUINT64, &ticket, NULL))
                return NULL;
        return g_hash_table_lookup(session->sent, &ticket);
}

/* --- answers that do not come ---------------------------------------------------------------- */

static void give_up(IcSession *session, SessionCommand *command)
{
        g_autofree char *label = session_make_label(command->ticket);
        g_autofree char *span = ic_text_duration(ANSWER_TIMEOUT_USEC);
        g_autoptr(GError) error = g_error_new(IC_ERROR, IC_ERROR_TIMED_OUT,
                "The server was told, but did not say within %s whether it accepts", span);

        irc_client_forget_request(session->client, label);
        session_finish_command(session, command, error);
}

static void arm(IcSession *session);

static gboolean on_answer_due(gpointer user_data)
{
        IcSession *session = user_data;
        gint64 now = ic_now_monotonic();
        SessionCommand *command;

        session->answer_timer = 0;
        while ((command = g_queue_peek_head(&session->answers)) != NULL &&
                command->answer_due <= now)
                give_up(session, command);
        arm(session);
        return G_SOURCE_REMOVE;
}

static void arm(IcSession *session)
{
        const SessionCommand *command = g_queue_peek_head(&session->answers);

        if (command && session->answer_timer == 0)
                session_timer_set(&session->answer_timer, command->answer_due - ic_now_monotonic(),
                        on_answer_due, session);
}

void session_await_answer(IcSession *session, SessionCommand *command)
{
        command->answer_due = ic_now_monotonic() + ANSWER_TIMEOUT_USEC;
        g_queue_push_tail(&session->answers, command);
        arm(session);
}

/* --- answers that come ----------------------------------------------------------------------- */

bool session_record_answer(IcSession *session, const IrcEffect *effect, GError **error)
{
        const SessionCommand *command = find_command(session, effect->answer.label);

        if (!effect->answer.code || !command || !command->rows)
                return true;
        for (guint i = 0; i < command->rows->len; i++)
                if (!ic_store_message_fail(
                            session->store, g_array_index(command->rows, gint64, i), error))
                        return false;
        return true;
}

void session_tell_answer(IcSession *session, const IrcEffect *effect)
{
        SessionCommand *command = find_command(session, effect->answer.label);
        g_autoptr(GError) error = NULL;

        if (!command)
                return;
        if (effect->answer.code) {
                g_autofree char *text = ic_text_quote(effect->answer.text, 200);

                error = g_error_new(IC_ERROR, IC_ERROR_REFUSED, "The server refused it (%s): %s",
                        effect->answer.code, text);
        }
        session_finish_command(session, command, error);
}
