/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* ISUPPORT: tokens one a line; whatever they are, the questions have answers that fit together, and
 * the tokens survive being carried over. */

#include <string.h>

#include "fuzz.h"
#include "irc/isupport.h"

static void ask(const IrcIsupport *isupport)
{
        static const char *const targets[] = {"", "#a", "@#a", "nick", "+", "@"};

        g_assert_cmpuint(strlen(isupport->prefix_modes), ==, strlen(isupport->prefix_symbols));
        g_assert_true(g_str_is_ascii(isupport->prefix_symbols));
        for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
                const char *channel = irc_isupport_channel_of(isupport, targets[i]);

                g_assert_true(!channel || irc_isupport_is_channel(isupport, channel));
        }
        for (int c = 0; c < 256; c++) {
                bool is_prefix = irc_isupport_mode_kind(isupport, (char) c) == IRC_MODE_PREFIX;

                g_assert_cmpint(is_prefix, ==, irc_isupport_prefix_of(isupport, (char) c) != '\0');
                irc_isupport_get_limit(isupport, "CHANLIMIT", (char) c);
                irc_isupport_get_limit(isupport, "MAXLIST", (char) c);
        }
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "JOIN"), >, 0);
        irc_isupport_get_letter(isupport, "EXCEPTS");
        irc_isupport_is_tag_denied(isupport, "typing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *) data, size);
        g_auto(GStrv) tokens = g_strsplit(text, "\n", -1);
        g_autoptr(IrcIsupport) isupport = irc_isupport_new();
        g_autoptr(IrcIsupport) next = irc_isupport_new();
        g_autoptr(GVariant) variant = NULL;

        for (gsize i = 0; tokens[i]; i++)
                irc_isupport_take(isupport, tokens[i]);
        ask(isupport);

        variant = g_variant_ref_sink(irc_isupport_to_variant(isupport));
        irc_isupport_restore(next, variant);
        g_assert_cmpuint(g_hash_table_size(next->tokens), ==, g_hash_table_size(isupport->tokens));
        g_assert_cmpstr(next->prefix_modes, ==, isupport->prefix_modes);
        g_assert_cmpstr(next->chantypes, ==, isupport->chantypes);
        return 0;
}
