/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What a session makes of a server's extensions: answers to labelled commands, echoes, history that
 * fills gaps, policies about TLS; and what it does of its own accord: other addresses, joins that
 * are tried again. */

#include <string.h>

#include "fixture.h"
#include "store/messages.h"
#include "store/sts.h"

#define ALL_CAPS                                                                                   \
        "batch labeled-response echo-message message-tags server-time draft/chathistory "          \
        "draft/event-playback"

/* "a=1 b" without the values. */
static char *names_of(const char *caps)
{
        g_auto(GStrv) names = g_strsplit(caps, " ", -1);

        for (gsize i = 0; names[i]; i++)
                names[i][strcspn(names[i], "=")] = '\0';
        return g_strjoinv(" ", names);
}

/* Registers with these capabilities, up to our asking for channel #a. */
static void register_with(Fixture *f, const char *caps)
{
        g_autofree char *names = names_of(caps);
        g_autofree char *offer = g_strdup_printf(":srv CAP * LS :%s\r\n", caps);
        g_autofree char *ack = g_strdup_printf(":srv CAP * ACK :%s\r\n", names);

        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, offer);
        expect(f, "CAP REQ ");
        say(f, ack);
        expect(f, "CAP END");
        say(f, ":srv 001 ada :Welcome\r\n:srv 005 ada CHATHISTORY=100 :are supported\r\n"
               ":srv 376 ada :End\r\n");
        expect(f, "JOIN #a");
}

static void let_in(Fixture *f)
{
        say(f, ":ada!u@h JOIN #a\r\n:srv 353 ada = #a :ada bob\r\n:srv 366 ada #a :End\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "joined #a;"));
        g_string_truncate(f->events, 0);
}

static void log_in_with(Fixture *f, const char *caps)
{
        register_with(f, caps);
        let_in(f);
}

/* The label of the line that was heard last and begins with it. */
static char *take_label(Fixture *f, const char *line)
{
        g_autofree char *pattern = g_strdup_printf(" %s", line);
        const char *at, *label;

        RUN_UNTIL(f, strstr(f->heard->str, pattern));
        at = strstr(f->heard->str, pattern);
        label = g_strrstr_len(f->heard->str, at - f->heard->str, "@label=");
        g_assert_nonnull(label);
        label += strlen("@label=");
        return g_strndup(label, strcspn(label, " ;"));
}

static void answer(Fixture *f, const char *label, const char *line)
{
        g_autofree char *text = g_strdup_printf("@label=%s%s\r\n", label, line);

        say(f, text);
}

/* What the server made of it is what is stored, and only then it is answered. */
static void test_echo(Fixture *f, gconstpointer data)
{
        g_autofree char *label = NULL;
        guint before;

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        before = count_rows(f, "#a");
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "damn");
        label = take_label(f, "PRIVMSG #a :damn");
        g_assert_cmpuint(count_rows(f, "#a"), ==, before);
        g_assert_cmpstr(f->answers->str, ==, "");
        answer(f, label, ";msgid=x1 :ada!u@h PRIVMSG #a :d***");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "ok;"));
        g_assert_cmpstr(f->events->str, ==, "privmsg #a <ada> d***;");
        g_assert_cmpuint(count_rows(f, "#a"), ==, before + 1);
}

/* A link that ends before the answer leaves the question open, and says so. */
static void test_no_answer(Fixture *f, gconstpointer data)
{
        g_autofree char *label = NULL;

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "hello?");
        label = take_label(f, "PRIVMSG #a :hello?");
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_cmpstr(f->answers->str, ==, "not-connected;");
        g_assert_nonnull(strstr(f->last_answer, "it may have been done"));
}

static void test_refusal(Fixture *f, gconstpointer data)
{
        g_autofree char *said = NULL, *joined = NULL;
        guint before;

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        before = count_rows(f, "#a");
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "hush");
        submit_text(f, IC_COMMAND_JOIN, "#b", NULL);
        said = take_label(f, "PRIVMSG #a :hush");
        joined = take_label(f, "JOIN #b");
        answer(f, joined, " :srv 474 ada #b :You are banned");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "refused;"));
        answer(f, said, " :srv 404 ada #a :Cannot send");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "refused;refused;"));
        g_assert_cmpuint(count_rows(f, "#a"), ==, before);
}

/* Without echoes our words are stored when they are said; what the server refuses is marked. */
static void test_refusal_without_echo(Fixture *f, gconstpointer data)
{
        g_autofree char *label = NULL;
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GPtrArray) rows = NULL;
        const IcStoredMessage *row;

        open_session(f, -1);
        log_in_with(f, "batch labeled-response message-tags");
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "hush");
        label = take_label(f, "PRIVMSG #a :hush");
        answer(f, label, " :srv 404 ada #a :Cannot send");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "refused;"));
        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        rows = ic_store_history(store, ID, "#a", 0, 10, NULL);
        row = rows->pdata[rows->len - 1];
        g_assert_cmpstr(row->content, ==, "hush");
        g_assert_cmpstr(row->delivery, ==, "failed");
}

/* Several lines are one message, one row and one answer. */
static void test_multiline(Fixture *f, gconstpointer data)
{
        g_autofree char *label = NULL;

        open_session(f, -1);
        log_in_with(f, ALL_CAPS " draft/multiline=max-bytes=4096,max-lines=24");
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "one\ntwo");
        label = take_label(f, "BATCH +m1 draft/multiline #a");
        expect(f, "@batch=m1 PRIVMSG #a :one");
        expect(f, "@batch=m1 PRIVMSG #a :two");
        expect(f, "BATCH -m1");
        answer(f, label, " :ada!u@h BATCH +s1 draft/multiline #a");
        say(f, "@batch=s1 :ada!u@h PRIVMSG #a :one\r\n@batch=s1 :ada!u@h PRIVMSG #a :two\r\n"
               "BATCH -s1\r\n");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "ok;"));
        g_assert_cmpstr(f->events->str, ==, "privmsg #a <ada> one\ntwo;");
}

static void lose_link(Fixture *f)
{
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_clear_pointer(&f->session, ic_session_free);
        g_string_truncate(f->heard, 0);
        g_string_truncate(f->events, 0);
}

static void assert_contents(Fixture *f, const char *target, const char *expected)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        rows = ic_store_history(store, ID, target, 0, 100, NULL);
        for (guint i = 0; i < rows->len; i++) {
                const IcStoredMessage *row = rows->pdata[i];

                if (g_str_equal(row->message_type, "privmsg"))
                        g_string_append_printf(text, "%s ", row->content);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

#define LINE(time, id, text)                                                                       \
        "@batch=h;time=2024-05-01T" time ".000Z;msgid=" id " :bob!u@h PRIVMSG #a :" text "\r\n"

static void hear_first_and_lose_link(Fixture *f)
{
        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        say(f, "@time=2024-05-01T10:00:00.000Z;msgid=i1 :bob!u@h PRIVMSG #a :first\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "first;"));
        lose_link(f);
}

/* Nobody but channels spoke meanwhile. */
static void answer_targets(Fixture *f)
{
        expect(f, "CHATHISTORY TARGETS ");
        say(f, "BATCH +t draft/chathistory-targets\r\nBATCH -t\r\n");
}

/* What was said while there was no link is stored in its place, once, and nobody is called for it.
 */
static void test_history(Fixture *f, gconstpointer data)
{
        hear_first_and_lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        answer_targets(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i1 100");
        say(f, "@time=2024-05-01T10:09:00.000Z;msgid=i4 :bob!u@h PRIVMSG #a :fourth\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "fourth;"));
        say(f, "BATCH +h chathistory #a\r\n" LINE("10:01:00", "i2", "second") LINE(
                       "10:02:00", "i3", "third") LINE("10:09:00", "i4", "fourth") "BATCH -h\r\n");
        expect(f, "CHATHISTORY AFTER #a msgid=i4 100");
        say(f, "BATCH +h chathistory #a\r\nBATCH -h\r\nPING done\r\n");
        expect(f, "PONG ");
        assert_contents(f, "#a", "first second third fourth ");
        g_assert_null(strstr(f->events->str, "second"));
        g_assert_null(strstr(f->events->str, "third"));
}

/* Others may be heard before the server has told that we are in: they are of now. */
static void test_history_while_joining(Fixture *f, gconstpointer data)
{
        hear_first_and_lose_link(f);

        open_session(f, -1);
        register_with(f, ALL_CAPS);
        answer_targets(f);
        say(f, "@time=2024-05-01T10:09:00.000Z;msgid=i4 :bob!u@h PRIVMSG #a :fourth\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "fourth;"));
        let_in(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i1 100");
}

/* Who leaves a channel and comes back has missed what was said meanwhile, no more. */
static void test_history_since_we_left(Fixture *f, gconstpointer data)
{
        hear_first_and_lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        answer_targets(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i1 100");
        say(f, "BATCH +h chathistory #a\r\nBATCH -h\r\n"
               "@time=2024-05-01T10:09:00.000Z;msgid=i4 :bob!u@h PRIVMSG #a :fourth\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "fourth;"));
        say(f, ":ada!u@h PART #a\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "part #a"));
        let_in(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i4 100");
}

/* A link that ends before the gap was filled leaves it to the next one. */
static void test_history_of_two_losses(Fixture *f, gconstpointer data)
{
        hear_first_and_lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        say(f, "@time=2024-05-01T10:09:00.000Z;msgid=i4 :bob!u@h PRIVMSG #a :fourth\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "fourth;"));
        lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        answer_targets(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i1 100");
}

/* The same for a process that died, on a link that goes on. */
static void test_history_goes_on_in_another_process(Fixture *f, gconstpointer data)
{
        f->can_keep = true;
        hear_first_and_lose_link(f);
        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        answer_targets(f);
        expect(f, "CHATHISTORY AFTER #a msgid=i1 100");
        g_clear_pointer(&f->session, ic_session_free);

        open_session(f, dup_kept(f));
        say(f, "BATCH +h chathistory #a\r\n" LINE("10:01:00", "i2", "second") "BATCH -h\r\n"
                                                                              "PING done\r\n");
        expect(f, "PONG ");
        assert_contents(f, "#a", "first second ");
        g_assert_cmpuint(f->accepted, ==, 2);
}

/* Who wrote to us while we were away is asked for, too. */
static void test_history_of_people(Fixture *f, gconstpointer data)
{
        hear_first_and_lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        expect(f, "CHATHISTORY TARGETS ");
        say(f, "BATCH +t draft/chathistory-targets\r\n"
               "@batch=t CHATHISTORY TARGETS carl 2024-05-01T10:05:00.000Z\r\n"
               "@batch=t CHATHISTORY TARGETS #a 2024-05-01T10:05:00.000Z\r\nBATCH -t\r\n");
        expect(f, "CHATHISTORY AFTER #a");
        say(f, "BATCH +h chathistory #a\r\nBATCH -h\r\n");
        expect(f, "CHATHISTORY AFTER carl timestamp=");
        say(f, "BATCH +h chathistory carl\r\n"
               "@batch=h;time=2024-05-01T10:05:00.000Z;msgid=p1 :carl!u@h PRIVMSG ada :psst\r\n"
               "BATCH -h\r\nPING done\r\n");
        expect(f, "PONG ");
        assert_contents(f, "carl", "psst ");
        g_assert_null(strstr(f->events->str, "psst"));
}

/* The server is asked who spoke to us since a time before `mark`. */
static void expect_targets_since_before(Fixture *f, gint64 mark)
{
        static const char request[] = "CHATHISTORY TARGETS timestamp=";
        g_autoptr(GDateTime) since = NULL;
        g_autofree char *text = NULL;
        const char *at;

        RUN_UNTIL(f, (at = strstr(f->heard->str, request)) && strchr(at, '\n'));
        at = strstr(f->heard->str, request) + strlen(request);
        text = g_strndup(at, strcspn(at, " "));
        since = g_date_time_new_from_iso8601(text, NULL);
        g_assert_cmpint((g_date_time_to_unix(since) + 1) * G_USEC_PER_SEC +
                                g_date_time_get_microsecond(since),
                <, mark);
        expect(f, request);
}

/* A link with a line of bob's, that was lost. Answers when. */
static gint64 lose_first_link(Fixture *f)
{
        hear_first_and_lose_link(f);
        return g_get_real_time();
}

static void fetch_nothing_for_channel(Fixture *f)
{
        expect(f, "CHATHISTORY AFTER #a");
        say(f, "BATCH +h chathistory #a\r\nBATCH -h\r\n");
}

/* What a server says before its welcome was not said while we were away. */
static void test_history_since_the_last_link(Fixture *f, gconstpointer data)
{
        gint64 mark = lose_first_link(f);

        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        say(f, ":srv NOTICE * :*** Looking up your hostname...\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "notice "));
        log_in_with(f, ALL_CAPS);
        expect_targets_since_before(f, mark);
}

/* Who spoke to us is asked for until it is answered. */
static void test_history_of_people_unanswered(Fixture *f, gconstpointer data)
{
        gint64 mark = lose_first_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        expect_targets_since_before(f, mark);
        say(f, ":srv FAIL CHATHISTORY MESSAGE_ERROR TARGETS :Later, please\r\n");
        fetch_nothing_for_channel(f);
        say(f, "PING done\r\n");
        expect(f, "PONG ");
        lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        expect_targets_since_before(f, mark);
}

/* Whose words could not be fetched is found once more on the next link. */
static void test_history_of_a_person_refused(Fixture *f, gconstpointer data)
{
        gint64 mark = lose_first_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        expect(f, "CHATHISTORY TARGETS ");
        say(f, "BATCH +t draft/chathistory-targets\r\n"
               "@batch=t CHATHISTORY TARGETS carl 2024-05-01T10:05:00.000Z\r\nBATCH -t\r\n");
        fetch_nothing_for_channel(f);
        expect(f, "CHATHISTORY AFTER carl ");
        say(f, ":srv FAIL CHATHISTORY MESSAGE_ERROR AFTER carl :Later, please\r\nPING done\r\n");
        expect(f, "PONG ");
        lose_link(f);

        open_session(f, -1);
        log_in_with(f, ALL_CAPS);
        expect_targets_since_before(f, mark);
}

/* On a plain link the policy is an order to dial anew at once, with TLS, and nothing of the login
 * goes out in the clear; nothing is stored. */
static void test_sts_upgrade(Fixture *f, gconstpointer data)
{
        g_autofree char *offer = g_strdup_printf(":srv CAP * LS :sasl sts=port=%u\r\n", f->port);
        g_autoptr(IcStore) store = NULL;
        IcStsPolicy policy;
        bool is_found;

        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, offer);
        RUN_UNTIL(f, f->accepted == 2 && f->heard->len > 0);
        g_assert_cmpint(f->heard->str[0], ==, 0x16); /* a TLS handshake */
        g_assert_false(f->is_finished);
        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(
                ic_store_sts_get(store, "127.0.0.1", g_get_real_time(), &policy, &is_found, NULL));
        g_assert_false(is_found);
}

/* As long as a policy holds, not a byte goes out without TLS. */
static void test_sts_holds(Fixture *f, gconstpointer data)
{
        g_autoptr(IcStore) store = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_sts_put(
                store, "127.0.0.1", (uint16_t) f->port, 1000, g_get_real_time(), NULL));
        open_session(f, -1);
        RUN_UNTIL(f, f->accepted == 1 && f->heard->len > 0);
        g_assert_cmpint(f->heard->str[0], ==, 0x16);
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_TLS);
}

static void test_sts_is_off(Fixture *f, gconstpointer data)
{
        g_autoptr(IcStore) store = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_sts_put(
                store, "127.0.0.1", (uint16_t) f->port, 1000, g_get_real_time(), NULL));
        open_session(f, -1);
        log_in(f);
}

/* All addresses are tried in one attempt; when none answers, each is named. */
static void test_other_address(Fixture *f, gconstpointer data)
{
        g_autofree char *other = g_strdup_printf("localhost:%u", f->port);

        change_server(f, "port", "1");
        change_server(f, "alt_addresses", other);
        open_session(f, -1);
        log_in(f);
        g_assert_false(f->is_finished);
}

static void test_no_address(Fixture *f, gconstpointer data)
{
        change_server(f, "port", "1");
        change_server(f, "alt_addresses", "127.0.0.2;127.0.0.3:2");
        open_session(f, -1);
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(f->error->message, "127.0.0.1 port 1"));
        g_assert_nonnull(strstr(f->error->message, "127.0.0.2 port 1"));
        g_assert_nonnull(strstr(f->error->message, "127.0.0.3 port 2"));
}

/* What is configured while an attempt is waited for counts for it. */
static void test_changed_address(Fixture *f, gconstpointer data)
{
        g_autofree char *port = g_strdup_printf("%u", f->port);
        g_auto(IcStatus) status = {0};

        change_server(f, "port", "1");
        open_session(f, -1);
        RUN_UNTIL(f, f->is_finished);
        g_clear_pointer(&f->session, ic_session_free);
        open_session(f, -1);
        ic_session_get_status(f->session, &status);
        g_assert_cmpint(status.state, ==, IC_STATE_WAITING);
        change_server(f, "port", port);
        submit_text(f, IC_COMMAND_REFRESH, NULL, "configuration");
        g_assert_cmpstr(f->answers->str, ==, "ok;");
        log_in(f);
}

/* A full channel has room another time. */
static void test_join_again(Fixture *f, gconstpointer data)
{
        f->restart_delay = 1000;
        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, ":srv 001 ada :Welcome\r\n:srv 376 ada :End\r\n");
        expect(f, "JOIN #a");
        say(f, ":srv 471 ada #a :Cannot join channel (+l)\r\n");
        expect(f, "JOIN #a");
        say(f, ":srv 475 ada #a :Cannot join channel (+k)\r\n");
        expect(f, "JOIN #a");
        say(f, ":ada!u@h JOIN #a\r\n:srv 366 ada #a :End\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "joined #a;"));
}

/* However a server spells it, it is one channel. */
static void test_join_again_once(Fixture *f, gconstpointer data)
{
        f->restart_delay = 1000;
        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, ":srv 001 ada :Welcome\r\n:srv 376 ada :End\r\n");
        expect(f, "JOIN #a");
        say(f, ":srv 471 ada #a :Cannot join channel (+l)\r\n"
               ":srv 471 ada #A :Cannot join channel (+l)\r\n");
        expect(f, "JOIN #");
        say(f, "PING done\r\n");
        RUN_UNTIL(f, strstr(f->heard->str, "PONG "));
        g_assert_null(strstr(f->heard->str, "JOIN "));
}

int main(int argc, char **argv)
{
        static const char *const no_wait[] = {"reconnect_delay_ms", "1", NULL};
        static const char *const short_wait[] = {"reconnect_delay_ms", "300", NULL};
        static const char *const no_sts[] = {"sts", "false", NULL};
        static const struct {
                const char *path;
                const char *const *settings;
                void (*test)(Fixture *f, gconstpointer data);
        } tests[] = {
                {"echo", no_wait, test_echo},
                {"no-answer", no_wait, test_no_answer},
                {"refusal", no_wait, test_refusal},
                {"refusal-without-echo", no_wait, test_refusal_without_echo},
                {"multiline", no_wait, test_multiline},
                {"history", no_wait, test_history},
                {"history-while-joining", no_wait, test_history_while_joining},
                {"history-since-we-left", no_wait, test_history_since_we_left},
                {"history-of-two-losses", no_wait, test_history_of_two_losses},
                {"history-goes-on", no_wait, test_history_goes_on_in_another_process},
                {"history-of-people", no_wait, test_history_of_people},
                {"history-since-the-last-link", no_wait, test_history_since_the_last_link},
                {"history-of-people-unanswered", no_wait, test_history_of_people_unanswered},
                {"history-of-a-person-refused", no_wait, test_history_of_a_person_refused},
                {"sts-upgrade", no_wait, test_sts_upgrade},
                {"sts-holds", no_wait, test_sts_holds},
                {"sts-is-off", no_sts, test_sts_is_off},
                {"other-address", no_wait, test_other_address},
                {"no-address", no_wait, test_no_address},
                {"changed-address", short_wait, test_changed_address},
                {"join-again", no_wait, test_join_again},
                {"join-again-once", no_wait, test_join_again_once},
        };

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
                g_autofree char *path = g_strdup_printf("/session/extensions/%s", tests[i].path);

                g_test_add(path, Fixture, tests[i].settings, set_up, tests[i].test, tear_down);
        }
        return g_test_run();
}
