/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* health: what is wrong with connections, and what a person can do about it. One that is down as
 * its owner wants is healthy. */

#include <stdio.h>

#include "base/text.h"
#include "ctl/json.h"
#include "ctl/message.h"
#include "ctl/servers.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define NAME_MAX_CHARS 40
#define TEXT_MAX_CHARS 400

/* Of one connection; both NULL when it is healthy. */
typedef struct {
        char *problem;
        char *remedy;
} Finding;

static void finding_clear(Finding *finding)
{
        g_free(finding->problem);
        g_free(finding->remedy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Finding, finding_clear)

static char *describe_block(const IcStatus *status)
{
        g_autofree char *time =
                status->blocked_until != 0 ? ctl_format_time(status->blocked_until, true) : NULL;
        const char *reason = status->block_reason ? status->block_reason : status->last_error;
        g_autofree char *shown = ic_text_quote(reason, TEXT_MAX_CHARS);

        if (time)
                return g_strdup_printf(_("blocked until %s: %s"), time, shown);
        return g_strdup_printf(_("blocked for good: %s"), shown);
}

/* A state other than connected, with what it waits for and what went wrong last. */
static char *describe_wait(const IcStatus *status, const char *state)
{
        g_autoptr(GString) text = g_string_new(state);
        g_autofree char *waiting = ic_text_quote(status->waiting_for, TEXT_MAX_CHARS);
        g_autofree char *last = ic_text_quote(status->last_error, TEXT_MAX_CHARS);

        if (*waiting)
                g_string_append_printf(text, _("; waiting for %s"), waiting);
        if (*last)
                g_string_append_printf(text, _("; last error: %s"), last);
        if (status->next_attempt_at != 0) {
                g_autofree char *next = ctl_format_time(status->next_attempt_at, true);

                g_string_append_printf(text, _("; next attempt at %s"), next);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char *remedy_of_last_error(const IcStatus *status)
{
        if (!status->last_error_code)
                return NULL;
        return ic_error_remedy(ic_error_from_code(status->last_error_code));
}

static void find(const IcStatus *status, Finding *ret)
{
        const char *remedy = remedy_of_last_error(status);

        switch (status->state) {
        case IC_STATE_CONNECTED:
                if (status->is_healthy)
                        return;
                ret->problem = describe_wait(status, _("connected, but not healthy"));
                break;
        case IC_STATE_DISCONNECTED:
                if (!status->is_wanted)
                        return;
                ret->problem = describe_wait(status, _("down, though it is wanted"));
                if (!remedy)
                        ret->remedy =
                                g_strdup_printf(_("'ircctl connect %u' starts it."), status->id);
                break;
        case IC_STATE_CLOSING:
                if (!status->is_wanted)
                        return;
                ret->problem = describe_wait(status, _("closing"));
                break;
        case IC_STATE_WAITING:
        case IC_STATE_CONNECTING:
        case IC_STATE_REGISTERING:
                ret->problem = describe_wait(status, _("not connected yet"));
                if (!remedy)
                        remedy = _("It is tried again by itself.");
                break;
        case IC_STATE_BLOCKED:
                if (!status->is_wanted)
                        return;
                ret->problem = describe_block(status);
                ret->remedy = g_strdup_printf(_("%s%s'ircctl unblock %u' lifts the block."),
                        remedy ? remedy : "", remedy ? " " : "", status->id);
                break;
        case _IC_STATE_MAX:
                g_assert_not_reached();
        }
        if (!ret->remedy)
                ret->remedy = g_strdup(remedy);
}

static void print_finding(const IcStatus *status, const Finding *finding)
{
        bool has_colour = ctl_is_colourful(stdout);
        g_autofree char *name =
                ic_text_quote(status->name ? status->name : status->address, NAME_MAX_CHARS);

        ctl_print_styled(
                stdout, finding->problem ? CTL_STYLE_BAD : CTL_STYLE_GOOD, has_colour, "●");
        printf(" %u - %s: %s\n", status->id, name,
                finding->problem                      ? finding->problem
                : status->state == IC_STATE_CONNECTED ? _("healthy")
                                                      : _("down, as its owner wants"));
        if (finding->remedy)
                printf("      %s\n", finding->remedy);
}

static void add_finding(JsonArray *array, const IcStatus *status, const Finding *finding)
{
        JsonObject *object = json_object_new();

        json_object_set_int_member(object, "id", status->id);
        json_object_set_boolean_member(object, "healthy", !finding->problem);
        json_object_set_string_member(object, "state", ic_state_name(status->state));
        if (finding->problem)
                json_object_set_string_member(object, "problem", finding->problem);
        if (finding->remedy)
                json_object_set_string_member(object, "remedy", finding->remedy);
        json_array_add_object_element(array, object);
}

/* `array` NULL: for people. */
static bool look_at(Ctl *ctl, uint32_t id, JsonArray *array, guint *n_ill, GError **error)
{
        g_auto(IcStatus) status = {0};
        g_auto(Finding) finding = {0};

        if (!ctl_server_status(ctl, id, &status, error))
                return false;
        find(&status, &finding);
        if (finding.problem)
                (*n_ill)++;
        if (array)
                add_finding(array, &status, &finding);
        else
                print_finding(&status, &finding);
        return true;
}

bool verb_health(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids =
                *arguments ? ctl_servers_find(ctl, arguments, error) : ctl_server_ids(ctl, error);
        g_autoptr(JsonArray) array = ctl->is_json ? json_array_new() : NULL;
        guint n_ill = 0;

        for (guint i = 0; ids && i < ids->len; i++)
                if (!look_at(ctl, g_array_index(ids, uint32_t, i), array, &n_ill, error))
                        return false;
        if (!ids)
                return false;
        if (array)
                ctl_print_json_array(array);
        if (n_ill == 0)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_FAILED, _("%u of %u connections are not healthy"),
                n_ill, ids->len);
        return false;
}
