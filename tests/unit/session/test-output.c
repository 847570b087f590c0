/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The queue to the server: order, pace, and finishing exactly what another process began. */

#include <string.h>

#include "base/error.h"
#include "session/output.h"

static char *take_all(IcOutput *output)
{
        gsize len;
        const guint8 *bytes = ic_output_peek(output, &len);
        char *text = g_strndup((const char *) bytes, len);

        ic_output_taken(output, len);
        return text;
}

static void test_order(void)
{
        g_autoptr(IcOutput) output = ic_output_new();
        g_autofree char *text = NULL;

        g_assert_true(ic_output_is_empty(output));
        ic_output_push(output, IRC_PRIORITY_USER, "PRIVMSG #a :1", 0);
        ic_output_push(output, IRC_PRIORITY_BULK, "WHO #a", 0);
        ic_output_push(output, IRC_PRIORITY_USER, "PRIVMSG #a :2", 0);
        ic_output_push(output, IRC_PRIORITY_LIVENESS, "PONG x", 0);
        ic_output_push(output, IRC_PRIORITY_CONTROL, "JOIN #a", 0);
        g_assert_cmpint(ic_output_release(output, 1000), ==, -1);
        text = take_all(output);
        g_assert_cmpstr(
                text, ==, "PONG x\r\nJOIN #a\r\nPRIVMSG #a :1\r\nPRIVMSG #a :2\r\nWHO #a\r\n");
        g_assert_true(ic_output_is_empty(output));
}

static void test_pace(void)
{
        g_autoptr(IcOutput) output = ic_output_new();
        gint64 now = G_GINT64_CONSTANT(5000) * G_USEC_PER_SEC, next;
        gsize len;

        for (int i = 0; i < IC_OUTPUT_BURST + 2; i++)
                ic_output_push(output, IRC_PRIORITY_USER, "x", 0);
        next = ic_output_release(output, now);
        ic_output_peek(output, &len);
        g_assert_cmpuint(len, ==, IC_OUTPUT_BURST * 3);
        g_assert_cmpint(next, ==, now + IC_OUTPUT_PACE_USEC);

        /* A PONG is never held back. */
        ic_output_push(output, IRC_PRIORITY_LIVENESS, "P", 0);
        g_assert_cmpint(ic_output_release(output, now + 1), ==, next);
        ic_output_peek(output, &len);
        g_assert_cmpuint(len, ==, IC_OUTPUT_BURST * 3 + 3);

        g_assert_cmpint(ic_output_release(output, next), ==, next + IC_OUTPUT_PACE_USEC);
        g_assert_cmpint(ic_output_release(output, next + IC_OUTPUT_PACE_USEC), ==, -1);
        ic_output_peek(output, &len);
        g_assert_cmpuint(len, ==, IC_OUTPUT_BURST * 3 + 9);
}

/* What belongs together is not torn apart, neither by what is more urgent nor by the pace; and it
 * is paid for. */
static void test_together(void)
{
        static const char *const lines[] = {"BATCH +1 m #a", "@batch=1 P #a :x", "BATCH -1", NULL};
        g_autoptr(IcOutput) output = ic_output_new();
        g_autoptr(IcOutput) next = ic_output_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) saved = NULL;
        g_autofree char *text = NULL;
        gint64 now = 1000;
        gsize len;

        for (int i = 0; i < IC_OUTPUT_BURST - 1; i++)
                ic_output_push(output, IRC_PRIORITY_CONTROL, "x", 0);
        ic_output_push_together(output, IRC_PRIORITY_USER, lines, 0);
        ic_output_push(output, IRC_PRIORITY_USER, "y", 0);
        saved = ic_output_save(output);
        g_assert_cmpint(ic_output_release(output, now), ==, now + 3 * IC_OUTPUT_PACE_USEC);
        ic_output_push(output, IRC_PRIORITY_LIVENESS, "PONG z", 0);
        ic_output_release(output, now);
        ic_output_taken(output, 3 * (IC_OUTPUT_BURST - 1));
        text = take_all(output);
        g_assert_cmpstr(text, ==, "BATCH +1 m #a\r\n@batch=1 P #a :x\r\nBATCH -1\r\nPONG z\r\n");

        /* Another process finds the middle of it. */
        g_assert_true(ic_output_restore(next, saved, 3 * (IC_OUTPUT_BURST - 1) + 20, &error));
        g_assert_no_error(error);
        ic_output_peek(next, &len);
        g_assert_cmpuint(len, ==, strlen("BATCH +1 m #a\r\n@batch=1 P #a :x\r\nBATCH -1\r\n") - 20);
}

static void test_no_pace(void)
{
        g_autoptr(IcOutput) output = ic_output_new();
        gsize len;

        ic_output_set_paced(output, false);
        for (int i = 0; i < 100; i++)
                ic_output_push(output, IRC_PRIORITY_USER, "x", 0);
        g_assert_cmpint(ic_output_release(output, 1000), ==, -1);
        ic_output_peek(output, &len);
        g_assert_cmpuint(len, ==, 300);
}

static void test_bound(void)
{
        g_autoptr(IcOutput) output = ic_output_new();
        g_autofree char *line = g_strnfill(510, 'x');

        for (int i = 0; i < IC_OUTPUT_MAX / 512; i++) {
                g_assert_false(ic_output_is_full(output));
                ic_output_push(output, IRC_PRIORITY_USER, line, 0);
        }
        g_assert_true(ic_output_is_full(output));
}

/* Whatever number of bytes was sent between saving and dying, the next process sends the rest. */
static void test_finish_at_every_cut(void)
{
        g_autoptr(IcOutput) first = ic_output_new();
        g_autoptr(GBytes) saved = NULL;
        g_autofree char *begun = NULL, *whole = NULL;

        ic_output_push(first, IRC_PRIORITY_CONTROL, "JOIN #a", 0);
        ic_output_release(first, 0);
        ic_output_taken(first, 4);
        ic_output_push(first, IRC_PRIORITY_USER, "PRIVMSG #a :later", 0);
        ic_output_push(first, IRC_PRIORITY_LIVENESS, "PONG :now", 0);
        saved = ic_output_save(first);
        ic_output_release(first, 0);
        begun = take_all(first);
        whole = g_strconcat("JOIN", begun, NULL);
        g_assert_cmpstr(whole, ==, "JOIN #a\r\nPONG :now\r\nPRIVMSG #a :later\r\n");

        for (gsize sent = 4; sent <= strlen(whole); sent++) {
                g_autoptr(IcOutput) next = ic_output_new();
                g_autoptr(GError) error = NULL;
                g_autofree char *rest = NULL;

                g_assert_true(ic_output_restore(next, saved, sent, &error));
                g_assert_no_error(error);
                ic_output_release(next, 0);
                rest = take_all(next);
                g_assert_cmpstr(rest, ==, whole + sent);
        }
}

static void test_refuses_what_does_not_fit(void)
{
        g_autoptr(IcOutput) first = ic_output_new(), next = ic_output_new();
        g_autoptr(GBytes) saved = NULL, damaged = g_bytes_new_static("\xff\xff\xff", 3);
        g_autoptr(GError) error = NULL;

        ic_output_push(first, IRC_PRIORITY_USER, "abc", 0);
        ic_output_release(first, 0);
        ic_output_taken(first, 2);
        saved = ic_output_save(first);
        g_assert_false(ic_output_restore(next, saved, 1, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED);
        g_clear_error(&error);
        g_assert_false(ic_output_restore(next, saved, 6, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED);
        g_clear_error(&error);
        g_assert_false(ic_output_restore(next, damaged, 0, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_FAILED);
        g_assert_true(ic_output_is_empty(next));
}

/* What went to a proxy before is in the kernel's count, and no line of ours is taken for it. */
static void test_begins_late(void)
{
        static const guint64 counts[] = {300, 302, 305, 310};

        for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
                g_autoptr(IcOutput) first = ic_output_new(), next = ic_output_new();
                g_autoptr(GBytes) saved = NULL;
                g_autoptr(GError) error = NULL;
                g_autofree char *rest = NULL;

                ic_output_begin_at(first, 300);
                ic_output_push(first, IRC_PRIORITY_USER, "abc", 0);
                ic_output_push(first, IRC_PRIORITY_USER, "def", 0);
                saved = ic_output_save(first);
                g_assert_true(ic_output_restore(next, saved, counts[i], &error));
                g_assert_no_error(error);
                ic_output_release(next, 0);
                rest = take_all(next);
                g_assert_cmpstr(rest, ==, &"abc\r\ndef\r\n"[counts[i] - 300]);
                g_clear_pointer(&next, ic_output_free);

                next = ic_output_new();
                g_assert_false(ic_output_restore(next, saved, 299, &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED);
        }
}

static void on_sent(guint64 ticket, gpointer user_data)
{
        g_string_append_printf(user_data, "%" G_GUINT64_FORMAT ";", ticket);
}

static void test_tickets(void)
{
        g_autoptr(IcOutput) output = ic_output_new();
        g_autoptr(GString) seen = g_string_new(NULL);

        ic_output_on_sent(output, on_sent, seen);
        ic_output_push(output, IRC_PRIORITY_USER, "abc", 7);
        ic_output_push(output, IRC_PRIORITY_USER, "abc", 0);
        ic_output_push(output, IRC_PRIORITY_USER, "abc", 7);
        ic_output_push(output, IRC_PRIORITY_LIVENESS, "x", 9);
        ic_output_release(output, 0);
        ic_output_taken(output, 7);
        g_assert_cmpstr(seen->str, ==, "9;");
        ic_output_taken(output, 1);
        g_assert_cmpstr(seen->str, ==, "9;7;");
        ic_output_taken(output, 10);
        g_assert_cmpstr(seen->str, ==, "9;7;7;");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/session/output/order", test_order);
        g_test_add_func("/session/output/pace", test_pace);
        g_test_add_func("/session/output/bound", test_bound);
        g_test_add_func("/session/output/together", test_together);
        g_test_add_func("/session/output/no-pace", test_no_pace);
        g_test_add_func("/session/output/finish-at-every-cut", test_finish_at_every_cut);
        g_test_add_func("/session/output/begins-late", test_begins_late);
        g_test_add_func("/session/output/tickets", test_tickets);
        g_test_add_func("/session/output/refuses", test_refuses_what_does_not_fit);
        return g_test_run();
}
