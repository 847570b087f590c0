/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* list, status. */

#include <stdio.h>

#include "base/text.h"
#include "ctl/json.h"
#include "ctl/message.h"
#include "ctl/servers.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define NAME_MAX_CHARS 40
#define TEXT_MAX_CHARS 400
#define LABEL_WIDTH 2 /* columns of the table of one connection */

static CtlStyle style_of(const IcStatus *status)
{
        switch (status->state) {
        case IC_STATE_CONNECTED:
                return status->is_healthy ? CTL_STYLE_GOOD : CTL_STYLE_WARNING;
        case IC_STATE_WAITING:
        case IC_STATE_CONNECTING:
        case IC_STATE_REGISTERING:
        case IC_STATE_CLOSING:
                return CTL_STYLE_WARNING;
        case IC_STATE_BLOCKED:
                return CTL_STYLE_BAD;
        case IC_STATE_DISCONNECTED:
                return status->is_wanted ? CTL_STYLE_BAD : CTL_STYLE_DIM;
        case _IC_STATE_MAX:
                break;
        }
        g_assert_not_reached();
}

static const char *translated_state(IcState state)
{
        switch (state) {
        case IC_STATE_DISCONNECTED:
                return _("disconnected");
        case IC_STATE_WAITING:
                return _("waiting");
        case IC_STATE_CONNECTING:
                return _("connecting");
        case IC_STATE_REGISTERING:
                return _("registering");
        case IC_STATE_CONNECTED:
                return _("connected");
        case IC_STATE_CLOSING:
                return _("closing");
        case IC_STATE_BLOCKED:
                return _("blocked");
        case _IC_STATE_MAX:
                break;
        }
        g_assert_not_reached();
}

static void add_cell(CtlTable *table, CtlStyle style, const char *text)
{
        g_autofree char *quoted = ic_text_quote(text, NAME_MAX_CHARS);

        ctl_table_add(table, style, quoted);
}

/* In the list: a blocked one with the time of its end. */
static void add_state_cell(CtlTable *table, const IcStatus *status)
{
        const char *state = translated_state(status->state);
        g_autofree char *until =
                status->blocked_until != 0 ? ctl_format_time(status->blocked_until, true) : NULL;

        if (status->state == IC_STATE_BLOCKED)
                ctl_table_addf(table, style_of(status), until ? _("%s until %s") : "%s %s", state,
                        until ? until : _("for good"));
        else
                ctl_table_add(table, style_of(status), state);
}

static void add_list_row(CtlTable *table, const IcStatus *status)
{
        guint n_channels = status->channels ? g_strv_length(status->channels) : 0;

        ctl_table_addf(table, CTL_STYLE_PLAIN, "%u", status->id);
        add_cell(table, CTL_STYLE_PLAIN, status->name);
        add_cell(table, CTL_STYLE_PLAIN, status->address);
        add_state_cell(table, status);
        add_cell(table, CTL_STYLE_PLAIN, status->nickname);
        add_cell(table, CTL_STYLE_PLAIN, status->network);
        ctl_table_addf(table, CTL_STYLE_PLAIN, "%u", n_channels);
}

static JsonObject *status_to_object(const IcStatus *status)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autoptr(JsonNode) root = NULL;

        json_builder_begin_object(builder);
        ic_status_to_json(status, builder);
        json_builder_end_object(builder);
        root = json_builder_get_root(builder);
        return json_node_dup_object(root);
}

typedef void (*StatusFunc)(const IcStatus *status, gpointer user_data);

/* With `skip_gone`, one that was removed since the list was made is passed over. */
static bool foreach_status(Ctl *ctl, const GArray *ids, bool skip_gone, StatusFunc func,
        gpointer user_data, GError **error)
{
        for (guint i = 0; i < ids->len; i++) {
                g_auto(IcStatus) status = {0};
                g_autoptr(GError) failure = NULL;

                if (ctl_server_status(ctl, g_array_index(ids, uint32_t, i), &status, &failure)) {
                        func(&status, user_data);
                } else if (!skip_gone ||
                           !g_error_matches(failure, IC_ERROR, IC_ERROR_NO_SUCH_SERVER)) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
        }
        return true;
}

static void add_to_table(const IcStatus *status, gpointer user_data)
{
        add_list_row(user_data, status);
}

static void add_to_array(const IcStatus *status, gpointer user_data)
{
        json_array_add_object_element(user_data, status_to_object(status));
}

static bool print_json(Ctl *ctl, const GArray *ids, bool skip_gone, GError **error)
{
        g_autoptr(JsonArray) array = json_array_new();

        if (!foreach_status(ctl, ids, skip_gone, add_to_array, array, error))
                return false;
        ctl_print_json_array(array);
        return true;
}

bool verb_list(Ctl *ctl, char **arguments, GError **error)
{
        const char *headings[] = {_("ID"), _("NAME"), _("ADDRESS"), _("STATE"), _("NICKNAME"),
                _("NETWORK"), _("CHANNELS")};
        g_autoptr(CtlTable) table = ctl_table_new(G_N_ELEMENTS(headings), headings);
        g_autoptr(GArray) ids = ctl_server_ids(ctl, error);

        if (!ids)
                return false;
        if (ctl->is_json)
                return print_json(ctl, ids, true, error);
        ctl_table_align_right(table, 0);
        ctl_table_align_right(table, G_N_ELEMENTS(headings) - 1);
        if (!foreach_status(ctl, ids, true, add_to_table, table, error))
                return false;
        if (ids->len == 0)
                puts(_("There are no connections; 'ircctl add ADDRESS' makes one."));
        else
                ctl_table_print(table, stdout, ctl_is_colourful(stdout));
        return true;
}

static void add_field(CtlTable *table, const char *label, const char *text)
{
        g_autofree char *quoted = NULL;

        if (!text || *text == '\0')
                return;
        quoted = ic_text_quote(text, TEXT_MAX_CHARS);
        ctl_table_addf(table, CTL_STYLE_PLAIN, "%s:", label);
        ctl_table_add(table, CTL_STYLE_PLAIN, quoted);
}

static void add_number(CtlTable *table, const char *label, gint64 number)
{
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);

        if (number != 0)
                add_field(table, label, text);
}

static void add_time(CtlTable *table, const char *label, gint64 usec)
{
        g_autofree char *time = usec != 0 ? ctl_format_time(usec, true) : NULL;

        add_field(table, label, time);
}

static void add_state(CtlTable *table, const IcStatus *status)
{
        g_autofree char *time = ctl_format_time(status->since, true);
        g_autofree char *age = ic_text_duration(ic_now_real() - status->since);

        ctl_table_addf(table, CTL_STYLE_PLAIN, "%s:", _("State"));
        if (status->since == 0)
                ctl_table_add(table, style_of(status), translated_state(status->state));
        else
                ctl_table_addf(table, style_of(status), _("%s since %s; for %s"),
                        translated_state(status->state), time, age);
}

static void add_block(CtlTable *table, const IcStatus *status)
{
        if (status->state == IC_STATE_BLOCKED && status->blocked_until == 0)
                add_field(table, _("Blocked until"), _("for good"));
        else
                add_time(table, _("Blocked until"), status->blocked_until);
        add_field(table, _("Block reason"), status->block_reason);
}

/* Of an error that is still of interest. */
static void add_remedy(CtlTable *table, const IcStatus *status)
{
        if (status->last_error_code && status->state != IC_STATE_CONNECTED)
                add_field(table, _("What to do"),
                        ic_error_remedy(ic_error_from_code(status->last_error_code)));
}

static void print_heading(const IcStatus *status, bool has_colour)
{
        g_autofree char *name = ic_text_quote(status->name, NAME_MAX_CHARS);
        g_autofree char *address = ic_text_quote(status->address, NAME_MAX_CHARS);

        ctl_print_styled(stdout, style_of(status), has_colour, "●");
        printf(" %u", status->id);
        if (*name != '\0')
                printf(" - %s", name);
        if (*address != '\0')
                printf(status->is_tls ? _(" (%s, port %u, TLS)") : _(" (%s, port %u)"), address,
                        status->port);
        putchar('\n');
}

static void print_status(const IcStatus *status, gpointer user_data)
{
        bool has_colour = ctl_is_colourful(stdout);
        g_autoptr(CtlTable) table = ctl_table_new(LABEL_WIDTH, NULL);
        g_autofree char *channels = status->channels ? g_strjoinv(", ", status->channels) : NULL;
        g_autofree char *lag = status->lag > 0 ? g_strdup_printf("%" G_GINT64_FORMAT " ms",
                                                         status->lag / IC_USEC_PER_MSEC)
                                               : NULL;

        print_heading(status, has_colour);
        ctl_table_align_right(table, 0);
        add_state(table, status);
        add_field(table, _("Waiting for"), status->waiting_for);
        if (status->state == IC_STATE_CONNECTED && !status->is_healthy)
                add_field(table, _("Health"), _("not healthy"));
        add_field(table, _("Wanted"), status->is_wanted ? _("connected") : _("disconnected"));
        add_field(table, _("Nickname"), status->nickname);
        add_field(table, _("Network"), status->network);
        add_field(table, _("Channels"), channels);
        add_time(table, _("Link up since"), status->connected_at);
        add_field(table, _("Lag"), lag);
        add_number(table, _("Process"), status->pid);
        add_field(table, _("Socket"), status->socket);
        add_number(table, _("Failed attempts"), status->attempts);
        add_time(table, _("Next attempt"), status->next_attempt_at);
        add_block(table, status);
        add_field(table, _("Last error"), status->last_error);
        add_remedy(table, status);
        add_number(table, _("Restarts"), status->restarts);
        ctl_table_print(table, stdout, has_colour);
}

static void add_count(CtlTable *table, JsonObject *totals, const char *label, const char *key)
{
        if (!json_object_has_member(totals, key))
                return;
        ctl_table_addf(table, CTL_STYLE_PLAIN, "%s:", label);
        ctl_table_addf(table, CTL_STYLE_PLAIN, "%" G_GINT64_FORMAT, ctl_json_number(totals, key));
}

static bool print_totals(Ctl *ctl, GError **error)
{
        g_autoptr(JsonObject) totals = json_object_new();
        g_autoptr(CtlTable) table = ctl_table_new(LABEL_WIDTH, NULL);
        g_autoptr(sd_bus_message) reply = NULL;

        if (!ctl_call_manager(ctl, CTL_CALL_TIMEOUT_USEC, &reply, error, "Status", "") ||
                !ctl_check(ctl_read_dict(reply, totals), error))
                return false;
        if (ctl->is_json) {
                ctl_print_json_object(totals);
                return true;
        }
        ctl_table_align_right(table, 0);
        add_count(table, totals, _("Connections"), "total");
        add_count(table, totals, _("Connected"), "connected");
        add_count(table, totals, _("Connecting"), "connecting");
        add_count(table, totals, _("Unhealthy"), "unhealthy");
        add_count(table, totals, _("Blocked"), "blocked");
        if (ctl_json_number(totals, "limit") != 0)
                add_count(table, totals, _("Limit"), "limit");
        ctl_table_print(table, stdout, ctl_is_colourful(stdout));
        return true;
}

bool verb_status(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = NULL;

        if (!*arguments)
                return print_totals(ctl, error);
        ids = ctl_servers_find(ctl, arguments, error);
        if (!ids)
                return false;
        if (ctl->is_json)
                return print_json(ctl, ids, false, error);
        return foreach_status(ctl, ids, false, print_status, NULL, error);
}
