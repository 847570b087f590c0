/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Filling gaps from the server's history (draft/chathistory): target by target, page by page, from
 * what the caller has on.
 *
 *   asked                    | answer                        | next
 *   -------------------------+-------------------------------+------------------------------------
 *   AFTER the last we have   | a page with something new     | AFTER its last line
 *   AFTER                    | an empty page, or nothing new | the target is done; incomplete, if
 *                            |                               | the page was full
 *   AFTER msgid=             | FAIL                          | AFTER timestamp=, if there is a time
 *   AFTER timestamp=, LATEST | FAIL, or none in time         | the target is done, incomplete
 *   LATEST (we have nothing) | a page                        | the target is done
 *   any                      | 263 (try again)               | the same again, a while later
 *   TARGETS                  | a full page with something new| TARGETS from its last time on
 *   TARGETS                  | another page                  | done
 */

#include <string.h>

#include "irc/client-private.h"
#include "irc/server-time.h"

#define PAGE 100
/* Of one target: a million lines, which take hours. A page that is not full should be the last, and
 * counts as many: a server that always has one line more is left at some point. */
#define PAGES_MAX 10000
#define SMALL_PAGE_COST 100
#define TASKS_MAX 2000
#define VARIANT_TYPE "a(sxsxuuxxusx)"
#define ANSWER_TIMEOUT (60 * G_USEC_PER_SEC)
#define RETRY_DELAY (30 * G_USEC_PER_SEC)
/* The target of a task that asks for the targets. */
#define ALL "*"
/* Clocks of linked servers differ; what comes twice is recognised by the store. */
#define TIME_FUZZ G_USEC_PER_SEC
/* From the second page on it is the server's own clock. A page may end between two lines of the
 * same millisecond. */
#define PAGE_FUZZ 1000

typedef struct {
        char *target;
        gint64 before; /* of a task that asks for the targets: up to then */
        char *msgid;   /* the last line that we have, or NULL */
        gint64 time;   /* likewise; 0: not known */
        guint n_pages;
        guint n_lines;
        gint64 asked_at; /* 0: not yet */
        gint64 retry_at; /* 0: at once */
        /* of the page that comes */
        guint n_new;
        char *last_msgid;
        gint64 last_time;
} Task;

static void task_free(gpointer data)
{
        Task *task = data;

        g_free(task->target);
        g_free(task->msgid);
        g_free(task->last_msgid);
        g_free(task);
}

void irc_client_clear_history(IrcClient *client)
{
        g_queue_clear_full(&client->history, task_free);
}

static Task *current(const IrcClient *client)
{
        Task *task = client->history.head ? client->history.head->data : NULL;

        return task && task->asked_at != 0 ? task : NULL;
}

static guint page_size(const IrcClient *client)
{
        guint limit = irc_isupport_get_number(client->isupport, "CHATHISTORY", 0);

        return limit == 0 ? PAGE : MIN(limit, PAGE);
}

static bool takes_msgid(const IrcClient *client)
{
        const char *types = irc_isupport_get(client->isupport, "MSGREFTYPES");
        g_auto(GStrv) names = types ? g_strsplit(types, ",", -1) : NULL;

        return !names || g_strv_contains((const char *const *) names, "msgid");
}

static char *time_reference(const Task *task)
{
        gint64 fuzz = task->n_pages == 0 ? TIME_FUZZ : PAGE_FUZZ;
        g_autofree char *time = irc_server_time_format(MAX(task->time - fuzz, 0));

        return g_strconcat("timestamp=", time, NULL);
}

static char *reference(const IrcClient *client, const Task *task)
{
        if (task->msgid && takes_msgid(client))
                return g_strconcat("msgid=", task->msgid, NULL);
        if (task->time == 0)
                return g_strdup("*");
        return time_reference(task);
}

static bool is_of_targets(const Task *task)
{
        return g_str_equal(task->target, ALL);
}

/* What makes no line (a target that is too long) ends as what has no answer. */
static void ask(IrcClient *client, Task *task, gint64 now, IrcEffects *effects)
{
        g_autofree char *to = irc_server_time_format(task->before);
        g_autofree char *first = NULL, *last = NULL;
        g_autofree char *limit = g_strdup_printf("%u", page_size(client));
        const char *params[] = {"TARGETS", NULL, NULL, limit, NULL};

        task->asked_at = now;
        task->retry_at = 0;
        task->n_new = 0;
        client->is_changed = true;
        if (is_of_targets(task)) {
                params[1] = first = time_reference(task);
                params[2] = last = g_strconcat("timestamp=", to, NULL);
        } else {
                params[1] = task->target;
                params[2] = last = reference(client, task);
                params[0] = g_str_equal(last, "*") ? "LATEST" : "AFTER";
        }
        if (!irc_client_send(
                    client, IRC_PRIORITY_BULK, "CHATHISTORY", params, NULL, false, effects, NULL))
                return;
}

static void ask_next(IrcClient *client, gint64 now, IrcEffects *effects)
{
        Task *head = client->history.head ? client->history.head->data : NULL;

        if (head && head->asked_at == 0 && head->retry_at == 0)
                ask(client, head, now, effects);
}

static void finish(IrcClient *client, const char *failure, gint64 now, IrcEffects *effects)
{
        Task *task = g_queue_pop_head(&client->history);
        const char *target = irc_effects_strdup(effects, task->target);
        const char *text = irc_effects_strdup(effects, failure);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_HISTORY);

        effect->history.target = target;
        effect->history.n_lines = task->n_lines;
        effect->history.failure = text;
        client->is_changed = true;
        task_free(task);
        ask_next(client, now, effects);
}

static bool check_history(const IrcClient *client, GError **error)
{
        if (!irc_client_check_registered(client, error))
                return false;
        if (irc_caps_has(client->caps, "draft/chathistory"))
                return true;
        g_set_error_literal(error, IC_ERROR, IC_ERROR_REFUSED,
                "the server keeps no history that we could ask for");
        return false;
}

static bool check_room(const IrcClient *client, GError **error)
{
        if (client->history.length < TASKS_MAX)
                return true;
        g_set_error_literal(
                error, IC_ERROR, IC_ERROR_QUEUE_FULL, "too many requests for history wait already");
        return false;
}

static Task *add_task(IrcClient *client, const char *target, gint64 time)
{
        Task *task = g_new0(Task, 1);

        task->target = g_strdup(target);
        task->time = time;
        g_queue_push_tail(&client->history, task);
        client->is_changed = true;
        return task;
}

bool irc_client_fetch_history(IrcClient *client, const char *target, const char *after_msgid,
        gint64 after_time, gint64 now, IrcEffects *effects, GError **error)
{
        if (!check_history(client, error) || !irc_client_check_target("target", target, error) ||
                (after_msgid && !irc_client_check_target("msgid", after_msgid, error)) ||
                !check_room(client, error))
                return false;
        if (g_str_equal(target, ALL)) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_INVALID_VALUE, "target: \"*\" is no name");
                return false;
        }
        add_task(client, target, after_time)->msgid = g_strdup(after_msgid);
        ask_next(client, now, effects);
        return true;
}

bool irc_client_fetch_targets(IrcClient *client, gint64 after, gint64 before, gint64 now,
        IrcEffects *effects, GError **error)
{
        if (!check_history(client, error) || !check_room(client, error))
                return false;
        add_task(client, ALL, after)->before = before;
        ask_next(client, now, effects);
        return true;
}

/* The task whose page this batch is, or NULL. */
static Task *task_of(const IrcClient *client, const IrcBatch *batch)
{
        Task *task = current(client);

        while (batch && batch->kind != IRC_BATCH_HISTORY)
                batch = batch->parent;
        if (!task || !batch || !batch->params[0] ||
                !irc_casemap_equal(client->isupport->casemap, task->target, batch->params[0]))
                return NULL;
        return task;
}

/* A line of the past that was dealt with. Lines that only explain another are none of the page. */
void irc_client_count_past(IrcClient *client, const IrcInput *input)
{
        Task *task = task_of(client, input->batch);

        if (!task || irc_message_get_tag(input->message, "draft/chathistory-context"))
                return;
        if (input->msgid && g_strcmp0(input->msgid, task->msgid) == 0)
                return;
        task->n_new++;
        task->last_time = input->sent_at;
        g_free(task->last_msgid);
        task->last_msgid = g_strdup(input->msgid);
        client->is_changed = true;
}

/* Whether the page got us further than what it began with. */
static bool is_progress(const Task *task)
{
        if (task->n_new == 0 || (!task->last_msgid && task->last_time == 0))
                return false;
        return g_strcmp0(task->last_msgid, task->msgid) != 0 || task->last_time > task->time;
}

static void turn_page(IrcClient *client, Task *task, const IrcInput *input)
{
        task->n_pages += task->n_new < page_size(client) ? SMALL_PAGE_COST : 1;
        if (task->n_pages >= PAGES_MAX) {
                finish(client, "there is more than we ask for at once", input->now, input->effects);
                return;
        }
        g_free(task->msgid);
        task->msgid = g_steal_pointer(&task->last_msgid);
        task->time = MAX(task->last_time, task->time);
        ask(client, task, input->now, input->effects);
}

void irc_client_end_history_page(IrcClient *client, const IrcInput *input, const IrcBatch *batch)
{
        Task *task = task_of(client, batch);
        bool was_latest;

        if (!task)
                return;
        was_latest = !task->msgid && task->time == 0;
        task->n_lines += task->n_new;
        if (was_latest || (!is_progress(task) && task->n_new < page_size(client)))
                finish(client, NULL, input->now, input->effects);
        else if (!is_progress(task))
                finish(client, "the server tells the same lines again and again", input->now,
                        input->effects);
        else
                turn_page(client, task, input);
}

/* A page that is not full is the last. */
void irc_client_end_targets_page(IrcClient *client, const IrcInput *input)
{
        Task *task = current(client);

        if (!task || !is_of_targets(task))
                return;
        task->n_lines += task->n_new;
        if (task->n_new < page_size(client) || task->last_time <= task->time)
                finish(client, NULL, input->now, input->effects);
        else
                turn_page(client, task, input);
}

/* 263 <nick> CHATHISTORY :Please wait; whether it was ours. */
bool irc_client_put_off_history(IrcClient *client, const IrcInput *input)
{
        const char *command = irc_message_get_param(input->message, 1);
        Task *task = current(client);

        if (!task || !command || g_ascii_strcasecmp(command, "CHATHISTORY") != 0)
                return false;
        task->asked_at = 0;
        task->retry_at = input->now + RETRY_DELAY;
        client->is_changed = true;
        return true;
}

/* FAIL CHATHISTORY <code> ... :<text>; whether it was ours. */
bool irc_client_fail_history(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        Task *task = current(client);

        if (!task || g_ascii_strcasecmp(message->params[0], "CHATHISTORY") != 0 ||
                irc_message_has_verb(message, "FAIL") == false)
                return false;
        if (task->msgid && task->time != 0 && !g_str_equal(message->params[1], "INVALID_TARGET")) {
                g_clear_pointer(&task->msgid, g_free);
                ask(client, task, input->now, input->effects);
        } else {
                finish(client, message->params[message->n_params - 1], input->now, input->effects);
        }
        return true;
}

/* CHATHISTORY TARGETS <target> <time> */
void irc_client_handle_history_target(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        Task *task = current(client);
        const char *target;
        gint64 time = 0;
        IrcEffect *effect;

        if (!input->batch || input->batch->kind != IRC_BATCH_TARGETS ||
                g_ascii_strcasecmp(message->params[0], "TARGETS") != 0 ||
                !irc_server_time_parse(message->params[2], &time))
                return;
        if (task && is_of_targets(task)) {
                task->n_new++;
                task->last_time = MAX(time, task->last_time);
                client->is_changed = true;
        }
        target = irc_effects_strdup(input->effects, message->params[1]);
        effect = irc_effects_add(input->effects, IRC_EFFECT_HISTORY_TARGET);
        effect->read.target = target;
        effect->read.time = time;
}

gint64 irc_client_get_history_deadline(const IrcClient *client)
{
        const Task *head = client->history.head ? client->history.head->data : NULL;

        if (head && head->asked_at == 0)
                return head->retry_at;
        return head ? head->asked_at + ANSWER_TIMEOUT : 0;
}

void irc_client_tick_history(IrcClient *client, gint64 now, IrcEffects *effects)
{
        gint64 deadline = irc_client_get_history_deadline(client);

        if (deadline == 0 || now < deadline)
                return;
        if (current(client))
                finish(client, "the server did not answer", now, effects);
        else
                ask(client, client->history.head->data, now, effects);
}

/* The one that was asked for is the first. */
GVariant *irc_client_history_to_variant(const IrcClient *client)
{
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE(VARIANT_TYPE));
        for (const GList *at = client->history.head; at; at = at->next) {
                const Task *task = at->data;

                g_variant_builder_add(&builder, "(sxsxuuxxusx)", task->target, task->before,
                        task->msgid ?: "", task->time, task->n_pages, task->n_lines, task->asked_at,
                        task->retry_at, task->n_new, task->last_msgid ?: "", task->last_time);
        }
        return g_variant_builder_end(&builder);
}

void irc_client_restore_history(IrcClient *client, GVariant *variant)
{
        GVariantIter iter;
        GVariant *item;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(VARIANT_TYPE)))
                return;
        g_variant_iter_init(&iter, variant);
        while (client->history.length < TASKS_MAX && (item = g_variant_iter_next_value(&iter))) {
                Task *task = g_new0(Task, 1);

                g_variant_get(item, "(sxsxuuxxusx)", &task->target, &task->before, &task->msgid,
                        &task->time, &task->n_pages, &task->n_lines, &task->asked_at,
                        &task->retry_at, &task->n_new, &task->last_msgid, &task->last_time);
                if (*task->msgid == '\0')
                        g_clear_pointer(&task->msgid, g_free);
                if (*task->last_msgid == '\0')
                        g_clear_pointer(&task->last_msgid, g_free);
                g_queue_push_tail(&client->history, task);
                g_variant_unref(item);
        }
}
