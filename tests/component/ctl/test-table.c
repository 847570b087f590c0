/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Columns of text. */

#include "ctl/table.h"

static void test_width(void)
{
        g_assert_cmpuint(ctl_text_width(""), ==, 0);
        g_assert_cmpuint(ctl_text_width("abc"), ==, 3);
        g_assert_cmpuint(ctl_text_width("é"), ==, 1);
        g_assert_cmpuint(ctl_text_width("e\u0301"), ==, 1);
        g_assert_cmpuint(ctl_text_width("日本"), ==, 4);
}

static char *print(const CtlTable *table, bool has_colour)
{
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        ctl_table_print(table, file, has_colour);
        fclose(file);
        return text;
}

static void test_print(void)
{
        const char *headings[] = {"ID", "NAME", "X"};
        g_autoptr(CtlTable) table = ctl_table_new(3, headings);
        g_autofree char *plain = NULL, *coloured = NULL;

        ctl_table_align_right(table, 0);
        ctl_table_addf(table, CTL_STYLE_PLAIN, "%d", 7);
        ctl_table_add(table, CTL_STYLE_GOOD, "日本");
        ctl_table_add(table, CTL_STYLE_PLAIN, NULL);
        ctl_table_add(table, CTL_STYLE_PLAIN, "123");
        ctl_table_add(table, CTL_STYLE_PLAIN, "");
        ctl_table_add(table, CTL_STYLE_PLAIN, "y");

        plain = print(table, false);
        g_assert_cmpstr(plain, ==, " ID  NAME  X\n  7  日本  -\n123  -     y\n");
        coloured = print(table, true);
        g_assert_cmpstr(coloured, ==,
                " \033[4mID\033[0m  \033[4mNAME\033[0m  \033[4mX\033[0m\n"
                "  7  \033[32m日本\033[0m  -\n"
                "123  -     y\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/table/width", test_width);
        g_test_add_func("/ctl/table/print", test_print);
        return g_test_run();
}
