/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The dialogues with proxies, byte for byte: what is said, what is understood and how much of it is
 * the proxy's; hostile answers; URLs. */

#include <string.h>

#include "loopback.h"
#include "net/proxy.h"

#define SEED 20251
#define N_RANDOM 20000

/* --- URLs ----------------------------------------------------------------------------------- */

typedef struct {
        const char *url;
        const char *host; /* NULL: refused */
        guint16 port;
        const char *user;
        const char *word; /* of the refusal */
} UrlCase;

static const UrlCase url_cases[] = {
        {"socks5://proxy.example", "proxy.example", 1080, NULL, NULL},
        {"socks5://proxy.example/", "proxy.example", 1080, NULL, NULL},
        {"SOCKS5://proxy.example:9050", "proxy.example", 9050, NULL, NULL},
        {"http://proxy.example", "proxy.example", 8080, NULL, NULL},
        {"http://proxy.example:3128", "proxy.example", 3128, NULL, NULL},
        {"http://proxy.example:80", "proxy.example", 80, NULL, NULL},
        {"socks5://127.0.0.1:65535", "127.0.0.1", 65535, NULL, NULL},
        {"socks5://[::1]", "::1", 1080, NULL, NULL},
        {"http://alice@[2001:db8::1]:3128", "2001:db8::1", 3128, "alice", NULL},
        {"socks5://alice@proxy.example", "proxy.example", 1080, "alice", NULL},
        {"socks5://a%40b%3ac@proxy.example", "proxy.example", 1080, "a@b:c", NULL},
        {"socks5://@proxy.example", "proxy.example", 1080, NULL, NULL},
        {"", NULL, 0, NULL, "not a URL"},
        {"proxy.example", NULL, 0, NULL, "not a URL"},
        {"proxy.example:1080", NULL, 0, NULL, "another scheme"},
        {"socks4://proxy.example", NULL, 0, NULL, "another scheme"},
        {"https://proxy.example", NULL, 0, NULL, "another scheme"},
        {"socks5:proxy.example", NULL, 0, NULL, "no host"},
        {"socks5://", NULL, 0, NULL, "no host"},
        {"socks5://:1080", NULL, 0, NULL, "no host"},
        {"socks5://proxy.example:0", NULL, 0, NULL, "from 1 to 65535"},
        {"socks5://proxy.example:65536", NULL, 0, NULL, "not a URL"},
        {"socks5://proxy.example:port", NULL, 0, NULL, "not a URL"},
        {"socks5://[::1", NULL, 0, NULL, "not a URL"},
        {"socks5://proxy.example/path", NULL, 0, NULL, "a path"},
        {"socks5://proxy.example?query", NULL, 0, NULL, "behind the host"},
        {"socks5://proxy.example#fragment", NULL, 0, NULL, "behind the host"},
        {"socks5://alice:Pa55word@proxy.example", NULL, 0, NULL, "proxy-password"},
        {"gopher://alice:Pa55word@proxy.example", NULL, 0, NULL, "another scheme"},
        {"alice:Pa55word@proxy.example", NULL, 0, NULL, "another scheme"},
};

static void test_url(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(url_cases); i++) {
                const UrlCase *c = &url_cases[i];
                g_autoptr(IcProxy) proxy = NULL;
                g_autoptr(GError) error = NULL;

                g_test_message("%s", c->url);
                g_assert_cmpint(ic_proxy_parse(c->url, &proxy, &error), ==, c->host != NULL);
                if (!c->host) {
                        g_assert_null(proxy);
                        assert_error_says(error, IC_ERROR_BAD_CONFIGURATION, c->word, NULL);
                        g_assert_null(strstr(error->message, "Pa55word"));
                        continue;
                }
                g_assert_no_error(error);
                g_assert_cmpstr(proxy->host, ==, c->host);
                g_assert_cmpuint(proxy->port, ==, c->port);
                g_assert_cmpstr(proxy->user, ==, c->user);
        }
}

/* --- dialogues ------------------------------------------------------------------------------ */

/* What we say and what the proxy answers, in turns. */
typedef struct {
        const char *says;
        gsize says_len;
        const char *answer;
        gsize answer_len;
} Turn;

#define TURN(says, answer)                                                                         \
        {                                                                                          \
                says, sizeof(says) - 1, answer, sizeof(answer) - 1                                 \
        }
#define TURNS_MAX 3

typedef struct {
        const char *name;
        const char *url;
        const char *password;
        const char *host;
        Turn turns[TURNS_MAX];
        IcError code; /* 0: opened */
        const char *word;
} Case;

#define HELLO "\5\1\0"
#define HELLO_LOGIN "\5\2\0\2"
#define LOGIN "\1\5alice\6secret"
/* To irc.example, port 6697. */
#define CONNECT "\5\1\0\3\013irc.example\x1a\x29"
#define OPENED "\5\0\0\1\0\0\0\0\0\0"
#define REQUEST "CONNECT irc.example:6697 HTTP/1.1\r\nHost: irc.example:6697\r\n"
/* alice:secret */
#define BASIC "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
#define SOCKS "socks5://proxy.example"
#define SOCKS_ALICE "socks5://alice@proxy.example"
#define HTTP "http://proxy.example"
#define HTTP_ALICE "http://alice@proxy.example"
#define IRC "irc.example"

static const Case cases[] = {
        {"socks5", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, OPENED)}, 0, NULL},
        {"socks5-password-unused", SOCKS, "secret", IRC,
                {TURN(HELLO, "\5\0"), TURN(CONNECT, OPENED)}, 0, NULL},
        {"socks5-ipv4", SOCKS, NULL, "192.0.2.1",
                {TURN(HELLO, "\5\0"), TURN("\5\1\0\1\xc0\0\2\1\x1a\x29", OPENED)}, 0, NULL},
        {"socks5-ipv6", SOCKS, NULL, "2001:db8::1",
                {TURN(HELLO, "\5\0"), TURN("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x1a\x29",
                                              "\5\0\0\4"
                                              "0123456789abcdef\0\1")},
                0, NULL},
        {"socks5-idn", SOCKS, NULL,
                "b\xc3\xbc"
                "cher.example",
                {TURN(HELLO, "\5\0"), TURN("\5\1\0\3\025xn--bcher-kva.example\x1a\x29", OPENED)}, 0,
                NULL},
        {"socks5-bound-name", SOCKS, NULL, IRC,
                {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\0\0\3\4name\0\1")}, 0, NULL},
        {"socks5-bound-empty-name", SOCKS, NULL, IRC,
                {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\0\0\3\0\0\1")}, 0, NULL},
        {"socks5-login", SOCKS_ALICE, "secret", IRC,
                {TURN(HELLO_LOGIN, "\5\2"), TURN(LOGIN, "\1\0"), TURN(CONNECT, OPENED)}, 0, NULL},
        {"socks5-login-status-5", SOCKS_ALICE, "secret", IRC,
                {TURN(HELLO_LOGIN, "\5\2"), TURN(LOGIN, "\5\0"), TURN(CONNECT, OPENED)}, 0, NULL},
        {"socks5-login-no-password", SOCKS_ALICE, NULL, IRC,
                {TURN(HELLO_LOGIN, "\5\2"), TURN("\1\5alice\0", "\1\0"), TURN(CONNECT, OPENED)}, 0,
                NULL},
        {"socks5-login-unasked", SOCKS_ALICE, "secret", IRC,
                {TURN(HELLO_LOGIN, "\5\0"), TURN(CONNECT, OPENED)}, 0, NULL},
        {"socks5-login-refused", SOCKS_ALICE, "wrong!", IRC,
                {TURN(HELLO_LOGIN, "\5\2"), TURN("\1\5alice\6wrong!", "\1\1")},
                IC_ERROR_CREDENTIALS, "refused the user"},
        {"socks5-login-wanted", SOCKS, NULL, IRC, {TURN(HELLO, "\5\xff")}, IC_ERROR_CREDENTIALS,
                "wants a login"},
        {"socks5-login-chosen", SOCKS, NULL, IRC, {TURN(HELLO, "\5\2")}, IC_ERROR_CREDENTIALS,
                "wants a login"},
        {"socks5-other-login-wanted", SOCKS_ALICE, "secret", IRC, {TURN(HELLO_LOGIN, "\5\xff")},
                IC_ERROR_CREDENTIALS, "takes no login by user and password"},
        {"socks5-not-offered", SOCKS_ALICE, "secret", IRC, {TURN(HELLO_LOGIN, "\5\1")},
                IC_ERROR_UNREACHABLE, "does not speak SOCKS5"},
        {"socks5-failed", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\1")},
                IC_ERROR_UNREACHABLE, "it failed (SOCKS5 reply 1)"},
        {"socks5-forbidden", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\2")},
                IC_ERROR_UNREACHABLE, "its rules do not allow that (SOCKS5 reply 2)"},
        {"socks5-network", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\3")},
                IC_ERROR_UNREACHABLE, "network cannot be reached from there"},
        {"socks5-host", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\4")},
                IC_ERROR_UNREACHABLE, "its name is unknown there"},
        {"socks5-refused", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\5")},
                IC_ERROR_UNREACHABLE, "the server refused the connection"},
        {"socks5-expired", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\6")},
                IC_ERROR_UNREACHABLE, "did not come in time"},
        {"socks5-command", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\7")},
                IC_ERROR_UNREACHABLE, "command not supported"},
        {"socks5-address-type", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\x08")},
                IC_ERROR_UNREACHABLE, "address type not supported"},
        {"socks5-unknown-reply", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\xf4")},
                IC_ERROR_UNREACHABLE, "does not say why (SOCKS5 reply 244)"},
        {"socks5-bound-oddly", SOCKS, NULL, IRC, {TURN(HELLO, "\5\0"), TURN(CONNECT, "\5\0\0\2")},
                IC_ERROR_UNREACHABLE, "does not speak SOCKS5"},
        {"socks4", SOCKS, NULL, IRC, {TURN(HELLO, "\4")}, IC_ERROR_UNREACHABLE,
                "does not speak SOCKS5"},
        {"socks5-is-http", SOCKS, NULL, IRC, {TURN(HELLO, "H")}, IC_ERROR_UNREACHABLE,
                "does not speak SOCKS5 on this port, it said: \"H"},

        {"http", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 200 OK\r\n\r\n")}, 0, NULL},
        {"http-1.0", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.0 200 Connection established\r\n\r\n")}, 0, NULL},
        {"http-headers", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 200 OK\r\nVia: x\r\nContent-Length: 5\r\n\r\n")}, 0,
                NULL},
        {"http-bare-lf", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.0 200 OK\nVia: x\n\n")}, 0,
                NULL},
        {"http-no-reason", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 299\r\n\r\n")}, 0,
                NULL},
        {"http-interim", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x"
                                      "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")},
                0, NULL},
        {"http-ipv4", HTTP, NULL, "192.0.2.1",
                {TURN("CONNECT 192.0.2.1:6697 HTTP/1.1\r\nHost: 192.0.2.1:6697\r\n\r\n",
                        "HTTP/1.1 200 OK\r\n\r\n")},
                0, NULL},
        {"http-ipv6", HTTP, NULL, "2001:db8::1",
                {TURN("CONNECT [2001:db8::1]:6697 HTTP/1.1\r\nHost: [2001:db8::1]:6697\r\n\r\n",
                        "HTTP/1.1 200 OK\r\n\r\n")},
                0, NULL},
        {"http-login", HTTP_ALICE, "secret", IRC,
                {TURN(REQUEST BASIC "\r\n", "HTTP/1.1 200 OK\r\n\r\n")}, 0, NULL},
        {"http-login-no-password", HTTP_ALICE, NULL, IRC,
                {TURN(REQUEST "Proxy-Authorization: Basic YWxpY2U6\r\n\r\n",
                        "HTTP/1.1 200 OK\r\n\r\n")},
                0, NULL},
        {"http-password-unused", HTTP, "secret", IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 200 OK\r\n\r\n")}, 0, NULL},
        {"http-login-wanted", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n",
                        "HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic\r\n\r\n")},
                IC_ERROR_CREDENTIALS, "\"HTTP/1.1 407 Who are you?\": the proxy wants a login"},
        {"http-login-refused", HTTP_ALICE, "secret", IRC,
                {TURN(REQUEST BASIC "\r\n", "HTTP/1.1 407 No\r\n\r\n")}, IC_ERROR_CREDENTIALS,
                "\"HTTP/1.1 407 No\": the proxy refused the user"},
        {"http-login-refused-401", HTTP_ALICE, "secret", IRC,
                {TURN(REQUEST BASIC "\r\n", "HTTP/1.0 401 Unauthorized\r\n\r\n")},
                IC_ERROR_CREDENTIALS, "\"HTTP/1.0 401 Unauthorized\": the proxy refused the user"},
        {"http-forbidden", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 403 \033[31mNo\302\233\377\r\nX: y\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "it said: \"HTTP/1.1 403 \\x1b[31mNo"},
        {"http-gateway", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 502 Bad Gateway\r\n\r\n")}, IC_ERROR_UNREACHABLE,
                "502 Bad Gateway"},
        {"http-moved", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "302 Found"},
        {"http-switching", HTTP, NULL, IRC,
                {TURN(REQUEST "\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "101 Switching"},
        {"http-is-irc", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", ":")}, IC_ERROR_UNREACHABLE,
                "does not speak HTTP on this port, it said: \":"},
        {"http-is-socks", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "\5")}, IC_ERROR_UNREACHABLE,
                "does not speak HTTP on this port"},
        {"http-is-nul", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "\0")}, IC_ERROR_UNREACHABLE,
                "does not speak HTTP on this port"},
        {"http-2", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/2")}, IC_ERROR_UNREACHABLE,
                "does not speak HTTP"},
        {"http-no-status", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 OK\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "does not speak HTTP"},
        {"http-short-status", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 20\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "does not speak HTTP"},
        {"http-long-status", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 2000\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "does not speak HTTP"},
        {"http-low-status", HTTP, NULL, IRC, {TURN(REQUEST "\r\n", "HTTP/1.1 099 x\r\n\r\n")},
                IC_ERROR_UNREACHABLE, "does not speak HTTP"},
};

static bool begin(const Case *c, IcProxyDialogue **ret, GError **error)
{
        g_autoptr(GBytes) password =
                c->password ? g_bytes_new(c->password, strlen(c->password)) : NULL;
        g_autoptr(IcProxy) proxy = NULL;

        g_assert_true(ic_proxy_parse(c->url, &proxy, error));
        return ic_proxy_dialogue_new(
                proxy, password, &(IcProxyTarget){.host = c->host, .port = 6697}, ret, error);
}

/* It goes out in two pieces, and nothing of it stays. */
static void expect_output(IcProxyDialogue *dialogue, const Turn *turn)
{
        const GByteArray *output = ic_proxy_dialogue_get_output(dialogue);
        gsize first = turn->says_len / 3;

        g_assert_cmpmem(output->data, output->len, turn->says, turn->says_len);
        ic_proxy_dialogue_note_sent(dialogue, first);
        g_assert_cmpmem(output->data, output->len, turn->says + first, turn->says_len - first);
        ic_proxy_dialogue_note_sent(dialogue, output->len);
        g_assert_cmpuint(output->len, ==, 0);
        for (gsize i = 0; i < turn->says_len; i++)
                g_assert_cmpuint(output->data[i], ==, 0);
}

/* Feeds the answer in pieces of that size, with other bytes behind it if it comes in one; all of
 * the answer is taken, and nothing else. */
static IcProxyResult feed(IcProxyDialogue *dialogue, const Turn *turn, gsize piece,
        const char *behind, GError **error)
{
        g_autoptr(GString) bytes = g_string_new_len(turn->answer, (gssize) turn->answer_len);
        IcProxyResult result = IC_PROXY_MORE;

        g_string_append(bytes, behind);
        for (gsize at = 0; at < turn->answer_len;) {
                gsize len = MIN(piece, bytes->len - at), used;

                g_assert_cmpint(result, ==, IC_PROXY_MORE);
                result = ic_proxy_dialogue_feed(
                        dialogue, (const guint8 *) bytes->str + at, len, &used, error);
                g_assert_true((result == IC_PROXY_REFUSED) == (*error != NULL));
                if (result == IC_PROXY_MORE)
                        g_assert_cmpuint(used, ==, len);
                at += used;
                if (at > turn->answer_len)
                        g_error("%" G_GSIZE_FORMAT " bytes too many were taken",
                                at - turn->answer_len);
        }
        return result;
}

static bool is_last_turn(const Case *c, guint i)
{
        return i + 1 == TURNS_MAX || !c->turns[i + 1].says;
}

static void run_case(const Case *c, gsize piece)
{
        g_autoptr(IcProxyDialogue) dialogue = NULL;
        g_autoptr(GError) error = NULL;
        IcProxyResult result = IC_PROXY_MORE;

        g_assert_true(begin(c, &dialogue, &error));
        g_assert_no_error(error);
        for (guint i = 0; i < TURNS_MAX && c->turns[i].says; i++) {
                expect_output(dialogue, &c->turns[i]);
                result = feed(dialogue, &c->turns[i], piece,
                        is_last_turn(c, i) ? ":irc.example NOTICE * :Hello\r\n" : "", &error);
                if (!is_last_turn(c, i))
                        g_assert_cmpint(result, ==, IC_PROXY_MORE);
        }
        g_assert_cmpuint(ic_proxy_dialogue_get_output(dialogue)->len, ==, 0);
        if (!c->code) {
                g_assert_no_error(error);
                g_assert_cmpint(result, ==, IC_PROXY_OPEN);
                return;
        }
        g_assert_cmpint(result, ==, IC_PROXY_REFUSED);
        assert_error_says(error, c->code, c->word, NULL);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strpbrk(error->message, "\r\n\033"));
        if (c->password)
                g_assert_null(strstr(error->message, c->password));
}

static void test_case(gconstpointer user_data)
{
        static const gsize pieces[] = {1, 2, 3, 7, 64 * 1024};

        for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
                run_case(user_data, pieces[i]);
}

/* The proxy closes after each of the bytes of its answer. */
static void test_end(gconstpointer user_data)
{
        const Case *c = user_data;
        const Turn *turn = &c->turns[0];

        for (gsize n = 0; n < turn->answer_len; n++) {
                g_autoptr(IcProxyDialogue) dialogue = NULL;
                g_autoptr(GError) error = NULL;
                gsize used;

                g_assert_true(begin(c, &dialogue, &error));
                if (n > 0 && ic_proxy_dialogue_feed(dialogue, (const guint8 *) turn->answer, n,
                                     &used, &error) != IC_PROXY_MORE)
                        return;
                ic_proxy_dialogue_end(dialogue, n % 2 ? ECONNRESET : 0, &error);
                assert_error_says(error, IC_ERROR_UNREACHABLE, "the proxy ",
                        n % 2 ? "Connection reset by peer" : "it closed the connection", NULL);
        }
}

/* --- bounds --------------------------------------------------------------------------------- */

static void assert_answer_ends(const char *head, const char *repeated)
{
        const Case c = {.url = HTTP, .host = IRC};
        g_autoptr(IcProxyDialogue) dialogue = NULL;
        g_autoptr(GError) error = NULL;
        IcProxyResult result;
        gsize used, total;

        g_assert_true(begin(&c, &dialogue, &error));
        result = ic_proxy_dialogue_feed(
                dialogue, (const guint8 *) head, strlen(head), &total, &error);
        while (result == IC_PROXY_MORE) {
                result = ic_proxy_dialogue_feed(
                        dialogue, (const guint8 *) repeated, strlen(repeated), &used, &error);
                total += used;
                g_assert_cmpuint(total, <=, IC_PROXY_ANSWER_MAX);
        }
        g_assert_cmpint(result, ==, IC_PROXY_REFUSED);
        g_assert_cmpuint(total, ==, IC_PROXY_ANSWER_MAX);
        assert_error_says(error, IC_ERROR_UNREACHABLE, "does not end within 8192 bytes", NULL);
}

static void test_endless(void)
{
        assert_answer_ends("HTTP/1.1 200 OK\r\n", "X: y\r\n");
        assert_answer_ends("HTTP/1.1 200 ", "x");
        assert_answer_ends("", "HTTP/1.1 100 Continue\r\n\r\n");
}

static char *repeat(char c, gsize n)
{
        char *text = g_malloc(n + 1);

        memset(text, c, n);
        text[n] = '\0';
        return text;
}

static void test_no_room(void)
{
        g_autofree char *a255 = repeat('a', 255), *a256 = repeat('a', 256);
        g_autofree char *long_user = g_strdup_printf("socks5://%s@proxy.example", a256);
        g_autofree char *full_user = g_strdup_printf("socks5://%s@proxy.example", a255);
        const struct {
                Case c;
                const char *word; /* NULL: there is room */
        } room_cases[] = {
                {{.url = full_user, .password = a255, .host = IRC}, NULL},
                {{.url = long_user, .password = "secret", .host = IRC}, "255 bytes"},
                {{.url = SOCKS_ALICE, .password = a256, .host = IRC}, "255 bytes"},
                {{.url = SOCKS, .password = a256, .host = IRC}, NULL},
                {{.url = SOCKS, .host = a256}, "an address"},
                {{.url = HTTP_ALICE, .password = a256, .host = IRC}, NULL},
                {{.url = "http://a%3ab@proxy.example", .host = IRC}, "no colon"},
                {{.url = HTTP, .host = "irc.example\r\nX-Evil: yes"}, "not a host name"},
                {{.url = HTTP, .host = "irc example"}, "not a host name"},
                {{.url = SOCKS, .host = ""}, "not a host name"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(room_cases); i++) {
                g_autoptr(IcProxyDialogue) dialogue = NULL;
                g_autoptr(GError) error = NULL;

                g_assert_cmpint(
                        begin(&room_cases[i].c, &dialogue, &error), ==, room_cases[i].word == NULL);
                if (room_cases[i].word)
                        assert_error_says(
                                error, IC_ERROR_BAD_CONFIGURATION, room_cases[i].word, NULL);
        }
}

/* Answers that are right up to a point, and then anything: they end in one of the stated ways. */
static void test_random(void)
{
        g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
        guint n_refused = 0;

        for (guint i = 0; i < N_RANDOM; i++) {
                const Case *c = &cases[g_rand_int_range(random, 0, G_N_ELEMENTS(cases))];
                g_autoptr(IcProxyDialogue) dialogue = NULL;
                g_autoptr(GError) error = NULL;
                IcProxyResult result = IC_PROXY_MORE;

                g_assert_true(begin(c, &dialogue, &error));
                for (guint t = 0; t < TURNS_MAX && c->turns[t].says && result == IC_PROXY_MORE;
                        t++) {
                        g_autofree guint8 *bytes =
                                g_memdup2(c->turns[t].answer, c->turns[t].answer_len);
                        gsize used;

                        if (g_rand_boolean(random))
                                bytes[g_rand_int_range(random, 0, c->turns[t].answer_len)] =
                                        g_rand_int(random) & 0xff;
                        result = ic_proxy_dialogue_feed(
                                dialogue, bytes, c->turns[t].answer_len, &used, &error);
                        g_assert_cmpuint(used, <=, c->turns[t].answer_len);
                        g_assert_true((result == IC_PROXY_REFUSED) == (error != NULL));
                }
                n_refused += result == IC_PROXY_REFUSED;
        }
        g_assert_cmpuint(n_refused, >, N_RANDOM / 10);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/proxy/url", test_url);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strconcat("/net/proxy/dialogue/", cases[i].name, NULL);
                g_autofree char *end = g_strconcat("/net/proxy/end/", cases[i].name, NULL);

                g_test_add_data_func(path, &cases[i], test_case);
                g_test_add_data_func(end, &cases[i], test_end);
        }
        g_test_add_func("/net/proxy/endless", test_endless);
        g_test_add_func("/net/proxy/no-room", test_no_room);
        g_test_add_func("/net/proxy/random", test_random);
        return g_test_run();
}
