/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* config: read from the files themselves, as all programs read them. */

#include <stdio.h>

#include "base/text.h"
#include "config/settings.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define TEXT_MAX_CHARS 400

static void add_to_table(const char *name, const char *value, const char *source,
        const char *description, gpointer user_data)
{
        bool is_default = g_str_equal(source, "default");
        g_autofree char *quoted = ic_text_quote(source, TEXT_MAX_CHARS);

        ctl_table_add(user_data, CTL_STYLE_PLAIN, name);
        ctl_table_add(user_data, is_default ? CTL_STYLE_DIM : CTL_STYLE_PLAIN, value);
        ctl_table_add(user_data, is_default ? CTL_STYLE_DIM : CTL_STYLE_PLAIN,
                is_default ? _("default") : quoted);
}

static void add_to_array(const char *name, const char *value, const char *source,
        const char *description, gpointer user_data)
{
        JsonObject *setting = json_object_new();

        json_object_set_string_member(setting, "name", name);
        json_object_set_string_member(setting, "value", value);
        json_object_set_string_member(setting, "source", source);
        json_object_set_string_member(setting, "description", description);
        json_array_add_object_element(user_data, setting);
}

static void print_table(const IcSettings *settings)
{
        const char *headings[] = {_("SETTING"), _("VALUE"), _("SOURCE")};
        g_autoptr(CtlTable) table = ctl_table_new(G_N_ELEMENTS(headings), headings);

        ic_settings_foreach(settings, add_to_table, table);
        ctl_table_print(table, stdout, ctl_is_colourful(stdout));
}

static void print_json(const IcSettings *settings, const GPtrArray *problems)
{
        g_autoptr(JsonObject) config = json_object_new();
        JsonArray *values = json_array_new(), *texts = json_array_new();

        ic_settings_foreach(settings, add_to_array, values);
        for (guint i = 0; i < problems->len; i++)
                json_array_add_string_element(texts, g_ptr_array_index(problems, i));
        json_object_set_array_member(config, "settings", values);
        json_object_set_array_member(config, "problems", texts);
        ctl_print_json_object(config);
}

/* A script must notice them, too. */
static bool tell_problems(const GPtrArray *problems, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);

        if (problems->len == 0)
                return true;
        for (guint i = 0; i < problems->len; i++) {
                g_autofree char *quoted =
                        ic_text_quote(g_ptr_array_index(problems, i), TEXT_MAX_CHARS);

                g_string_append_printf(text, "\n%s", quoted);
        }
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                _("parts of the settings files are not understood and left out:%s"), text->str);
        return false;
}

static void print_sample(void)
{
        g_autofree char *sample = ic_settings_sample();

        fputs(sample, stdout);
}

bool verb_config(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(IcSettings) settings = NULL;
        g_autoptr(GPtrArray) problems = NULL;

        if (ctl->is_sample) {
                print_sample();
                return true;
        }
        if (ctl->host || ctl->machine) {
                g_set_error_literal(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("'config' reads files of this machine: run it over there"));
                return false;
        }
        ic_settings_load(ctl->scope, &settings, &problems);
        if (ctl->is_json)
                print_json(settings, problems);
        else
                print_table(settings);
        return tell_problems(problems, error);
}
