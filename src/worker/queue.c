/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The order of commands across sessions. How many may wait is bounded by the control client. */

#include "worker/queue.h"

typedef struct {
        StandaloneQueue *queue;
        IcCommand command;
        IcCommandDoneFunc done;
        gpointer user_data;
} Pending;

struct StandaloneQueue {
        GQueue waiting;    /* of Pending */
        guint n_under_way; /* handed to the session, not yet answered */
        IcSession *session;
        bool is_connected;
        bool is_restarting;
        bool is_pumping;
        guint pump_idle;
        GError *refusal; /* set: nothing is carried out any more */
        StandaloneQueueHost host;
};

static void pending_free(Pending *pending)
{
        ic_command_clear(&pending->command);
        g_free(pending);
}

static void answer(Pending *pending, const GError *error, const IcStatus *status)
{
        pending->done(error, status, pending->user_data);
        pending_free(pending);
}

static void pump_later(StandaloneQueue *queue);

static void on_done(const GError *error, const IcStatus *status, gpointer user_data)
{
        Pending *pending = user_data;
        StandaloneQueue *queue = pending->queue;

        queue->n_under_way--;
        if (pending->command.type == IC_COMMAND_RESTART_CONNECTION && !error)
                queue->is_restarting = true;
        answer(pending, error, status);
        pump_later(queue);
}

static bool may_begin(const StandaloneQueue *queue, const Pending *pending)
{
        switch (pending->command.type) {
        case IC_COMMAND_STATUS:
        case IC_COMMAND_REFRESH:
                return queue->session != NULL;
        case IC_COMMAND_QUIT:
                return queue->n_under_way == 0;
        case IC_COMMAND_RESTART_CONNECTION:
                return queue->session && queue->n_under_way == 0;
        case IC_COMMAND_JOIN:
        case IC_COMMAND_PART:
        case IC_COMMAND_PRIVMSG:
        case IC_COMMAND_NOTICE:
        case IC_COMMAND_NICK:
        case IC_COMMAND_AWAY:
        case IC_COMMAND_TOPIC:
        case IC_COMMAND_MODE:
        case IC_COMMAND_KICK:
        case IC_COMMAND_INVITE:
        case IC_COMMAND_RAW:
        case IC_COMMAND_MARK_READ:
        case IC_COMMAND_REDACT:
        case _IC_COMMAND_MAX:
                break;
        }
        return queue->session && queue->is_connected;
}

static void begin(StandaloneQueue *queue, Pending *pending)
{
        g_auto(IcCommand) command = {0};
        g_autoptr(GError) error = NULL;

        if (pending->command.type == IC_COMMAND_QUIT && !queue->session) {
                answer(pending, NULL, NULL);
                queue->host.quit(queue->host.user_data);
                return;
        }
        if (pending->command.type == IC_COMMAND_REFRESH &&
                !queue->host.refresh(queue->host.user_data, &error)) {
                answer(pending, error, NULL);
                return;
        }
        queue->n_under_way++;
        /* It may be answered, and gone, before the session has done with its words. */
        command = pending->command;
        pending->command = (IcCommand){.type = command.type};
        ic_session_submit(queue->session, &command, on_done, pending);
}

/* In their order; only what is answered in any state goes before one that waits. */
static void pump(StandaloneQueue *queue)
{
        if (queue->is_pumping)
                return;
        queue->is_pumping = true;
        while (queue->waiting.length > 0) {
                Pending *pending = g_queue_peek_head(&queue->waiting);

                if (queue->refusal)
                        answer(g_queue_pop_head(&queue->waiting), queue->refusal, NULL);
                else if (may_begin(queue, pending))
                        begin(queue, g_queue_pop_head(&queue->waiting));
                else
                        break;
        }
        queue->is_pumping = false;
}

static gboolean on_pump(gpointer user_data)
{
        StandaloneQueue *queue = user_data;

        queue->pump_idle = 0;
        pump(queue);
        return G_SOURCE_REMOVE;
}

/* From within the session's own work, which must not be asked for more just then. */
static void pump_later(StandaloneQueue *queue)
{
        if (queue->pump_idle == 0)
                queue->pump_idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_pump, queue, NULL);
}

StandaloneQueue *standalone_queue_new(const StandaloneQueueHost *host)
{
        StandaloneQueue *queue = g_new0(StandaloneQueue, 1);

        g_queue_init(&queue->waiting);
        queue->host = *host;
        return queue;
}

void standalone_queue_free(StandaloneQueue *queue)
{
        if (!queue)
                return;
        standalone_queue_refuse(queue, NULL);
        if (queue->pump_idle != 0)
                g_source_remove(queue->pump_idle);
        g_clear_error(&queue->refusal);
        g_free(queue);
}

void standalone_queue_push(StandaloneQueue *queue, const IcCommand *command, IcCommandDoneFunc done,
        gpointer user_data)
{
        Pending *pending = g_new0(Pending, 1);

        pending->queue = queue;
        pending->done = done;
        pending->user_data = user_data;
        ic_command_copy(command, &pending->command);
        g_queue_push_tail(&queue->waiting, pending);
        pump(queue);
}

void standalone_queue_set_session(StandaloneQueue *queue, IcSession *session)
{
        queue->session = session;
        if (!session)
                queue->is_connected = false;
        pump_later(queue);
}

void standalone_queue_set_connected(StandaloneQueue *queue, bool is_connected)
{
        if (is_connected && !queue->is_connected)
                pump_later(queue);
        queue->is_connected = is_connected;
}

bool standalone_queue_take_restart(StandaloneQueue *queue)
{
        bool is_restarting = queue->is_restarting;

        queue->is_restarting = false;
        return is_restarting;
}

void standalone_queue_refuse(StandaloneQueue *queue, const GError *error)
{
        if (!queue->refusal)
                queue->refusal = error ? g_error_copy(error)
                                       : g_error_new_literal(IC_ERROR, IC_ERROR_NOT_CONNECTED,
                                                 "Server not connected");
        pump(queue);
}
