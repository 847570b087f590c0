/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `servers`: written and read by the table of the configuration's keys. */

#include "store/servers.h"

#include "store/channels.h"
#include "store/live.h"
#include "store/statement.h"

void ic_server_row_free(IcServerRow *row)
{
        if (!row)
                return;
        ic_server_config_free(row->config);
        g_free(row->status);
        g_free(row->socket_path);
        g_free(row->last_error);
        g_free(row->last_error_code);
        g_free(row->live_nickname);
        g_free(row->live_network);
        g_free(row->pending_quit);
        g_free(row);
}

/* Every key but `channels` is a column. */
static bool is_column(const IcServerKey *key)
{
        return !g_str_equal(key->name, "channels");
}

/* The columns as "a, b", "?2, ?3" or "a = ?2, b = ?3". Parameter 1 is the row's id. */
static char *join_columns(const char *separator, bool with_name, bool with_parameter)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);
        GString *text = g_string_new(NULL);
        int parameter = 2;

        for (gsize i = 0; i < count; i++) {
                if (!is_column(&keys[i]))
                        continue;
                if (text->len > 0)
                        g_string_append(text, separator);
                if (with_name)
                        g_string_append(text, keys[i].name);
                if (with_name && with_parameter)
                        g_string_append(text, " = ");
                if (with_parameter)
                        g_string_append_printf(text, "?%d", parameter);
                parameter++;
        }
        return g_string_free(text, FALSE);
}

static void bind_columns(IcStatement *statement, const IcServerConfig *config)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);
        int parameter = 2;

        for (gsize i = 0; i < count; i++) {
                if (!is_column(&keys[i]))
                        continue;
                switch (keys[i].type) {
                case IC_KEY_BOOL:
                        ic_statement_bind_int(statement, parameter,
                                G_STRUCT_MEMBER(bool, config, keys[i].offset));
                        break;
                case IC_KEY_UINT:
                        ic_statement_bind_int(statement, parameter,
                                G_STRUCT_MEMBER(uint32_t, config, keys[i].offset));
                        break;
                case IC_KEY_STRING:
                case IC_KEY_LIST:
                        ic_statement_take_text(
                                statement, parameter, ic_server_config_get(config, keys[i].name));
                        break;
                }
                parameter++;
        }
}

static bool write_config(IcStore *store, const char *sql, uint32_t id, const IcServerConfig *config,
        bool is_new, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        g_autoptr(IcServerConfig) complete = ic_server_config_copy(config);

        if (!ic_server_config_complete(complete, error) ||
                !ic_transaction_begin(&transaction, store, error))
                return false;

        g_autoptr(IcStatement) write = ic_statement_new(store, sql, error);
        if (!write)
                return false;
        bind_columns(write, complete);
        ic_statement_bind_int(write, 1, id);
        if (is_new ? !ic_statement_run(write, error)
                   : !ic_store_change_server(write, store, id, error))
                return false;

        const char *const *channels = (const char *const *) complete->channels;
        return ic_channels_set_autojoin(store, id, channels, error) &&
               ic_transaction_commit(&transaction, error);
}

bool ic_store_server_add(IcStore *store, uint32_t id, const IcServerConfig *config, GError **error)
{
        g_autofree char *names = join_columns(", ", true, false);
        g_autofree char *parameters = join_columns(", ", false, true);
        g_autofree char *sql =
                g_strdup_printf("INSERT INTO servers (id, %s) VALUES (?1, %s)", names, parameters);

        return write_config(store, sql, id, config, true, error);
}

bool ic_store_server_update(
        IcStore *store, uint32_t id, const IcServerConfig *config, GError **error)
{
        g_autofree char *assignments = join_columns(", ", true, true);
        g_autofree char *sql = g_strdup_printf("UPDATE servers SET %s WHERE id = ?1", assignments);

        return write_config(store, sql, id, config, false, error);
}

static void trust_schema(IcStore *store, int is_trusted)
{
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, is_trusted, NULL);
}

static bool delete_row(IcStore *store, uint32_t id, GError **error)
{
        g_autoptr(IcStatement) remove =
                ic_statement_new(store, "DELETE FROM servers WHERE id = ?1", error);

        return remove && ic_store_change_server(remove, store, id, error);
}

bool ic_store_server_remove(IcStore *store, uint32_t id, GError **error)
{
        g_auto(IcTransaction) transaction = {0};

        if (!ic_transaction_begin(&transaction, store, error))
                return false;
        ic_channels_forget(store);

        /* Only here do triggers of ours take rows out of the full-text index, which SQLite allows
         * to none unless the schema is trusted. */
        trust_schema(store, 1);
        bool is_removed = delete_row(store, id, error);
        trust_schema(store, 0);
        return is_removed && ic_transaction_commit(&transaction, error);
}

static bool read_key(IcServerRow *row, const char *name, const char *value, GError **error)
{
        g_autoptr(GError) local = NULL;

        if (ic_server_config_set(row->config, name, value, &local))
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                "the stored configuration of connection %u is unusable: %s", row->id,
                local->message);
        return false;
}

static void read_live(IcServerRow *row, const char *name, IcStatement *select, int column)
{
        const struct {
                const char *name;
                char **text;
        } texts[] = {
                {"status", &row->status},
                {"socket_path", &row->socket_path},
                {"last_error", &row->last_error},
                {"last_error_code", &row->last_error_code},
                {"live_nickname", &row->live_nickname},
                {"live_network", &row->live_network},
                {"pending_quit", &row->pending_quit},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                if (g_str_equal(name, texts[i].name))
                        *texts[i].text = ic_statement_dup_text(select, column);

        gint64 number = ic_statement_int(select, column);
        if (g_str_equal(name, "wanted"))
                row->is_wanted = number != 0;
        else if (g_str_equal(name, "status_since"))
                row->status_since = number;
        else if (g_str_equal(name, "process_pid"))
                row->process_pid = (int32_t) number;
        else if (g_str_equal(name, "connected_at"))
                row->connected_at = number;
        else if (g_str_equal(name, "failed_attempts"))
                row->failed_attempts = (uint32_t) number;
        else if (g_str_equal(name, "next_attempt_at"))
                row->next_attempt_at = number;
}

static bool read_columns(IcServerRow *row, IcStatement *select, GError **error)
{
        for (int i = 0; i < ic_statement_column_count(select); i++) {
                const char *name = ic_statement_column_name(select, i);

                if (!ic_server_key_find(name))
                        read_live(row, name, select, i);
                else if (!read_key(row, name, ic_statement_text(select, i), error))
                        return false;
        }
        return true;
}

static bool read_row(IcStore *store, IcServerRow *row, GError **error)
{
        g_autoptr(IcStatement) select =
                ic_statement_get(store, "SELECT * FROM servers WHERE id = ?1", error);
        g_auto(GStrv) channels = NULL;
        bool is_row = false;

        if (!select)
                return false;
        ic_statement_bind_int(select, 1, row->id);
        if (!ic_statement_step(select, &is_row, error))
                return false;
        if (!is_row)
                return ic_store_no_such_server(store, row->id, error);
        if (!read_columns(row, select, error) ||
                !ic_channels_get_autojoin(store, row->id, &channels, error))
                return false;
        if (channels) {
                g_autofree char *list = g_strjoinv(";", channels);
                if (!read_key(row, "channels", list, error))
                        return false;
        }
        if (!ic_server_config_complete(row->config, error)) {
                g_prefix_error(
                        error, "the stored configuration of connection %u is unusable: ", row->id);
                return false;
        }
        return true;
}

bool ic_store_server_read(IcStore *store, uint32_t id, IcServerRow **ret, GError **error)
{
        g_autoptr(IcServerRow) row = g_new0(IcServerRow, 1);

        row->id = id;
        row->config = ic_server_config_new();
        if (!read_row(store, row, error))
                return false;
        *ret = g_steal_pointer(&row);
        return true;
}

GArray *ic_store_server_ids(IcStore *store, GError **error)
{
        g_autoptr(IcStatement) select =
                ic_statement_get(store, "SELECT id FROM servers ORDER BY id", error);
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        bool is_row = false, is_ok;

        if (!select)
                return NULL;
        while ((is_ok = ic_statement_step(select, &is_row, error)) && is_row) {
                uint32_t id = (uint32_t) ic_statement_int(select, 0);
                g_array_append_val(ids, id);
        }
        return is_ok ? g_steal_pointer(&ids) : NULL;
}
