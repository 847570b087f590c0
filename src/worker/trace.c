/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What of a line may be seen. */

#include "worker/trace.h"

#include <string.h>

#define HIDDEN "…"

/* Where the parts of a line begin; what follows the last one is in it. */
typedef struct {
        const char *verb, *verb_end;
        const char *param, *param_end; /* the first */
        const char *rest;              /* all others */
        const char *end;
} Parts;

static const char *skip_spaces(const char *at, const char *end)
{
        while (at < end && *at == ' ')
                at++;
        return at;
}

static const char *skip_word(const char *at, const char *end)
{
        while (at < end && *at != ' ')
                at++;
        return at;
}

static Parts take_apart(const char *line, gsize len)
{
        const char *end = line + len, *at = skip_spaces(line, end);
        Parts parts = {.end = end};

        if (at < end && *at == '@')
                at = skip_spaces(skip_word(at, end), end);
        if (at < end && *at == ':')
                at = skip_spaces(skip_word(at, end), end);
        parts.verb = at;
        parts.verb_end = skip_word(at, end);
        parts.param = skip_spaces(parts.verb_end, end);
        parts.param_end = skip_word(parts.param, end);
        parts.rest = skip_spaces(parts.param_end, end);
        return parts;
}

static bool is_one_of(const char *from, const char *to, const char *const *words)
{
        for (; *words; words++)
                if (strlen(*words) == (gsize) (to - from) &&
                        g_ascii_strncasecmp(from, *words, (gsize) (to - from)) == 0)
                        return true;
        return false;
}

static bool is_message(const Parts *parts)
{
        static const char *const verbs[] = {"PRIVMSG", "NOTICE", "SQUERY", "CPRIVMSG", NULL};

        return is_one_of(parts->verb, parts->verb_end, verbs);
}

/* What is said to services, with "@server" behind the name or not. */
static bool is_login(const TraceOptions *options, const Parts *parts)
{
        static const char *const words[] = {"IDENTIFY", "ID", "AUTH", "LOGIN", "REGISTER", "GHOST",
                "RECOVER", "RELEASE", "REGAIN", "GROUP", "SETPASS", "RESETPASS", "NEWPASS", "PASS",
                "SET", "CERT", NULL};
        const char *service[] = {options->service, NULL};
        const char *at = memchr(parts->param, '@', (gsize) (parts->param_end - parts->param));
        const char *text = parts->rest;

        if (!is_message(parts) || parts->rest == parts->end || strchr("#&+!", *parts->param))
                return false;
        if (is_one_of(parts->param, at ? at : parts->param_end, service))
                return true;
        text += *text == ':';
        return is_one_of(text, skip_word(text, parts->end), words);
}

/* What of AUTHENTICATE is no secret: names of mechanisms, and marks. */
static bool is_harmless(const Parts *parts)
{
        static const char *const words[] = {"PLAIN", "EXTERNAL", "SCRAM-SHA-256", "SCRAM-SHA-512",
                "ECDSA-NIST256P-CHALLENGE", "+", "*", NULL};
        static const char *const verb[] = {"AUTHENTICATE", NULL};
        const char *word = parts->param + (parts->param < parts->end && *parts->param == ':');

        return is_one_of(parts->verb, parts->verb_end, verb) && is_one_of(word, parts->end, words);
}

/* Up to where the line may be seen. */
static const char *visible_end(
        const TraceOptions *options, const char *line, gsize len, bool is_secret)
{
        static const char *const verbs[] = {"PASS", "AUTHENTICATE", "OPER", "IDENTIFY", "NS",
                "NICKSERV", "REGISTER", "VERIFY", NULL};
        Parts parts = take_apart(line, len);

        if (is_harmless(&parts))
                return parts.end;
        if (is_one_of(parts.verb, parts.verb_end, verbs))
                return parts.verb_end;
        if (is_login(options, &parts))
                return parts.param_end;
        if (is_secret)
                return is_message(&parts) ? parts.param_end : parts.verb_end;
        return parts.end;
}

/* The length of the secret that stands at `at`, or 0. */
static gsize find_secret(const TraceOptions *options, const char *at, const char *end)
{
        gsize longest = 0;

        for (const GBytes *const *secret = options->secrets; secret && *secret; secret++) {
                gsize len;
                const void *data = g_bytes_get_data((GBytes *) *secret, &len);

                if (len > longest && len <= (gsize) (end - at) && memcmp(at, data, len) == 0)
                        longest = len;
        }
        return longest;
}

/* One character, or one byte where there is none; answers what is behind it. */
static const char *append_character(GString *into, const char *at, const char *end)
{
        gunichar c = g_utf8_get_char_validated(at, end - at);
        gsize len = 1;

        if (c != (gunichar) -1 && c != (gunichar) -2 && c != 0)
                len = (gsize) (g_utf8_next_char(at) - at);
        if (*at == '\\')
                g_string_append(into, "\\\\");
        else if (c == (gunichar) -1 || c == (gunichar) -2 || !g_unichar_isprint(c))
                for (gsize i = 0; i < len; i++)
                        g_string_append_printf(into, "\\x%02X", (guchar) at[i]);
        else
                g_string_append_len(into, at, (gssize) len);
        return at + len;
}

char *trace_line(
        const TraceOptions *options, bool is_sent, const char *line, gsize len, bool is_secret)
{
        const char *end = visible_end(options, line, len, is_secret), *at = line;
        GString *text = g_string_new(is_sent ? "> " : "< ");

        while (at < end) {
                gsize secret = find_secret(options, at, end);

                if (secret > 0)
                        g_string_append(text, HIDDEN);
                at = secret > 0 ? at + secret : append_character(text, at, end);
        }
        if (end < line + len)
                g_string_append(text, " " HIDDEN);
        return g_string_free(text, FALSE);
}
