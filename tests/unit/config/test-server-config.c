/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The keys of a connection's configuration: what is taken, what is refused and with which words. */

#include <string.h>

#include "config/server-config.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX64_COLONS                                                                               \
        "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"                                         \
        "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF"

static void set(IcServerConfig *config, const char *key, const char *value)
{
        g_autoptr(GError) error = NULL;
        bool is_set = ic_server_config_set(config, key, value, &error);

        g_assert_no_error(error);
        g_assert_true(is_set);
}

static void assert_value(const IcServerConfig *config, const char *key, const char *expected)
{
        g_autofree char *value = ic_server_config_get(config, key);

        g_assert_cmpstr(value, ==, expected);
}

static void complete(IcServerConfig *config)
{
        g_autoptr(GError) error = NULL;
        bool is_complete = ic_server_config_complete(config, &error);

        g_assert_no_error(error);
        g_assert_true(is_complete);
}

static void test_defaults(void)
{
        static const struct {
                const char *key, *value;
        } defaults[] = {
                {"name", NULL},
                {"address", NULL},
                {"alt_addresses", NULL},
                {"port", NULL},
                {"tls", "true"},
                {"sts", "true"},
                {"bind_address", NULL},
                {"proxy", NULL},
                {"nickname", "irc-conn"},
                {"alt_nicknames", NULL},
                {"regain_nickname", "true"},
                {"username", NULL},
                {"realname", NULL},
                {"channels", NULL},
                {"fetch_history", "true"},
                {"track_accounts", "true"},
                {"lite", "false"},
                {"bot", "false"},
                {"ctcp", "true"},
                {"encoding", "windows-1252"},
                {"away_message", NULL},
                {"tls_ca_file", NULL},
                {"tls_client_cert", NULL},
                {"tls_client_key", NULL},
                {"tls_pin", NULL},
                {"sasl_mechanisms", NULL},
                {"sasl_account", NULL},
                {"sasl_ecdsa_key_file", NULL},
                {"sasl_required", "false"},
                {"sasl_plain_insecure", "false"},
                {"nickserv", "NickServ"},
                {"survive", "true"},
                {"connect_timeout", "30"},
                {"register_timeout", "60"},
                {"ping_interval", "90"},
                {"ping_timeout", "60"},
                {"reconnect_delay_ms", NULL},
                {"reconnect_max_ms", NULL},
                {"quit_message", "irc-conn"},
        };
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        g_assert_cmpuint(count, ==, G_N_ELEMENTS(defaults));
        for (gsize i = 0; i < count; i++) {
                g_assert_cmpstr(keys[i].name, ==, defaults[i].key);
                g_assert_true(ic_server_key_find(keys[i].name) == &keys[i]);
                g_assert_cmpstr(keys[i].description, !=, "");
                assert_value(config, keys[i].name, defaults[i].value);
        }
        g_assert_null(ic_server_key_find("nonsense"));
}

static void test_accepted(void)
{
        static const struct {
                const char *key, *value, *kept;
        } cases[] = {
                {"address", "irc.example.org", "irc.example.org"},
                {"address", "192.0.2.1", "192.0.2.1"},
                {"address", "2001:db8::1", "2001:db8::1"},
                {"address", "fe80::1%eth0", "fe80::1%eth0"},
                {"address", "bücher.example", "bücher.example"},
                {"port", "1", "1"},
                {"port", "65535", "65535"},
                {"port", "", NULL},
                {"tls", "no", "false"},
                {"tls", "On", "true"},
                {"tls", "0", "false"},
                {"tls", "", "true"},
                {"nickname", "[m]o_n^k|{}`\\", "[m]o_n^k|{}`\\"},
                {"nickname", "Ørjan", "Ørjan"},
                {"nickname", "a1-2", "a1-2"},
                {"nickname", "", "irc-conn"},
                {"alt_nicknames", "a; b ;;c;", "a;b;c"},
                {"alt_nicknames", " ; ", NULL},
                {"realname", "Some One, Esq.", "Some One, Esq."},
                {"channels", "#a;#b key;&local;+modeless;!ABCDEchan",
                        "#a;#b key;&local;+modeless;!ABCDEchan"},
                {"channels", "#a   key", "#a key"},
                {"tls_pin", "sha256:" HEX64, "sha256:" HEX64},
                {"tls_pin", "SHA256:" HEX64_COLONS ";sha256:" HEX64,
                        "sha256:" HEX64 ";sha256:" HEX64},
                {"sasl_mechanisms", "ecdsa-nist256p-challenge;PLAIN",
                        "ECDSA-NIST256P-CHALLENGE;PLAIN"},
                {"reconnect_max_ms", "86400000", "86400000"},
                {"alt_addresses",
                        "b.example.org; c.example.org:7000;[2001:db8::1]:06697;[2001:db8::2];"
                        "2001:db8::3;192.0.2.1:1;[fe80::1%eth0]:6667",
                        "b.example.org;c.example.org:7000;[2001:db8::1]:6697;2001:db8::2;"
                        "2001:db8::3;192.0.2.1:1;[fe80::1%eth0]:6667"},
                {"bind_address", "192.0.2.1", "192.0.2.1"},
                {"bind_address", "2001:db8::1;192.0.2.1", "2001:db8::1;192.0.2.1"},
                {"bind_address", "fe80::1%eth0", "fe80::1%eth0"},
                {"proxy", "socks5://localhost", "socks5://localhost"},
                {"proxy", "SOCKS5://127.0.0.1:9050/", "socks5://127.0.0.1:9050"},
                {"proxy", "socks5h://proxy.example.org", "socks5://proxy.example.org"},
                {"proxy", "http://me@[2001:db8::1]:3128", "http://me@[2001:db8::1]:3128"},
                {"proxy", "socks5://a%20b%40c@h:1", "socks5://a%20b%40c@h:1"},
                {"proxy", "", NULL},
                {"encoding", "CP1252", "windows-1252"},
                {"encoding", "Windows-1252", "windows-1252"},
                {"encoding", "latin1", "iso-8859-1"},
                {"encoding", "ISO-8859-1", "iso-8859-1"},
                {"encoding", "", "windows-1252"},
                {"nickserv", "Q@CServe.quakenet.org", "Q@CServe.quakenet.org"},
                {"nickserv", "", "NickServ"},
                {"away_message", "not here: back soon", "not here: back soon"},
                {"lite", "yes", "true"},
                {"sts", "off", "false"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IcServerConfig) config = ic_server_config_new();

                set(config, cases[i].key, cases[i].value);
                assert_value(config, cases[i].key, cases[i].kept);
        }
}

static void assert_refused(const char *key, const char *value, const char *advice)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(ic_server_config_set(config, key, value, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, key));
        g_assert_nonnull(strstr(error->message, advice));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strpbrk(error->message, "\r\n\001\007"));
}

static void test_refused(void)
{
        /* What is refused, and a word of the advice. */
        static const struct {
                const char *key, *value, *advice;
        } cases[] = {
                {"nonsense", "1", "no key"},
                {"port", "0", "1 to 65535"},
                {"port", "65536", "1 to 65535"},
                {"port", "-1", "1 to 65535"},
                {"port", "6697x", "1 to 65535"},
                {"port", " 6697", "1 to 65535"},
                {"port", "99999999999999999999", "1 to 65535"},
                {"connect_timeout", "0", "1 to 3600"},
                {"tls", "maybe", "true nor false"},
                {"address", "irc.example.org 6697", "host name"},
                {"address", "irc.example.org\t", "host name"},
                {"address", "irc.example.org:6697", "\"port\""},
                {"address", "[2001:db8::1]", "without"},
                {"address", "ircs://irc.example.org", "port"},
                {"address", "a/b", "host name"},
                {"address", "-oProxy", "host name"},
                {"nickname", "1st", "begin"},
                {"nickname", ":x", "begin"},
                {"nickname", "#x", "begin"},
                {"nickname", "@x", "begin"},
                {"nickname", "+x", "begin"},
                {"nickname", "&x", "begin"},
                {"nickname", "$x", "begin"},
                {"nickname", "a b", "spaces"},
                {"nickname", "a!b", "spaces"},
                {"nickname", "a,b", "spaces"},
                {"nickname", "a\001b", "control"},
                {"nickname", "a\r\nQUIT", "one line"},
                {"alt_nicknames", "good;2bad", "begin"},
                {"username", "a b", "spaces"},
                {"username", "a@b", "@"},
                {"realname", "a\nb", "one line"},
                {"realname", "\xff", "UTF-8"},
                {"channels", "ruby", "#name"},
                {"channels", "#", "#name"},
                {"channels", "#a,#b", ";"},
                {"channels", "#a\007", "control"},
                {"channels", "#a one two", "one word"},
                {"channels", "#a :key", "one word"},
                {"tls_pin", HEX64, "sha256:"},
                {"tls_pin", "sha1:" HEX64, "sha256:"},
                {"tls_pin", "sha256:abc", "64"},
                {"tls_pin", "sha256:" HEX64 "0", "64"},
                {"tls_pin", "sha256:x" HEX64, "64"},
                {"sasl_mechanisms", "PLAIN,EXTERNAL", ";"},
                {"sasl_mechanisms", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", "PLAIN"},
                {"tls_ca_file", "/a\033b", "control"},
                {"quit_message", "bye\rQUIT", "one line"},
                {"encoding", "utf-8", "iso-8859-1"},
                {"encoding", "koi8-r", "windows-1252"},
                {"nickserv", "Nick Serv", "NickServ"},
                {"nickserv", "#chan", "NickServ"},
                {"nickserv", "@server", "NickServ"},
                {"nickserv", "a,b", "NickServ"},
                {"away_message", "a\nQUIT", "one line"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_refused(cases[i].key, cases[i].value, cases[i].advice);
}

static void test_refused_endpoints(void)
{
        static const struct {
                const char *key, *value, *advice;
        } cases[] = {
                {"alt_addresses", "good;[::1", "brackets"},
                {"alt_addresses", "[192.0.2.1]:1", "brackets"},
                {"alt_addresses", "[::1]x", "brackets"},
                {"alt_addresses", "[::1]:", "1 to 65535"},
                {"alt_addresses", "host:0", "1 to 65535"},
                {"alt_addresses", "host:65536", "1 to 65535"},
                {"alt_addresses", "host:+6667", "1 to 65535"},
                {"alt_addresses", "host:", "1 to 65535"},
                {"alt_addresses", ":6667", "host name"},
                {"alt_addresses", "ircs://host", "host name"},
                {"alt_addresses", "a b:1", "host name"},
                {"alt_addresses", "a:1:2", "brackets"},
                {"bind_address", "localhost", "not a name"},
                {"bind_address", "192.0.2.1:80", "not a name"},
                {"bind_address", "192.0.2.256", "not a name"},
                {"bind_address", "fe80::1%\033", "control"},
                {"proxy", "localhost:1080", "socks5://"},
                {"proxy", "socks4://localhost", "socks5://"},
                {"proxy", "socks5://", "socks5://"},
                {"proxy", "socks5://h:99999", "socks5://"},
                {"proxy", "socks5://h:0", "1 to 65535"},
                {"proxy", "http://h/path", "leave it out"},
                {"proxy", "http://h?q", "leave it out"},
                {"proxy", "http://@h", "leave it out"},
                {"proxy", "http://a%3Ab@h", "colons"},
                {"proxy", "http://a%00b@h", "control"},
                {"proxy", "http://a%0ab@h", "control"},
                {"proxy", "http://a%ffb@h", "control"},
                {"proxy", "http://-h", "host name"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_refused(cases[i].key, cases[i].value, cases[i].advice);
}

static void test_refused_keeps_former(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();

        set(config, "channels", "#a");
        set(config, "nickname", "nick");
        g_assert_false(ic_server_config_set(config, "channels", "#b;bad", NULL));
        g_assert_false(ic_server_config_set(config, "nickname", "b d", NULL));
        assert_value(config, "channels", "#a");
        assert_value(config, "nickname", "nick");
}

static void test_channel_key_is_not_repeated(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(ic_server_config_set(config, "channels", "#a hunter2 x", &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_assert_null(strstr(error->message, "hunter2"));
}

static void test_proxy_password_is_not_repeated(void)
{
        static const char *const urls[] = {
                "http://me:hunter2@h",
                "socks5://me:hunter2@h:0",
                "socks4://me:hunter2@h",
                "http://me:hunter2@h/path",
                "http://me:hunter2@h:99999",
                "me:hunter2@h",
                "http://me:%zzhunter2@h",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
                g_autoptr(IcServerConfig) config = ic_server_config_new();
                g_autoptr(GError) error = NULL;

                g_assert_false(ic_server_config_set(config, "proxy", urls[i], &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
                g_assert_null(strstr(error->message, "hunter2"));
                if (i == 0)
                        g_assert_nonnull(strstr(error->message, "proxy-password"));
        }
}

static void test_split_address(void)
{
        static const struct {
                const char *address, *host;
                uint16_t port;
        } cases[] = {
                {"irc.example.org", "irc.example.org", 0},
                {"irc.example.org:7000", "irc.example.org", 7000},
                {"192.0.2.1:1", "192.0.2.1", 1},
                {"2001:db8::1", "2001:db8::1", 0},
                {"[2001:db8::1]:65535", "2001:db8::1", 65535},
                {"[fe80::1%eth0]:6667", "fe80::1%eth0", 6667},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IcServerConfig) config = ic_server_config_new();
                g_autofree char *host = NULL;
                uint16_t port = 1;

                set(config, "alt_addresses", cases[i].address);
                ic_server_config_split_address(config->alt_addresses[0], &host, &port);
                g_assert_cmpstr(host, ==, cases[i].host);
                g_assert_cmpuint(port, ==, cases[i].port);
        }
}

static void test_encoding(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();

        g_assert_cmpint(ic_server_config_encoding(config), ==, IRC_ENCODING_CP1252);
        set(config, "encoding", "Latin1");
        g_assert_cmpint(ic_server_config_encoding(config), ==, IRC_ENCODING_LATIN1);
}

/* What may look odd together but is meant: each is left as it was set. */
static void test_complete_keeps(void)
{
        static const char *const settings[][2] = {
                {"address", "h"},
                {"tls", "false"},
                {"sts", "true"},
                {"proxy", "socks5://localhost"},
                {"bind_address", "192.0.2.1;2001:db8::1"},
                {"alt_addresses", "b:7000"},
                {"lite", "true"},
                {"track_accounts", "true"},
        };
        g_autoptr(IcServerConfig) config = ic_server_config_new();

        for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
                set(config, settings[i][0], settings[i][1]);
        complete(config);
        for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
                assert_value(config, settings[i][0], settings[i][1]);
}

/* More keys than fit into 32 bits: what one of them derives touches no other. */
static void test_derived_bits_are_apart(void)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);
        uint64_t all = 0;

        g_assert_cmpuint(count, >, 32);
        for (gsize i = 0; i < count; i++) {
                g_autoptr(IcServerConfig) config = ic_server_config_new();
                uint64_t before = config->derived, bit;

                if (keys[i].type != IC_KEY_BOOL)
                        continue;
                set(config, keys[i].name, "true");
                bit = before ^ config->derived;
                g_assert_cmpuint(bit & (bit - 1), ==, 0);
                g_assert_cmpuint(all & bit, ==, 0);
                g_assert_cmpuint(bit, !=, 0);
                all |= bit;
        }
}

static void test_bounds(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autofree char *longest = g_strnfill(IC_SERVER_STRING_MAX, 'a');
        g_autofree char *too_long = g_strnfill(IC_SERVER_STRING_MAX + 1, 'a');
        g_autoptr(GString) list = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        set(config, "realname", longest);
        set(config, "alt_nicknames", longest);
        g_assert_false(ic_server_config_set(config, "realname", too_long, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_clear_error(&error);
        g_assert_false(ic_server_config_set(config, "alt_nicknames", too_long, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_clear_error(&error);

        for (int i = 0; i < IC_SERVER_LIST_MAX; i++)
                g_string_append_printf(list, "#c%d;", i);
        set(config, "channels", list->str);
        g_assert_cmpuint(g_strv_length(config->channels), ==, IC_SERVER_LIST_MAX);
        g_string_append(list, "#more");
        g_assert_false(ic_server_config_set(config, "channels", list->str, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
}

static void test_complete_derives(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();

        set(config, "address", "irc.example.org");
        complete(config);
        assert_value(config, "name", "irc.example.org");
        assert_value(config, "port", "6697");
        assert_value(config, "sasl_required", "false");

        /* What was derived goes along with what it is derived from. */
        set(config, "address", "other.example.org");
        set(config, "tls", "false");
        set(config, "sasl_account", "me");
        complete(config);
        assert_value(config, "name", "other.example.org");
        assert_value(config, "port", "6667");
        assert_value(config, "sasl_required", "true");

        /* What was set stays, whatever the order. */
        set(config, "name", "Home");
        set(config, "port", "7000");
        set(config, "sasl_required", "false");
        set(config, "tls", "true");
        complete(config);
        assert_value(config, "name", "Home");
        assert_value(config, "port", "7000");
        assert_value(config, "sasl_required", "false");

        set(config, "port", "");
        set(config, "sasl_required", "");
        complete(config);
        assert_value(config, "port", "6697");
        assert_value(config, "sasl_required", "true");
}

static void test_complete_refuses(void)
{
        /* Key and value in turn. */
        static const struct {
                const char *settings[7];
                const char *advice;
        } cases[] = {
                {{NULL}, "address"},
                {{"address", "h", "tls_client_key", "/k"}, "tls_client_cert"},
                {{"address", "h", "tls", "no", "tls_pin", "sha256:" HEX64}, "tls_pin"},
                {{"address", "h", "tls", "no", "tls_client_cert", "/c"}, "tls_client_cert"},
                {{"address", "h", "bind_address", "192.0.2.1;192.0.2.2"}, "bind_address"},
                {{"address", "h", "bind_address", "::1;192.0.2.1;::2"}, "one IPv6"},
                {{"address", "h", "sasl_required", "true"}, "sasl_account"},
                {{"address", "h", "reconnect_delay_ms", "20", "reconnect_max_ms", "10"},
                        "reconnect_max_ms"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IcServerConfig) config = ic_server_config_new();
                g_autoptr(GError) error = NULL;

                for (gsize k = 0; k < 6 && cases[i].settings[k]; k += 2)
                        set(config, cases[i].settings[k], cases[i].settings[k + 1]);
                g_assert_false(ic_server_config_complete(config, &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION);
                g_assert_nonnull(strstr(error->message, cases[i].advice));
        }
}

static void test_external_needs_no_account(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();

        set(config, "address", "h");
        set(config, "sasl_required", "true");
        set(config, "sasl_mechanisms", "EXTERNAL");
        complete(config);
        g_assert_true(config->sasl_required);
}

static void test_copy(void)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(IcServerConfig) copy = NULL;
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        set(config, "address", "irc.example.org");
        set(config, "channels", "#a;#b key");
        set(config, "port", "7000");
        copy = ic_server_config_copy(config);
        for (gsize i = 0; i < count; i++) {
                g_autofree char *value = ic_server_config_get(config, keys[i].name);
                assert_value(copy, keys[i].name, value);
        }

        set(config, "address", "");
        set(config, "channels", "");
        assert_value(copy, "address", "irc.example.org");
        assert_value(copy, "channels", "#a;#b key");
}

static void test_credential_names(void)
{
        static const char *const valid[] = {"server-password", "sasl-password",
                "client-certificate", "client-key", "nickserv-password", "proxy-password",
                "sasl-ecdsa-key"};
        g_autofree char *names = ic_credential_names();
        static const char *const invalid[] = {"", "password", "../x", "Sasl-Password"};

        for (gsize i = 0; i < G_N_ELEMENTS(valid); i++) {
                g_assert_true(ic_credential_name_is_valid(valid[i]));
                g_assert_nonnull(strstr(names, valid[i]));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(invalid); i++)
                g_assert_false(ic_credential_name_is_valid(invalid[i]));
        g_assert_false(ic_credential_name_is_valid(NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/defaults", test_defaults);
        g_test_add_func("/config/accepted", test_accepted);
        g_test_add_func("/config/refused", test_refused);
        g_test_add_func("/config/refused-endpoints", test_refused_endpoints);
        g_test_add_func("/config/refused-keeps-former", test_refused_keeps_former);
        g_test_add_func("/config/channel-key-is-not-repeated", test_channel_key_is_not_repeated);
        g_test_add_func(
                "/config/proxy-password-is-not-repeated", test_proxy_password_is_not_repeated);
        g_test_add_func("/config/split-address", test_split_address);
        g_test_add_func("/config/encoding", test_encoding);
        g_test_add_func("/config/complete-keeps", test_complete_keeps);
        g_test_add_func("/config/derived-bits-are-apart", test_derived_bits_are_apart);
        g_test_add_func("/config/bounds", test_bounds);
        g_test_add_func("/config/complete-derives", test_complete_derives);
        g_test_add_func("/config/complete-refuses", test_complete_refuses);
        g_test_add_func("/config/external-needs-no-account", test_external_needs_no_account);
        g_test_add_func("/config/copy", test_copy);
        g_test_add_func("/config/credential-names", test_credential_names);
        return g_test_run();
}
