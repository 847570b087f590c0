/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dialling with TLS against a real server: who is trusted, who is refused and in which words, and
 * that a server that is refused gets no byte of the application. */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#include "loopback.h"
#include "net/certificate.h"
#include "tls-server.h"

#define TIMEOUT (15 * G_USEC_PER_SEC)
#define SHORT_TIMEOUT (G_USEC_PER_SEC / 5)
#define HELLO "NICK alice\r\n"

/* The cast, made once. */
static struct {
        Identity *authority;
        Identity *good;
        Identity *self_signed;
        Identity *elsewhere;
        Identity *expired;
        Identity *future;
        Identity *stranger; /* expired, for another name, self-signed: only a pin can accept it */
        Identity *client;
        char *folder;
        char *authority_file;
        char *other_file;
        char *empty_file;
} cast;

static char *write_file(const char *name, GBytes *content)
{
        char *path = g_build_filename(cast.folder, name, NULL);
        gsize len = 0;
        const char *data = content ? g_bytes_get_data(content, &len) : "";

        g_assert_true(g_file_set_contents(path, data, len, NULL));
        return path;
}

static void make_cast(void)
{
        g_autoptr(Identity) other = NULL;
        g_autoptr(GBytes) authority_pem = NULL;
        g_autoptr(GBytes) other_pem = NULL;

        cast.authority = identity_new(
                &(IdentitySpec){"Test Authority", NULL, NULL, true, -DAY, 2 * DAY}, NULL);
        other = identity_new(
                &(IdentitySpec){"Other Authority", NULL, NULL, true, -DAY, 2 * DAY}, NULL);
        cast.good = identity_new(
                &(IdentitySpec){"good", "localhost", "127.0.0.1", false, -DAY, 2 * DAY},
                cast.authority);
        cast.self_signed = identity_new(
                &(IdentitySpec){"self", "localhost", "127.0.0.1", false, -DAY, 2 * DAY}, NULL);
        cast.elsewhere = identity_new(
                &(IdentitySpec){"elsewhere", "irc.example.org", "192.0.2.1", false, -DAY, 2 * DAY},
                cast.authority);
        cast.expired = identity_new(
                &(IdentitySpec){"expired", "localhost", NULL, false, -3 * DAY, 2 * DAY},
                cast.authority);
        cast.future = identity_new(
                &(IdentitySpec){"future", "localhost", NULL, false, DAY, 2 * DAY}, cast.authority);
        cast.stranger = identity_new(
                &(IdentitySpec){"stranger", NULL, NULL, false, -3 * DAY, 2 * DAY}, NULL);
        cast.client =
                identity_new(&(IdentitySpec){"alice", NULL, NULL, false, -DAY, 2 * DAY}, NULL);

        cast.folder = g_dir_make_tmp("unit-net-XXXXXX", NULL);
        g_assert_nonnull(cast.folder);
        authority_pem = identity_certificate_pem(cast.authority);
        other_pem = identity_certificate_pem(other);
        cast.authority_file = write_file("authority.pem", authority_pem);
        cast.other_file = write_file("other.pem", other_pem);
        cast.empty_file = write_file("empty.pem", NULL);
}

static void drop_file(char *path)
{
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_free(path);
}

static void drop_cast(void)
{
        identity_free(cast.authority);
        identity_free(cast.good);
        identity_free(cast.self_signed);
        identity_free(cast.elsewhere);
        identity_free(cast.expired);
        identity_free(cast.future);
        identity_free(cast.stranger);
        identity_free(cast.client);
        drop_file(cast.authority_file);
        drop_file(cast.other_file);
        drop_file(cast.empty_file);
        g_assert_cmpint(g_rmdir(cast.folder), ==, 0);
        g_free(cast.folder);
}

static IcDialOptions to_server(const TlsServer *server, const char *address)
{
        return (IcDialOptions){
                .address = address,
                .port = server->port,
                .timeout = TIMEOUT,
                .tls = true,
                .tls_ca_file = cast.authority_file,
        };
}

static void say_hello(IcLink *link)
{
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(ic_link_write(link, HELLO, strlen(HELLO), &error), ==, strlen(HELLO));
        g_assert_no_error(error);
}

typedef struct {
        const char *name;
        Identity *const *identity;
        const char *address;
        char *const *ca_file; /* NULL: the system's trust */
        Identity *const *pinned;
        bool pins_key;
        const char *refusal; /* NULL: accepted */
} TrustCase;

static const TrustCase trust_cases[] = {
        {"authority", &cast.good, "localhost", &cast.authority_file, NULL, false, NULL},
        {"address", &cast.good, "127.0.0.1", &cast.authority_file, NULL, false, NULL},
        {"other-authority", &cast.good, "localhost", &cast.other_file, NULL, false,
                "its issuer is not trusted (issuer CN=Test Authority, fingerprint sha256:"},
        {"system-trust", &cast.good, "localhost", NULL, NULL, false, "trusted"},
        {"self-signed", &cast.self_signed, "localhost", &cast.authority_file, NULL, false,
                "it is self-signed"},
        {"other-name", &cast.elsewhere, "localhost", &cast.authority_file, NULL, false,
                "it is for another name (irc.example.org, 192.0.2.1)"},
        {"other-address", &cast.elsewhere, "127.0.0.1", &cast.authority_file, NULL, false,
                "it is for another name (irc.example.org, 192.0.2.1)"},
        {"expired", &cast.expired, "localhost", &cast.authority_file, NULL, false,
                "it expired on 2"},
        {"not-yet", &cast.future, "localhost", &cast.authority_file, NULL, false,
                "it is not valid before 2"},
        {"pinned", &cast.stranger, "localhost", NULL, &cast.stranger, false, NULL},
        {"pinned-key", &cast.stranger, "127.0.0.1", NULL, &cast.stranger, true, NULL},
        {"pin-of-another", &cast.good, "localhost", &cast.authority_file, &cast.stranger, false,
                "it matches no tls_pin"},
        {"pin-of-issuer", &cast.good, "localhost", &cast.authority_file, &cast.authority, true,
                "it matches no tls_pin"},
};

static void run_trust_case(const TrustCase *c, const char *priority)
{
        g_auto(TlsServer) server = {.identity = *c->identity, .priority = priority};
        g_auto(Outcome) outcome = {};
        g_autofree char *pin = NULL;
        g_autofree char *server_pin = identity_pin(*c->identity);
        const char *pins[] = {
                "sha256:0000000000000000000000000000000000000000000000000000000000000000", NULL,
                NULL};
        IcDialOptions options;

        tls_server_start(&server);
        options = to_server(&server, c->address);
        options.tls_ca_file = c->ca_file ? *c->ca_file : NULL;
        if (c->pinned) {
                pin = c->pins_key ? identity_key_pin(*c->pinned) : identity_pin(*c->pinned);
                pins[1] = pin;
                options.tls_pins = pins;
        }
        outcome_run(&outcome, &options);
        if (c->refusal) {
                assert_error_says(outcome.error, IC_ERROR_TLS, c->refusal, "tls_pin", NULL);
                if (options.tls_ca_file)
                        assert_error_says(
                                outcome.error, IC_ERROR_TLS, c->address, server_pin, NULL);
        } else {
                g_assert_no_error(outcome.error);
                g_assert_cmpuint(outcome.n_phases[IC_DIAL_HANDSHAKE], ==, 1);
                say_hello(outcome.link);
        }
        outcome_clear(&outcome);
        tls_server_join(&server);
        g_assert_cmpuint(server.received, ==, c->refusal ? 0 : strlen(HELLO));
        if (!c->refusal)
                g_assert_cmpstr(server.server_name, ==,
                        strcmp(c->address, "localhost") == 0 ? "localhost" : NULL);
}

static void test_trust(gconstpointer user_data)
{
        guint n_fds;

        run_trust_case(user_data, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
        n_fds = count_fds();
        run_trust_case(user_data, "NORMAL:-VERS-ALL:+VERS-TLS1.3");
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

static void test_versions(void)
{
        static const struct {
                const char *priority;
                const char *description; /* NULL: refused */
        } cases[] = {
                {"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", "TLS1.3 AES-256-GCM"},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", "TLS1.2 AES-128-GCM"},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305",
                        "TLS1.3 CHACHA20-POLY1305"},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.0", NULL},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(TlsServer) server = {.identity = cast.good, .priority = cases[i].priority};
                g_auto(Outcome) outcome = {};
                IcDialOptions options;

                tls_server_start(&server);
                options = to_server(&server, "localhost");
                outcome_run(&outcome, &options);
                if (!cases[i].description) {
                        assert_error_says(outcome.error, IC_ERROR_TLS,
                                "localhost offers neither TLS 1.2 nor TLS 1.3", NULL);
                        continue;
                }
                g_assert_no_error(outcome.error);
                g_assert_cmpstr(ic_link_describe(outcome.link), ==, cases[i].description);
                g_assert_true(ic_link_is_tls(outcome.link));
                g_assert_false(ic_link_is_survivable(outcome.link));
                g_assert_false(ic_link_positions(outcome.link, NULL, NULL, NULL, NULL));
        }
}

/* A self-signed one, as is usual on IRC, is shown whatever authorities the server names. */
static void test_client_certificate(void)
{
        static const char *const priorities[] = {
                "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
        g_autoptr(GBytes) certificate = identity_certificate_pem(cast.client);
        g_autoptr(GBytes) key = identity_key_pem(cast.client);
        g_autofree char *pin = identity_pin(cast.client);

        for (gsize i = 0; i < G_N_ELEMENTS(priorities); i++) {
                g_auto(TlsServer) server = {
                        .identity = cast.good,
                        .priority = priorities[i],
                        .wants_certificate = GNUTLS_CERT_REQUEST,
                };
                g_auto(Outcome) outcome = {};
                IcDialOptions options;

                tls_server_start(&server);
                options = to_server(&server, "localhost");
                options.tls_certificate = certificate;
                options.tls_key = key;
                outcome_run(&outcome, &options);
                g_assert_no_error(outcome.error);
                outcome_clear(&outcome);
                tls_server_join(&server);
                g_assert_cmpstr(server.client_pin, ==, pin);
        }
}

static void test_unusable_options(void)
{
        g_autoptr(GBytes) certificate = identity_certificate_pem(cast.client);
        g_autoptr(GBytes) key = identity_key_pem(cast.client);
        g_autoptr(GBytes) other_key = identity_key_pem(cast.good);
        g_autoptr(GBytes) garbage = g_bytes_new_static("garbage", 7);
        g_autofree char *missing = g_build_filename(cast.folder, "missing.pem", NULL);
        const char *const bad_pins[] = {"sha256:12", NULL};
        const struct {
                const char *ca_file;
                const char *const *pins;
                GBytes *certificate;
                GBytes *key;
                const char *word;
        } cases[] = {
                {missing, NULL, NULL, NULL, "missing.pem"},
                {cast.empty_file, NULL, NULL, NULL, "empty.pem"},
                {cast.folder, NULL, NULL, NULL, "not a file of certificates"},
                {"/dev/zero", NULL, NULL, NULL, "not a file of certificates"},
                {NULL, bad_pins, NULL, NULL, "tls_pin"},
                {NULL, NULL, certificate, NULL, "its key is missing"},
                {NULL, NULL, NULL, key, "there is only its key"},
                {NULL, NULL, certificate, other_key, "client certificate"},
                {NULL, NULL, certificate, garbage, "client certificate"},
                {NULL, NULL, garbage, key, "client certificate"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Outcome) outcome = {};

                outcome_run(&outcome, &(IcDialOptions){
                                              .address = "localhost",
                                              .port = unused_port(),
                                              .timeout = TIMEOUT,
                                              .tls = true,
                                              .tls_ca_file = cases[i].ca_file,
                                              .tls_pins = cases[i].pins,
                                              .tls_certificate = cases[i].certificate,
                                              .tls_key = cases[i].key,
                                      });
                assert_error_says(outcome.error, IC_ERROR_BAD_CONFIGURATION, cases[i].word, NULL);
                g_assert_cmpuint(outcome.n_phases[IC_DIAL_RESOLVING], ==, 0);
        }
}

static void read_hello(TlsServer *server)
{
        char block[4096];

        wait_readable(server->fd);
        g_assert_cmpint(recv(server->fd, block, sizeof(block), 0), >, 0);
}

static void drain_socket(TlsServer *server)
{
        char block[4096];

        while (recv(server->fd, block, sizeof(block), 0) > 0)
                ;
}

static void answer_in_plain_text(TlsServer *server)
{
        read_hello(server);
        send_text(server->fd, "ERROR :Trying to reconnect \002too\002 fast\r\n");
}

static void answer_nothing(TlsServer *server)
{
        read_hello(server);
}

/* Nothing of ours was read: the kernel tells of a reset, behind the last words. */
static void answer_unread(TlsServer *server)
{
        send_text(server->fd, "ERROR :Your host is throttled\r\n");
        wait_readable(server->fd);
        close_hard(ic_fd_steal(&server->fd));
}

static void answer_with_reset(TlsServer *server)
{
        read_hello(server);
        close_hard(ic_fd_steal(&server->fd));
}

static void answer_with_alert(TlsServer *server)
{
        read_hello(server);
        send_all(server->fd, "\x15\x03\x03\x00\x02\x02\x28", 7);
        drain_socket(server);
}

static void answer_with_garbage(TlsServer *server)
{
        read_hello(server);
        send_all(server->fd, "\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9);
        drain_socket(server);
}

static void test_no_handshake(void)
{
        static const struct {
                void (*serve)(TlsServer *server);
                const char *word;
        } cases[] = {
                {answer_in_plain_text, "it said: \"ERROR :Trying to reconnect "},
                {answer_unread, "it said: \"ERROR :Your host is throttled\""},
                {answer_nothing, "localhost closed the connection during the TLS handshake"},
                {answer_with_reset, "Connection reset by peer"},
                {answer_with_alert, "the alert \"Handshake failed\""},
                {answer_with_garbage, "The TLS handshake with localhost failed"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(TlsServer) server = {.serve_plain = cases[i].serve};
                g_auto(Outcome) outcome = {};
                IcDialOptions options;

                tls_server_start(&server);
                options = to_server(&server, "localhost");
                outcome_run(&outcome, &options);
                assert_error_says(outcome.error, IC_ERROR_TLS, cases[i].word, NULL);
        }
}

static void test_stalled(void)
{
        g_auto(TlsServer) server = {.serve_plain = drain_socket};
        g_auto(Outcome) outcome = {};
        IcDialOptions options;

        tls_server_start(&server);
        options = to_server(&server, "localhost");
        options.timeout = SHORT_TIMEOUT;
        outcome_run(&outcome, &options);
        assert_error_says(outcome.error, IC_ERROR_TIMED_OUT, "localhost (127.0.0.1 port ",
                "did not finish the TLS handshake", NULL);
}

static bool is_shaking_hands(gpointer user_data)
{
        return ((Outcome *) user_data)->n_phases[IC_DIAL_HANDSHAKE] > 0;
}

static void test_cancel(void)
{
        g_auto(TlsServer) server = {.serve_plain = drain_socket};
        g_auto(Outcome) outcome = {};
        IcDialOptions options;
        guint n_fds = count_fds();

        tls_server_start(&server);
        options = to_server(&server, "localhost");
        outcome_start(&outcome, &options);
        wait_until(is_shaking_hands, &outcome);
        g_main_context_iteration(NULL, FALSE);
        g_clear_pointer(&outcome.dial, ic_dial_free);
        settle();
        tls_server_join(&server);
        g_assert_cmpuint(outcome.n_done, ==, 0);
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

static void test_pin_syntax(void)
{
#define HEX31 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
        static const struct {
                const char *text;
                bool is_valid;
        } cases[] = {
                {"sha256:" HEX31 "ff", true},
                {"SHA256:" HEX31 "FF", true},
                {"sha256:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:"
                 "88:99:aa:bb:cc:dd:ee:ff",
                        true},
                {"sha256:" HEX31, false},
                {"sha256:" HEX31 "f", false},
                {"sha256:" HEX31 "ff0", false},
                {"sha256:" HEX31 "ffff", false},
                {"sha256:" HEX31 "fg", false},
                {"sha256:" HEX31 "ff:", false},
                {"sha256::" HEX31 "ff", false},
                {"sha1:" HEX31 "ff", false},
                {HEX31 "ff", false},
                {"sha256:", false},
                {"", false},
        };
        IcPin pin;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].text);
                g_assert_cmpint(ic_pin_parse(cases[i].text, &pin), ==, cases[i].is_valid);
                if (cases[i].is_valid) {
                        g_assert_cmphex(pin.sha256[1], ==, 0x11);
                        g_assert_cmphex(pin.sha256[31], ==, 0xff);
                }
        }
}

int main(int argc, char *argv[])
{
        int r;

        g_test_init(&argc, &argv, NULL);
        make_cast();
        for (gsize i = 0; i < G_N_ELEMENTS(trust_cases); i++) {
                g_autofree char *path = g_strconcat("/net/tls/trust/", trust_cases[i].name, NULL);

                g_test_add_data_func(path, &trust_cases[i], test_trust);
        }
        g_test_add_func("/net/tls/versions", test_versions);
        g_test_add_func("/net/tls/client-certificate", test_client_certificate);
        g_test_add_func("/net/tls/unusable-options", test_unusable_options);
        g_test_add_func("/net/tls/no-handshake", test_no_handshake);
        g_test_add_func("/net/tls/stalled", test_stalled);
        g_test_add_func("/net/tls/cancel", test_cancel);
        g_test_add_func("/net/tls/pin-syntax", test_pin_syntax);
        r = g_test_run();
        drop_cast();
        return r;
}
