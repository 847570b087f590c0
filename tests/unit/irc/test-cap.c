/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Capability negotiation, from tables of lines in and lines out. */

#include <string.h>

#include "irc/cap.h"

static const char *const wanted[] = {"cap-notify", "multi-prefix", "sasl", NULL};

static char *receive(IrcCaps *caps, const char *line)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_auto(IrcMessage) message = {};

        g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
        irc_caps_receive(caps, &message, lines);
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("|", (GStrv) lines->pdata);
}

static IrcCaps *caps_started(void)
{
        IrcCaps *caps = irc_caps_new(wanted);
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        irc_caps_start(caps, lines);
        g_assert_cmpuint(lines->len, ==, 1);
        g_assert_cmpstr(lines->pdata[0], ==, "CAP LS 302");
        g_assert_cmpint(irc_caps_get_state(caps), ==, IRC_CAPS_LISTING);
        return caps;
}

typedef struct {
        const char *line;
        const char *sent;
        IrcCapsState state;
        const char *granted; /* checked if not NULL: the granted ones of `wanted` */
} Step;

static char *granted(const IrcCaps *caps)
{
        GString *text = g_string_new(NULL);

        for (gsize i = 0; wanted[i]; i++)
                if (irc_caps_has(caps, wanted[i]))
                        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", wanted[i]);
        return g_string_free(text, FALSE);
}

static void run_steps(const Step *steps, gsize n)
{
        g_autoptr(IrcCaps) caps = caps_started();

        for (gsize i = 0; i < n; i++) {
                g_autofree char *sent = receive(caps, steps[i].line);
                g_autofree char *names = granted(caps);

                g_test_message("%s", steps[i].line);
                g_assert_cmpstr(sent, ==, steps[i].sent);
                g_assert_cmpint(irc_caps_get_state(caps), ==, steps[i].state);
                if (steps[i].granted)
                        g_assert_cmpstr(names, ==, steps[i].granted);
        }
}

static void test_steps(void)
{
        static const Step continued[] = {
                {"CAP * LS * :a=1 b", "", IRC_CAPS_LISTING},
                {"CAP * LS * :sasl=EXTERNAL", "", IRC_CAPS_LISTING},
                {"CAP * LS :sasl=PLAIN multi-prefix ", "CAP REQ :multi-prefix sasl",
                        IRC_CAPS_REQUESTING},
                {"CAP me ACK :sasl", "", IRC_CAPS_REQUESTING, "sasl"},
                {"CAP me ACK :multi-prefix", "", IRC_CAPS_SETTLED, "multi-prefix sasl"},
        };
        static const Step star_is_no_continuation[] = {
                {"CAP * LS sasl", "CAP REQ :sasl", IRC_CAPS_REQUESTING},
                {"CAP * NAK sasl", "", IRC_CAPS_SETTLED, ""},
        };
        static const Step refused_together[] = {
                {"CAP * LS :cap-notify multi-prefix sasl", "CAP REQ :cap-notify multi-prefix sasl",
                        IRC_CAPS_REQUESTING},
                {"CAP * NAK :cap-notify multi-prefix sasl",
                        "CAP REQ :cap-notify|CAP REQ :multi-prefix|CAP REQ :sasl",
                        IRC_CAPS_REQUESTING},
                {"CAP * NAK :cap-notify", "", IRC_CAPS_REQUESTING},
                {"CAP * NAK :cap-notify", "", IRC_CAPS_REQUESTING},
                {"CAP * ACK :multi-prefix", "", IRC_CAPS_REQUESTING},
                {"CAP * NAK :sasl", "", IRC_CAPS_SETTLED, "multi-prefix"},
        };
        static const Step new_and_del[] = {
                {"CAP * LS :", "", IRC_CAPS_SETTLED, ""},
                {"CAP me NEW :sasl=PLAIN other", "CAP REQ :sasl", IRC_CAPS_REQUESTING},
                {"CAP me DEL :sasl", "", IRC_CAPS_SETTLED, ""},
                {"CAP me NEW :sasl", "CAP REQ :sasl", IRC_CAPS_REQUESTING},
                {"CAP me ACK :~sasl ", "", IRC_CAPS_SETTLED, "sasl"},
                {"CAP me NEW :sasl=EXTERNAL", "", IRC_CAPS_SETTLED, "sasl"},
                {"CAP me ACK :-sasl", "", IRC_CAPS_SETTLED, ""},
                {"CAP me LIST :multi-prefix", "", IRC_CAPS_SETTLED, "multi-prefix"},
                {"CAP me ODD :sasl", "", IRC_CAPS_SETTLED},
                {"CAP me", "", IRC_CAPS_SETTLED},
                {"CAP", "", IRC_CAPS_SETTLED},
        };

        run_steps(continued, G_N_ELEMENTS(continued));
        run_steps(star_is_no_continuation, G_N_ELEMENTS(star_is_no_continuation));
        run_steps(refused_together, G_N_ELEMENTS(refused_together));
        run_steps(new_and_del, G_N_ELEMENTS(new_and_del));
}

static void test_values(void)
{
        g_autoptr(IrcCaps) caps = caps_started();

        g_free(receive(caps, "CAP * LS :sasl=A=B Sasl x= y"));
        g_assert_cmpstr(irc_caps_get_value(caps, "sasl"), ==, "A=B");
        g_assert_cmpstr(irc_caps_get_value(caps, "Sasl"), ==, "");
        g_assert_cmpstr(irc_caps_get_value(caps, "x"), ==, "");
        g_assert_true(irc_caps_is_offered(caps, "y"));
        g_assert_null(irc_caps_get_value(caps, "z"));
}

static void test_give_up(void)
{
        g_autoptr(IrcCaps) silent = caps_started();
        g_autoptr(IrcCaps) half = caps_started();

        g_free(receive(half, "CAP * LS :sasl"));
        irc_caps_give_up(silent);
        g_assert_cmpint(irc_caps_get_state(silent), ==, IRC_CAPS_ABSENT);
        irc_caps_give_up(half);
        g_assert_cmpint(irc_caps_get_state(half), ==, IRC_CAPS_SETTLED);
}

/* Many wanted ones go out in lines below the bound, each of them once. */
static void test_batches(void)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) offer = g_string_new("CAP * LS :");
        g_auto(IrcMessage) message = {};
        g_autoptr(IrcCaps) caps = NULL;
        gsize n_names = 0;

        for (int i = 0; i < 60; i++) {
                g_ptr_array_add(names, g_strdup_printf("vendor.example/capability-%d", i));
                g_string_append_printf(offer, "%s ", (char *) names->pdata[i]);
        }
        g_ptr_array_add(names, NULL);
        caps = irc_caps_new((const char *const *) names->pdata);
        irc_caps_start(caps, lines);
        g_ptr_array_set_size(lines, 0);
        irc_message_parse(&message, offer->str, offer->len);
        irc_caps_receive(caps, &message, lines);

        for (guint i = 0; i < lines->len; i++) {
                g_auto(GStrv) words = g_strsplit(lines->pdata[i], " ", -1);

                n_names += g_strv_length(words) - 2;
                g_assert_cmpuint(
                        strlen(lines->pdata[i]), <=, strlen("CAP REQ :") + IRC_CAP_REQ_MAX);
        }
        g_assert_cmpuint(lines->len, >, 1);
        g_assert_cmpuint(n_names, ==, 60);
}

static void test_bounds(void)
{
        g_autoptr(IrcCaps) caps = caps_started();
        g_autofree char *lengthy = g_strnfill(IRC_CAP_LENGTH_MAX, 'v');
        g_autofree char *line = g_strdup_printf("CAP * LS * :sasl=%s", lengthy);

        g_free(receive(caps, line));
        g_assert_false(irc_caps_is_offered(caps, "sasl"));
        for (int i = 0; i < 2 * IRC_CAPS_MAX; i++) {
                g_autofree char *more = g_strdup_printf("CAP * LS * :cap-%d", i);

                g_free(receive(caps, more));
        }
        g_assert_true(irc_caps_is_offered(caps, "cap-1"));
        g_assert_false(irc_caps_is_offered(caps, "cap-1000"));
}

static void test_carry(void)
{
        g_autoptr(IrcCaps) caps = caps_started();
        g_autoptr(IrcCaps) next = irc_caps_new(wanted);
        g_autoptr(GVariant) other = g_variant_ref_sink(g_variant_new_string("other"));
        g_autoptr(GVariant) variant = NULL;

        g_free(receive(caps, "CAP * LS :sasl=PLAIN multi-prefix"));
        g_free(receive(caps, "CAP * ACK :sasl"));
        variant = g_variant_ref_sink(irc_caps_to_variant(caps));
        irc_caps_restore(next, other);
        irc_caps_restore(next, variant);
        g_assert_cmpint(irc_caps_get_state(next), ==, IRC_CAPS_SETTLED);
        g_assert_true(irc_caps_has(next, "sasl"));
        g_assert_false(irc_caps_has(next, "multi-prefix"));
        g_assert_cmpstr(irc_caps_get_value(next, "sasl"), ==, "PLAIN");
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/cap/steps", test_steps);
        g_test_add_func("/irc/cap/values", test_values);
        g_test_add_func("/irc/cap/give-up", test_give_up);
        g_test_add_func("/irc/cap/batches", test_batches);
        g_test_add_func("/irc/cap/bounds", test_bounds);
        g_test_add_func("/irc/cap/carry", test_carry);
        return g_test_run();
}
