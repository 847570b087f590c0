/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Values that say where a link goes, and by which way: further addresses, our own ones, a proxy. */

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "config/server-config.h"
#include "config/server-values.h"

#define PORT_MAX 65535
#define PROXY_USER_MAX 255 /* bytes, RFC 1929 2 */

static bool is_ip(int family, const char *value)
{
        g_autofree char *address = g_strndup(value, strcspn(value, "%"));
        struct in6_addr parsed; /* as long as either */

        return inet_pton(family, address, &parsed) == 1;
}

static char *parse_host(const char *value, const char *host, const char *port, GError **error)
{
        guint64 number = 0;

        if (!g_ascii_string_to_unsigned(port, 10, 1, PORT_MAX, &number, NULL))
                return ic_value_refuse(
                        value, "has no port from 1 to 65535 after the colon; give one", error);
        return g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (guint) number);
}

static char *parse_bracketed(const char *value, GError **error)
{
        const char *end = strchr(value, ']');
        g_autofree char *host = end ? g_strndup(value + 1, (gsize) (end - value - 1)) : NULL;

        if (!host || !is_ip(AF_INET6, host) || (end[1] != '\0' && end[1] != ':'))
                return ic_value_refuse(value,
                        "is no IPv6 address in brackets; give one such as [2001:db8::1]:6697",
                        error);
        if (end[1] == '\0')
                return ic_value_address(host, error);
        g_autofree char *checked = ic_value_address(host, error);
        return checked ? parse_host(value, checked, end + 2, error) : NULL;
}

char *ic_value_endpoint(const char *value, GError **error)
{
        const char *colon = strchr(value, ':');

        if (value[0] == '[')
                return parse_bracketed(value, error);
        if (!colon || is_ip(AF_INET6, value))
                return ic_value_address(value, error);
        if (strchr(colon + 1, ':') || strstr(value, "//"))
                return ic_value_refuse(value,
                        "is no address; give a host name such as irc.example.org, or an IP "
                        "address, with \":\" and a port if it needs another, and an IPv6 address "
                        "with a port in brackets",
                        error);

        g_autofree char *host = g_strndup(value, (gsize) (colon - value));
        g_autofree char *checked = ic_value_address(host, error);
        return checked ? parse_host(value, checked, colon + 1, error) : NULL;
}

void ic_server_config_split_address(const char *address, char **ret_host, uint16_t *ret_port)
{
        const char *last = strrchr(address, ':');
        bool is_bracketed = address[0] == '[';
        bool has_port = last && (is_bracketed || strchr(address, ':') == last);

        *ret_port = has_port ? (uint16_t) g_ascii_strtoull(last + 1, NULL, 10) : 0;
        if (is_bracketed)
                *ret_host = g_strndup(address + 1, strcspn(address + 1, "]"));
        else
                *ret_host =
                        has_port ? g_strndup(address, (gsize) (last - address)) : g_strdup(address);
}

char *ic_value_local_address(const char *value, GError **error)
{
        if (!is_ip(AF_INET, value) && !is_ip(AF_INET6, value))
                return ic_value_refuse(value,
                        "is no IP address; give one of this machine, such as 192.0.2.1 or "
                        "2001:db8::1, not a name",
                        error);
        return ic_value_printable(value, error);
}

/* The value is never quoted: somebody may have written a password into it. */
static char *refuse_proxy(const char *reason, GError **error)
{
        g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE, reason);
        return NULL;
}

static const char *proxy_scheme(GUri *uri)
{
        static const struct {
                const char *given, *kept;
        } schemes[] = {
                {"socks5", "socks5"},
                {"socks5h", "socks5"}, /* elsewhere: names are resolved by the proxy; here always */
                {"http", "http"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
                if (g_str_equal(g_uri_get_scheme(uri), schemes[i].given))
                        return schemes[i].kept;
        return NULL;
}

static bool is_proxy_user(const char *user)
{
        g_autofree char *plain = user ? g_uri_unescape_string(user, NULL) : NULL;

        if (!user)
                return true;
        return plain && plain[0] != '\0' && strlen(plain) <= PROXY_USER_MAX &&
               g_utf8_validate(plain, -1, NULL) && !strchr(plain, ':') &&
               !ic_value_has_control(plain);
}

char *ic_value_proxy(const char *value, GError **error)
{
        const GUriFlags flags = G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED;
        g_autoptr(GUri) uri = g_uri_parse(value, flags, NULL);
        const char *scheme = uri ? proxy_scheme(uri) : NULL;
        const char *host = uri ? g_uri_get_host(uri) : NULL;

        if (!scheme || !host || host[0] == '\0')
                return refuse_proxy("this is no proxy that can be used; give "
                                    "socks5://[USER@]HOST[:PORT] or http://[USER@]HOST[:PORT]",
                        error);
        if (g_uri_get_password(uri))
                return refuse_proxy("there is a password in it; leave it out, and set it as the "
                                    "credential proxy-password",
                        error);
        if (!is_proxy_user(g_uri_get_user(uri)))
                return refuse_proxy("the user before the @ is empty, too long, or has colons or "
                                    "control characters; give a name, or leave it out with the @",
                        error);
        if (g_uri_get_port(uri) == 0)
                return refuse_proxy("the port is 0; give one from 1 to 65535", error);
        if (g_uri_get_query(uri) || g_uri_get_fragment(uri) ||
                !(g_str_equal(g_uri_get_path(uri), "") || g_str_equal(g_uri_get_path(uri), "/")))
                return refuse_proxy("there is more after the host and port; leave it out", error);

        g_autofree char *checked = ic_value_address(host, error);
        if (!checked)
                return NULL;
        return g_uri_join(
                flags, scheme, g_uri_get_user(uri), checked, g_uri_get_port(uri), "", NULL, NULL);
}
