/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* READY, STATUS and WATCHDOG, as they arrive at a real notify socket. */

#include <string.h>

#include "manager.h"
#include "service/notify.h"

static void test_messages(void)
{
        g_auto(Manager) manager = {};

        manager_init(&manager);
        ic_notify_ready();
        manager_assert_message(&manager, "READY=1");
        ic_notify_stopping();
        manager_assert_message(&manager, "STOPPING=1");
        ic_notify_extend_timeout(90 * G_USEC_PER_SEC);
        manager_assert_message(&manager, "EXTEND_TIMEOUT_USEC=90000000");
        ic_notify_failure("The disk is full", 28);
        manager_assert_message(&manager, "STATUS=The disk is full\nERRNO=28");
}

/* Whatever a server calls itself, it stays one line of STATUS= and gives no order of its own. */
static void test_status(void)
{
        static const struct {
                const char *sentence;
                const char *message;
        } cases[] = {
                {"Connected to Libera.Chat as nick", "STATUS=Connected to Libera.Chat as nick"},
                {"", "STATUS="},
                {NULL, "STATUS="},
                {"Grüße %s %n", "STATUS=Grüße %s %n"},
                {"a\nREADY=1", "STATUS=a\\x0aREADY=1"},
                {"a\r\x1b[31m", "STATUS=a\\x0d\\x1b[31m"},
        };
        g_auto(Manager) manager = {};
        g_autofree char *longest = g_strnfill(10000, 'x');
        g_autofree char *text = NULL;
        g_auto(IcFd) fd = -1;

        manager_init(&manager);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                ic_notify_status(cases[i].sentence);
                manager_assert_message(&manager, cases[i].message);
        }
        ic_notify_status(longest);
        text = manager_receive(&manager, &fd);
        g_assert_cmpint(
                g_utf8_strlen(text, -1), <=, IC_STATUS_CHARS_MAX + (int) strlen("STATUS=…"));
}

static void test_without_manager(void)
{
        g_unsetenv("NOTIFY_SOCKET");
        g_unsetenv("WATCHDOG_USEC");
        ic_notify_ready();
        ic_notify_status("Nobody listens");
        g_assert_null(ic_watchdog_new(NULL, NULL));
        ic_watchdog_free(NULL);
}

typedef struct {
        bool is_alive;
        guint n_asked;
} Patient;

static bool is_alive(gpointer user_data)
{
        Patient *patient = user_data;

        patient->n_asked++;
        return patient->is_alive;
}

static void wait_until_asked(Patient *patient)
{
        guint n = patient->n_asked;

        while (patient->n_asked == n)
                g_main_context_iteration(NULL, TRUE);
}

static void test_watchdog(void)
{
        g_autofree char *pid = g_strdup_printf("%d", getpid());
        g_auto(Manager) manager = {};
        g_autoptr(IcWatchdog) watchdog = NULL;
        Patient patient = {.is_alive = true};

        manager_init(&manager);
        g_setenv("WATCHDOG_PID", pid, true);
        g_setenv("WATCHDOG_USEC", "30000", true);
        watchdog = ic_watchdog_new(is_alive, &patient);
        g_assert_nonnull(watchdog);
        for (guint i = 0; i < 3; i++) {
                wait_until_asked(&patient);
                manager_assert_message(&manager, "WATCHDOG=1");
        }
        patient.is_alive = false;
        wait_until_asked(&patient);
        wait_until_asked(&patient);
        manager_assert_silence(&manager);
        patient.is_alive = true;
        wait_until_asked(&patient);
        manager_assert_message(&manager, "WATCHDOG=1");
}

/* The watchdog of another process is not ours. */
static void test_watchdog_of_another(void)
{
        g_setenv("WATCHDOG_PID", "1", true);
        g_setenv("WATCHDOG_USEC", "30000", true);
        g_assert_null(ic_watchdog_new(is_alive, NULL));
        g_unsetenv("WATCHDOG_PID");
        g_unsetenv("WATCHDOG_USEC");
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service/notify/messages", test_messages);
        g_test_add_func("/service/notify/status", test_status);
        g_test_add_func("/service/notify/without-manager", test_without_manager);
        g_test_add_func("/service/notify/watchdog", test_watchdog);
        g_test_add_func("/service/notify/watchdog-of-another", test_watchdog_of_another);
        return g_test_run();
}
