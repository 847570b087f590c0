/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The configuration of one connection: the keys of AddServer and of a key file, and the columns of
 * `servers`, are one and the same list, held in one table here. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "irc/encoding.h"

/* Strings are owned; NULL: not set. Times in seconds. */
typedef struct {
        char *name;          /* the owner's name for it; unset: the address */
        char *address;       /* a host name or an IP address; the only key that must be set */
        GStrv alt_addresses; /* likewise, or with a port: "host:port", "[v6]:port" */
        uint32_t port;       /* unset: 6697 with TLS, 6667 without */
        bool tls;            /* default: true */
        bool sts; /* obey the server that wants to be reached by TLS only; default: true */
        GStrv bind_address; /* IP addresses of ours, at most one of each family */
        char *proxy;        /* "socks5://[user@]host[:port]" or "http://…", without a password */
        char *nickname;     /* default: "irc-conn" */
        GStrv alt_nicknames;
        char *username;
        char *realname;
        bool regain_nickname; /* take the nickname back as soon as it is free; default: true */
        GStrv channels;       /* to join; "#name" or "#name key" */
        bool fetch_history;   /* fetch what was missed; default: true */
        bool track_accounts;  /* ask for the accounts in a channel after joining; default: true */
        bool lite;            /* do not follow who is in the channels; default: false */
        bool bot;             /* say to the server that this is a bot; default: false */
        bool ctcp;            /* answer VERSION, PING, TIME and CLIENTINFO; default: true */
        char *encoding;       /* see ic_server_config_encoding() */
        char *away_message;   /* away from the start; unset: here */
        char *tls_ca_file;
        char *tls_client_cert; /* a PEM file */
        char *tls_client_key;
        GStrv tls_pin; /* "sha256:HEX" of the certificate or of its public key */
        GStrv sasl_mechanisms;
        char *sasl_account;
        char *sasl_ecdsa_key_file; /* a PEM file */
        bool sasl_required;        /* default: true when sasl_account is set */
        bool sasl_plain_insecure;  /* default: false */
        char *nickserv;            /* whom nickserv-password is said to; default: "NickServ" */
        bool survive;              /* keep the link over restarts; default: true */
        uint32_t connect_timeout;  /* default 30 */
        uint32_t register_timeout; /* default 60 */
        uint32_t ping_interval;    /* default 90 */
        uint32_t ping_timeout;     /* default 60 */
        uint32_t
                reconnect_delay_ms; /* before the first new attempt; 0: the setting RestartDelay= */
        uint32_t reconnect_max_ms;  /* 0: the setting RestartDelayMax= */
        char *quit_message;         /* said when stopped without another one; default "irc-conn" */
        uint64_t derived; /* internal: keys that complete() filled in from others, a bit each */
} IcServerConfig;

#define IC_SERVER_STRING_MAX 512 /* bytes of a string, or of an element of a list */
#define IC_SERVER_LIST_MAX 500   /* elements of a list: some people are in hundreds of channels */

typedef enum {
        IC_KEY_STRING, /* char * */
        IC_KEY_BOOL,   /* bool */
        IC_KEY_UINT,   /* uint32_t */
        IC_KEY_LIST,   /* GStrv; "a;b" in a key file and in the database */
} IcKeyType;

typedef struct {
        const char *name; /* in AddServer, the key file and the database */
        IcKeyType type;
        gsize offset;             /* in IcServerConfig */
        uint32_t min, max;        /* of IC_KEY_UINT */
        const char *description;  /* one line, for people */
        const char *default_text; /* as set() takes it; NULL: unset, or derived from other keys */
        /* Of strings and of elements of lists: the form that is kept, or NULL with what would be
         * right. */
        char *(*normalise)(const char *value, GError **error);
} IcServerKey;

/* All keys, in the order in which they are shown. */
const IcServerKey *ic_server_keys(gsize *ret_count);
const IcServerKey *ic_server_key_find(const char *name); /* or NULL */

/* With every default set, no address. */
IcServerConfig *ic_server_config_new(void);
IcServerConfig *ic_server_config_copy(const IcServerConfig *config);
void ic_server_config_free(IcServerConfig *config);

/* Sets one key from text, as in a key file ("true", "6697", "a;b"); an empty text puts back the
 * default. Errors: INVALID_VALUE, naming the key, what is wrong and what would be right. */
bool ic_server_config_set(IcServerConfig *config, const char *key, const char *value,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The key's value as text, as set() takes it; NULL when unset. */
char *ic_server_config_get(const IcServerConfig *config, const char *key);

/* What set() cannot see: an address is there, keys that need each other. BAD_CONFIGURATION. Fills
 * in what depends on others (port, name). */
bool ic_server_config_complete(IcServerConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What bytes that are no UTF-8 are taken for. */
IrcEncoding ic_server_config_encoding(const IcServerConfig *config);

/* An element of `alt_addresses` in its parts; *ret_host is the caller's. *ret_port is 0 where it
 * names none: that of the key "port". */
void ic_server_config_split_address(const char *address, char **ret_host, uint16_t *ret_port);

/* Names of secrets, as SetCredential, systemd credentials and `credentials` have them. */
#define IC_CREDENTIAL_SERVER_PASSWORD "server-password"
#define IC_CREDENTIAL_SASL_PASSWORD "sasl-password"
#define IC_CREDENTIAL_CLIENT_CERTIFICATE "client-certificate"
#define IC_CREDENTIAL_CLIENT_KEY "client-key"
#define IC_CREDENTIAL_NICKSERV_PASSWORD "nickserv-password"
#define IC_CREDENTIAL_PROXY_PASSWORD "proxy-password"
#define IC_CREDENTIAL_SASL_ECDSA_KEY "sasl-ecdsa-key" /* PEM; before sasl_ecdsa_key_file */
bool ic_credential_name_is_valid(const char *name);
/* All names as "a, b, c", for errors. */
char *ic_credential_names(void);
#define IC_CREDENTIAL_SIZE_MAX 65536

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcServerConfig, ic_server_config_free)
