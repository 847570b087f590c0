/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* CTCP: what is inside lies within the text. And the encodings, whose result is UTF-8. */

#include <string.h>

#include "fuzz.h"
#include "irc/ctcp.h"
#include "irc/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const names[] = {"ACTION", "PING", "VERSION"};
        g_autofree char *text = g_strndup((const char *) data, size);

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                const char *inside;
                gsize len;

                if (!irc_ctcp_parse(text, names[i], &inside, &len))
                        continue;
                g_assert_true(inside > text);
                g_assert_true(inside + len <= text + strlen(text));
        }
        for (int encoding = IRC_ENCODING_CP1252; encoding <= IRC_ENCODING_LATIN1; encoding++) {
                g_autofree char *converted = irc_encoding_to_utf8((IrcEncoding) encoding, text);

                g_assert_true(g_utf8_validate(converted, -1, NULL));
        }
        return 0;
}
