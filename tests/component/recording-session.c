/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session without a link. */

#include "recording-session.h"

struct IcSession {
        GString *command;
        GError *error;
        IcEventFunc listener;
        gpointer listener_data;
        GStrv listeners_kept; /* who listens on the bus */
};

IcSession *recording_session_new(void)
{
        IcSession *session = g_new0(IcSession, 1);

        session->command = g_string_new(NULL);
        return session;
}

void ic_session_free(IcSession *session)
{
        g_string_free(session->command, TRUE);
        g_clear_error(&session->error);
        g_strfreev(session->listeners_kept);
        g_free(session);
}

void recording_session_fail_with(IcSession *session, const GError *error)
{
        g_clear_error(&session->error);
        session->error = error ? g_error_copy(error) : NULL;
}

static void record(GString *to, const char *key, const char *value)
{
        if (value)
                g_string_append_printf(to, " %s=%s", key, value);
}

void ic_session_submit(
        IcSession *session, const IcCommand *command, IcCommandDoneFunc done, gpointer user_data)
{
        g_autofree char *arguments =
                command->arguments ? g_strjoinv(",", command->arguments) : NULL;

        g_string_assign(session->command, ic_command_name(command->type));
        record(session->command, "channel", command->channel);
        record(session->command, "target", command->target);
        record(session->command, "nickname", command->nickname);
        record(session->command, "message", command->message);
        record(session->command, "key", command->key);
        record(session->command, "modes", command->modes);
        record(session->command, "arguments", arguments);
        done(session->error, NULL, user_data);
}

char *recording_session_take_command(IcSession *session)
{
        char *command = g_strdup(session->command->str);

        g_string_truncate(session->command, 0);
        return command;
}

void ic_session_listen(IcSession *session, IcEventFunc func, gpointer user_data)
{
        session->listener = func;
        session->listener_data = user_data;
}

void ic_session_unlisten(IcSession *session, IcEventFunc func, gpointer user_data)
{
        g_assert_true(session->listener == func && session->listener_data == user_data);
        session->listener = NULL;
}

void recording_session_tell(IcSession *session, const IcEvent *event)
{
        session->listener(event, session->listener_data);
}

void ic_session_get_status(const IcSession *session, IcStatus *ret)
{
        const char *const channels[] = {"#a", "#b", NULL};

        *ret = (IcStatus){
                .state = IC_STATE_CONNECTED,
                .nickname = g_strdup("nick"),
                .network = g_strdup("Example"),
                .channels = g_strdupv((GStrv) channels),
                .connected_at = 4711,
                .lag = 12,
        };
}

bool ic_session_foreach_user(
        const IcSession *session, const char *channel, IcUserFunc func, gpointer user_data)
{
        if (!g_str_equal(channel, "#a"))
                return false;
        func("alice", "alice-account", "@", user_data);
        func("bob", "", "", user_data);
        return true;
}

bool ic_session_get_channel(
        const IcSession *session, const char *channel, IrcChannelFacts *ret_facts, char **ret_modes)
{
        if (!g_str_equal(channel, "#a"))
                return false;
        *ret_facts = (IrcChannelFacts){
                .topic = "tea", .topic_by = "alice", .topic_at = 5, .has_modes = true};
        *ret_modes = g_strdup("+nt");
        return true;
}

void ic_session_remember_listeners(IcSession *session, const char *const *names)
{
        g_strfreev(session->listeners_kept);
        session->listeners_kept = g_strdupv((char **) names);
}

GStrv ic_session_recall_listeners(IcSession *session)
{
        return g_strdupv(session->listeners_kept);
}
