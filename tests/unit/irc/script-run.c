/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Session scripts: running one and holding it to what it expects. */

#include <string.h>

#include "script.h"

typedef struct {
        const Script *script;
        gsize line; /* counted from 1 */
        IrcClient *client;
        IrcEffects *effects;
        gsize n_checked; /* effects that were expected */
        bool is_started;
        gint64 now;
} Run;

G_GNUC_PRINTF(2, 3)
G_NORETURN static void fail(const Run *run, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_error("%s:%" G_GSIZE_FORMAT ": %s", run->script->path, run->line, text);
}

/* Before the next input nothing may be left over from the last. */
static void finish_input(Run *run)
{
        if (run->n_checked < irc_effects_count(run->effects)) {
                g_autofree char *text =
                        script_render(irc_effects_get(run->effects, run->n_checked));

                fail(run, "not expected: %s", text);
        }
        irc_effects_clear(run->effects);
        run->n_checked = 0;
}

static void expect_effect(Run *run, const char *expected)
{
        g_autofree char *text = NULL;

        if (run->n_checked >= irc_effects_count(run->effects))
                fail(run, "nothing came");
        text = script_render(irc_effects_get(run->effects, run->n_checked++));
        if (!g_str_equal(text, expected))
                fail(run, "came: %s", text);
}

static void add_member(const IrcMember *member, gpointer user_data)
{
        g_ptr_array_add(user_data,
                g_strconcat(member->prefixes, member->nickname, member->is_away ? "/away" : "",
                        member->account ? "=" : NULL, member->account, NULL));
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static char *members_as_text(const IrcClient *client, const char *channel)
{
        g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func(g_free);

        if (!irc_client_foreach_member(client, channel, add_member, members))
                return NULL;
        qsort(members->pdata, members->len, sizeof(char *), compare);
        g_ptr_array_add(members, NULL);
        return g_strjoinv(" ", (GStrv) members->pdata);
}

static void add_address(const IrcMember *member, gpointer user_data)
{
        g_ptr_array_add(user_data, g_strdup_printf("%s!%s(%s)", member->nickname,
                                           member->address ?: "", member->realname ?: ""));
}

static char *addresses_as_text(const IrcClient *client, const char *channel)
{
        g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func(g_free);

        if (!irc_client_foreach_member(client, channel, add_address, members))
                return NULL;
        qsort(members->pdata, members->len, sizeof(char *), compare);
        g_ptr_array_add(members, NULL);
        return g_strjoinv(" ", (GStrv) members->pdata);
}

static char *channel_as_text(const IrcClient *client, const char *channel)
{
        IrcChannelFacts facts;

        if (!irc_client_get_channel_facts(client, channel, &facts))
                return NULL;
        return g_strdup_printf("%s at %" G_GINT64_FORMAT ", made %" G_GINT64_FORMAT "%s",
                facts.topic_by ?: "-", facts.topic_at, facts.created_at,
                facts.has_modes ? ", all modes" : "");
}

static void add_entry(const IrcListEntry *entry, gpointer user_data)
{
        g_string_append_printf(user_data, "%s %s %" G_GINT64_FORMAT "; ", entry->mask,
                entry->by ?: "-", entry->at);
}

/* "#a b": the channel, and the letter of the list */
static char *list_as_text(const IrcClient *client, const char *argument)
{
        g_auto(GStrv) words = g_strsplit(argument, ",", 2);
        g_autoptr(GString) text = g_string_new(NULL);
        bool is_whole = irc_client_foreach_list_entry(client, words[0], *words[1], add_entry, text);

        return g_strconcat(text->str, is_whole ? "whole" : "part", NULL);
}

static char *fact(const Run *run, const char *name, const char *argument)
{
        static const char *const states[] = {"new", "registering", "registered", "closed"};
        g_auto(GStrv) channels = irc_client_get_channels(run->client);

        if (g_str_equal(name, "state"))
                return g_strdup(states[irc_client_get_state(run->client)]);
        if (g_str_equal(name, "nick"))
                return g_strdup(irc_client_get_nickname(run->client));
        if (g_str_equal(name, "network"))
                return g_strdup(irc_client_get_network(run->client));
        if (g_str_equal(name, "account"))
                return g_strdup(irc_client_get_account(run->client));
        if (g_str_equal(name, "deadline")) {
                gint64 deadline = irc_client_get_deadline(run->client);

                return deadline == 0 ? NULL
                                     : g_strdup_printf("%d",
                                               (int) ((deadline - SCRIPT_NOW) / G_USEC_PER_SEC));
        }
        if (g_str_equal(name, "waiting"))
                return g_strdup(irc_client_get_waiting_for(run->client));
        if (g_str_equal(name, "channels"))
                return g_strjoinv(" ", channels);
        if (g_str_equal(name, "cap"))
                return g_strdup(irc_client_has_cap(run->client, argument) ? "yes" : "no");
        if (g_str_equal(name, "topic"))
                return g_strdup(irc_client_get_topic(run->client, argument));
        if (g_str_equal(name, "members"))
                return members_as_text(run->client, argument);
        if (g_str_equal(name, "addresses"))
                return addresses_as_text(run->client, argument);
        if (g_str_equal(name, "user-modes"))
                return irc_client_get_user_modes(run->client);
        if (g_str_equal(name, "modes"))
                return irc_client_get_channel_modes(run->client, argument);
        if (g_str_equal(name, "channel"))
                return channel_as_text(run->client, argument);
        if (g_str_equal(name, "list"))
                return list_as_text(run->client, argument);
        fail(run, "no such fact");
}

static void expect_fact(Run *run, const char *line)
{
        static const char *const with_argument[] = {
                "addresses", "cap", "channel", "list", "members", "modes", "topic", NULL};
        g_autofree char *name = g_strndup(line, strcspn(line, " "));
        bool has_argument = g_strv_contains(with_argument, name);
        g_auto(GStrv) words = g_strsplit(line, " ", has_argument ? 3 : 2);
        const char *expected = words[1] ? words[1 + has_argument] ?: "-" : "-";
        g_autofree char *value = fact(run, words[0], words[1]);

        if (!g_str_equal(value && *value ? value : "-", expected))
                fail(run, "it is: %s", value ?: "-");
}

typedef struct {
        IrcClient *to;
        const char *channel;
} Carry;

static void carry_member(const IrcMember *member, gpointer user_data)
{
        const Carry *carry = user_data;

        irc_client_restore_member(carry->to, carry->channel, member);
}

/* Through bytes, as another process would get it. */
static void carry_over(Run *run)
{
        g_autoptr(GVariant) snapshot = g_variant_ref_sink(irc_client_snapshot(run->client));
        g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(snapshot);
        g_autoptr(GVariant) restored =
                g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, bytes, FALSE));
        g_auto(GStrv) channels = irc_client_get_channels(run->client);
        g_autoptr(GError) error = NULL;
        IrcClient *next = script_client_new(run->script);

        g_assert_true(irc_client_restore(next, restored, &error));
        g_assert_no_error(error);
        for (gsize i = 0; channels[i]; i++) {
                Carry carry = {next, channels[i]};

                irc_client_restore_channel(
                        next, channels[i], irc_client_get_topic(run->client, channels[i]));
                irc_client_foreach_member(run->client, channels[i], carry_member, &carry);
        }
        irc_client_free(run->client);
        run->client = next;
}

static bool say(Run *run, IrcMessageType type, const char *target, const char *text,
        const char *reply_to, GError **error)
{
        g_auto(GStrv) lines = g_strsplit(text ?: "", "\\n", -1);
        g_autofree char *joined = g_strjoinv("\n", lines);

        return irc_client_say(
                run->client, type, target, joined, reply_to, SCRIPT_NOW, run->effects, error);
}

/* Commands that may be refused. `rest` is what follows the first word, `w` its words. */
static bool command(Run *run, const char *name, const char *rest, GStrv w, GError **error)
{
        g_auto(GStrv) two = g_strsplit(rest, " ", 2);
        g_auto(GStrv) three = g_strsplit(rest, " ", 3);
        const char *first = two[0], *behind = first ? two[1] : NULL;
        const char *third = behind ? three[2] : NULL;

        if (g_str_equal(name, "reply"))
                return say(run, IRC_MESSAGE_PRIVMSG, first, third, behind ? three[1] : NULL, error);
        if (g_str_equal(name, "join"))
                return irc_client_join(run->client, first, behind, run->effects, error);
        if (g_str_equal(name, "part"))
                return irc_client_part(run->client, first, behind, run->effects, error);
        if (g_str_equal(name, "privmsg"))
                return say(run, IRC_MESSAGE_PRIVMSG, first, behind, NULL, error);
        if (g_str_equal(name, "notice"))
                return say(run, IRC_MESSAGE_NOTICE, first, behind, NULL, error);
        if (g_str_equal(name, "action"))
                return say(run, IRC_MESSAGE_ACTION, first, behind, NULL, error);
        if (g_str_equal(name, "nick"))
                return irc_client_nick(run->client, rest, run->effects, error);
        if (g_str_equal(name, "away"))
                return irc_client_away(run->client, rest, run->effects, error);
        if (g_str_equal(name, "topic"))
                return irc_client_topic(run->client, first, behind, run->effects, error);
        if (g_str_equal(name, "mode"))
                return irc_client_mode(run->client, w[0], w[1],
                        (const char *const *) (w[1] ? w + 2 : NULL), run->effects, error);
        if (g_str_equal(name, "kick"))
                return irc_client_kick(run->client, first, three[1], third, run->effects, error);
        if (g_str_equal(name, "invite"))
                return irc_client_invite(run->client, first, behind, run->effects, error);
        if (g_str_equal(name, "history"))
                return irc_client_fetch_history(run->client, first,
                        three[1] && *three[1] != '-' ? three[1] : NULL,
                        g_ascii_strtoll(third ?: "", NULL, 10), SCRIPT_NOW, run->effects, error);
        if (g_str_equal(name, "history-targets"))
                return irc_client_fetch_targets(run->client, g_ascii_strtoll(rest, NULL, 10),
                        SCRIPT_NOW, SCRIPT_NOW, run->effects, error);
        if (g_str_equal(name, "mark-read"))
                return irc_client_mark_read(run->client, first,
                        g_ascii_strtoll(behind ?: "", NULL, 10), run->effects, error);
        if (g_str_equal(name, "redact"))
                return irc_client_redact(run->client, first, three[1], third, run->effects, error);
        if (g_str_equal(name, "raw"))
                return irc_client_raw(run->client, rest, run->effects, error);
        fail(run, "no such command");
}

static bool is_refused(const Script *script, gsize index, const char *code)
{
        g_autofree char *expected = g_strdup_printf("= refused %s", code);

        return script->lines[index] && g_str_equal(script->lines[index], expected);
}

/* Whether an answer is to come is known after the commands between. */
static void expect_end(Run *run, const char *expected)
{
        bool is_answer_coming = irc_client_end_request(run->client);

        if (!g_str_equal(expected, is_answer_coming ? "yes" : "no"))
                fail(run, "an answer is coming: %s", is_answer_coming ? "yes" : "no");
}

static void give_command(Run *run, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 2);
        const char *rest = words[1] ?: "";
        g_auto(GStrv) w = g_strsplit(rest, " ", -1);
        g_autoptr(GError) error = NULL;

        if (g_str_equal(words[0], "quit"))
                irc_client_quit(run->client, rest, run->effects);
        else if (g_str_equal(words[0], "ping"))
                irc_client_ping(run->client, rest, run->effects);
        else if (g_str_equal(words[0], "closed"))
                irc_client_link_closed(run->client, run->effects);
        else if (g_str_equal(words[0], "read-over"))
                irc_client_end_of_read(run->client, run->effects);
        else if (g_str_equal(words[0], "begin"))
                irc_client_begin_request(run->client, rest);
        else if (g_str_equal(words[0], "end"))
                expect_end(run, rest);
        else if (g_str_equal(words[0], "forget"))
                irc_client_forget_request(run->client, rest);
        else if (g_str_equal(words[0], "now"))
                run->now = SCRIPT_NOW + g_ascii_strtoll(rest, NULL, 10) * G_USEC_PER_SEC;
        else if (g_str_equal(words[0], "tick"))
                irc_client_tick(run->client,
                        SCRIPT_NOW + g_ascii_strtoll(rest, NULL, 10) * G_USEC_PER_SEC,
                        run->effects);
        else if (g_str_equal(words[0], "work"))
                while (irc_client_has_work(run->client))
                        irc_client_work(run->client, run->effects);
        else if (g_str_equal(words[0], "carry"))
                carry_over(run);
        else if (!command(run, words[0], rest, w, &error)) {
                g_assert_cmpuint(irc_effects_count(run->effects), ==, 0);
                if (!is_refused(run->script, run->line, ic_error_code((IcError) error->code)))
                        fail(run, "refused: %s: %s", ic_error_code((IcError) error->code),
                                error->message);
                run->line++;
        }
}

static void run_line(Run *run, const char *line)
{
        g_autoptr(GBytes) input = script_input(line);

        if (*line == '\0' || *line == '#' || *line == '@')
                return;
        if (!run->is_started) {
                irc_client_start(run->client, run->effects);
                run->is_started = true;
        }
        if (input) {
                gsize len;
                const char *data = g_bytes_get_data(input, &len);

                finish_input(run);
                irc_client_receive(run->client, data, len, run->now, run->effects);
        } else if (*line == '!') {
                finish_input(run);
                give_command(run, line + 2);
        } else if (*line == '>' || *line == '=') {
                expect_effect(run, line);
        } else if (*line == '?') {
                expect_fact(run, line + 2);
        } else {
                fail(run, "not a line of a script: %s", line);
        }
}

void script_run(const Script *script)
{
        Run run = {.script = script, .now = SCRIPT_NOW};

        run.client = script_client_new(script);
        run.effects = irc_effects_new();
        while (script->lines[run.line]) {
                const char *line = script->lines[run.line++];

                run_line(&run, line);
        }
        finish_input(&run);
        irc_effects_free(run.effects);
        irc_client_free(run.client);
}
