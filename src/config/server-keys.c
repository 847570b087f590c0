/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The one table of a connection's keys, and the names of its secrets. */

#include "config/server-config.h"
#include "config/server-values.h"

#define HOUR_SECONDS 3600
#define HOUR_MS (3600 * 1000)

#define MEMBER(name) #name, .offset = G_STRUCT_OFFSET(IcServerConfig, name)
#define STRING(name, how) MEMBER(name), .type = IC_KEY_STRING, .normalise = ic_value_##how
#define LIST(name, how) MEMBER(name), .type = IC_KEY_LIST, .normalise = ic_value_##how
#define BOOL(name) MEMBER(name), .type = IC_KEY_BOOL
#define UINT(name, lo, hi) MEMBER(name), .type = IC_KEY_UINT, .min = (lo), .max = (hi)

/* clang-format off */
static const IcServerKey keys[] = {
        { STRING(name, printable), .description = "The owner's name for the connection" },
        { STRING(address, address), .description = "Host name or IP address of the server" },
        { LIST(alt_addresses, endpoint), .description = "Further addresses, each \"host\" or \"host:port\", for when the first cannot be reached" },
        { UINT(port, 1, 65535), .description = "TCP port; 6697 with TLS and 6667 without unless set" },
        { BOOL(tls), .default_text = "true", .description = "Encrypt the link with TLS" },
        { BOOL(sts), .default_text = "true", .description = "Obey a server's policy that it is to be reached by TLS only" },
        { LIST(bind_address, local_address), .description = "The link's own IP address; at most one IPv4 and one IPv6" },
        { STRING(proxy, proxy), .description = "Proxy to dial through, socks5://[USER@]HOST[:PORT] or http://[USER@]HOST[:PORT]" },
        { STRING(nickname, nickname), .default_text = "irc-conn", .description = "Nickname" },
        { LIST(alt_nicknames, nickname), .description = "Nicknames to try when the first is taken" },
        { BOOL(regain_nickname), .default_text = "true", .description = "Take the nickname back as soon as it is free" },
        { STRING(username, username), .description = "User name; the nickname unless set" },
        { STRING(realname, line), .description = "Real name; the nickname unless set" },
        { LIST(channels, channel), .description = "Channels to join, each \"#name\" or \"#name key\"" },
        { BOOL(fetch_history), .default_text = "true", .description = "Fetch what was missed, where the server keeps it" },
        { BOOL(track_accounts), .default_text = "true", .description = "Ask for the accounts in a channel after joining it" },
        { BOOL(lite), .default_text = "false", .description = "Do not follow who is in the channels" },
        { BOOL(bot), .default_text = "false", .description = "Set the server's mode for bots" },
        { BOOL(ctcp), .default_text = "true", .description = "Answer CTCP VERSION, PING, TIME and CLIENTINFO" },
        { STRING(encoding, encoding), .default_text = "windows-1252", .description = "Encoding of texts that are not UTF-8: windows-1252 or iso-8859-1" },
        { STRING(away_message, line), .description = "Be away with this message from the start" },
        { STRING(tls_ca_file, printable), .description = "PEM file of the authorities to trust instead of the system's" },
        { STRING(tls_client_cert, printable), .description = "PEM file of the client certificate" },
        { STRING(tls_client_key, printable), .description = "PEM file of the client certificate's key" },
        { LIST(tls_pin, pin), .description = "Fingerprints of the server's certificate or public key, sha256:HEX" },
        { LIST(sasl_mechanisms, mechanism), .description = "SASL mechanisms in order of preference" },
        { STRING(sasl_account, printable), .description = "Services account to log in to" },
        { STRING(sasl_ecdsa_key_file, printable), .description = "PEM file of the NIST P-256 key for ECDSA-NIST256P-CHALLENGE" },
        { BOOL(sasl_required), .default_text = "false", .description = "Give up when SASL fails; true with sasl_account unless set" },
        { BOOL(sasl_plain_insecure), .default_text = "false", .description = "Send the password also where the link is not secure" },
        { STRING(nickserv, service), .default_text = "NickServ", .description = "The service that the credential nickserv-password is said to" },
        { BOOL(survive), .default_text = "true", .description = "Keep the link over restarts of the program" },
        { UINT(connect_timeout, 1, HOUR_SECONDS), .default_text = "30", .description = "Seconds for resolving, dialling and TLS" },
        { UINT(register_timeout, 1, HOUR_SECONDS), .default_text = "60", .description = "Seconds from the link to the welcome" },
        { UINT(ping_interval, 1, HOUR_SECONDS), .default_text = "90", .description = "Seconds of silence before we send PING" },
        { UINT(ping_timeout, 1, HOUR_SECONDS), .default_text = "60", .description = "Seconds to wait for an answer to PING" },
        { UINT(reconnect_delay_ms, 0, HOUR_MS), .description = "Milliseconds before the first new attempt, doubled after each; unset: RestartDelay=" },
        { UINT(reconnect_max_ms, 0, 24 * HOUR_MS), .description = "Milliseconds between attempts at most; unset: RestartDelayMax=" },
        { STRING(quit_message, line), .default_text = "irc-conn", .description = "What QUIT says unless told otherwise" },
};
/* clang-format on */

/* Each has a bit in IcServerConfig.derived. */
G_STATIC_ASSERT(G_N_ELEMENTS(keys) <= 64);

const IcServerKey *ic_server_keys(gsize *ret_count)
{
        if (ret_count)
                *ret_count = G_N_ELEMENTS(keys);
        return keys;
}

const IcServerKey *ic_server_key_find(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
                if (g_str_equal(keys[i].name, name))
                        return &keys[i];
        return NULL;
}

static const char *const credentials[] = {
        IC_CREDENTIAL_SERVER_PASSWORD,
        IC_CREDENTIAL_SASL_PASSWORD,
        IC_CREDENTIAL_SASL_ECDSA_KEY,
        IC_CREDENTIAL_CLIENT_CERTIFICATE,
        IC_CREDENTIAL_CLIENT_KEY,
        IC_CREDENTIAL_NICKSERV_PASSWORD,
        IC_CREDENTIAL_PROXY_PASSWORD,
        NULL,
};

bool ic_credential_name_is_valid(const char *name)
{
        return name && g_strv_contains(credentials, name);
}

char *ic_credential_names(void)
{
        return g_strjoinv(", ", (GStrv) credentials);
}
