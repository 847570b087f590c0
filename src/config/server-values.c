/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What single values of a connection's configuration must look like: strict enough that none of
 * them can change the meaning of a line of IRC, loose enough for what servers really allow. */

#include "config/server-values.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define QUOTED_MAX 64 /* characters of a value that an error shows */
#define PIN_PREFIX "sha256:"
#define PIN_DIGITS 64
/* RFC 4422 3.1 has 20, but IRC has ECDSA-NIST256P-CHALLENGE. */
#define MECHANISM_MAX 32

char *ic_value_refuse(const char *value, const char *reason, GError **error)
{
        g_autofree char *quoted = ic_text_quote(value, QUOTED_MAX);

        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "\"%s\" %s", quoted, reason);
        return NULL;
}

bool ic_value_has_control(const char *value)
{
        for (const char *p = value; *p; p = g_utf8_next_char(p))
                if (g_unichar_iscntrl(g_utf8_get_char(p)))
                        return true;
        return false;
}

char *ic_value_line(const char *value, GError **error)
{
        return g_strdup(value);
}

char *ic_value_printable(const char *value, GError **error)
{
        if (ic_value_has_control(value))
                return ic_value_refuse(value, "has control characters; leave them out", error);
        return g_strdup(value);
}

static bool is_ipv6(const char *value)
{
        g_autofree char *address = g_strndup(value, strcspn(value, "%"));
        struct in6_addr parsed;

        return inet_pton(AF_INET6, address, &parsed) == 1;
}

char *ic_value_address(const char *value, GError **error)
{
        if (ic_value_has_control(value) || strpbrk(value, " \t"))
                return ic_value_refuse(value,
                        "has spaces or control characters; give a host name such as "
                        "irc.example.org, or an IP address",
                        error);
        if (value[0] == '[')
                return ic_value_refuse(
                        value, "has brackets; give an IPv6 address without them", error);
        if (strchr(value, ':') && !is_ipv6(value))
                return ic_value_refuse(value,
                        "has a colon but is no IPv6 address; give the port by the key \"port\"",
                        error);
        if (strpbrk(value, "/@,;\"'\\") || strchr("-.", value[0]))
                return ic_value_refuse(value,
                        "is no host name; give one such as irc.example.org, or an IP address",
                        error);
        return g_strdup(value);
}

char *ic_value_nickname(const char *value, GError **error)
{
        if (g_ascii_isdigit(value[0]) || strchr("-:#&$@+%~!", value[0]))
                return ic_value_refuse(value,
                        "begins with a character that IRC gives another meaning; begin a nickname "
                        "with a letter or one of [ ] \\ ` _ ^ { | }",
                        error);
        if (ic_value_has_control(value) || strpbrk(value, " ,!@*?:"))
                return ic_value_refuse(value,
                        "is no nickname; leave out spaces, control characters and , ! @ * ? :",
                        error);
        return g_strdup(value);
}

char *ic_value_username(const char *value, GError **error)
{
        if (ic_value_has_control(value) || strpbrk(value, " @!:"))
                return ic_value_refuse(value,
                        "is no user name; leave out spaces, control characters and @ ! :", error);
        return g_strdup(value);
}

/* A channel's key is a secret: it is not repeated in errors. */
char *ic_value_channel(const char *value, GError **error)
{
        const char *space = strchr(value, ' ');
        g_autofree char *name = space ? g_strndup(value, (gsize) (space - value)) : g_strdup(value);

        if (!strchr("#&+!", name[0]) || name[0] == '\0' || name[1] == '\0')
                return ic_value_refuse(name,
                        "is no channel; give a name that begins with #, & , + or !, such as #name, "
                        "and its key, if it has one, after a space",
                        error);
        if (ic_value_has_control(value) || strchr(value, ','))
                return ic_value_refuse(name,
                        "or its key has a comma or control characters; list channels one by one, "
                        "with ; between them",
                        error);
        if (!space)
                return g_steal_pointer(&name);

        g_autofree char *key = g_strstrip(g_strdup(space));
        if (strchr(key, ' ') || key[0] == ':')
                return ic_value_refuse(name,
                        "has a key with a space in it or a colon before it; give one word", error);
        if (key[0] == '\0')
                return g_steal_pointer(&name);
        return g_strdup_printf("%s %s", name, key);
}

char *ic_value_pin(const char *value, GError **error)
{
        char digits[PIN_DIGITS + 1] = "";
        gsize n = 0;
        const char *p = value;

        if (g_ascii_strncasecmp(p, PIN_PREFIX, strlen(PIN_PREFIX)) != 0)
                return ic_value_refuse(value,
                        "does not begin with \"" PIN_PREFIX "\"; give " PIN_PREFIX
                        " and the 64 hexadecimal digits of the fingerprint",
                        error);
        for (p += strlen(PIN_PREFIX); *p; p++) {
                if (*p == ':')
                        continue;
                if (!g_ascii_isxdigit(*p) || n == PIN_DIGITS) {
                        n = 0;
                        break;
                }
                digits[n++] = g_ascii_tolower(*p);
        }
        if (n != PIN_DIGITS)
                return ic_value_refuse(value,
                        "is no fingerprint; give " PIN_PREFIX
                        " and 64 hexadecimal digits, with or without colons",
                        error);
        return g_strconcat(PIN_PREFIX, digits, NULL);
}

char *ic_value_mechanism(const char *value, GError **error)
{
        gsize len = strlen(value);

        for (gsize i = 0; i < len; i++)
                if (!g_ascii_isalnum(value[i]) && !strchr("-_", value[i]))
                        len = 0;
        if (len < 1 || len > MECHANISM_MAX)
                return ic_value_refuse(value,
                        "is no SASL mechanism; give names such as PLAIN or EXTERNAL, with ; "
                        "between them",
                        error);
        return g_ascii_strup(value, -1);
}

char *ic_value_service(const char *value, GError **error)
{
        if (ic_value_has_control(value) || strpbrk(value, " ,!*?:") || strchr("#&$+%~@", value[0]))
                return ic_value_refuse(value,
                        "is no service; give its nickname, such as NickServ, or nickname@server",
                        error);
        return g_strdup(value);
}

/* The kept name first, then others that people use for the same. */
static const struct {
        const char *kept;
        IrcEncoding encoding;
        const char *names[7];
} encodings[] = {
        {"windows-1252", IRC_ENCODING_CP1252,
                {"windows-1252", "windows1252", "cp1252", "cp-1252", "x-cp1252"}},
        {"iso-8859-1", IRC_ENCODING_LATIN1,
                {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1"}},
};

char *ic_value_encoding(const char *value, GError **error)
{
        for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++)
                for (gsize k = 0; encodings[i].names[k]; k++)
                        if (g_ascii_strcasecmp(value, encodings[i].names[k]) == 0)
                                return g_strdup(encodings[i].kept);
        return ic_value_refuse(
                value, "is no encoding that can be used; give windows-1252 or iso-8859-1", error);
}

IrcEncoding ic_value_encoding_of(const char *value)
{
        for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++)
                if (g_strcmp0(value, encodings[i].kept) == 0)
                        return encodings[i].encoding;
        return IRC_ENCODING_CP1252;
}
