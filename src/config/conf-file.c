/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Configuration files with drop-ins, read line by line. */

#include "config/conf-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/descriptor.h"
#include "base/text.h"

#define QUOTED_MAX 64 /* characters of a line that a problem shows */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DIR, closedir)

typedef struct {
        const char *group;
        IcConfSetFunc set;
        gpointer user_data;
        GPtrArray *problems;
        bool is_single; /* one file that must be there and may hold secrets */
} Reader;

typedef enum {
        IN_NONE, /* before the first group */
        IN_OURS,
        IN_OTHER,
} Section;

static void add_problem(Reader *reader, const char *where, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

static void add_problem(Reader *reader, const char *where, const char *format, ...)
{
        va_list args;

        if (reader->problems->len > IC_CONF_PROBLEMS_MAX)
                return;
        if (reader->problems->len == IC_CONF_PROBLEMS_MAX) {
                g_ptr_array_add(reader->problems,
                        g_strdup_printf("%s: this and what follows has more problems. Remedy the "
                                        "first ones to see them.",
                                where));
                return;
        }
        va_start(args, format);
        g_autofree char *what = g_strdup_vprintf(format, args);
        va_end(args);
        g_ptr_array_add(reader->problems, g_strdup_printf("%s: %s.", where, what));
}

static Section enter_group(Reader *reader, const char *line, const char *where)
{
        g_autofree char *ours = g_strdup_printf("[%s]", reader->group);

        if (g_str_equal(line, ours))
                return IN_OURS;
        if (!g_str_has_prefix(line, "[X-")) {
                g_autofree char *quoted = ic_text_quote(line, QUOTED_MAX);
                add_problem(reader, where,
                        "the group %s is unknown, and what is in it is passed over. Settings "
                        "belong below %s",
                        quoted, ours);
        }
        return IN_OTHER;
}

static void take_assignment(Reader *reader, char *line, const char *where)
{
        char *equals = strchr(line, '=');
        g_autoptr(GError) error = NULL;

        if ((!equals || equals == line) && reader->is_single) {
                add_problem(reader, where,
                        "this is no setting. Write key=value, or # before a comment");
                return;
        }
        if (!equals || equals == line) {
                g_autofree char *quoted = ic_text_quote(line, QUOTED_MAX);
                add_problem(reader, where,
                        "\"%s\" is no setting. Write Key=value, or # before a comment", quoted);
                return;
        }
        *equals = '\0';
        if (!reader->set(g_strchomp(line), g_strchug(equals + 1), where, reader->user_data, &error))
                add_problem(reader, where, "%s", error->message);
}

static void take_line(Reader *reader, char *line, Section *section, const char *where)
{
        g_strstrip(line);
        if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
                return;
        if (line[0] == '[') {
                *section = enter_group(reader, line, where);
                return;
        }
        switch (*section) {
        case IN_NONE:
                add_problem(reader, where,
                        "a setting stands before the first group. Write [%s] above it",
                        reader->group);
                return;
        case IN_OURS:
                take_assignment(reader, line, where);
                return;
        case IN_OTHER:
                return;
        }
}

static void parse(Reader *reader, const char *file, const char *data, gsize len)
{
        const char *end = data + len;
        Section section = IN_NONE;

        if (len >= strlen(BYTE_ORDER_MARK) &&
                memcmp(data, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
                data += strlen(BYTE_ORDER_MARK);

        for (unsigned number = 1; data < end; number++) {
                const char *newline = memchr(data, '\n', (gsize) (end - data));
                gsize line_len = (gsize) ((newline ? newline : end) - data);
                g_autofree char *where = g_strdup_printf("%s:%u", file, number);

                if (g_utf8_validate_len(data, line_len, NULL)) {
                        g_autofree char *line = g_strndup(data, line_len);
                        take_line(reader, line, &section, where);
                } else {
                        add_problem(
                                reader, where, "the line is no UTF-8 text. Save the file as UTF-8");
                }
                data += line_len + 1;
        }
}

/* Up to IC_CONF_SIZE_MAX + 1 bytes, so that a longer file shows. -1 with errno. */
static gssize read_bounded(const char *path, char *buffer)
{
        /* NONBLOCK: no named pipe is waited for. */
        g_auto(IcFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        gsize len = 0;

        if (fd < 0)
                return -1;
        while (len <= IC_CONF_SIZE_MAX) {
                gssize n = read(fd, buffer + len, IC_CONF_SIZE_MAX + 1 - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                len += (gsize) n;
        }
        return (gssize) len;
}

static void read_file(Reader *reader, const char *path)
{
        g_autofree char *buffer = g_malloc(IC_CONF_SIZE_MAX + 1);
        g_autofree char *file = ic_text_quote(path, PATH_MAX);
        gssize len = read_bounded(path, buffer);

        if (len < 0 && errno == ENOENT && !reader->is_single)
                return;
        if (len < 0)
                add_problem(reader, file,
                        "the file cannot be read: %s. Make it a file that may be read, or remove "
                        "it",
                        g_strerror(errno));
        else if (len > IC_CONF_SIZE_MAX)
                add_problem(reader, file,
                        "the file has more than %d bytes and is passed over. Shorten it",
                        IC_CONF_SIZE_MAX);
        else
                parse(reader, file, buffer, (gsize) len);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* False with errno. */
static bool list_drop_ins(const char *folder, GPtrArray *names)
{
        g_autoptr(DIR) dir = opendir(folder);
        const struct dirent *entry;

        if (!dir)
                return false;
        while ((entry = readdir(dir)))
                if (entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, ".conf"))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        return true;
}

static void read_drop_ins(Reader *reader, const char *folder)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *shown = ic_text_quote(folder, PATH_MAX);

        if (!list_drop_ins(folder, names)) {
                if (errno != ENOENT)
                        add_problem(reader, shown,
                                "the folder cannot be read: %s. Make it a folder that may be "
                                "read, or remove it",
                                g_strerror(errno));
                return;
        }
        g_ptr_array_sort(names, compare_names);
        for (guint i = 0; i < MIN(names->len, IC_CONF_DROP_INS_MAX); i++) {
                g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
                read_file(reader, path);
        }
        if (names->len > IC_CONF_DROP_INS_MAX)
                add_problem(reader, shown,
                        "there are %u files; those after the first %d are passed over. Make them "
                        "fewer",
                        names->len, IC_CONF_DROP_INS_MAX);
}

void ic_conf_read(const char *folder, const char *name, const char *group, IcConfSetFunc set,
        gpointer user_data, GPtrArray *problems)
{
        Reader reader = {.group = group, .set = set, .user_data = user_data, .problems = problems};
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_autofree char *drop_ins = g_strconcat(file, ".d", NULL);

        read_file(&reader, file);
        read_drop_ins(&reader, drop_ins);
}

void ic_conf_read_file(const char *path, const char *group, IcConfSetFunc set, gpointer user_data,
        GPtrArray *problems)
{
        Reader reader = {
                .group = group,
                .set = set,
                .user_data = user_data,
                .problems = problems,
                .is_single = true,
        };

        read_file(&reader, path);
}
