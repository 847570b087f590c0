/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Commands: they wait for the end of the welcome and the JOINs that follow it, are carried out in
 * their order, share a commit when many come at once, and are answered when the kernel has taken
 * their lines; where the server answers each (labeled-response), when it has. */

#include "session/session-private.h"

/* So many commands share a commit. */
#define COMMANDS_A_BATCH 64

static void command_free(SessionCommand *command)
{
        ic_command_clear(&command->command);
        g_clear_error(&command->error);
        g_clear_pointer(&command->rows, g_array_unref);
        g_free(command);
}

static void answer(SessionCommand *command, const GError *error)
{
        command->done(error, NULL, command->user_data);
        command_free(command);
}

void session_finish_command(IcSession *session, SessionCommand *command, const GError *error)
{
        g_hash_table_remove(session->sent, &command->ticket);
        g_queue_remove(&session->answers, command);
        answer(command, error);
}

/* --- what each command does ------------------------------------------------------------------ */

/* Commands that are lines to the server. */
static bool say_to_server(IcSession *session, const IcCommand *c, gint64 now, GError **error)
{
        IrcClient *client = session->client;
        IrcEffects *effects = session->effects;

        switch (c->type) {
        case IC_COMMAND_JOIN:
                return irc_client_join(client, c->channel, c->key, effects, error);
        case IC_COMMAND_PART:
                return irc_client_part(client, c->channel, c->message, effects, error);
        case IC_COMMAND_PRIVMSG:
                return irc_client_say(client, IRC_MESSAGE_PRIVMSG, c->target, c->message, c->msgid,
                        now, effects, error);
        case IC_COMMAND_NOTICE:
                return irc_client_say(client, IRC_MESSAGE_NOTICE, c->target, c->message, c->msgid,
                        now, effects, error);
        case IC_COMMAND_NICK:
                return irc_client_nick(client, c->nickname, effects, error);
        case IC_COMMAND_AWAY:
                return irc_client_away(client, c->message, effects, error);
        case IC_COMMAND_TOPIC:
                return irc_client_topic(client, c->channel, c->message, effects, error);
        case IC_COMMAND_MODE:
                return irc_client_mode(client, c->target, c->modes,
                        (const char *const *) c->arguments, effects, error);
        case IC_COMMAND_KICK:
                return irc_client_kick(client, c->channel, c->nickname, c->message, effects, error);
        case IC_COMMAND_INVITE:
                return irc_client_invite(client, c->nickname, c->channel, effects, error);
        case IC_COMMAND_RAW:
                return irc_client_raw(client, c->message, effects, error);
        case IC_COMMAND_MARK_READ:
                return irc_client_mark_read(
                        client, c->target, c->time > 0 ? c->time : now, effects, error);
        case IC_COMMAND_REDACT:
                return irc_client_redact(client, c->target, c->msgid, c->message, effects, error);
        case IC_COMMAND_QUIT:
        case IC_COMMAND_STATUS:
        case IC_COMMAND_RESTART_CONNECTION:
        case IC_COMMAND_REFRESH:
        case _IC_COMMAND_MAX:
                break;
        }
        g_assert_not_reached();
}

static void carry_out(IcSession *session, SessionCommand *command)
{
        g_autofree char *label = NULL;

        command->ticket = ++session->last_ticket;
        command->first = irc_effects_count(session->effects);
        label = session_make_label(command->ticket);
        irc_client_begin_request(session->client, label);
        if (say_to_server(session, &command->command, g_get_real_time(), &command->error))
                command->lines_left = session_queue_lines(session, command->first, command->ticket);
        command->awaits_answer = irc_client_end_request(session->client);
        command->end = irc_effects_count(session->effects);
        g_queue_push_tail(&session->carried, command);
}

static bool reload_configuration(IcSession *session, GError **error)
{
        g_autoptr(IcServerRow) row = NULL;

        if (!ic_store_server_read(session->store, session->id, &row, error))
                return false;

        ic_server_row_free(session->row);
        session->row = g_steal_pointer(&row);
        return true;
}

bool ic_session_set_wanted(IcSession *session, bool is_wanted, GError **error)
{
        if (!ic_store_server_set_wanted(session->store, session->id, is_wanted, error))
                return false;

        session->row->is_wanted = is_wanted;
        return true;
}

/* --- the queue ------------------------------------------------------------------------------- */

static gboolean on_pump(gpointer user_data)
{
        IcSession *session = user_data;

        session->pump_idle = 0;
        session_pump(session);
        return G_SOURCE_REMOVE;
}

void session_pump_later(IcSession *session)
{
        if (session->pump_idle == 0 && session->waiting.length > 0)
                session->pump_idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_pump, session, NULL);
}

void session_pump(IcSession *session)
{
        if (session->is_ended || session->batch.is_open || session->state != IC_STATE_CONNECTED ||
                !irc_client_is_burst_over(session->client))
                return;

        for (int i = 0; i < COMMANDS_A_BATCH && session->waiting.length > 0 &&
                        !ic_output_is_full(session->output);
                i++)
                carry_out(session, g_queue_pop_head(&session->waiting));

        if (irc_effects_count(session->effects) == 0) {
                session_commands_committed(session);
                session_pump_later(session);
                return;
        }
        session_open_batch(session);
        session_commit(session);
}

/* The rows of what it said that nobody has confirmed. */
static void note_rows(IcSession *session, SessionCommand *command)
{
        for (gsize i = command->first; i < command->end; i++) {
                const IrcEffect *effect = irc_effects_get(session->effects, i);

                if (effect->type != IRC_EFFECT_MESSAGE || !effect->message.is_unconfirmed)
                        continue;
                if (!command->rows)
                        command->rows = g_array_new(FALSE, FALSE, sizeof(gint64));
                g_array_append_val(command->rows, effect->message.row_id);
        }
}

void session_commands_committed(IcSession *session)
{
        SessionCommand *command;

        while ((command = g_queue_pop_head(&session->carried)) != NULL) {
                if (command->error || command->lines_left == 0) {
                        answer(command, command->error);
                        continue;
                }
                if (command->awaits_answer)
                        note_rows(session, command);
                g_hash_table_insert(session->sent, &command->ticket, command);
        }
}

void session_line_sent(guint64 ticket, gpointer user_data)
{
        IcSession *session = user_data;
        SessionCommand *command = g_hash_table_lookup(session->sent, &ticket);

        if (!command || --command->lines_left > 0)
                return;

        if (command->awaits_answer)
                session_await_answer(session, command);
        else
                session_finish_command(session, command, NULL);
}

static GError *not_connected(const IcSession *session)
{
        if (session->last_error)
                return g_error_new(IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected: %s",
                        session->last_error);

        return g_error_new_literal(IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected");
}

/* The kernel had taken all of it: whether the server did as well nobody knows. */
static GError *left_open(const GError *error)
{
        return g_error_new(IC_ERROR, IC_ERROR_NOT_CONNECTED,
                "%s. The server had been told, but not yet answered: it may have been done",
                error->message);
}

void session_refuse_commands(IcSession *session)
{
        g_autoptr(GError) error = NULL, open_error = NULL;
        g_autoptr(GList) sent = NULL;
        SessionCommand *command;

        if (!session->row)
                return;

        error = not_connected(session);
        open_error = left_open(error);
        sent = g_hash_table_get_values(session->sent);
        g_hash_table_remove_all(session->sent);
        g_queue_clear(&session->answers);
        for (GList *l = sent; l; l = l->next) {
                command = l->data;
                answer(command, command->lines_left == 0 ? open_error : error);
        }
        while ((command = g_queue_pop_head(&session->carried)) != NULL)
                answer(command, error);
        while ((command = g_queue_pop_head(&session->waiting)) != NULL)
                answer(command, error);
}

static void enqueue(
        IcSession *session, const IcCommand *command, IcCommandDoneFunc done, gpointer user_data)
{
        SessionCommand *waiting = g_new0(SessionCommand, 1);

        ic_command_copy(command, &waiting->command);
        waiting->done = done;
        waiting->user_data = user_data;
        g_queue_push_tail(&session->waiting, waiting);
        session_pump_later(session);
}

static void answer_to_nobody(const GError *error, const IcStatus *status, gpointer user_data)
{
}

void session_enqueue_own(IcSession *session, const IcCommand *command)
{
        enqueue(session, command, answer_to_nobody, NULL);
}

static void submit_status(IcSession *session, IcCommandDoneFunc done, gpointer user_data)
{
        g_auto(IcStatus) status = {0};

        ic_session_get_status(session, &status);
        done(NULL, &status, user_data);
}

static void submit_quit(
        IcSession *session, const IcCommand *command, IcCommandDoneFunc done, gpointer user_data)
{
        g_autofree char *message = g_strdup(command->message); /* may be gone when it is done */
        g_autoptr(GError) error = NULL;
        bool ok = ic_session_set_wanted(session, false, &error);

        done(error, NULL, user_data);
        if (ok)
                ic_session_stop(session, message);
}

void ic_session_submit(
        IcSession *session, const IcCommand *command, IcCommandDoneFunc done, gpointer user_data)
{
        g_autoptr(GError) error = NULL;

        if (command->type == IC_COMMAND_STATUS) {
                submit_status(session, done, user_data);
                return;
        }
        if (session->is_ended || session->state == IC_STATE_CLOSING)
                error = not_connected(session);
        else if (!ic_command_validate(command, &error))
                ;
        else if (session->waiting.length >= IC_SESSION_WAITING_MAX)
                g_set_error(&error, IC_ERROR, IC_ERROR_QUEUE_FULL, "%u commands wait already",
                        session->waiting.length);
        if (error) {
                done(error, NULL, user_data);
                return;
        }

        if (command->type == IC_COMMAND_QUIT) {
                submit_quit(session, command, done, user_data);
        } else if (command->type == IC_COMMAND_RESTART_CONNECTION) {
                session->is_restarting = true;
                done(NULL, NULL, user_data);
                ic_session_stop(session, "Reconnecting");
        } else if (command->type == IC_COMMAND_REFRESH) {
                (void) reload_configuration(session, &error);
                done(error, NULL, user_data);
        } else {
                enqueue(session, command, done, user_data);
        }
}
