/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The settings as text and as a struct, driven by the table of settings. */

#include "config/settings.h"

#include "base/error.h"
#include "base/text.h"
#include "config/conf-file.h"
#include "config/settings-keys.h"
#include "config/time-span.h"

#define QUOTED_MAX 64 /* characters of a value that an error shows */

static uint32_t *member_count(const IcSettings *settings, const IcSettingKey *key)
{
        return &G_STRUCT_MEMBER(uint32_t, settings, key->offset);
}

static gint64 *member_span(const IcSettings *settings, const IcSettingKey *key)
{
        return &G_STRUCT_MEMBER(gint64, settings, key->offset);
}

static unsigned *member_choice(const IcSettings *settings, const IcSettingKey *key)
{
        return &G_STRUCT_MEMBER(unsigned, settings, key->offset);
}

static char **member_text(const IcSettings *settings, const IcSettingKey *key)
{
        return &G_STRUCT_MEMBER(char *, settings, key->offset);
}

static bool refuse(const char *value, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(const char *value, GError **error, const char *format, ...)
{
        g_autofree char *quoted = ic_text_quote(value, QUOTED_MAX);
        va_list args;

        va_start(args, format);
        g_autofree char *reason = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "\"%s\" %s", quoted, reason);
        return false;
}

static bool parse_count(const IcSettingKey *key, const char *value, uint32_t *ret, GError **error)
{
        guint64 number = 0;

        if (!g_ascii_string_to_unsigned(
                    value, 10, (guint64) key->min, (guint64) key->max, &number, NULL))
                return refuse(value, error,
                        "is no number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ". Give one",
                        key->min, key->max);
        *ret = (uint32_t) number;
        return true;
}

static bool parse_span(const IcSettingKey *key, const char *value, gint64 *ret, GError **error)
{
        gint64 span = 0;

        if (!ic_time_span_parse(value, &span, error))
                return false;
        if (span < key->min || span > key->max) {
                g_autofree char *min = ic_time_span_format(key->min);
                g_autofree char *max = ic_time_span_format(key->max);
                return refuse(
                        value, error, "is not from %s to %s. Give a time span that is", min, max);
        }
        *ret = span;
        return true;
}

static bool parse_choice(const IcSettingKey *key, const char *value, unsigned *ret, GError **error)
{
        for (unsigned i = 0; key->choices[i]; i++)
                if (g_str_equal(value, key->choices[i])) {
                        *ret = i;
                        return true;
                }

        g_autofree char *choices = g_strjoinv(", ", (char **) key->choices);
        return refuse(value, error, "is none of %s. Give one of them", choices);
}

static bool parse_text(const IcSettingKey *key, const char *value, char **ret, GError **error)
{
        glong len = g_utf8_strlen(value, -1);
        bool is_visible = true;

        for (const char *p = value; *p; p = g_utf8_next_char(p))
                is_visible = is_visible && g_unichar_isgraph(g_utf8_get_char(p));
        if (!is_visible || len < key->min || len > key->max)
                return refuse(value, error,
                        "is not %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                        " characters without spaces. Give such a text",
                        key->min, key->max);
        g_free(*ret);
        *ret = g_strdup(value);
        return true;
}

static bool set_value(
        IcSettings *settings, const IcSettingKey *key, const char *value, GError **error)
{
        switch (key->type) {
        case IC_SETTING_COUNT:
                return parse_count(key, value, member_count(settings, key), error);
        case IC_SETTING_SPAN:
                return parse_span(key, value, member_span(settings, key), error);
        case IC_SETTING_CHOICE:
                return parse_choice(key, value, member_choice(settings, key), error);
        case IC_SETTING_TEXT:
                return parse_text(key, value, member_text(settings, key), error);
        }
        g_return_val_if_reached(false);
}

static char *get_value(const IcSettings *settings, const IcSettingKey *key)
{
        switch (key->type) {
        case IC_SETTING_COUNT:
                return g_strdup_printf("%u", *member_count(settings, key));
        case IC_SETTING_SPAN:
                return ic_time_span_format(*member_span(settings, key));
        case IC_SETTING_CHOICE:
                return g_strdup(key->choices[*member_choice(settings, key)]);
        case IC_SETTING_TEXT:
                return g_strdup(*member_text(settings, key));
        }
        g_return_val_if_reached(NULL);
}

/* Where the value comes from; `source` NULL: it is the default. */
static char **source_of(const IcSettings *settings, const IcSettingKey *key)
{
        gsize count = 0;

        return &settings->sources[key - ic_setting_keys(&count)];
}

static void set_source(IcSettings *settings, const IcSettingKey *key, const char *source)
{
        char **former = source_of(settings, key);
        char *copy = g_strdup(source);

        g_free(*former);
        *former = copy;
}

static void set_default(IcSettings *settings, const IcSettingKey *key)
{
        if (!set_value(settings, key, key->default_text, NULL))
                g_assert_not_reached();
        set_source(settings, key, NULL);
}

static const IcSettingKey *find(const char *name, GError **error)
{
        gsize count = 0;
        const IcSettingKey *keys = ic_setting_keys(&count);
        const IcSettingKey *meant = NULL;

        for (gsize i = 0; i < count; i++) {
                if (g_str_equal(keys[i].name, name))
                        return &keys[i];
                if (g_ascii_strcasecmp(keys[i].name, name) == 0)
                        meant = &keys[i];
        }
        if (meant)
                refuse(name, error, "is no setting. Write it %s", meant->name);
        else
                refuse(name, error, "is no setting. See all there are with: ircctl config");
        return NULL;
}

static bool on_assignment(
        const char *name, const char *value, const char *source, gpointer user_data, GError **error)
{
        IcSettings *settings = user_data;
        const IcSettingKey *key = find(name, error);

        if (!key)
                return false;
        if (value[0] == '\0') {
                set_default(settings, key);
                return true;
        }
        if (!set_value(settings, key, value, error)) {
                g_prefix_error(error, "%s: ", key->name);
                return false;
        }
        set_source(settings, key, source);
        return true;
}

/* The longest wait between attempts is never shorter than the first. */
static void check_restart_delays(IcSettings *settings, GPtrArray *problems)
{
        const IcSettingKey *delay = find("RestartDelay", NULL);
        const IcSettingKey *max = find("RestartDelayMax", NULL);
        g_autofree char *delay_text = get_value(settings, delay);
        g_autofree char *max_text = get_value(settings, max);

        if (settings->restart_delay_max >= settings->restart_delay)
                return;
        const char *culprit = *source_of(settings, *source_of(settings, max) ? max : delay);
        g_ptr_array_add(problems,
                g_strdup_printf("%s: RestartDelayMax=%s is below RestartDelay=%s, so that %s is "
                                "taken for both. Raise the one or lower the other.",
                        culprit, max_text, delay_text, delay_text));
        settings->restart_delay_max = settings->restart_delay;
        set_source(settings, max, *source_of(settings, delay));
}

IcSettings *ic_settings_new(void)
{
        IcSettings *settings = g_new0(IcSettings, 1);
        gsize count = 0;
        const IcSettingKey *keys = ic_setting_keys(&count);

        settings->sources = g_new0(char *, count);
        for (gsize i = 0; i < count; i++)
                set_default(settings, &keys[i]);
        return settings;
}

void ic_settings_free(IcSettings *settings)
{
        gsize count = 0;
        const IcSettingKey *keys = ic_setting_keys(&count);

        if (!settings)
                return;
        for (gsize i = 0; i < count; i++) {
                set_source(settings, &keys[i], NULL);
                if (keys[i].type == IC_SETTING_TEXT)
                        g_free(*member_text(settings, &keys[i]));
        }
        g_free(settings->sources);
        g_free(settings);
}

void ic_settings_load_from(const char *folder, IcSettings **ret, GPtrArray **ret_problems)
{
        *ret = ic_settings_new();
        *ret_problems = g_ptr_array_new_with_free_func(g_free);
        ic_conf_read(
                folder, IC_SETTINGS_FILE, IC_SETTINGS_GROUP, on_assignment, *ret, *ret_problems);
        check_restart_delays(*ret, *ret_problems);
}

void ic_settings_load(IcScope scope, IcSettings **ret, GPtrArray **ret_problems)
{
        g_autofree char *folder = ic_config_dir(scope);

        ic_settings_load_from(folder, ret, ret_problems);
}

void ic_settings_foreach(const IcSettings *settings, IcSettingFunc func, gpointer user_data)
{
        gsize count = 0;
        const IcSettingKey *keys = ic_setting_keys(&count);

        for (gsize i = 0; i < count; i++) {
                g_autofree char *value = get_value(settings, &keys[i]);
                const char *source = *source_of(settings, &keys[i]);

                func(keys[i].name, value, source ? source : "default", keys[i].description,
                        user_data);
        }
}

char *ic_settings_sample(void)
{
        gsize count = 0;
        const IcSettingKey *keys = ic_setting_keys(&count);
        GString *text = g_string_new(
                "# SPDX-License-Identifier: GPL-3.0-or-later\n"
                "# SPDX-FileCopyrightText: The irc-conn authors\n\n"
                "# Settings of irc-conn. Those that are commented out show the defaults; an empty\n"
                "# value puts a default back. Rather than here, set them in a file of your own,\n"
                "# " IC_SETTINGS_FILE
                ".d/NAME.conf beside this one: later files win, in the order\n"
                "# of their names. What is in force, and where it comes from: ircctl config\n\n"
                "[" IC_SETTINGS_GROUP "]\n");

        for (gsize i = 0; i < count; i++)
                g_string_append_printf(text, "%s# %s.\n#%s=%s\n", i > 0 ? "\n" : "",
                        keys[i].description, keys[i].name, keys[i].default_text);
        return g_string_free(text, FALSE);
}
