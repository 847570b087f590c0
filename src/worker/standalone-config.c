/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading the key file of a connection in the foreground. */

#include "worker/standalone-config.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "config/conf-file.h"
#include "service/credentials.h"

#define SHOWN_MAX 64 /* characters of a key that an error shows */
#define FILE_SUFFIX "_file"

typedef struct {
        StandaloneConfig *config;
        GHashTable *given; /* key -> where it stands */
} Reader;

static const struct {
        const char *key;
        const char *credential;
} secrets[] = {
        {"password", IC_CREDENTIAL_SERVER_PASSWORD},
        {"sasl_password", IC_CREDENTIAL_SASL_PASSWORD},
        {"nickserv_password", IC_CREDENTIAL_NICKSERV_PASSWORD},
        {"proxy_password", IC_CREDENTIAL_PROXY_PASSWORD},
};

static bool invalid(const char *key, GError **error, const char *what)
{
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "%s: %s", key, what);
        return false;
}

static bool read_reconnect(const char *value, bool *ret, GError **error)
{
        static const char *const yes[] = {"true", "yes", "on", "1", "", NULL};
        static const char *const no[] = {"false", "no", "off", "0", NULL};
        g_autofree char *word = g_ascii_strdown(value, -1);

        if (!g_strv_contains(yes, word) && !g_strv_contains(no, word))
                return invalid(
                        "reconnect", error, "it is neither true nor false; give one of them");
        *ret = g_strv_contains(yes, word);
        return true;
}

/* The secret that the key gives or names a file of; NULL: it is no such key. */
static const char *find_secret(const char *key, bool *ret_is_file)
{
        g_autofree char *plain = g_strdup(key);

        *ret_is_file = g_str_has_suffix(key, FILE_SUFFIX);
        if (*ret_is_file)
                plain[strlen(key) - strlen(FILE_SUFFIX)] = '\0';
        for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
                if (g_str_equal(plain, secrets[i].key))
                        return secrets[i].credential;
        return NULL;
}

static bool take_secret(Reader *reader, const char *key, const char *credential, bool is_file,
        const char *value, GError **error)
{
        g_autoptr(GBytes) secret = NULL;
        g_autoptr(GError) local = NULL;

        if (*value == '\0')
                return true;
        if (g_hash_table_contains(reader->config->secrets, credential))
                return invalid(key, error,
                        "the secret is given twice, itself and as a file; give one of them");
        secret = is_file ? ic_credential_read_file(value, &local) : ic_credential_new(value);
        if (!secret)
                return invalid(key, error, local->message);
        if (g_bytes_get_size(secret) == 0)
                return invalid(key, error, "the file is empty; write the secret into it");
        if (!ic_text_is_one_line(g_bytes_get_data(secret, NULL), (gssize) g_bytes_get_size(secret)))
                return invalid(key, error, "the secret has a line break or a NUL in it");
        g_hash_table_insert(reader->config->secrets, (char *) credential, g_steal_pointer(&secret));
        return true;
}

static bool unknown(const char *key, GError **error)
{
        g_autofree char *shown = ic_text_quote(key, SHOWN_MAX);

        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                "there is no key \"%s\"; 'irc-conn --help' lists them", shown);
        return false;
}

static bool set_key(
        const char *key, const char *value, const char *source, gpointer user_data, GError **error)
{
        Reader *reader = user_data;
        const char *before = g_hash_table_lookup(reader->given, key), *credential;
        bool is_file;

        credential = find_secret(key, &is_file);
        if (!credential && !g_str_equal(key, "reconnect") && !ic_server_key_find(key))
                return unknown(key, error);
        if (before) {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "%s: it is there already, in %s; give it once", key, before);
                return false;
        }
        g_hash_table_insert(reader->given, g_strdup(key), g_strdup(source));

        if (credential)
                return take_secret(reader, key, credential, is_file, value, error);
        if (g_str_equal(key, "reconnect"))
                return read_reconnect(value, &reader->config->reconnect, error);
        return ic_server_config_set(reader->config->server, key, value, error);
}

StandaloneConfig *standalone_config_read(const char *path, GPtrArray **ret_problems)
{
        g_autoptr(StandaloneConfig) config = g_new0(StandaloneConfig, 1);
        g_autoptr(GHashTable) given =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GError) error = NULL;
        GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
        Reader reader = {config, given};

        config->server = ic_server_config_new();
        config->reconnect = true;
        config->secrets = g_hash_table_new_full(
                g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_bytes_unref);

        ic_conf_read_file(path, STANDALONE_GROUP, set_key, &reader, problems);
        if (problems->len == 0 && !ic_server_config_complete(config->server, &error)) {
                g_autofree char *file = ic_text_quote(path, PATH_MAX);

                g_ptr_array_add(problems, g_strdup_printf("%s: %s.", file, error->message));
        }
        *ret_problems = problems;
        return problems->len == 0 ? g_steal_pointer(&config) : NULL;
}

void standalone_config_free(StandaloneConfig *config)
{
        if (!config)
                return;
        ic_server_config_free(config->server);
        g_clear_pointer(&config->secrets, g_hash_table_unref);
        g_free(config);
}
