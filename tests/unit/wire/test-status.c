/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The status in a sentence and in JSON. */

#include <string.h>

#include "wire/command.h"
#include "wire/status.h"

static const struct {
        IcStatus status;
        const char *channels; /* separated by spaces */
        const char *sentence;
} cases[] = {
        {{.state = IC_STATE_CONNECTED,
                 .is_healthy = true,
                 .network = (char *) "Libera.Chat",
                 .nickname = (char *) "nick"},
                "#a #b #c", "Connected to Libera.Chat as nick; 3 channels: #a, #b, #c"},
        {{.state = IC_STATE_CONNECTED, .is_healthy = true, .address = (char *) "irc.example.org"},
                "#a", "Connected to irc.example.org; 1 channel: #a"},
        {{.state = IC_STATE_CONNECTED,
                 .network = (char *) "N\x1b[31m",
                 .waiting_for = (char *) "room on the disk"},
                "",
                "Connected to N\\x1b[31m; 0 channels; not healthy; waiting for room on the disk"},
        {{.state = IC_STATE_CONNECTED, .is_healthy = true, .network = (char *) "N"},
                "#1 #2 #3 #4 #5 #6 #7 #8 #9 #10 #11",
                "Connected to N; 11 channels: #1, #2, #3, #4, #5, #6, #7, #8, #9, #10, …"},
        {{.state = IC_STATE_CONNECTING,
                 .address = (char *) "irc.example.org",
                 .port = 6697,
                 .is_tls = true,
                 .waiting_for = (char *) "the TLS handshake"},
                NULL,
                "Connecting to irc.example.org, port 6697, with TLS; waiting for the TLS "
                "handshake"},
        {{.state = IC_STATE_REGISTERING, .address = (char *) "::1", .port = 6667}, NULL,
                "Registering with ::1, port 6667"},
        {{.state = IC_STATE_WAITING,
                 .waiting_for = (char *) "the network",
                 .last_error = (char *) "no route"},
                NULL, "Waiting for the network; last error: no route"},
        {{.state = IC_STATE_WAITING}, NULL, "Waiting for the next attempt"},
        {{.state = IC_STATE_DISCONNECTED}, NULL, "Disconnected"},
        {{.state = IC_STATE_CLOSING, .address = (char *) "h"}, NULL, "Closing the connection to h"},
        {{.state = IC_STATE_BLOCKED, .last_error = (char *) "K-lined"}, NULL,
                "Blocked; last error: K-lined"},
};

static void test_sentence(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(GStrv) channels =
                        cases[i].channels ? g_strsplit(cases[i].channels, " ", -1) : NULL;
                IcStatus status = cases[i].status;
                g_autofree char *sentence = NULL;

                status.channels = channels;
                sentence = ic_status_sentence(&status);
                g_assert_cmpstr(sentence, ==, cases[i].sentence);
        }
}

static void test_names(void)
{
        for (unsigned state = 0; state < _IC_STATE_MAX; state++)
                g_assert_cmpuint(ic_state_from_name(ic_state_name((IcState) state)), ==, state);
        g_assert_cmpuint(ic_state_from_name("asleep"), ==, _IC_STATE_MAX);
        g_assert_cmpuint(ic_state_from_name(NULL), ==, _IC_STATE_MAX);
}

static void test_json(void)
{
        const char *const channels[] = {"#a", "#b", NULL};
        IcStatus status = {.id = 3,
                .name = (char *) "caf\xe9",
                .port = 6697,
                .is_tls = true,
                .state = IC_STATE_CONNECTED,
                .is_healthy = true,
                .since = 1700000000000000,
                .channels = (GStrv) channels,
                .lag = -1,
                .owner = 1000};
        g_autofree char *answer = ic_answer_status("7", &status);
        g_autofree char *without_id = ic_answer_status(NULL, &status);

        g_assert_cmpstr(answer, ==,
                "{\"ok\":true,\"id\":7,\"name\":\"café\",\"port\":6697,\"tls\":true,"
                "\"state\":\"connected\",\"healthy\":true,\"wanted\":false,"
                "\"since\":1700000000000000,\"channels\":[\"#a\",\"#b\"],\"attempts\":0,"
                "\"restarts\":0,\"owner\":1000,\"connection\":3}\n");
        g_assert_null(strstr(without_id, "\"id\""));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wire/status/sentence", test_sentence);
        g_test_add_func("/wire/status/names", test_names);
        g_test_add_func("/wire/status/json", test_json);
        return g_test_run();
}
