/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL: the first byte chooses the mechanism, the rest are its challenges, one a line. What is sent
 * are AUTHENTICATE lines, and no server is believed that did not prove itself. */

#include <string.h>

#include "fuzz.h"
#include "irc/sasl.h"

static void give(IrcSasl *sasl, const char *line, GPtrArray *lines)
{
        g_auto(IrcMessage) message = {};

        g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
        irc_sasl_receive(sasl, &message, lines);
        /* A slice is enough: a server that asks for a million rounds is no finding. */
        irc_sasl_work(sasl, lines);
}

static void give_challenge(IrcSasl *sasl, const char *challenge, GPtrArray *lines)
{
        g_autofree char *text = g_base64_encode((const guint8 *) challenge, strlen(challenge));
        gsize len = strlen(text);

        for (gsize at = 0; at <= len; at += IRC_SASL_CHUNK) {
                g_autofree char *line = g_strdup_printf(
                        "AUTHENTICATE %.*s", IRC_SASL_CHUNK, text[at] ? text + at : "+");

                give(sasl, line, lines);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const all[] = {"SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN", "EXTERNAL"};
        const char *mechanisms[] = {size > 0 ? all[data[0] % G_N_ELEMENTS(all)] : all[0], NULL};
        const IrcSaslCredentials credentials = {
                "acc", "secret", true, true, "abcdefgh", NULL, NULL};
        g_autoptr(IrcSasl) sasl = irc_sasl_new(mechanisms, &credentials);
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text =
                size > 0 ? g_strndup((const char *) data + 1, size - 1) : g_strdup("");
        g_auto(GStrv) challenges = g_strsplit(text, "\n", 16);

        irc_sasl_start(sasl, NULL, lines);
        for (gsize i = 0; challenges[i]; i++)
                give_challenge(sasl, challenges[i], lines);
        for (guint i = 0; i < lines->len; i++) {
                g_assert_true(g_str_has_prefix(lines->pdata[i], "AUTHENTICATE "));
                g_assert_null(strpbrk(lines->pdata[i], "\r\n"));
        }
        give(sasl, ":s 903 me :Success", lines);
        if (g_str_has_prefix(mechanisms[0], "SCRAM") && !strstr(text, "\nv="))
                g_assert_cmpint(irc_sasl_get_state(sasl), !=, IRC_SASL_SUCCEEDED);
        return 0;
}
