/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Whether the files have changed is told from their stamps: which there are, and of each its inode,
 * size and time of change. */

#include "controller/settings.h"

#include <sys/stat.h>

#include "base/log.h"

struct IcSettingsCache {
        IcScope scope;
        char *folder;
        char *stamp; /* of the files that `settings` was read from; NULL: never read */
        IcSettings *settings;
        GHashTable *told; /* set of the problems that the files have, all of them logged */
};

IcSettingsCache *ic_settings_cache_new(IcScope scope)
{
        IcSettingsCache *cache = g_new0(IcSettingsCache, 1);

        cache->scope = scope;
        cache->folder = ic_config_dir(scope);
        cache->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return cache;
}

void ic_settings_cache_free(IcSettingsCache *cache)
{
        if (!cache)
                return;
        g_free(cache->folder);
        g_free(cache->stamp);
        ic_settings_free(cache->settings);
        g_hash_table_unref(cache->told);
        g_free(cache);
}

static void append_stamp(GString *stamp, const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return;
        g_string_append_printf(stamp, "%s %ju %jd %jd.%09ld\n", path, (uintmax_t) st.st_ino,
                (intmax_t) st.st_size, (intmax_t) st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static char *read_stamp(const char *folder)
{
        g_autofree char *file = g_build_filename(folder, IC_SETTINGS_FILE, NULL);
        g_autofree char *drop_ins = g_strconcat(file, ".d", NULL);
        g_autoptr(GDir) dir = g_dir_open(drop_ins, 0, NULL);
        GString *stamp = g_string_new(NULL);
        const char *name;

        append_stamp(stamp, file);
        append_stamp(stamp, drop_ins);
        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *drop_in = g_build_filename(drop_ins, name, NULL);

                append_stamp(stamp, drop_in);
        }
        return g_string_free(stamp, FALSE);
}

static void tell_problems(IcSettingsCache *cache, const GPtrArray *problems)
{
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (guint i = 0; i < problems->len; i++) {
                const char *problem = g_ptr_array_index(problems, i);

                if (!g_hash_table_contains(cache->told, problem))
                        ic_log(IC_LOG_WARNING, NULL, "%s", problem);
                g_hash_table_add(told, g_strdup(problem));
        }
        g_hash_table_unref(cache->told);
        cache->told = g_steal_pointer(&told);
}

const IcSettings *ic_settings_cache_get(IcSettingsCache *cache)
{
        g_autofree char *stamp = read_stamp(cache->folder);
        g_autoptr(GPtrArray) problems = NULL;

        if (cache->stamp && g_str_equal(cache->stamp, stamp))
                return cache->settings;

        g_free(cache->stamp);
        cache->stamp = g_steal_pointer(&stamp);
        g_clear_pointer(&cache->settings, ic_settings_free);
        ic_settings_load(cache->scope, &cache->settings, &problems);
        tell_problems(cache, problems);
        return cache->settings;
}

typedef struct {
        const char *name;
        char *origin;
} Search;

static void on_setting(const char *name, const char *value, const char *source,
        const char *description, gpointer user_data)
{
        Search *search = user_data;
        bool is_default = g_str_equal(source, "default");

        if (g_str_equal(name, search->name))
                search->origin = g_strdup_printf(
                        "%s=%s %s %s", name, value, is_default ? "by" : "in", source);
}

char *ic_settings_origin(const IcSettings *settings, const char *name)
{
        Search search = {.name = name};

        ic_settings_foreach(settings, on_setting, &search);
        return search.origin;
}
