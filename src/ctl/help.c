/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Help, drawn from the tables of verbs and of keys. */

#include "ctl/help.h"

#include <stdio.h>

#include "config/server-config.h"
#include "ctl/table.h"

static const struct {
        const char *option, *description;
} options[] = {
        {"-n, --lines=N", N_("Show so many messages (default: 50)")},
        {"    --before=ID", N_("Messages before the one of this number")},
        {"    --message=TEXT", N_("What QUIT says")},
        {"    --for=SPAN", N_("Block for so long, such as 2h (default: for good)")},
        {"    --reason=TEXT", N_("Why it is blocked")},
        {"    --sample", N_("With 'config': a settings file with comments")},
        {"    --owner=USER", N_("Add a connection of another user")},
        {"-y, --yes", N_("Remove without asking")},
        {"    --json", N_("JSON: one document, or one object a line from 'follow'")},
        {"    --system", N_("Connections of the machine (the default)")},
        {"    --user", N_("Connections of the user's own service manager")},
        {"-H, --host=[USER@]HOST", N_("On another machine, by ssh")},
        {"-M, --machine=CONTAINER", N_("In a local container")},
        {"    --no-ask-password", N_("Never ask for a password")},
        {"-h, --help", N_("Show this help")},
        {"    --version", N_("Show the version")},
};

static void print_line(const char *what, const char *description)
{
        enum { COLUMN = 38 };
        gsize width = ctl_text_width(what);

        if (width < COLUMN)
                printf("  %s%*s%s\n", what, (int) (COLUMN - width), "", description);
        else
                printf("  %s\n  %*s%s\n", what, COLUMN, "", description);
}

void ctl_help(const CtlVerb *verbs)
{
        puts(_("ircctl [OPTIONS…] VERB …"));
        puts(_("Manages and uses persistent IRC connections.\n"));
        puts(_("Verbs:"));
        for (; verbs->name; verbs++) {
                g_autofree char *what = g_strjoin(" ", verbs->name, verbs->arguments, NULL);

                print_line(what, _(verbs->description));
        }
        printf("\n%s\n", _("Options:"));
        for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
                print_line(options[i].option, _(options[i].description));
        puts(_("\nID is the number of a connection, or the name that it was given. Arguments that\n"
               "begin with \"-\" stand behind \"--\". The exit status is 0, 1 after a failure, or "
               "2\n"
               "for a command line that makes no sense.\n\n"
               "Examples:\n"
               "  ircctl add irc.example.org nickname=ada channels='#ruby;#c'\n"
               "  ircctl connect 1\n"
               "  ircctl say 1 '#ruby' Hello\n"
               "  ircctl follow"));
}

void ctl_help_keys(void)
{
        gsize count;
        const IcServerKey *keys = ic_server_keys(&count);
        const char *headings[] = {_("KEY"), _("DEFAULT"), _("MEANING")};
        g_autoptr(CtlTable) table = ctl_table_new(G_N_ELEMENTS(headings), headings);

        for (gsize i = 0; i < count; i++) {
                ctl_table_add(table, CTL_STYLE_PLAIN, keys[i].name);
                ctl_table_add(table, CTL_STYLE_PLAIN, keys[i].default_text);
                ctl_table_add(table, CTL_STYLE_PLAIN, keys[i].description);
        }
        ctl_table_print(table, stdout, ctl_is_colourful(stdout));
        puts(_("\nItems of a list are separated by \";\". An empty value puts the default back.\n"
               "Secrets are stored by 'ircctl set-credential'."));
}
