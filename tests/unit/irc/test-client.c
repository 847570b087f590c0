/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What scripts cannot show of the client: bounds, lengths, priorities, foreign snapshots. */

#include <string.h>

#include "irc/channel.h"
#include "irc/client.h"

#define NOW 5

typedef struct {
        IrcClient *client;
        IrcEffects *effects;
} Fixture;

G_GNUC_PRINTF(2, 3)
static void receive(Fixture *f, const char *format, ...)
{
        g_autofree char *line = NULL;
        va_list arguments;

        va_start(arguments, format);
        line = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        irc_effects_clear(f->effects);
        irc_client_receive(f->client, line, strlen(line), NOW, f->effects);
}

static void setup_options(Fixture *f, const IrcClientOptions *options)
{
        f->client = irc_client_new(options);
        f->effects = irc_effects_new();
        irc_client_start(f->client, f->effects);
        receive(f, ":s 001 %s :Welcome", options->nickname);
        g_assert_cmpint(irc_client_get_state(f->client), ==, IRC_CLIENT_REGISTERED);
}

static void setup(Fixture *f, gconstpointer data)
{
        const IrcClientOptions options = {.nickname = "me"};

        setup_options(f, &options);
        irc_effects_clear(f->effects);
}

static void teardown(Fixture *f, gconstpointer data)
{
        irc_client_free(f->client);
        irc_effects_free(f->effects);
}

static const IrcEffect *effect_at(Fixture *f, gsize i, IrcEffectType type)
{
        const IrcEffect *effect = irc_effects_get(f->effects, i);

        g_assert_cmpint(effect->type, ==, type);
        return effect;
}

/* What others receive of each piece must fit the line, and the pieces are the text. */
static void check_said(Fixture *f, IrcMessageType type, const char *text, gsize limit)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) all = g_string_new(NULL);
        gsize source = strlen(":me!~averyusername@a.host.of.some.length.example.org ");

        irc_effects_clear(f->effects);
        g_assert_true(
                irc_client_say(f->client, type, "#chan", text, NULL, NOW, f->effects, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(irc_effects_count(f->effects) % 2, ==, 0);
        for (gsize i = 0; i < irc_effects_count(f->effects); i += 2) {
                const IrcEffect *send = effect_at(f, i, IRC_EFFECT_SEND);
                const IrcEffect *row = effect_at(f, i + 1, IRC_EFFECT_MESSAGE);

                g_assert_cmpint(send->send.priority, ==, IRC_PRIORITY_USER);
                g_assert_cmpuint(source + strlen(send->send.line) + 2, <=, limit);
                g_assert_true(g_utf8_validate(send->send.line, -1, NULL));
                g_assert_true(row->message.is_self);
                g_assert_cmpint(row->message.received_at, ==, NOW);
                g_assert_cmpint(row->message.type, ==, type);
                g_string_append(all, row->message.content);
        }
        g_assert_cmpstr(all->str, ==, text);
}

static void test_say_lengths(Fixture *f, gconstpointer data)
{
        g_autofree char *words = NULL, *unbroken = g_strnfill(3000, 'x'), *wide = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GString) multi = g_string_new(NULL);

        for (int i = 0; i < 300; i++)
                g_string_append_printf(text, "word%d ", i);
        for (int i = 0; i < 700; i++)
                g_string_append(multi, i % 2 ? "€" : "\xf0\x9f\x90\x88");
        words = g_strdup(text->str);
        wide = g_strdup(multi->str);

        for (int known = 0; known < 2; known++) {
                check_said(f, IRC_MESSAGE_PRIVMSG, words, 512);
                check_said(f, IRC_MESSAGE_PRIVMSG, unbroken, 512);
                check_said(f, IRC_MESSAGE_NOTICE, wide, 512);
                check_said(f, IRC_MESSAGE_ACTION, words, 512);
                receive(f, ":me!~averyusername@a.host.of.some.length.example.org JOIN #chan");
        }
        receive(f, ":s 005 me LINELEN=2048 :are supported");
        check_said(f, IRC_MESSAGE_PRIVMSG, unbroken, 2048);
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 4);
}

static void test_say_bounds(Fixture *f, gconstpointer data)
{
        g_autofree char *lengthy = g_strnfill(100 * 1000, 'x');
        g_autofree char *target = g_strnfill(500, 't');
        const char *nothing = "";
        g_autoptr(GError) error = NULL;

        g_assert_false(irc_client_say(
                f->client, IRC_MESSAGE_PRIVMSG, "bob", lengthy, NULL, NOW, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
        g_clear_error(&error);
        g_assert_false(irc_client_say(
                f->client, IRC_MESSAGE_PRIVMSG, target, "hi", NULL, NOW, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
        g_clear_error(&error);
        g_assert_false(irc_client_say(
                f->client, IRC_MESSAGE_PRIVMSG, "bob", "\xff", NULL, NOW, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_clear_error(&error);
        g_assert_false(irc_client_say(
                f->client, IRC_MESSAGE_PRIVMSG, nothing, "hi", NULL, NOW, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);
}

/* A batch that is kept takes as much as its bound; then its lines stand for themselves, in order.
 */
static void test_batch_bounds(Fixture *f, gconstpointer data)
{
        gsize n_rows = 0;

        receive(f, ":me!u@h JOIN #a");
        for (int i = 0; i < 10002; i++)
                receive(f, ":n%d!u@h JOIN #a", i);
        receive(f, ":s BATCH +1 netsplit a.b c.d");
        for (int i = 0; i < 10000; i++) {
                receive(f, "@batch=1 :n%d!u@h QUIT :a.b c.d", i);
                g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);
        }
        receive(f, "@batch=1 :n10000!u@h QUIT :a.b c.d");
        for (gsize i = 0; i < irc_effects_count(f->effects); i++) {
                const IrcEffect *effect = irc_effects_get(f->effects, i);

                if (effect->type != IRC_EFFECT_MESSAGE)
                        continue;
                g_assert_cmpint(effect->message.type, ==, IRC_MESSAGE_QUIT);
                g_assert_cmpint(atoi(effect->message.sender + 1), ==, (int) n_rows++);
        }
        g_assert_cmpuint(n_rows, ==, 10001);
        receive(f, "@batch=1 :n10001!u@h QUIT :a.b c.d");
        effect_at(f, 0, IRC_EFFECT_MESSAGE);
        receive(f, ":s BATCH -1");
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);

        /* What is open is bounded, too; one too many is as if it were none. */
        for (int i = 0; i < 150; i++)
                receive(f, ":s BATCH +%d netsplit a.b c.d", i);
        receive(f, "@batch=149 :bob!u@h JOIN #a");
        effect_at(f, 0, IRC_EFFECT_MESSAGE);
        receive(f, "@batch=99 :eve!u@h JOIN #a");
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);
}

/* How others see us, by all that tells it. */
static void test_own_source(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *line;
                const char *source;
        } cases[] = {
                {":me!u@h JOIN #a", "me!u@h"},
                {":me!u@h CHGHOST nu nh", "me!nu@nh"},
                {":s 396 me cloak :is now your displayed host", "me!nu@cloak"},
                {":s 396 me v@w :is now your displayed host", "me!v@w"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;

                receive(f, "%s", cases[i].line);
                irc_effects_clear(f->effects);
                g_assert_true(irc_client_say(f->client, IRC_MESSAGE_PRIVMSG, "bob", "hi", NULL, NOW,
                        f->effects, &error));
                g_assert_cmpstr(
                        effect_at(f, 1, IRC_EFFECT_MESSAGE)->message.source, ==, cases[i].source);
        }
}

static void setup_labels(Fixture *f, const char *caps)
{
        const IrcClientOptions options = {.nickname = "me", .use_labels = true};

        teardown(f, NULL);
        f->client = irc_client_new(&options);
        f->effects = irc_effects_new();
        irc_client_start(f->client, f->effects);
        receive(f, ":s CAP * LS :batch %s", caps);
        receive(f, ":s CAP * ACK :batch %s", caps);
        receive(f, ":s 001 me :Welcome");
}

/* Labels are given to so many lines as may be without an answer; time-outs make room. */
static void test_requests_bound(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        setup_labels(f, "labeled-response");
        for (int i = 0; i < 1001; i++) {
                irc_client_begin_request(f->client, i < 500 ? "a" : "b");
                g_assert_true(irc_client_away(f->client, "x", f->effects, &error));
                g_assert_cmpint(irc_client_end_request(f->client), ==, i < 1000);
        }
        irc_client_forget_request(f->client, "a");
        irc_client_begin_request(f->client, "c");
        g_assert_true(irc_client_away(f->client, "x", f->effects, &error));
        g_assert_true(irc_client_end_request(f->client));
        receive(f, "@label=1 :s ACK");
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);
        receive(f, "@label=1001 :s ACK");
        g_assert_cmpstr(effect_at(f, 0, IRC_EFFECT_ANSWERED)->answer.label, ==, "c");
}

/* What a server leaves without an answer and nobody waits for takes no label from others. */
static void test_requests_unanswered(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        setup_labels(f, "echo-message labeled-response");
        for (int i = 0; i < 1500; i++)
                g_assert_true(irc_client_say(
                        f->client, IRC_MESSAGE_NOTICE, "#a", "x", NULL, NOW, f->effects, &error));
        irc_client_begin_request(f->client, "last");
        g_assert_true(irc_client_away(f->client, "x", f->effects, &error));
        g_assert_true(irc_client_end_request(f->client));
        receive(f, "@label=1501 :s ACK");
        g_assert_cmpstr(effect_at(f, 0, IRC_EFFECT_ANSWERED)->answer.label, ==, "last");
}

/* No parameter can make a second line. */
static void test_injection(Fixture *f, gconstpointer data)
{
        static const char *const evil[] = {"x\r\nQUIT", "x\nQUIT", "x\rQUIT", "\n"};
        IrcClient *c = f->client;
        IrcEffects *e = f->effects;

        for (gsize i = 0; i < G_N_ELEMENTS(evil); i++) {
                const char *bad = evil[i];
                const char *const arguments[] = {bad, NULL};

                g_assert_false(irc_client_join(c, bad, NULL, e, NULL));
                g_assert_false(irc_client_join(c, "#a", bad, e, NULL));
                g_assert_false(irc_client_part(c, "#a", bad, e, NULL));
                g_assert_false(
                        irc_client_say(c, IRC_MESSAGE_PRIVMSG, bad, "x", NULL, NOW, e, NULL));
                g_assert_false(irc_client_nick(c, bad, e, NULL));
                g_assert_false(irc_client_away(c, bad, e, NULL));
                g_assert_false(irc_client_topic(c, "#a", bad, e, NULL));
                g_assert_false(irc_client_mode(c, "#a", "+o", arguments, e, NULL));
                g_assert_false(irc_client_mode(c, "#a", bad, NULL, e, NULL));
                g_assert_false(irc_client_mode(c, bad, "+o", NULL, e, NULL));
                g_assert_false(irc_client_kick(c, "#a", "bob", bad, e, NULL));
                g_assert_false(irc_client_kick(c, "#a", bad, NULL, e, NULL));
                g_assert_false(irc_client_invite(c, bad, "#a", e, NULL));
                g_assert_false(irc_client_raw(c, bad, e, NULL));
        }
        g_assert_cmpuint(irc_effects_count(e), ==, 0);

        irc_client_quit(c, "x\r\nNICK y", e);
        g_assert_cmpstr(effect_at(f, 0, IRC_EFFECT_SEND)->send.line, ==, "QUIT :x  NICK y");
}

static void test_line_lengths(Fixture *f, gconstpointer data)
{
        g_autofree char *text = g_strnfill(600, 'x');
        g_autofree char *tags = g_strdup_printf("@+a=%s TAGMSG #a", text);
        g_autofree char *raw = g_strdup_printf("PRIVMSG #a :%s", text);
        g_autoptr(GError) error = NULL;

        g_assert_false(irc_client_topic(f->client, "#a", text, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
        g_clear_error(&error);
        g_assert_false(irc_client_raw(f->client, raw, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
        g_clear_error(&error);
        g_assert_false(irc_client_say(
                f->client, IRC_MESSAGE_PRIVMSG, "#a", "x", text, NOW, f->effects, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
        g_clear_error(&error);
        g_assert_cmpuint(irc_effects_count(f->effects), ==, 0);
        g_assert_true(irc_client_raw(f->client, tags, f->effects, &error));
        g_assert_no_error(error);
        irc_effects_clear(f->effects);
        irc_client_quit(f->client, text, f->effects);
        g_assert_cmpuint(strlen(effect_at(f, 0, IRC_EFFECT_SEND)->send.line), <, 510);
}

static void test_priorities(void)
{
        const char *const channels[] = {"#a", NULL};
        const IrcClientOptions options = {.nickname = "me", .channels = channels};
        Fixture f = {};

        f.client = irc_client_new(&options);
        f.effects = irc_effects_new();
        irc_client_start(f.client, f.effects);
        g_assert_cmpint(
                effect_at(&f, 0, IRC_EFFECT_SEND)->send.priority, ==, IRC_PRIORITY_REGISTRATION);
        receive(&f, "PING x");
        g_assert_cmpint(
                effect_at(&f, 0, IRC_EFFECT_SEND)->send.priority, ==, IRC_PRIORITY_LIVENESS);
        receive(&f, ":s 001 me :Welcome");
        receive(&f, ":s 422 me :No MOTD");
        g_assert_cmpint(effect_at(&f, 0, IRC_EFFECT_SEND)->send.priority, ==, IRC_PRIORITY_CONTROL);
        irc_effects_clear(f.effects);
        g_assert_true(irc_client_raw(f.client, "who #a", f.effects, NULL));
        g_assert_cmpint(effect_at(&f, 0, IRC_EFFECT_SEND)->send.priority, ==, IRC_PRIORITY_BULK);
        irc_effects_clear(f.effects);
        irc_client_quit(f.client, NULL, f.effects);
        g_assert_cmpint(
                effect_at(&f, 0, IRC_EFFECT_SEND)->send.priority, ==, IRC_PRIORITY_REGISTRATION);
        teardown(&f, NULL);
}

/* 300 channels, every third with a key: each is asked for once, keys stay with their channels. */
static void test_autojoin(gconstpointer data)
{
        const char *targmax = data;
        g_autoptr(GPtrArray) channels = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        IrcClientOptions options = {.nickname = "me"};
        Fixture f = {};

        for (int i = 0; i < 300; i++)
                g_ptr_array_add(channels, i % 3 ? g_strdup_printf("#channel-%d", i)
                                                : g_strdup_printf("#channel-%d key-%d", i, i));
        g_ptr_array_add(channels, g_strdup("0"));
        g_ptr_array_add(channels, g_strdup("#a,#b"));
        g_ptr_array_add(channels, g_strdup("#a\r\nQUIT"));
        g_ptr_array_add(channels, g_strdup(""));
        g_ptr_array_add(channels, g_strdup("#c two words"));
        g_ptr_array_add(channels, NULL);
        options.channels = (const char *const *) channels->pdata;
        setup_options(&f, &options);
        if (targmax)
                receive(&f, ":s 005 me TARGMAX=JOIN:%s :are supported", targmax);
        receive(&f, ":s 376 me :End");

        for (gsize i = 0; i < irc_effects_count(f.effects); i++) {
                const char *line = effect_at(&f, i, IRC_EFFECT_SEND)->send.line;
                g_auto(GStrv) words = g_strsplit(line, " ", -1);
                g_auto(GStrv) names = g_strsplit(words[1], ",", -1);
                g_auto(GStrv) keys = g_strsplit(words[2] ?: "", ",", -1);

                g_assert_cmpstr(words[0], ==, "JOIN");
                g_assert_cmpuint(strlen(line), <=, 510);
                if (targmax)
                        g_assert_cmpuint(g_strv_length(names), <=,
                                (guint) g_ascii_strtoull(targmax, NULL, 10));
                for (gsize n = 0; names[n]; n++)
                        g_assert_true(g_hash_table_add(asked, g_strdup(names[n])));
                for (gsize n = 0; keys[n]; n++)
                        g_assert_cmpstr(
                                names[n] + strlen("#channel-"), ==, keys[n] + strlen("key-"));
        }
        g_assert_cmpuint(g_hash_table_size(asked), ==, 300);
        teardown(&f, NULL);
}

static void test_channels_bound(Fixture *f, gconstpointer data)
{
        g_auto(GStrv) channels = NULL;

        for (int i = 0; i < IRC_CHANNELS_MAX + 10; i++)
                receive(f, ":me!u@h JOIN #c%d", i);
        channels = irc_client_get_channels(f->client);
        g_assert_cmpuint(g_strv_length(channels), ==, IRC_CHANNELS_MAX);
}

static void count_member(const IrcMember *member, gpointer user_data)
{
        ++*(guint *) user_data;
}

static void test_members_bound(Fixture *f, gconstpointer data)
{
        guint n = 0;

        receive(f, ":me!u@h JOIN #c");
        for (int i = 0; i < IRC_CHANNEL_MEMBERS_MAX / 100 + 10; i++) {
                g_autoptr(GString) names = g_string_new(NULL);

                for (int k = 0; k < 100; k++)
                        g_string_append_printf(names, "n%d-%d ", i, k);
                receive(f, ":s 353 me = #c :%s", names->str);
        }
        g_assert_true(irc_client_foreach_member(f->client, "#C", count_member, &n));
        g_assert_cmpuint(n, ==, IRC_CHANNEL_MEMBERS_MAX);
        g_assert_false(irc_client_foreach_member(f->client, "#other", count_member, &n));
}

static void test_users_once_a_burst(Fixture *f, gconstpointer data)
{
        guint n = 0;

        receive(f, ":me!u@h JOIN #c");
        irc_effects_clear(f->effects);
        for (int i = 0; i < 50; i++) {
                g_autofree char *line = g_strdup_printf(":n%d!u@h JOIN #c", i);

                irc_client_receive(f->client, line, strlen(line), NOW, f->effects);
        }
        for (gsize i = 0; i < irc_effects_count(f->effects); i++)
                if (irc_effects_get(f->effects, i)->type == IRC_EFFECT_USERS_CHANGED)
                        n++;
        g_assert_cmpuint(n, ==, 1);
}

/* Whatever the snapshot holds of channels changes it; what the database has does not. */
static void test_changed_by_channel(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *line;
                bool is_changed;
        } steps[] = {
                {":s 005 me CHANMODES=b,k,l,nt PREFIX=(o)@ :are supported", true},
                {":me!u@h JOIN #a", true},
                {":s 353 me = #a :me bob", false},
                {":bob!b@b TOPIC #a :one", true},
                {":bob!b@b TOPIC #a :two", true},
                {":s MODE #a +n", true},
                {":s MODE #a +n", false},
                {":s MODE #a +ob bob *!*@c", false},
                {":bob!b@b PART #a", false},
                {":me!u@h PART #a", true},
                {":me!u@h JOIN #b", true},
                {":me!u@h QUIT :bye", true},
        };

        irc_client_take_changed(f->client);
        for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
                g_test_message("%s", steps[i].line);
                receive(f, "%s", steps[i].line);
                g_assert_cmpint(irc_client_take_changed(f->client), ==, steps[i].is_changed);
        }
}

static void test_changed(Fixture *f, gconstpointer data)
{
        g_assert_true(irc_client_take_changed(f->client));
        g_assert_false(irc_client_take_changed(f->client));
        receive(f, ":bob!b@b PRIVMSG me :hi");
        g_assert_false(irc_client_take_changed(f->client));
        receive(f, ":s 005 me NETWORK=x :are supported");
        g_assert_true(irc_client_take_changed(f->client));
        receive(f, ":s 005 me NETWORK=x :are supported");
        g_assert_false(irc_client_take_changed(f->client));
        receive(f, ":me!u@h NICK me");
        g_assert_false(irc_client_take_changed(f->client));
        receive(f, ":me!u@h NICK you");
        g_assert_true(irc_client_take_changed(f->client));
}

static void test_restore_refused(void)
{
        static const char *const snapshots[] = {
                "'text'",
                "@a{sv} {}",
                "{'version': <uint32 1>}",
                "{'version': <uint32 2>, 'nickname': <'me'>}",
                "{'version': <'1'>, 'nickname': <'me'>}",
                "{'version': <uint32 1>, 'nickname': <''>}",
                "{'version': <uint32 1>, 'nickname': <5>}",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(snapshots); i++) {
                const IrcClientOptions options = {.nickname = "me"};
                g_autoptr(IrcClient) client = irc_client_new(&options);
                g_autoptr(GVariant) snapshot =
                        g_variant_parse(NULL, snapshots[i], NULL, NULL, NULL);
                g_autoptr(GError) error = NULL;

                g_assert_nonnull(snapshot);
                g_assert_false(irc_client_restore(client, snapshot, &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_FAILED);
                g_assert_cmpint(irc_client_get_state(client), ==, IRC_CLIENT_NEW);
        }
}

/* Odd values of keys that are not needed are left out. */
static void test_restore_odd(void)
{
        const IrcClientOptions options = {.nickname = "me"};
        g_autoptr(IrcClient) client = irc_client_new(&options);
        g_autoptr(GVariant) snapshot = g_variant_parse(NULL,
                "{'version': <uint32 1>, 'nickname': <'you'>, 'account': <5>, 'isupport': <'x'>,"
                " 'capabilities': <{'sasl': ('', true), '': ('', true)}>, 'more': <1>}",
                NULL, NULL, NULL);

        g_assert_true(irc_client_restore(client, snapshot, NULL));
        g_assert_cmpstr(irc_client_get_nickname(client), ==, "you");
        g_assert_null(irc_client_get_account(client));
        g_assert_true(irc_client_has_cap(client, "sasl"));
        irc_client_restore_member(client, "#none", &(IrcMember){.nickname = "x"});
}

/* Any bytes at all may be found where the snapshot was. */
static void test_restore_mutated(Fixture *f, gconstpointer data)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        g_autoptr(GVariant) snapshot = NULL;

        receive(f, ":s CAP me LS :a=b multi-prefix");
        receive(f, ":s 005 me NETWORK=Net PREFIX=(ov)@+ :are supported");
        receive(f, ":me!user@host JOIN #a");
        snapshot = g_variant_ref_sink(irc_client_snapshot(f->client));
        for (int i = 0; i < 20000; i++) {
                const IrcClientOptions options = {.nickname = "me"};
                g_autoptr(IrcClient) client = irc_client_new(&options);
                gsize size = g_variant_get_size(snapshot);
                g_autofree guint8 *bytes = g_memdup2(g_variant_get_data(snapshot), size);
                g_autoptr(GBytes) given = NULL;
                g_autoptr(GVariant) mutated = NULL;

                for (int n = g_rand_int_range(rand, 1, 8); n > 0; n--)
                        bytes[g_rand_int_range(rand, 0, (gint32) size)] =
                                (guint8) g_rand_int_range(rand, 0, 256);
                given = g_bytes_new(bytes, (gsize) g_rand_int_range(rand, 0, (gint32) size + 1));
                mutated = g_variant_ref_sink(
                        g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, given, FALSE));
                if (!irc_client_restore(client, mutated, NULL))
                        continue;
                irc_effects_clear(f->effects);
                irc_client_receive(client, "PING x", 6, NOW, f->effects);
                g_assert_cmpuint(irc_effects_count(f->effects), ==, 1);
        }
}

static void test_bad_options(void)
{
        static const IrcClientOptions options[] = {
                {.nickname = "two words"},
                {.nickname = ""},
                {.nickname = "me", .username = "a b"},
                {.nickname = "me", .realname = "a\nb"},
                {.nickname = "me", .password = "a\r\nb"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
                g_autoptr(IrcClient) client = irc_client_new(&options[i]);
                g_autoptr(IrcEffects) effects = irc_effects_new();
                const IrcEffect *last;

                irc_client_start(client, effects);
                last = irc_effects_get(effects, irc_effects_count(effects) - 1);
                g_assert_cmpint(last->type, ==, IRC_EFFECT_CLOSE);
                g_assert_cmpint(last->close.error, ==, IC_ERROR_BAD_CONFIGURATION);
        }
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/irc/client/" name, Fixture, NULL, setup, func, teardown)
        ADD("say-lengths", test_say_lengths);
        ADD("say-bounds", test_say_bounds);
        ADD("batch-bounds", test_batch_bounds);
        ADD("own-source", test_own_source);
        ADD("requests-bound", test_requests_bound);
        ADD("requests-unanswered", test_requests_unanswered);
        ADD("injection", test_injection);
        ADD("line-lengths", test_line_lengths);
        ADD("channels-bound", test_channels_bound);
        ADD("members-bound", test_members_bound);
        ADD("users-once-a-burst", test_users_once_a_burst);
        ADD("changed", test_changed);
        ADD("changed-by-channel", test_changed_by_channel);
        ADD("restore-mutated", test_restore_mutated);
#undef ADD
        g_test_add_func("/irc/client/priorities", test_priorities);
        g_test_add_data_func("/irc/client/autojoin", NULL, test_autojoin);
        g_test_add_data_func("/irc/client/autojoin-targmax", "4", test_autojoin);
        g_test_add_func("/irc/client/restore-refused", test_restore_refused);
        g_test_add_func("/irc/client/restore-odd", test_restore_odd);
        g_test_add_func("/irc/client/bad-options", test_bad_options);
        return g_test_run();
}
