/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Sessions with bytes changed at random, from a fixed seed: nothing that a server sends may crash
 * the client, make it say two lines as one, or let other than UTF-8 through. */

#include <string.h>

#include "irc/framer.h"
#include "script.h"

#define ROUNDS 2000
#define EFFECTS_MAX (4 * 16384)

static void assert_text(const char *text)
{
        g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

static void assert_sound(const IrcEffect *effect)
{
        g_autofree char *text = NULL;

        if (effect->type == IRC_EFFECT_SEND) {
                g_assert_null(strpbrk(effect->send.line, "\r\n"));
                g_assert_cmpuint(strlen(effect->send.line), <=, IRC_LINE_MAX + 16);
                return;
        }
        text = script_render(effect);
        assert_text(text);
        if (effect->type == IRC_EFFECT_MESSAGE) {
                assert_text(effect->message.source);
                g_assert_nonnull(effect->message.sender);
                g_assert_nonnull(effect->message.content);
        }
}

static void mutate(GRand *rand, GByteArray *line)
{
        static const char tempting[] = " :@!+-,*#&;=\\\001\0\377\303\251~[]{}oO0_";
        guint changes = (guint) g_rand_int_range(rand, 0, 4);

        for (; changes > 0 && line->len > 0; changes--) {
                guint at = (guint) g_rand_int_range(rand, 0, (gint32) line->len);
                guint8 byte =
                        g_rand_boolean(rand)
                                ? (guint8) tempting[g_rand_int_range(rand, 0, sizeof(tempting) - 1)]
                                : (guint8) g_rand_int_range(rand, 0, 256);

                switch (g_rand_int_range(rand, 0, 4)) {
                case 0:
                        g_byte_array_remove_index(line, at);
                        break;
                case 1:
                        g_byte_array_set_size(line, at);
                        break;
                default:
                        line->data[at] = byte;
                }
        }
}

static void run_mutated(const Script *script, GRand *rand)
{
        g_autoptr(IrcClient) client = script_client_new(script);
        g_autoptr(IrcEffects) effects = irc_effects_new();

        irc_client_start(client, effects);
        for (gsize i = 0; script->lines[i]; i++) {
                g_autoptr(GBytes) input = script_input(script->lines[i]);
                g_autoptr(GByteArray) line = NULL;

                if (!input)
                        continue;
                line = g_bytes_unref_to_array(g_steal_pointer(&input));
                mutate(rand, line);
                irc_effects_clear(effects);
                irc_client_receive(
                        client, (const char *) line->data, line->len, SCRIPT_NOW, effects);
                g_assert_cmpuint(irc_effects_count(effects), <, EFFECTS_MAX);
                for (gsize n = 0; n < irc_effects_count(effects); n++)
                        assert_sound(irc_effects_get(effects, n));
        }
}

static void test_mutated(gconstpointer data)
{
        g_autoptr(Script) script = script_load(data);
        g_autoptr(GRand) rand = g_rand_new_with_seed(20260401);

        for (int round = 0; round < ROUNDS; round++)
                run_mutated(script, rand);
}

int main(int argc, char *argv[])
{
        return script_main(argc, argv, "/irc/mutation", test_mutated);
}
