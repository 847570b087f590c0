/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The configuration of one connection as text and as a struct, driven by the table of keys. */

#include "config/server-config.h"

#include <string.h>

#include "base/text.h"
#include "config/server-values.h"

#define QUOTED_MAX 64 /* characters of a value that an error shows */
#define LIST_SEPARATOR ";"

enum {
        PORT_TLS = 6697,
        PORT_PLAIN = 6667,
};

static char **member_string(const IcServerConfig *config, const IcServerKey *key)
{
        return &G_STRUCT_MEMBER(char *, config, key->offset);
}

static bool *member_bool(const IcServerConfig *config, const IcServerKey *key)
{
        return &G_STRUCT_MEMBER(bool, config, key->offset);
}

static uint32_t *member_uint(const IcServerConfig *config, const IcServerKey *key)
{
        return &G_STRUCT_MEMBER(uint32_t, config, key->offset);
}

static GStrv *member_list(const IcServerConfig *config, const IcServerKey *key)
{
        return &G_STRUCT_MEMBER(GStrv, config, key->offset);
}

static uint64_t key_bit(const IcServerKey *key)
{
        return UINT64_C(1) << (key - ic_server_keys(NULL));
}

static bool parse_bool(const char *value, bool *ret, GError **error)
{
        static const struct {
                const char *text;
                bool value;
        } words[] = {
                {"true", true},
                {"false", false},
                {"yes", true},
                {"no", false},
                {"on", true},
                {"off", false},
                {"1", true},
                {"0", false},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_ascii_strcasecmp(value, words[i].text) == 0) {
                        *ret = words[i].value;
                        return true;
                }

        g_autofree char *quoted = ic_text_quote(value, QUOTED_MAX);
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                "\"%s\" is neither true nor false; give one of them", quoted);
        return false;
}

static bool parse_uint(const IcServerKey *key, const char *value, uint32_t *ret, GError **error)
{
        guint64 number = 0;

        if (!g_ascii_string_to_unsigned(value, 10, key->min, key->max, &number, NULL)) {
                g_autofree char *quoted = ic_text_quote(value, QUOTED_MAX);
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "\"%s\" is no number from %u to %u; give one", quoted, key->min, key->max);
                return false;
        }
        *ret = (uint32_t) number;
        return true;
}

static char *parse_string(const IcServerKey *key, const char *value, GError **error)
{
        if (strlen(value) > IC_SERVER_STRING_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "the text is %zu bytes long; give at most %d", strlen(value),
                        IC_SERVER_STRING_MAX);
                return NULL;
        }
        return key->normalise(value, error);
}

static bool parse_list(const IcServerKey *key, const char *value, GStrv *ret, GError **error)
{
        g_auto(GStrv) elements = g_strsplit(value, LIST_SEPARATOR, -1);
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);

        for (gsize i = 0; elements[i]; i++) {
                const char *element = g_strstrip(elements[i]);

                if (element[0] == '\0')
                        continue;
                if (kept->len == IC_SERVER_LIST_MAX) {
                        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                                "the list is too long; give at most %d elements",
                                IC_SERVER_LIST_MAX);
                        return false;
                }

                char *normal = parse_string(key, element, error);
                if (!normal)
                        return false;
                g_ptr_array_add(kept, normal);
        }

        bool is_empty = kept->len == 0;
        g_ptr_array_add(kept, NULL);
        *ret = is_empty ? NULL : (GStrv) g_ptr_array_steal(kept, NULL);
        return true;
}

static bool set_value(
        IcServerConfig *config, const IcServerKey *key, const char *value, GError **error)
{
        switch (key->type) {
        case IC_KEY_BOOL:
                return parse_bool(value, member_bool(config, key), error);
        case IC_KEY_UINT:
                return parse_uint(key, value, member_uint(config, key), error);
        case IC_KEY_STRING: {
                char *text = parse_string(key, value, error);
                if (!text)
                        return false;
                g_free(*member_string(config, key));
                *member_string(config, key) = text;
                return true;
        }
        case IC_KEY_LIST: {
                GStrv list = NULL;
                if (!parse_list(key, value, &list, error))
                        return false;
                g_strfreev(*member_list(config, key));
                *member_list(config, key) = list;
                return true;
        }
        }
        g_return_val_if_reached(false);
}

static void unset_value(IcServerConfig *config, const IcServerKey *key)
{
        switch (key->type) {
        case IC_KEY_BOOL:
                *member_bool(config, key) = false;
                return;
        case IC_KEY_UINT:
                *member_uint(config, key) = 0;
                return;
        case IC_KEY_STRING:
                g_clear_pointer(member_string(config, key), g_free);
                return;
        case IC_KEY_LIST:
                g_clear_pointer(member_list(config, key), g_strfreev);
                return;
        }
}

/* That a string or a number is unset can be seen from it; that a bool is, only from its bit. */
static void set_default(IcServerConfig *config, const IcServerKey *key)
{
        unset_value(config, key);
        if (key->type == IC_KEY_BOOL)
                config->derived |= key_bit(key);
        else
                config->derived &= ~key_bit(key);
        if (key->default_text && !set_value(config, key, key->default_text, NULL))
                g_assert_not_reached();
}

IcServerConfig *ic_server_config_new(void)
{
        IcServerConfig *config = g_new0(IcServerConfig, 1);
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        for (gsize i = 0; i < count; i++)
                set_default(config, &keys[i]);
        return config;
}

IcServerConfig *ic_server_config_copy(const IcServerConfig *config)
{
        IcServerConfig *copy = g_memdup2(config, sizeof(*config));
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        for (gsize i = 0; i < count; i++) {
                if (keys[i].type == IC_KEY_STRING)
                        *member_string(copy, &keys[i]) = g_strdup(*member_string(config, &keys[i]));
                else if (keys[i].type == IC_KEY_LIST)
                        *member_list(copy, &keys[i]) = g_strdupv(*member_list(config, &keys[i]));
        }
        return copy;
}

void ic_server_config_free(IcServerConfig *config)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        if (!config)
                return;
        for (gsize i = 0; i < count; i++)
                unset_value(config, &keys[i]);
        g_free(config);
}

bool ic_server_config_set(
        IcServerConfig *config, const char *name, const char *value, GError **error)
{
        const IcServerKey *key = ic_server_key_find(name);

        if (!key) {
                g_autofree char *quoted = ic_text_quote(name, QUOTED_MAX);
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "\"%s\" is no key of a connection; see the list of keys", quoted);
                return false;
        }
        if (!value || value[0] == '\0') {
                set_default(config, key);
                return true;
        }
        if (!g_utf8_validate(value, -1, NULL) || !ic_text_is_one_line(value, -1)) {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "%s: the value is not one line of UTF-8 text; give one", key->name);
                return false;
        }
        if (!set_value(config, key, value, error)) {
                g_prefix_error(error, "%s: ", key->name);
                return false;
        }
        config->derived &= ~key_bit(key);
        return true;
}

char *ic_server_config_get(const IcServerConfig *config, const char *name)
{
        const IcServerKey *key = ic_server_key_find(name);

        g_return_val_if_fail(key, NULL);

        switch (key->type) {
        case IC_KEY_BOOL:
                return g_strdup(*member_bool(config, key) ? "true" : "false");
        case IC_KEY_UINT:
                if (*member_uint(config, key) == 0)
                        return NULL;
                return g_strdup_printf("%u", *member_uint(config, key));
        case IC_KEY_STRING:
                return g_strdup(*member_string(config, key));
        case IC_KEY_LIST:
                if (!*member_list(config, key))
                        return NULL;
                return g_strjoinv(LIST_SEPARATOR, *member_list(config, key));
        }
        g_return_val_if_reached(NULL);
}

/* Whether `name` is to follow the keys that it is derived from: it was not set, or set to what it
 * would be anyhow. The latter makes a configuration that was stored behave as before: when TLS is
 * turned off, the port goes along. */
static bool follows(IcServerConfig *config, const char *name, bool is_unset, bool is_default)
{
        uint64_t bit = key_bit(ic_server_key_find(name));

        if (is_unset || is_default)
                config->derived |= bit;
        return (config->derived & bit) != 0;
}

static void derive(IcServerConfig *config)
{
        uint32_t port = config->tls ? PORT_TLS : PORT_PLAIN;
        bool has_account = config->sasl_account != NULL;

        if (follows(config, "name", !config->name, g_strcmp0(config->name, config->address) == 0)) {
                g_free(config->name);
                config->name = g_strdup(config->address);
        }
        if (follows(config, "port", config->port == 0, config->port == port))
                config->port = port;
        if (follows(config, "sasl_required", false, config->sasl_required == has_account))
                config->sasl_required = has_account;
}

static bool has_external(const IcServerConfig *config)
{
        return config->sasl_mechanisms &&
               g_strv_contains((const char *const *) config->sasl_mechanisms, "EXTERNAL");
}

/* At most one of each family: a link has one local end. */
static bool has_rivals(const IcServerConfig *config)
{
        guint n_ipv4 = 0, n_ipv6 = 0;

        for (gsize i = 0; config->bind_address && config->bind_address[i]; i++) {
                if (strchr(config->bind_address[i], ':'))
                        n_ipv6++;
                else
                        n_ipv4++;
        }
        return n_ipv4 > 1 || n_ipv6 > 1;
}

IrcEncoding ic_server_config_encoding(const IcServerConfig *config)
{
        return ic_value_encoding_of(config->encoding);
}

bool ic_server_config_complete(IcServerConfig *config, GError **error)
{
        const char *problem = NULL;

        if (!config->address) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "address is not set; give the server's host name or IP address");
                return false;
        }
        derive(config);

        if (config->tls_client_key && !config->tls_client_cert)
                problem = "tls_client_key is set without tls_client_cert; set both, or none";
        else if (!config->tls && config->tls_pin)
                problem = "tls_pin is set but tls is off; turn tls on, or remove the pin";
        else if (!config->tls && config->tls_client_cert)
                problem = "tls_client_cert is set but tls is off; turn tls on, or remove it";
        else if (config->sasl_required && !config->sasl_account && !has_external(config))
                problem = "sasl_required is set without sasl_account; set the account, or EXTERNAL "
                          "in sasl_mechanisms";
        else if (has_rivals(config))
                problem = "bind_address has two addresses of one family; leave at most one IPv4 "
                          "and one IPv6 address";
        else if (config->reconnect_max_ms > 0 &&
                 config->reconnect_max_ms < config->reconnect_delay_ms)
                problem = "reconnect_max_ms is below reconnect_delay_ms; raise it";
        if (problem) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION, problem);
                return false;
        }
        return true;
}
