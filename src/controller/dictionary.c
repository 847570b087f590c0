/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Variants to text, text to the configuration: it alone knows what is right. */

#include "controller/dictionary.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "bus/reply.h"

#define NAME_SHOWN_MAX 64

/* Values in text longer than this are refused before they are looked at. */
static bool check_size(const char *key, gsize size, GError **error)
{
        if (size <= IC_DICTIONARY_VALUE_MAX)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                "The value of \"%s\" is longer than %u bytes", key, IC_DICTIONARY_VALUE_MAX);
        return false;
}

static bool read_list(sd_bus_message *message, const char *key, char **ret, GError **error)
{
        g_autoptr(GString) joined = g_string_new(NULL);
        const char *item;
        bool is_first = true;
        int r;

        r = sd_bus_message_enter_container(message, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &item)) > 0) {
                if (strchr(item, ';')) {
                        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                                "An item of \"%s\" has a \";\", which separates the items", key);
                        return false;
                }
                if (!check_size(key, joined->len + strlen(item), error))
                        return false;
                if (!is_first)
                        g_string_append_c(joined, ';');
                g_string_append(joined, item);
                is_first = false;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0) {
                ic_bus_errno(r, "cannot read the list", error);
                return false;
        }
        *ret = g_strdup(joined->str);
        return true;
}

/* Any integer or boolean, by its D-Bus type. */
static int read_number(sd_bus_message *message, char type, char **ret)
{
        union {
                int boolean;
                guint8 y;
                gint16 n;
                guint16 q;
                gint32 i;
                guint32 u;
                gint64 x;
                guint64 t;
        } value = {0};
        int r = sd_bus_message_read_basic(message, type, &value);

        if (r < 0)
                return r;
        switch (type) {
        case SD_BUS_TYPE_BOOLEAN:
                *ret = g_strdup(value.boolean ? "true" : "false");
                return r;
        case SD_BUS_TYPE_BYTE:
                *ret = g_strdup_printf("%u", value.y);
                return r;
        case SD_BUS_TYPE_INT16:
                *ret = g_strdup_printf("%d", value.n);
                return r;
        case SD_BUS_TYPE_UINT16:
                *ret = g_strdup_printf("%u", value.q);
                return r;
        case SD_BUS_TYPE_INT32:
                *ret = g_strdup_printf("%d", value.i);
                return r;
        case SD_BUS_TYPE_UINT32:
                *ret = g_strdup_printf("%u", value.u);
                return r;
        case SD_BUS_TYPE_INT64:
                *ret = g_strdup_printf("%" PRId64, (int64_t) value.x);
                return r;
        case SD_BUS_TYPE_UINT64:
                *ret = g_strdup_printf("%" PRIu64, (uint64_t) value.t);
                return r;
        default:
                return -EINVAL;
        }
}

static bool read_value(sd_bus_message *message, const char *key, char **ret, GError **error)
{
        const char *contents, *text;
        char type;
        int r;

        r = sd_bus_message_peek_type(message, &type, &contents);
        if (r >= 0)
                r = sd_bus_message_enter_container(message, 'v', contents);
        if (r < 0) {
                ic_bus_errno(r, "cannot read the value", error);
                return false;
        }
        if (g_str_equal(contents, "as")) {
                if (!read_list(message, key, ret, error))
                        return false;
        } else if (g_str_equal(contents, "s")) {
                r = sd_bus_message_read_basic(message, 's', &text);
                if (r >= 0 && !check_size(key, strlen(text), error))
                        return false;
                *ret = r >= 0 ? g_strdup(text) : NULL;
        } else if (strlen(contents) == 1 && strchr("bynqiuxt", contents[0])) {
                r = read_number(message, contents[0], ret);
        } else {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "The value of \"%s\" is neither text, number, boolean nor a list of texts",
                        key);
                return false;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0) {
                ic_bus_errno(r, "cannot read the value", error);
                return false;
        }
        return true;
}

static bool set_owner(const char *text, uid_t *ret_owner, GError **error)
{
        guint64 uid;

        if (!ret_owner) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "The owner of a server cannot be changed: remove it and add it anew");
                return false;
        }
        if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32 - 1, &uid, NULL)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "The value of \"owner\" is no user id");
                return false;
        }
        *ret_owner = (uid_t) uid;
        return true;
}

/* Of a key file, where they may stand; on the bus they would lie in a message that others log. */
static bool is_secret(const char *key)
{
        g_autofree char *credential = g_strdelimit(g_strdup(key), "_", '-');

        return ic_credential_name_is_valid(credential) || g_str_has_suffix(key, "password") ||
               g_str_has_suffix(key, "password_file");
}

static bool check_key(const char *key, GError **error)
{
        g_autofree char *shown = NULL;

        if (ic_server_key_find(key))
                return true;
        shown = ic_text_quote(key, NAME_SHOWN_MAX);
        if (is_secret(key))
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "\"%s\" is a secret: add the server without it, then use SetCredential, or "
                        "'ircctl set-credential'",
                        shown);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "There is no key \"%s\" for a server", shown);
        return false;
}

static bool read_entry(
        sd_bus_message *message, IcServerConfig *config, uid_t *ret_owner, GError **error)
{
        g_autofree char *value = NULL;
        const char *key;
        int r = sd_bus_message_read_basic(message, 's', &key);

        if (r < 0) {
                ic_bus_errno(r, "cannot read a key", error);
                return false;
        }
        if (g_str_equal(key, "owner"))
                return read_value(message, key, &value, error) &&
                       set_owner(value, ret_owner, error);
        return check_key(key, error) && read_value(message, key, &value, error) &&
               ic_server_config_set(config, key, value, error);
}

bool ic_dictionary_read(
        sd_bus_message *message, IcServerConfig *config, uid_t *ret_owner, GError **error)
{
        guint n = 0;
        int r;

        r = sd_bus_message_enter_container(message, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                if (++n > IC_DICTIONARY_MAX) {
                        g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                                "More than %u keys were given", IC_DICTIONARY_MAX);
                        return false;
                }
                if (!read_entry(message, config, ret_owner, error))
                        return false;
                r = sd_bus_message_exit_container(message);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0) {
                ic_bus_errno(r, "cannot read the settings", error);
                return false;
        }
        return true;
}
